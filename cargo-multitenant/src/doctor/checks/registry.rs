use std::collections::BTreeMap;

use multitenant_runtime::inspection::Given;
use multitenant_runtime::{Plan, RegistrySettings, TenantId};

use super::check;
use crate::doctor::check::{Blocked, Verdict};
use crate::doctor::ground::Ground;
use crate::doctor::names::listed;
use crate::doctor::quoted::{qualified, quoted};
use crate::finding::{Complaint, Level};
use crate::output::counted;

check! {
    /// ## What it checks
    /// That the registry can be read, that every id in it can be a tenant's, and that no two mean one schema; where it
    /// is a table, that a key keeps it so; and that no two ids differ in upper and lower case alone.
    ///
    /// ## Why is this bad?
    /// Without the registry nobody knows which tenants there are. An id that cannot be used is a tenant that nobody
    /// migrates and nobody serves; two ids on one schema are two customers in each other's data. Without a key on the
    /// ids, that is one careless INSERT away. A subdomain knows no upper case, so that `Acme` cannot be reached by one
    /// where there is `acme`.
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
    let mut complaints: Vec<_> = complaints.collect();
    let bad = match complaints.len() {
        0 => found.clone(),
        unusable => format!("{found}, of which {} cannot be used", counted(unusable, "tenant", "tenants")),
    };
    complaints.extend(differ_in_case(plan));
    complaints.extend(without_key(ground).await?);
    Ok(Verdict::of(found, bad, complaints))
}

/// Ids that a subdomain, or an unquoted name, does not tell apart.
fn differ_in_case(plan: &Plan) -> Option<Complaint> {
    let mut ids: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for id in plan.tenants.iter().filter_map(|tenant| tenant.target.tenant()).map(TenantId::as_str) {
        ids.entry(id.to_lowercase()).or_default().push(id);
    }
    let alike: Vec<Vec<&str>> = ids.into_values().filter(|ids| ids.len() > 1).collect();
    if alike.is_empty() {
        return None;
    }
    let message =
        format!("ids differ in upper and lower case alone: {}", listed(alike.iter().map(|ids| ids.join(" and "))));
    let mut complaint = CHECK.complaint(message).object("registry");
    complaint.level = Level::Warning;
    complaint.tenants = alike.into_iter().flatten().map(str::to_owned).collect();
    Some(
        complaint
            .help("give all but one of them another id and schema: ALTER SCHEMA … RENAME TO …, and the registry's row"),
    )
}

/// Whether a key of one column, over all rows, is on this column of this table.
const KEY: &str = "\
SELECT c.relkind IN ('r', 'p'), EXISTS (SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid \
AND a.attnum = i.indkey[0] WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL \
AND i.indnkeyatts = 1 AND a.attname = $3) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
WHERE n.nspname = $1 AND c.relname = $2";

/// The registry's columns that nothing keeps unique.
async fn without_key(ground: &Ground) -> Result<Vec<Complaint>, Blocked> {
    let settings = &ground.config()?.settings;
    let RegistrySettings::Table { table, id_column, schema_column, .. } = &settings.registry else {
        return Ok(Vec::new());
    };
    let (shared, place) = (settings.shared_schema.as_str(), qualified(settings.shared_schema.as_str(), table.as_str()));
    let mut complaints = Vec::new();
    for (column, add) in [(Some(id_column), "PRIMARY KEY"), (schema_column.as_ref(), "UNIQUE")] {
        let Some(column) = column else { continue };
        let given = [Given::Text(shared), Given::Text(table.as_str()), Given::Text(column.as_str())];
        let rows = ground.inspector()?.rows(KEY, &given).await?;
        if rows.first().is_some_and(|row| row.get(0) == Some("t") && row.get(1) != Some("t")) {
            let message = format!("nothing keeps the column {column} of the registry {table} unique");
            let mut complaint = CHECK.complaint(message).object(place.clone());
            complaint.level = Level::Warning;
            let column = quoted(column.as_str());
            complaints.push(complaint.help(format!("in a shared migration: ALTER TABLE {place} ADD {add} ({column})")));
        }
    }
    Ok(complaints)
}
