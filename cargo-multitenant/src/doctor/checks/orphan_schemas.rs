use multitenant_runtime::inspection::{Given, Row, UNDER_CONSTRUCTION};
use multitenant_runtime::{RegistrySettings, SchemaName, Settings};

use super::check;
use crate::doctor::check::{Blocked, Verdict};
use crate::doctor::ground::Ground;
use crate::doctor::names::{listed, statements};
use crate::doctor::quoted::{qualified, quoted};
use crate::finding::Complaint;
use crate::output::counted;

check! {
    /// ## What it checks
    /// That no schema looks like a tenant's and is none: its name fits `isolation.schema_name`, it has a history table or
    /// the mark of a creation, and the registry has no tenant for it.
    ///
    /// ## Why is this bad?
    /// Nobody migrates it, and nobody serves it. It takes room, is in every dump, and holds a former customer's data
    /// longer than was agreed; or a customer's who is missing from the registry by mistake. A tenant of that id cannot be
    /// created while it is there. `tenants.filter` may leave out what is archived: then it is meant to be there.
    ///
    /// ## What to do
    /// Register the tenant again, or drop the schema, after a backup.
    "orphan-schemas": Warning, Tenants, "orphans", look
}

const ORPHANS: &str = "\
SELECT n.nspname, mark.objoid IS NOT NULL, (SELECT pg_size_pretty(coalesce(sum(pg_total_relation_size(c.oid)), 0)) \
FROM pg_class c WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'm')) \
FROM pg_namespace n LEFT JOIN pg_description mark ON mark.objoid = n.oid AND mark.objsubid = 0 \
AND mark.classoid = 'pg_namespace'::regclass AND starts_with(mark.description, $1) \
WHERE starts_with(n.nspname::text, $2) AND right(n.nspname::text, length($3)) = $3 \
AND length(n.nspname::text) > length($2) + length($3) AND n.nspname <> ALL ($4) \
AND (mark.objoid IS NOT NULL OR EXISTS (SELECT FROM pg_class h WHERE h.relnamespace = n.oid AND h.relname = $5)) \
ORDER BY 1";

async fn look(ground: &Ground) -> Result<Verdict, Blocked> {
    let plan = ground.plan()?;
    let settings = &ground.config()?.settings;
    let known = plan.tenants.iter().map(|tenant| tenant.target.schema().as_str());
    let unusable = plan.unusable.iter().filter_map(|tenant| tenant.schema.as_deref());
    let ours = [Some(&settings.shared_schema), settings.state_schema.as_ref()].into_iter().flatten();
    let known: Vec<&str> = known.chain(unusable).chain(ours.map(SchemaName::as_str)).collect();
    let template = &settings.schema_template;
    let given = [
        Given::Text(UNDER_CONSTRUCTION),
        Given::Text(template.prefix()),
        Given::Text(template.suffix()),
        Given::Texts(&known),
        Given::Text(settings.tenant_history.as_str()),
    ];
    let rows = ground.inspector()?.rows(ORPHANS, &given).await?;
    let (half_made, whole): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| row.get(1) == Some("t"));
    let mut complaints = Vec::new();
    if !whole.is_empty() {
        let message = format!(
            "{} a tenant's, and the registry has none for {}: {}",
            counted(whole.len(), "schema looks like", "schemas look like"),
            if whole.len() == 1 { "it" } else { "them" },
            sizes(&whole)
        );
        complaints.push(complaint(message, &whole, settings, &register(settings)));
    }
    if !half_made.is_empty() {
        let message = format!(
            "{} left by the creation of a tenant that was interrupted, or is under way: {}",
            counted(half_made.len(), "schema was", "schemas were"),
            sizes(&half_made)
        );
        let create = "create the tenant again (`create_tenant` in the application)";
        complaints.push(complaint(message, &half_made, settings, create));
    }
    Ok(Verdict::of("none", counted(rows.len(), "schema without a tenant", "schemas without a tenant"), complaints))
}

/// How a tenant gets into the registry.
fn register(settings: &Settings) -> String {
    match &settings.registry {
        RegistrySettings::Table { table, .. } => {
            format!("register the tenant in {}", qualified(settings.shared_schema.as_str(), table.as_str()))
        }
        RegistrySettings::Query { .. } => "register the tenant where tenants.query reads it".to_owned(),
        RegistrySettings::List { .. } => "add the tenant to tenants.ids".to_owned(),
        _ => "give it back its tenant's name".to_owned(),
    }
}

fn sizes(rows: &[&Row]) -> String {
    let one = |row: &&Row| format!("{} ({})", row.get(0).unwrap_or_default(), row.get(2).unwrap_or_default());
    listed(rows.iter().map(one))
}

fn complaint(message: String, rows: &[&Row], settings: &Settings, instead: &str) -> Complaint {
    let schemas: Vec<&str> = rows.iter().filter_map(|row| row.get(0)).collect();
    let tenant = |schema: &&str| {
        let schema = SchemaName::new(schema).ok()?;
        Some(settings.schema_template.tenant_of(&schema).ok()?.as_str().to_owned())
    };
    let drop = statements(schemas.iter().map(|schema| format!("DROP SCHEMA {} CASCADE", quoted(schema))));
    let mut complaint = CHECK.complaint(message).object("schema");
    complaint.tenants = schemas.iter().filter_map(tenant).collect();
    if let [schema] = schemas[..] {
        complaint.schema = Some(schema.to_owned());
        complaint.tenant = complaint.tenants.first().cloned();
    }
    complaint.help(format!("{instead}; or, if nobody needs it any more, after a backup:\n{drop}"))
}
