//! `sql-type-schema`

use crate::lint::context::Context;
use crate::lint::rule::{Check, rule};
use crate::lint::sink::Sink;

rule! {
    /// ## What it does
    ///
    /// Finds `#[diesel(postgres_type(name = "…"))]` of a type that shared migrations make, without its schema; and with a
    /// schema, of one that only tenants' migrations make.
    ///
    /// ## Why is this bad?
    ///
    /// Diesel looks the type up along `search_path`. Without the schema it finds whatever comes first, or nothing; with
    /// one, it looks where the tenants' type is not.
    ///
    /// ## Example
    ///
    /// ```rust
    /// // a shared migration makes `mood`
    /// #[derive(SqlType)]
    /// #[diesel(postgres_type(name = "mood"))]
    /// struct Mood;
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```rust
    /// #[derive(SqlType)]
    /// #[diesel(postgres_type(name = "mood", schema = "public"))]
    /// struct Mood;
    /// ```
    "sql-type-schema": Error, Isolation, Check::Project(check),
}

fn check(cx: &Context<'_>, sink: &mut Sink<'_>) {
    let (shared, tenant) = (&cx.catalog.shared.types, &cx.catalog.tenant.types);
    for sql_type in cx.project.rust.iter().flat_map(|file| &file.sql_types) {
        let name = sql_type.name.as_str();
        let shared = shared.get(name).filter(|made| cx.is_shared_migration_s(&made.origin.place));
        match (&sql_type.schema, shared, tenant.get(name)) {
            (None, Some(made), None) => {
                let schema = cx.catalog.shared_schema();
                let mut end = sql_type.place.clone();
                end.span.start = end.span.end;
                sink.report(sql_type.place.clone(), format!("the shared type `{name}` is named without its schema"))
                    .related(made.origin.place.clone(), "made here")
                    .help(format!("write schema = {schema:?}"))
                    .object(name)
                    .around(sql_type.around.clone())
                    .fix(end, format!(", schema = {schema:?}"));
            }
            (Some((schema, place)), None, Some(made)) => {
                sink.report(
                    place.clone(),
                    format!("only tenants have a type `{name}`, and it is looked for in `{schema}`"),
                )
                .related(made.origin.place.clone(), "made here")
                .help("make the type in a shared migration, or leave the schema out")
                .object(name)
                .around(sql_type.around.clone());
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::RULE;
    use crate::lint::testing::{check, silent};

    const MIGRATIONS: &str = "
        -- file: shared/1_a/up.sql
        create type mood as enum ('a');
        -- file: tenant/1_a/up.sql
        create type kind as enum ('a');
        -- file: src/schema.rs
    ";

    #[test]
    fn fires() {
        assert_snapshot!(check(&RULE, &format!("{MIGRATIONS}
            #[diesel(postgres_type(name = \"mood\"))] struct Mood;
            #[diesel(postgres_type(name = \"kind\", schema = \"public\"))] struct Kind;
        ")), @r#"
        src/schema.rs:2:43 error: the shared type `mood` is named without its schema ["mood"]
        src/schema.rs:3:60 error: only tenants have a type `kind`, and it is looked for in `public` ["public"]
        "#);
    }

    #[test]
    fn stays_silent() {
        silent(
            &RULE,
            &format!(
                "{MIGRATIONS}
            #[diesel(postgres_type(name = \"mood\", schema = \"public\"))] struct Mood;
            #[diesel(postgres_type(name = \"kind\"))] struct Kind;
            #[diesel(postgres_type(name = \"citext\"))] struct Citext;
        "
            ),
        );
    }
}
