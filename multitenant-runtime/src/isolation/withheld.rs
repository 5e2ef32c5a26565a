//! What no tenant may write to, though it is in the shared schema.

use crate::ident::{Identifier, literal};
use crate::settings::Settings;

use super::expressions::Expressions;
use super::look::registry_name;

/// A statement that takes the registry and the shared history from the group of all tenants, where there is one and it
/// may write to them: who makes one of them anew gives it to the group, as every new table. `None` without roles.
pub(crate) fn withhold(settings: &Settings) -> Option<String> {
    let expressions = Expressions::new(settings)?;
    let registry = registry_name(settings).and_then(|name| Identifier::new(name).ok());
    let table = |name: &Identifier| literal(&format!("{}.{}", settings.shared_schema.quoted(), name.quoted()));
    let history = format!("('ALL', pg_catalog.to_regclass({}))", table(&settings.shared_history));
    // It is read, as before.
    let registry = registry.map_or_else(String::new, |name| {
        format!(", ('INSERT, UPDATE, DELETE, TRUNCATE', pg_catalog.to_regclass({}))", table(&name))
    });
    let body = format!(
        "DECLARE its record; BEGIN \
         FOR its IN SELECT g.rolname AS holder, x.rights, x.relation FROM pg_catalog.pg_roles g, \
         (VALUES {history}{registry}) AS x (rights, relation) WHERE {group} AND x.relation IS NOT NULL \
         AND pg_catalog.has_table_privilege(g.oid, x.relation::pg_catalog.oid, 'INSERT, UPDATE, DELETE, TRUNCATE') LOOP \
         EXECUTE pg_catalog.format('REVOKE %s ON %s FROM %I', its.rights, its.relation, its.holder); \
         END LOOP; END",
        group = Expressions::is_named("g", &expressions.group_name()),
    );
    Some(format!("DO {}", literal(&body)))
}
