//! A project with something of everything, whose tenants are told apart by what is done to them.

use multitenant_runtime::{DriftOptions, DriftOutcome, DriftReport, NewTenant, Scope, TargetDrift};

use crate::fleet::Fleet;

const SHARED: &str = include_str!("../../../../multitenant-runtime/src/snapshot/tests/shared.sql");

/// Tenants' migrations that come to something of everything; snapshots' own tests have them too.
const TENANT: &str = include_str!("../../../../multitenant-runtime/src/snapshot/tests/everything.sql");

/// The project on a database of its own, its shared schema migrated.
pub(crate) async fn everything() -> Fleet {
    let fleet = with_everything(Fleet::new().await);
    fleet.migrator().migrate(Scope::shared()).await.unwrap();
    fleet
}

/// The migrations alone.
pub(crate) fn with_everything(fleet: Fleet) -> Fleet {
    TENANT.split("-- migration ").skip(1).fold(fleet.shared("1_all", SHARED), |fleet, migration| {
        let (name, up) = migration.split_once('\n').unwrap();
        fleet.tenant(name, up)
    })
}

pub(crate) async fn create(fleet: &Fleet, id: &str) {
    fleet.migrator().create_tenant(NewTenant::new(id).unwrap()).await.unwrap();
}

pub(crate) async fn drift(fleet: &Fleet, scope: Scope) -> DriftReport {
    fleet.migrator().drift(DriftOptions::new(scope)).await.unwrap()
}

/// The differences of a target, a line each: `column users.nick default: 'x' -> -`.
pub(crate) fn lines(target: &TargetDrift) -> Vec<String> {
    let said = |text: &Option<String>| {
        text.as_deref().map_or_else(|| "-".to_owned(), |text| text.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    let mut lines: Vec<String> = match &target.outcome {
        DriftOutcome::Equal | DriftOutcome::Different => Vec::new(),
        DriftOutcome::Behind(pending) => vec![format!("behind: {pending}")],
        DriftOutcome::NotComparable(failure) => vec![format!("not comparable: {failure}")],
        other => vec![format!("{other:?}")],
    };
    lines.extend(target.differences.iter().map(|difference| {
        let facet = difference.facet.map(|facet| format!(" {facet}")).unwrap_or_default();
        let (expected, found) = (said(&difference.expected), said(&difference.found));
        format!("{} {}{facet}: {expected} -> {found}", difference.kind, difference.object)
    }));
    lines
}

/// The target of a tenant.
pub(crate) fn of<'a>(report: &'a DriftReport, id: &str) -> &'a TargetDrift {
    report.targets.iter().find(|target| target.target.tenant().is_some_and(|tenant| tenant.as_str() == id)).unwrap()
}

/// Runs what would mend a target, each statement by itself; what is destructive too. Says what fails.
pub(crate) async fn mend(fleet: &Fleet, target: &TargetDrift) -> Vec<String> {
    let mut failed = Vec::new();
    let client = fleet.client().await;
    client.batch_execute("SET check_function_bodies = off").await.unwrap();
    let fixes: Vec<_> = target.differences.iter().filter_map(|difference| difference.fix.as_ref()).collect();
    let first = fixes.iter().flat_map(|fix| &fix.statements);
    for sql in first.chain(fixes.iter().flat_map(|fix| &fix.afterwards)) {
        if let Err(error) = client.batch_execute(sql).await {
            failed.push(format!("{}: {sql}: {error:?}", target.target));
        }
    }
    failed
}
