use super::check;
use crate::doctor::check::{Blocked, Verdict};
use crate::doctor::ground::Ground;
use crate::doctor::names::counted;

check! {
    /// ## What it checks
    /// That the registry can be read, that every id in it can be a tenant's, and that no two mean one schema.
    ///
    /// ## Why is this bad?
    /// Without the registry nobody knows which tenants there are. An id that cannot be used is a tenant that nobody
    /// migrates and nobody serves; two ids on one schema are two customers in each other's data.
    ///
    /// ## What to do
    /// Correct `[tenants]` in `multitenant.toml`, or the row that is named. A registry table that does not exist yet is
    /// made by a shared migration: `cargo multitenant migrate shared`.
    "registry": Error, Tenants, "tenants", look
}

async fn look(ground: &Ground) -> Result<Verdict, Blocked> {
    let plan = match ground.look()? {
        Ok(plan) => plan,
        Err(error) => {
            let help = "correct [tenants] in multitenant.toml, or apply the migration that makes the registry: `cargo \
                        multitenant migrate shared`";
            let complaint = CHECK.complaint(error.to_string()).object("registry").help(help);
            return Ok(Verdict::Bad("the registry cannot be read".to_owned(), vec![complaint]));
        }
    };
    let found = format!("{} found", plan.tenants.len() + plan.unusable.len());
    let complaints = plan.unusable.iter().map(|tenant| {
        let mut complaint = CHECK.complaint(format!("tenant {:?}: {}", tenant.tenant, tenant.failure.message));
        complaint.tenant = Some(tenant.tenant.clone());
        complaint.schema.clone_from(&tenant.schema);
        let hint = tenant.failure.hint.clone();
        complaint.object("registry").help(hint.unwrap_or_else(|| "correct the row in the registry".to_owned()))
    });
    let complaints: Vec<_> = complaints.collect();
    let bad = format!("{found}, of which {} cannot be used", counted(complaints.len(), "tenant", "tenants"));
    Ok(Verdict::of(found, bad, complaints))
}
