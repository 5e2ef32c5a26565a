//! `extension-without-schema`

use crate::lint::catalog::brings_its_schema;
use crate::lint::context::At;
use crate::lint::rule::{Check, rule};
use crate::lint::sink::Sink;
use crate::lint::sql::Detail;

rule! {
    /// ## What it does
    ///
    /// Finds `CREATE EXTENSION` without `SCHEMA` in shared migrations. Extensions that bring their schema with them are
    /// left alone.
    ///
    /// ## Why is this bad?
    ///
    /// Without it the extension goes to whatever schema is first in `search_path` at that moment. On a database that was
    /// set up by hand, or by another tool, that is another one, and then tenants' migrations find its types there and not
    /// here.
    ///
    /// ## Example
    ///
    /// ```sql
    /// CREATE EXTENSION IF NOT EXISTS citext;
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sql
    /// CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA public;
    /// ```
    "extension-without-schema": Warning, Isolation, Check::Statement(check),
}

fn check(at: &At<'_>, sink: &mut Sink<'_>) {
    let Detail::Extension { name: Some(name), schema: None, end } = &at.statement.detail else { return };
    let statement = at.text(at.statement.span.clone());
    let words: Vec<String> = statement.split_whitespace().map(|word| word.trim_matches('"').to_lowercase()).collect();
    // CREATE EXTENSION [IF NOT EXISTS] name [WITH …]
    let at_name = if words.get(2).is_some_and(|word| word == "if") { 5 } else { 2 };
    let name = &name.text;
    if at.is_tenant() || brings_its_schema(name) {
        return;
    }
    let shared = at.before.shared_schema();
    let clause = if words.iter().any(|word| word == "with") { "SCHEMA" } else { "WITH SCHEMA" };
    let draft = sink
        .report(
            at.place(at.statement.span.clone()),
            format!("the extension `{name}` is made without saying in which schema"),
        )
        .help(format!("write {clause} {shared}: that is where it goes now"))
        .object(name.clone());
    // With further options the place for the schema is anybody's guess.
    let is_plain = words.len() == at_name + 1;
    let quoted = multitenant_runtime::SchemaName::new(shared).map(|name| name.quoted().to_string());
    if let (true, Ok(quoted)) = (is_plain && !at.in_block, quoted) {
        draft.fix(at.place(*end..*end), format!(" WITH SCHEMA {quoted}"));
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::RULE;
    use crate::lint::testing::{check, silent};

    #[test]
    fn fires() {
        assert_snapshot!(check(&RULE, "
            -- file: shared/1_a/up.sql
            create extension citext;
            CREATE EXTENSION IF NOT EXISTS \"uuid-ossp\" CASCADE;
        "), @r#"
        shared/1_a/up.sql:1:13 warning: the extension `citext` is made without saying in which schema [create extension citext]
        shared/1_a/up.sql:2:13 warning: the extension `uuid-ossp` is made without saying in which schema [CREATE EXTENSION IF NOT EXISTS "uuid-ossp" CASCADE]
        "#);
    }

    #[test]
    fn stays_silent() {
        silent(
            &RULE,
            "
            create extension citext;
            -- file: shared/1_a/up.sql
            create extension citext with schema public;
            create extension if not exists pg_cron;
        ",
        );
    }
}
