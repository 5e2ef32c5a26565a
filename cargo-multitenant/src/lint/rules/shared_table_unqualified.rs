//! `shared-table-unqualified`

use multitenant_runtime::Tier;

use crate::lint::context::Context;
use crate::lint::rule::{Check, rule};
use crate::lint::sink::Sink;

rule! {
    /// ## What it does
    ///
    /// Finds `table!` declarations that are marked as shared and do not name the schema.
    ///
    /// ## Why is this bad?
    ///
    /// Without a schema the name means whatever `search_path` finds first, and for a tenant that is the tenant's own
    /// schema. As soon as there is a tenant's table of the name, shared rows are read from and written to it.
    /// `diesel print-schema` leaves `public` out, so it must be written by hand, or by `cargo multitenant print-schema`.
    ///
    /// ## Example
    ///
    /// ```rust
    /// diesel::table! { plans { id -> Text, } }
    /// multitenant_runtime::shared_tables! { plans }
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```rust
    /// diesel::table! { public.plans { id -> Text, } }
    /// multitenant_runtime::shared_tables! { plans }
    /// ```
    "shared-table-unqualified": Error, Convention, Check::Project(check),
}

fn check(cx: &Context<'_>, sink: &mut Sink<'_>) {
    for (table, marked) in cx.marking.tables(cx.project) {
        if marked.tier() != Some(Tier::Shared) || table.schema.is_some() {
            continue;
        }
        let shared = cx.catalog.shared_schema();
        let draft = sink
            .report(table.place.clone(), format!("the shared table `{}` is declared without its schema", table.name))
            .help(format!("write `{shared}.{}`", table.name))
            .object(table.sql_name.clone())
            .around(table.around.clone());
        let draft = match marked.marks.first() {
            Some((_, place)) => draft.related(place.clone(), "marked as shared here"),
            None => draft,
        };
        let is_identifier = shared.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if is_identifier && !shared.starts_with(|c: char| c.is_ascii_digit()) {
            let mut start = table.place.clone();
            start.span.end = start.span.start;
            draft.fix(start, format!("{shared}."));
        }
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
            -- file: src/schema.rs
            diesel::table! { plans (id) { id -> Text, } }
            shared_tables! { plans }
        "), @"src/schema.rs:1:30 error: the shared table `plans` is declared without its schema [plans]");
    }

    #[test]
    fn stays_silent() {
        silent(
            &RULE,
            "
            -- file: src/schema.rs
            diesel::table! { public.plans { id -> Text, } }
            diesel::table! { orders { id -> Text, } }
            diesel::table! { unmarked { id -> Text, } }
            shared_tables! { plans }
            tenant_tables! { orders }
        ",
        );
    }
}
