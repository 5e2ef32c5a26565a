//! `catalog-query-without-schema`

use crate::lint::context::At;
use crate::lint::rule::{Check, rule};
use crate::lint::sink::Sink;
use crate::lint::sql::{Name, Query, Span};

rule! {
    /// ## What it does
    ///
    /// Finds queries of the system catalogs in tenants' migrations that do not say in which schema they look, mostly
    /// guards such as `IF NOT EXISTS (SELECT … FROM pg_type …)`.
    ///
    /// ## Why is this bad?
    ///
    /// The catalogs hold the objects of all schemas. The guard finds the type of the first tenant, so the second tenant's
    /// is never made, and the next statement fails with "type does not exist"; or a subquery returns a row for each tenant.
    ///
    /// ## Example
    ///
    /// ```sql
    /// SELECT 1 FROM pg_type WHERE typname = 'mood'
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sql
    /// SELECT 1 FROM pg_type WHERE typname = 'mood' AND typnamespace = current_schema()::regnamespace
    /// ```
    "catalog-query-without-schema": Error, Isolation, Check::Statement(check),
}

/// Catalogs whose rows belong to a schema, or to something that does.
const IN_SCHEMAS: [&str; 23] = [
    "pg_class",
    "pg_type",
    "pg_proc",
    "pg_constraint",
    "pg_enum",
    "pg_attribute",
    "pg_index",
    "pg_indexes",
    "pg_tables",
    "pg_views",
    "pg_matviews",
    "pg_sequences",
    "pg_trigger",
    "pg_policies",
    "pg_policy",
    "pg_rules",
    "pg_attrdef",
    "pg_sequence",
    "pg_inherits",
    "pg_partitioned_table",
    "pg_stat_user_tables",
    "pg_stat_all_tables",
    "pg_statio_user_tables",
];

/// Views of information_schema about the whole database.
const OF_THE_DATABASE: [&str; 6] = [
    "schemata",
    "enabled_roles",
    "applicable_roles",
    "administrable_role_authorizations",
    "information_schema_catalog_name",
    "sql_features",
];

/// What says in which schema to look: columns, functions, and types by which a name becomes one object.
const SAYS_SCHEMA: [&str; 30] = [
    "nspname",
    "typnamespace",
    "relnamespace",
    "pronamespace",
    "connamespace",
    "table_schema",
    "schemaname",
    "constraint_schema",
    "routine_schema",
    "specific_schema",
    "udt_schema",
    "object_schema",
    "sequence_schema",
    "trigger_schema",
    "event_object_schema",
    "view_schema",
    "unique_constraint_schema",
    "domain_schema",
    "user_defined_type_schema",
    "current_schema",
    "current_schemas",
    "regclass",
    "regtype",
    "regproc",
    "regprocedure",
    "regnamespace",
    "to_regclass",
    "to_regtype",
    "pg_table_is_visible",
    "pg_type_is_visible",
];

fn check(at: &At<'_>, sink: &mut Sink<'_>) {
    if !at.is_tenant() || !at.runs_now() {
        return;
    }
    // An outer query speaks for those within it.
    let mut judged: Vec<Span> = Vec::new();
    for query in &at.statement.queries {
        if judged.iter().any(|outer| outer.start <= query.span.start && query.span.end <= outer.end) {
            continue;
        }
        judged.push(query.span.clone());
        if let Some(catalog) = unguarded(query) {
            sink.report(
                at.place(catalog.span()),
                format!("`{}` is read without saying in which schema", catalog.shown()),
            )
            .label("holds the objects of all tenants")
            .help(advice(catalog))
            .object(catalog.name())
            .around(at.place(query.span.clone()));
        }
    }
}

fn unguarded(query: &Query) -> Option<&Name> {
    if SAYS_SCHEMA.iter().any(|word| query.words.contains(*word)) {
        return None;
    }
    query.all_relations.iter().find(|name| match name.schema() {
        None | Some("pg_catalog") => IN_SCHEMAS.contains(&name.name()),
        Some("information_schema") => !OF_THE_DATABASE.contains(&name.name()),
        Some(_) => false,
    })
}

fn advice(catalog: &Name) -> String {
    let condition = match (catalog.schema(), catalog.name()) {
        (Some("information_schema"), "routines") => "routine_schema = current_schema()",
        (Some("information_schema"), "sequences") => "sequence_schema = current_schema()",
        (Some("information_schema"), "triggers") => "trigger_schema = current_schema()",
        (Some("information_schema"), _) => "table_schema = current_schema()",
        (_, "pg_type") => "typnamespace = current_schema()::regnamespace",
        (_, "pg_class") => "relnamespace = current_schema()::regnamespace",
        (_, "pg_proc") => "pronamespace = current_schema()::regnamespace",
        (_, "pg_constraint") => "connamespace = current_schema()::regnamespace",
        (_, "pg_enum") => "enumtypid = 'type'::regtype",
        (_, "pg_attribute") => "attrelid = 'table'::regclass",
        (_, "pg_trigger") => "tgrelid = 'table'::regclass",
        _ => "schemaname = current_schema()",
    };
    format!("add a condition such as `{condition}`")
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::RULE;
    use crate::lint::testing::{check, silent};

    #[test]
    fn fires() {
        assert_snapshot!(check(&RULE, "
            do $$ begin
                if not exists (select 1 from pg_type where typname = 'mood') then create type mood as enum (); end if;
                if exists (select from information_schema.columns where table_name = 'a') then null; end if;
            end $$;
            select enumlabel from pg_catalog.pg_enum where enumtypid = (select oid from pg_type where typname = 'x');
        "), @"
        tenant/1_a/up.sql:2:46 error: `pg_type` is read without saying in which schema [pg_type]
        tenant/1_a/up.sql:3:40 error: `information_schema.columns` is read without saying in which schema [information_schema.columns]
        tenant/1_a/up.sql:5:35 error: `pg_catalog.pg_enum` is read without saying in which schema [pg_catalog.pg_enum]
        ");
    }

    #[test]
    fn stays_silent() {
        silent(
            &RULE,
            "
            select 1 from pg_type where typname = 'x' and typnamespace = current_schema()::regnamespace;
            select 1 from pg_type t join pg_namespace n on n.oid = t.typnamespace where n.nspname = 'x';
            select 1 from information_schema.columns where table_schema = current_schema();
            select 1 from pg_constraint where conrelid = 'a'::regclass;
            select 1 from pg_extension; select 1 from pg_roles; select 1 from information_schema.schemata;
            select 1 from mine.pg_class;
            create function f() returns int language sql as 'select 1 from pg_class';
            -- file: shared/1_a/up.sql
            select 1 from pg_type where typname = 'mood';
        ",
        );
    }
}
