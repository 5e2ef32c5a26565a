//! The start-up check: registry, catalogue and state table in one query.

use crate::connection::Session;
use crate::ident::{Identifier, SchemaTemplate, literal};
use crate::registry::{Fleet, RegistryError, RegistrySource, Tenant, list, registry_query, targets};
use crate::settings::Settings;
use crate::target::Target;

use super::StateTable;

/// What the state table says of a fleet.
#[derive(Debug)]
pub(crate) struct Check {
    /// Whether the shared schema is as the binary wants it; `None` where there are no shared migrations.
    pub(crate) shared: Option<bool>,
    /// The tenants, in the order of their ids, and whether they are as the binary wants them.
    pub(crate) tenants: Vec<(Target, bool)>,
    /// Whether their roles are; nothing was asked yet.
    pub(crate) roles_are_in_order: bool,
}

/// What a schema's digest must be.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// The shared schema's, where there are shared migrations.
    pub(crate) shared: Option<String>,
    /// Every tenant's.
    pub(crate) tenant: String,
}

impl Check {
    /// Asks; one statement, where the registry can be part of it.
    ///
    /// `None` where it cannot answer: most likely since there is no state table yet, or since the registry has tenants
    /// that cannot be used.
    pub(crate) async fn ask(
        session: &Session,
        table: &StateTable,
        source: &RegistrySource,
        settings: &Settings,
        wanted: &Wanted,
    ) -> Result<Option<Self>, RegistryError> {
        let registry = match source {
            RegistrySource::Configured(configured) => registry_query(configured, settings),
            RegistrySource::Custom(_) => None,
        };
        let registry = match registry {
            Some(sql) => sql,
            None => {
                let tenants: Result<Vec<Tenant>, _> =
                    list(session, source, settings).await?.unwrap_or_default().into_iter().collect();
                let Ok(tenants) = tenants else { return Ok(None) };
                listed(&tenants)
            }
        };
        // Whatever is wrong with it, the authoritative way says it better.
        let Ok(rows) = session.rows(&query(table, &registry, settings, wanted)).await else { return Ok(None) };
        let mut shared = None;
        let mut found = Vec::with_capacity(rows.len());
        for row in &rows {
            let is_good = row.get(3) == Some("t");
            if row.get(0) == Some("0") {
                shared = Some(is_good);
                continue;
            }
            found.push((row.get(1), row.get(2), is_good));
        }
        // Here, and not there: a sort by a language's rules would take as long as all the rest.
        found.sort_unstable();
        let good: Vec<bool> = found.iter().map(|&(_, _, is_good)| is_good).collect();
        let tenants = found.into_iter().map(|(id, schema, _)| Tenant::from_texts(id, schema)).collect();
        let Fleet { tenants, unusable } = targets(tenants, settings);
        // Their failures are told by the authoritative way.
        let is_usable = unusable.is_empty();
        Ok(is_usable.then(|| Self {
            shared,
            tenants: tenants.into_iter().zip(good).collect(),
            roles_are_in_order: true,
        }))
    }
}

/// The tenants of a registry that is no SQL, as if it were.
pub(crate) fn listed(tenants: &[Tenant]) -> String {
    let list = |texts: Vec<String>| texts.join(",");
    let ids = tenants.iter().map(|tenant| literal(tenant.id.as_str())).collect();
    let schemas = tenants
        .iter()
        .map(|tenant| tenant.schema.as_ref().map_or_else(|| "NULL".to_owned(), |schema| literal(schema.as_str())))
        .collect();
    format!(
        "SELECT * FROM ROWS FROM (pg_catalog.unnest(ARRAY[{}]::text[]), pg_catalog.unnest(ARRAY[{}]::text[])) AS r",
        list(ids),
        list(schemas)
    )
}

/// A query for a registry's tenants, as id, schema and whether the state table says that they are as they should be.
#[cfg(feature = "pool")]
pub(crate) fn roster(table: Option<&StateTable>, registry: &str, settings: &Settings, digest: String) -> String {
    let Some(table) = table else {
        return format!("SELECT r.id, r.schema, false FROM (\n{registry}\n) AS r (id, schema)");
    };
    let question = query(table, registry, settings, &Wanted { shared: None, tenant: digest });
    format!("SELECT r.id, r.schema, r.is_good FROM {question} AS r (tier, id, schema, is_good)")
}

fn query(table: &StateTable, registry: &str, settings: &Settings, wanted: &Wanted) -> String {
    let shared = wanted.shared.as_ref().map_or_else(String::new, |digest| {
        format!(
            "SELECT 0, NULL::text, NULL::text, {} FROM (SELECT {}::text AS schema) AS r {} UNION ALL ",
            is_good(digest, &has_history(&settings.shared_history)),
            literal(settings.shared_schema.as_str()),
            joins(table, "r.schema")
        )
    });
    let schema = schema_of(&settings.schema_template, "r.schema", "r.id");
    // On lines of its own: a query may end with a comment.
    format!(
        "{shared}(SELECT 1, r.id, r.schema, {} FROM (\n{registry}\n) AS r (id, schema) {})",
        is_good(&wanted.tenant, &has_history(&settings.tenant_history)),
        joins(table, &schema)
    )
}

/// Whether the row `s` says of the schema `n` that it holds what is wanted; the condition says that the history is
/// there, if there is one.
pub(crate) fn is_good(digest: &str, has_history: &str) -> String {
    format!(
        "coalesce(n.oid = s.schema_oid AND s.digest = {} AND s.format = {} AND s.failed_at IS NULL \
         AND (s.history_oid IS NULL OR {has_history}), false)",
        literal(digest),
        StateTable::FORMAT,
    )
}

/// Whether the history is there, for a whole fleet.
///
/// The history tables are asked for by their name, which their index has in one place, and by `IN`, which is hashed
/// however few of them the planner expects: joined, they would be compared with every tenant where it expects one.
pub(super) fn has_history(history: &Identifier) -> String {
    format!(
        "(s.history_oid, s.schema_oid) IN \
         (SELECT c.oid, c.relnamespace FROM pg_catalog.pg_class c WHERE c.relname = {})",
        literal(history.as_str())
    )
}

/// Joins the row of the state table `s` of a schema's name, and the schema `n` that it is about.
pub(super) fn joins(table: &StateTable, schema: &str) -> String {
    format!(
        "LEFT JOIN {} s ON s.schema_name = ({schema}) COLLATE \"C\" \
         LEFT JOIN pg_catalog.pg_namespace n ON n.oid = s.schema_oid AND n.nspname = s.schema_name::pg_catalog.name",
        table.qualified()
    )
}

/// The schema's name in SQL, as [`SchemaTemplate::schema_of`] makes it. A name that PostgreSQL would cut is
/// refused when the row is read.
pub(crate) fn schema_of(template: &SchemaTemplate, schema: &str, id: &str) -> String {
    format!("coalesce({schema}, {} || {id} || {})", literal(template.prefix()), literal(template.suffix()))
}
