//! `catalog-query-without-schema`

use crate::lint::context::At;
use crate::lint::rule::{Check, rule};
use crate::lint::sink::Sink;
use crate::lint::sql::{Literal, Name, Query, Span};

rule! {
    /// ## What it does
    ///
    /// Finds queries of the system catalogs in tenants' migrations that do not say in which schema they look, mostly
    /// guards such as `IF NOT EXISTS (SELECT … FROM pg_type …)`. It must be said where rows are chosen, in `WHERE` or `ON`.
    /// Those that look in the shared schema by its name are found too, unless for something that the shared migrations make.
    ///
    /// ## Why is this bad?
    ///
    /// The catalogs hold the objects of all schemas. The guard finds the type of the first tenant, so the second tenant's
    /// is never made, and the next statement fails with "type does not exist"; or a subquery returns a row for each tenant.
    /// One that looks in the shared schema has the same answer for every tenant.
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
        if let Some((catalog, literal)) = of_shared(at, query) {
            let message = format!("`{}` is asked for the shared schema, whoever the tenant is", catalog.shown());
            sink.report(at.place(literal.span.clone()), message)
                .help("write current_schema() for it")
                .object(catalog.name())
                .around(at.place(query.span.clone()));
        }
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
    if SAYS_SCHEMA.iter().any(|word| query.conditions.contains(*word)) {
        return None;
    }
    catalog_in(query)
}

/// The catalogue and the literal that is the shared schema's name, unless the query is about what is shared.
fn of_shared<'a>(at: &At<'_>, query: &'a Query) -> Option<(&'a Name, &'a Literal)> {
    let catalog = catalog_in(query)?;
    let before = at.before;
    let is_schema = |(column, literal): &&(String, Literal)| {
        SAYS_SCHEMA.contains(&column.as_str()) && literal.value == before.shared_schema()
    };
    let is_shared = |(_, literal): &(String, Literal)| {
        let (name, shared) = (literal.value.as_str(), &before.shared);
        let relation = shared.relations.get(name).map(|relation| &relation.origin);
        let made = relation.or_else(|| shared.types.get(name).map(|entry| &entry.origin));
        let made = made.or_else(|| shared.routines.get(name).map(|entry| &entry.origin));
        made.is_some_and(|origin| at.is_shared_migration_s(&origin.place))
    };
    let (_, literal) = query.equals.iter().find(is_schema)?;
    (!query.equals.iter().any(is_shared)).then_some((catalog, literal))
}

fn catalog_in(query: &Query) -> Option<&Name> {
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
    fn the_schema_is_said_where_rows_are_chosen() {
        assert_snapshot!(check(&RULE, "
            do $$ begin
                if not exists (select table_schema from information_schema.tables where table_name = 'x') then null; end if;
            end $$;
            select 1 from pg_class c where relname = 'x' order by relnamespace;
        "), @"
        tenant/1_a/up.sql:2:57 error: `information_schema.tables` is read without saying in which schema [information_schema.tables]
        tenant/1_a/up.sql:4:27 error: `pg_class` is read without saying in which schema [pg_class]
        ");
        silent(&RULE, "select table_schema from information_schema.tables t join mine on t.table_schema = mine.name;");
        silent(&RULE, "select (select 1 from pg_class where relnamespace = current_schema()::regnamespace);");
    }

    #[test]
    fn the_shared_schema_is_no_tenants() {
        assert_snapshot!(check(&RULE, "
            -- file: shared/1_a/up.sql
            create table users (id int);
            -- file: tenant/1_a/up.sql
            do $$ begin
                if not exists (select from information_schema.tables t
                    where t.table_schema = 'public' and table_name = 'x') then null; end if;
                if not exists (select from pg_type where typname = 'mood' and typnamespace = 'public'::regnamespace)
                    then null; end if;
                if exists (select from pg_tables where schemaname = 'public' and tablename = 'users') then null; end if;
                if exists (select from pg_tables where schemaname = 'elsewhere' and tablename = 'x') then null; end if;
            end $$;
        "), @"
        tenant/1_a/up.sql:3:44 error: `information_schema.tables` is asked for the shared schema, whoever the tenant is ['public']
        tenant/1_a/up.sql:4:94 error: `pg_type` is asked for the shared schema, whoever the tenant is ['public'::regnamespace]
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
