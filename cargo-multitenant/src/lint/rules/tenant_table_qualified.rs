//! `tenant-table-qualified`

use multitenant_runtime::Tier;

use crate::lint::context::Context;
use crate::lint::rule::{Check, rule};
use crate::lint::sink::Sink;

rule! {
    /// ## What it does
    ///
    /// Finds `table!` declarations that are marked as a tenant's and name a schema.
    ///
    /// ## Why is this bad?
    ///
    /// Every tenant then reads and writes that one schema: the name does not depend on `search_path` any more.
    ///
    /// ## Example
    ///
    /// ```rust
    /// diesel::table! { tenant_acme.orders { id -> Int8, } }
    /// multitenant_runtime::tenant_tables! { orders }
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```rust
    /// diesel::table! { orders { id -> Int8, } }
    /// multitenant_runtime::tenant_tables! { orders }
    /// ```
    "tenant-table-qualified": Error, Convention, Check::Project(check),
}

fn check(cx: &Context<'_>, sink: &mut Sink<'_>) {
    for (table, marked) in cx.marking.tables(cx.project) {
        let Some((schema, place)) = table.schema.as_ref().filter(|_| marked.tier() == Some(Tier::Tenant)) else {
            continue;
        };
        let mut with_dot = place.clone();
        with_dot.span.end = table.place.span.start;
        let draft = sink
            .report(place.clone(), format!("the tenants' table `{}` is declared in the schema `{schema}`", table.name))
            .label("every tenant would read this one")
            .help("leave the schema out")
            .object(table.sql_name.clone())
            .around(table.around.clone())
            .fix(with_dot, "");
        if let Some((_, place)) = marked.marks.first() {
            draft.related(place.clone(), "marked as a tenant's here");
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
            diesel::table! { public.orders (id) { id -> Text, } }
            #[derive(TenantTable)]
            struct Order { id: String }
        "), @"src/schema.rs:1:30 error: the tenants' table `orders` is declared in the schema `public` [public]");
    }

    #[test]
    fn stays_silent() {
        silent(
            &RULE,
            "
            -- file: src/schema.rs
            diesel::table! { public.plans { id -> Text, } }
            diesel::table! { orders { id -> Text, } }
            diesel::table! { other.unmarked { id -> Text, } }
            shared_tables! { plans }
            tenant_tables! { orders }
        ",
        );
    }
}
