//! `extension-in-tenant`

use crate::lint::context::At;
use crate::lint::rule::{Check, rule};
use crate::lint::sink::Sink;
use crate::lint::sql::{Class, Verb};

rule! {
    /// ## What it does
    ///
    /// Finds `CREATE`, `ALTER` and `DROP EXTENSION` in tenants' migrations.
    ///
    /// ## Why is this bad?
    ///
    /// An extension is there once in a database. The first tenant's migration puts its types, functions and operators into
    /// that tenant's schema, where no other tenant finds them: the second tenant fails on `gin_trgm_ops`, although
    /// `IF NOT EXISTS` says that all is well. When the first tenant is dropped, the extension goes for all.
    ///
    /// ## Example
    ///
    /// ```sql
    /// CREATE EXTENSION IF NOT EXISTS pg_trgm;
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sql
    /// -- in a shared migration
    /// CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;
    /// ```
    "extension-in-tenant": Error, Isolation, Check::Statement(check),
}

fn check(at: &At<'_>, sink: &mut Sink<'_>) {
    let statement = at.statement;
    if !at.is_tenant() || statement.class != Class::Extension {
        return;
    }
    let verb = match statement.verb {
        Verb::Create => "makes",
        Verb::Drop => "drops",
        _ => "changes",
    };
    sink.report(at.place(statement.span.clone()), format!("a tenant's migration {verb} an extension"))
        .label("a database has it once, in one schema")
        .help("do it in a shared migration, with the shared schema")
        .object(at.text(statement.span.clone()).split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase());
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::RULE;
    use crate::lint::testing::{check, silent};

    #[test]
    fn fires() {
        assert_snapshot!(check(&RULE, "
            create extension if not exists pg_trgm;
            drop extension pg_trgm;
            do $$ begin create extension citext with schema public; end $$;
        "), @"
        tenant/1_a/up.sql:1:13 error: a tenant's migration makes an extension [create extension if not exists pg_trgm]
        tenant/1_a/up.sql:2:13 error: a tenant's migration drops an extension [drop extension pg_trgm]
        tenant/1_a/up.sql:3:25 error: a tenant's migration makes an extension [create extension citext with schema public]
        ");
    }

    #[test]
    fn stays_silent() {
        silent(
            &RULE,
            "
            create table extension (id int);
            -- file: shared/1_a/up.sql
            create extension citext;
        ",
        );
    }
}
