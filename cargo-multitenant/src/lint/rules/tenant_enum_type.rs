//! `tenant-enum-type`

use crate::lint::context::Context;
use crate::lint::rule::{Check, rule};
use crate::lint::sink::Sink;

rule! {
    /// ## What it does
    ///
    /// Finds types and domains that tenants' migrations make and that Rust code uses by
    /// `#[diesel(postgres_type(name = "…"))]`.
    ///
    /// ## Why is this bad?
    ///
    /// Each tenant's type has an OID of its own. Diesel looks it up once for a connection and remembers it by the name, so
    /// a connection that has served one tenant sends that tenant's OID for the next: "column is of type mood but expression
    /// is of type tenant_a.mood".
    ///
    /// ## Example
    ///
    /// ```sql
    /// -- a tenant's migration
    /// CREATE TYPE mood AS ENUM ('glad', 'sad');
    /// ```
    ///
    /// ## Use instead
    ///
    /// The type in a shared migration, and `#[diesel(postgres_type(name = "mood", schema = "public"))]`; or text with a
    /// `CHECK`.
    "tenant-enum-type": Warning, Isolation, Check::Project(check),
}

fn check(cx: &Context<'_>, sink: &mut Sink<'_>) {
    let used: Vec<_> = cx.project.rust.iter().flat_map(|file| &file.sql_types).collect();
    for (name, entry) in cx.catalog.tenant.types.iter() {
        if let Some(sql_type) = used.iter().find(|sql_type| sql_type.name == *name) {
            sink.report(
                entry.origin.place.clone(),
                format!("each tenant has a type `{name}` of its own, and Diesel remembers one"),
            )
            .related(sql_type.place.clone(), "used here")
            .help("make the type in a shared migration, and name its schema in `postgres_type`")
            .object(name.as_str())
            .around(entry.origin.around.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::RULE;
    use crate::lint::testing::{check, silent};

    const RUST: &str = "
        -- file: src/schema.rs
        #[derive(SqlType)]
        #[diesel(postgres_type(name = \"mood\"))]
        pub struct Mood;
    ";

    #[test]
    fn fires() {
        assert_snapshot!(check(&RULE, &format!("create type mood as enum ('a');\n{RUST}")), @"tenant/1_a/up.sql:1:13 warning: each tenant has a type `mood` of its own, and Diesel remembers one [mood]");
    }

    #[test]
    fn stays_silent() {
        silent(&RULE, &format!("create type other as enum ('a');\n{RUST}"));
        silent(&RULE, &format!("-- file: shared/1_a/up.sql\ncreate type mood as enum ('a');\n{RUST}"));
        silent(&RULE, "create type mood as enum ('a');");
    }
}
