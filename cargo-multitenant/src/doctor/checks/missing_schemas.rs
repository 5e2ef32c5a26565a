use multitenant_runtime::inspection::{Given, UNDER_CONSTRUCTION};
use multitenant_runtime::{State, TenantId};

use super::check;
use crate::doctor::check::{Blocked, Verdict};
use crate::doctor::command::command;
use crate::doctor::ground::Ground;
use crate::doctor::names::listed;
use crate::finding::Level;
use crate::output::counted;

check! {
    /// ## What it checks
    /// That every tenant of the registry has its schema, whole.
    ///
    /// ## Why is this bad?
    /// A tenant without a schema fails in every migration, and is not served: the pool refuses it, and never falls
    /// through to the shared schema. Either its creation was never done, or its schema was dropped or renamed, and the
    /// tenant's data with it. A schema whose comment says that the tenant is being created was left by a creation that
    /// was interrupted, unless one is under way just now; it counts as missing.
    ///
    /// ## What to do
    /// Restore the schema where there was one. Where there was none: `cargo multitenant migrate --create-schemas`, or
    /// `create_tenant` in the application, which also removes what an interrupted creation has left. A tenant that has
    /// gone is to go from the registry too.
    "missing-schemas": Error, Tenants, "schemas", look
}

const HALF_MADE: &str = "\
SELECT n.nspname FROM pg_namespace n JOIN pg_description d ON d.objoid = n.oid \
AND d.classoid = 'pg_namespace'::regclass AND d.objsubid = 0 \
WHERE n.nspname = ANY ($1) AND starts_with(d.description, $2)";

async fn look(ground: &Ground) -> Result<Verdict, Blocked> {
    let plan = ground.plan()?;
    if plan.tenants.is_empty() {
        return Ok(Verdict::Nothing);
    }
    let missing = || plan.tenants.iter().filter(|tenant| tenant.state == State::Missing);
    let schemas: Vec<&str> = missing().map(|tenant| tenant.target.schema().as_str()).collect();
    let good = format!("{} there", counted(plan.tenants.len(), "schema", "schemas"));
    if schemas.is_empty() {
        return Ok(Verdict::Good(good));
    }
    let given = [Given::Texts(&schemas), Given::Text(UNDER_CONSTRUCTION)];
    let rows = ground.inspector()?.rows(HALF_MADE, &given).await?;
    let (half_made, absent): (Vec<&str>, Vec<&str>) =
        schemas.iter().partition(|schema| rows.iter().any(|row| row.get(0) == Some(schema)));
    let fleet = ground.fleet()?;
    let mut complaints = Vec::new();
    if !absent.is_empty() {
        let message = format!(
            "{} in the registry, and {} not exist: {}",
            counted(absent.len(), "tenant is", "tenants are"),
            if absent.len() == 1 { "its schema does" } else { "their schemas do" },
            listed(&absent)
        );
        let mut complaint = fleet.about(CHECK.complaint(message).object("schema"), &absent);
        let create = command("migrate --create-schemas", &complaint.tenants);
        complaint = complaint.help(format!("restore what was there; where nothing was: {create}"));
        complaints.push(complaint);
    }
    if !half_made.is_empty() {
        let message = format!(
            "{} left by a creation that was interrupted, or is under way: {}",
            counted(half_made.len(), "schema was", "schemas were"),
            listed(&half_made)
        );
        let mut complaint = fleet.about(CHECK.complaint(message).object("schema"), &half_made);
        complaint.level = Level::Warning;
        let ids = plan.tenants.iter().filter(|tenant| half_made.contains(&tenant.target.schema().as_str()));
        let ids = listed(ids.filter_map(|tenant| tenant.target.tenant()).map(TenantId::as_str));
        complaints.push(
            complaint
                .help(format!("create {ids} again with `create_tenant`, which removes what is there and begins anew")),
        );
    }
    let bad = format!("{} of {} missing", schemas.len(), plan.tenants.len());
    Ok(Verdict::of(good, bad, complaints))
}
