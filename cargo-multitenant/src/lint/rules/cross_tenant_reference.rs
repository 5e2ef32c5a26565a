//! `cross-tenant-reference`

use multitenant_runtime::SchemaName;

use crate::finding::Place;
use crate::lint::context::{At, Context};
use crate::lint::rule::{Check, rule};
use crate::lint::sink::Sink;
use crate::lint::sql::Class;

rule! {
    /// ## What it does
    ///
    /// Finds names of single tenants' schemas, as `isolation.schema_name` has them, in migrations and in `table!`.
    ///
    /// ## Why is this bad?
    ///
    /// It leads from every tenant to that one.
    ///
    /// ## Example
    ///
    /// ```sql
    /// INSERT INTO orders SELECT * FROM tenant_acme.orders;
    /// ```
    ///
    /// ## Use instead
    ///
    /// Names without a schema. What is for one tenant only is no migration.
    "cross-tenant-reference": Error, Isolation, Check::Statement(check),
    also: Check::Project(declared),
}

fn check(at: &At<'_>, sink: &mut Sink<'_>) {
    for object in &at.statement.objects {
        let schema = match (object.class, &object.name.schema) {
            (Class::Schema, _) => &object.name.name,
            (_, Some(schema)) => schema,
            _ => continue,
        };
        if is_tenant_s(at.cx, &schema.text) {
            report(at.place(schema.span.clone()), at.place(at.statement.span.clone()), &schema.text, sink);
        }
    }
}

fn declared(cx: &Context<'_>, sink: &mut Sink<'_>) {
    for (table, _) in cx.marking.tables(cx.project) {
        if let Some((schema, place)) = table.schema.as_ref().filter(|(schema, _)| is_tenant_s(cx, schema)) {
            report(place.clone(), table.around.clone(), schema, sink);
        }
    }
}

/// Whether a schema is one of a tenant. Where tenants' schemas have nothing in common, nobody can tell.
/// Whether a schema is a tenant's, by its name.
pub(super) fn is_tenant_s(cx: &Context<'_>, schema: &str) -> bool {
    let has_form = !(cx.template.prefix().is_empty() && cx.template.suffix().is_empty());
    // What the migrations make themselves is nobody's in particular, whatever it is called.
    let is_ours = schema == cx.catalog.shared_schema() || cx.catalog.others.contains_key(schema);
    let name = SchemaName::new(schema).ok().filter(|_| has_form && !is_ours);
    name.is_some_and(|name| cx.template.tenant_of(&name).is_ok())
}

fn report(place: Place, around: Place, schema: &str, sink: &mut Sink<'_>) {
    sink.report(place, format!("`{schema}` is the schema of one tenant"))
        .help("leave the schema out")
        .object(schema)
        .around(around);
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::RULE;
    use crate::lint::testing::{check, silent};

    #[test]
    fn fires() {
        assert_snapshot!(check(&RULE, "
            insert into orders select * from tenant_acme.orders;
            -- file: src/schema.rs
            table! { tenant_acme.orders { id -> Int4, } }
        "), @"
        src/schema.rs:1:22 error: `tenant_acme` is the schema of one tenant [tenant_acme]
        tenant/1_a/up.sql:1:46 error: `tenant_acme` is the schema of one tenant [tenant_acme]
        ");
    }

    #[test]
    fn stays_silent() {
        silent(
            &RULE,
            "
            select * from public.orders, tenants.orders, tenant_orders;
            -- file: src/schema.rs
            table! { public.tenant_orders { id -> Int4, } }
        ",
        );
    }
}
