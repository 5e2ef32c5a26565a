//! Cancelled at random moments: the report and the database say the same.

use std::collections::BTreeMap;
use std::time::Duration;

use multitenant_runtime::{Error, FailureClass, NewTenant, Outcome, Report, Scope, State};
use tokio_util::sync::CancellationToken;

use super::counted::{Middle, Origin, PENDING, fleet, holdings, whole};
use super::environment::{say, size};
use super::fleet::Fleet;
use super::leftovers::assert_none;
use super::moments::Moments;

/// What a run applied to each tenant, by its own account.
fn told(report: &Report) -> BTreeMap<String, Vec<String>> {
    let versions =
        |target: &multitenant_runtime::TargetReport| target.applied.iter().map(ToString::to_string).collect();
    report.targets.iter().map(|target| (target.target.to_string(), versions(target))).collect()
}

/// What each tenant's history holds.
async fn held(fleet: &Fleet) -> BTreeMap<String, Vec<String>> {
    let plan = fleet.migrator().plan(Scope::all()).await.unwrap();
    let versions = |tenant: &multitenant_runtime::TargetPlan| tenant.applied.iter().map(ToString::to_string).collect();
    plan.tenants.iter().map(|tenant| (tenant.target.to_string(), versions(tenant))).collect()
}

async fn cancelled_runs(middle: Middle) {
    let n = size(16, 100);
    let fleet = fleet(n, Origin::Ours, middle).await;
    let mut moments = Moments::new("cancel");
    let mut cancelled = 0;
    loop {
        let mut expected = held(&fleet).await;
        let token = CancellationToken::new();
        let migrator = fleet.builder().jobs(3).cancellation(token.clone()).build().unwrap();
        let run = tokio::spawn(async move { migrator.migrate(Scope::all()).await });
        // On a machine that is at work with other things a run may not come far; so each is given longer than the last.
        tokio::time::sleep(moments.below(Duration::from_millis(120 + 10 * cancelled))).await;
        token.cancel();
        let (report, done) = match run.await.unwrap() {
            Ok(report) => (report, true),
            Err(Error::Incomplete(report)) => (*report, false),
            Err(error) => panic!("{error}"),
        };
        for target in &report.targets {
            let class = target.failure.as_ref().map(|failure| failure.class);
            let fits = match target.outcome {
                Outcome::Applied => class.is_none() && !target.applied.is_empty(),
                Outcome::UpToDate => class.is_none() && target.applied.is_empty(),
                Outcome::NotTried => class.is_none_or(|c| c == FailureClass::Cancelled) && target.applied.is_empty(),
                Outcome::Failed => class == Some(FailureClass::Cancelled),
                _ => false,
            };
            assert!(fits, "{target:?}");
        }
        for (tenant, versions) in told(&report) {
            expected.get_mut(&tenant).unwrap().extend(versions);
        }
        assert_eq!(held(&fleet).await, expected, "the histories hold what was there, and what the report tells");
        for target in &report.targets {
            let complete = expected[&target.target.to_string()].len() == PENDING.len() + 1;
            assert_eq!(matches!(target.outcome, Outcome::Applied | Outcome::UpToDate), complete, "{target:?}");
        }
        assert_none(&fleet).await;
        if done {
            break;
        }
        assert!(report.cancelled);
        cancelled += 1;
    }
    say(&format!("cancelled {cancelled} times"));
    assert!(holdings(&fleet, n).await.iter().all(|holding| *holding == whole(&PENDING)));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_runs() {
    cancelled_runs(Middle::InTransaction).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_runs_with_a_migration_outside_a_transaction() {
    cancelled_runs(Middle::Outside).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_creations() {
    for outside in [false, true] {
        let fleet = Fleet::new()
            .await
            .shared("1_tenants", "CREATE TABLE tenants (id text PRIMARY KEY);")
            .tenant("1_a", "CREATE TABLE a (id int);")
            .tenant("3_c", "CREATE TABLE c (id int);");
        let index = "CREATE INDEX CONCURRENTLY a_id ON a (id);";
        let fleet = if outside { fleet.tenant_outside("2_b", index) } else { fleet };
        fleet.migrator().migrate(Scope::all()).await.unwrap();
        let mut moments = Moments::new("cancel a creation");
        let mut created = Vec::new();
        for i in 0..size(30, 200) {
            let token = CancellationToken::new();
            let migrator = fleet.builder().cancellation(token.clone()).build().unwrap();
            let tenant = NewTenant::new(format!("t{i}")).unwrap();
            let run = tokio::spawn(async move { migrator.create_tenant(tenant).await });
            tokio::time::sleep(moments.below(Duration::from_millis(if outside { 60 } else { 25 }))).await;
            token.cancel();
            match run.await.unwrap() {
                Ok(_) => created.push(format!("tenant_t{i}")),
                Err(Error::Incomplete(_)) => {}
                Err(error) => panic!("{error}"),
            }
        }
        say(&format!("{} were created all the same", created.len()));
        created.sort();
        let schemas = "SELECT nspname::text FROM pg_namespace WHERE nspname LIKE 'tenant\\_%' ORDER BY nspname";
        assert_eq!(fleet.texts(schemas).await, created, "what was cancelled left nothing");
        let plan = fleet.migrator().plan(Scope::all()).await.unwrap();
        assert_eq!(plan.tenants.len(), created.len());
        assert!(plan.tenants.iter().all(|tenant| tenant.state == State::UpToDate));
        assert_none(&fleet).await;
    }
}
