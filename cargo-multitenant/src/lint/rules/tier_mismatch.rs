//! `tier-mismatch`

use multitenant_runtime::Tier;

use crate::finding::Place;
use crate::lint::context::Context;
use crate::lint::marking::Marked;
use crate::lint::rule::{Check, rule};
use crate::lint::schema::RustTable;
use crate::lint::sink::Sink;

rule! {
    /// ## What it does
    ///
    /// Finds tables that are marked as a tenant's and made by the shared migrations only, or the other way round; and
    /// tables that are marked both ways.
    ///
    /// ## Why is this bad?
    ///
    /// A table that is marked as a tenant's, and is not in the tenant's schema, falls through to the shared one: every
    /// tenant reads all rows. Marked as shared, and made for each tenant, it does not exist where it is looked for.
    ///
    /// ## Example
    ///
    /// ```rust
    /// // migrations/shared makes `plans`
    /// diesel::table! { plans { id -> Text, } }
    /// multitenant_runtime::tenant_tables! { plans }
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```rust
    /// diesel::table! { public.plans { id -> Text, } }
    /// multitenant_runtime::shared_tables! { plans }
    /// ```
    "tier-mismatch": Error, Convention, Check::Project(check),
}

fn check(cx: &Context<'_>, sink: &mut Sink<'_>) {
    for (table, marked) in cx.marking.tables(cx.project) {
        twice(table, marked, sink);
        let (Some(tier), name) = (marked.tier(), table.sql_name.as_str()) else { continue };
        let (own, other) = match tier {
            Tier::Tenant => (&cx.catalog.tenant, &cx.catalog.shared),
            _ => (&cx.catalog.shared, &cx.catalog.tenant),
        };
        let is_made = own.relations.contains_key(name) || own.is_opaque;
        // What a tenant's migration makes in the shared schema went astray: tenant-schema-qualified says so.
        let is_by_its_tier = |made: &&std::sync::Arc<crate::lint::catalog::Relation>| {
            cx.is_shared_migration_s(&made.origin.place) == (tier == Tier::Tenant)
        };
        if let Some(made) = other.relations.get(name).filter(|_| !is_made).filter(is_by_its_tier) {
            let message = match tier {
                Tier::Tenant => format!("`{name}` is marked as a tenant's, and only shared migrations make it"),
                _ => format!("`{name}` is marked as shared, and only tenants' migrations make it"),
            };
            let mark = marked.marks.first().map_or_else(|| table.place.clone(), |(_, place)| place.clone());
            sink.report(mark, message)
                .related(made.origin.place.clone(), "made here")
                .help("change the mark, or move the migration to the other tier")
                .object(name)
                .around(table.around.clone());
        }
    }
}

fn twice(table: &RustTable, marked: &Marked, sink: &mut Sink<'_>) {
    let mark = |tier| marked.marks.iter().find(|(marked, _)| *marked == tier).map(|(_, place)| place);
    let both: (Option<&Place>, Option<&Place>) = (mark(Tier::Tenant), mark(Tier::Shared));
    if let (Some(tenant), Some(shared)) = both {
        sink.report(shared.clone(), format!("`{}` is marked as shared and as a tenant's", table.name))
            .related(tenant.clone(), "as a tenant's here")
            .help("remove one of the two marks")
            .object(table.sql_name.clone())
            .around(table.around.clone());
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::RULE;
    use crate::lint::testing::{check, silent};

    const MIGRATIONS: &str = "
        -- file: shared/1_a/up.sql
        create table plans (id int);
        create table both (id int);
        -- file: tenant/1_a/up.sql
        create table orders (id int);
        create table both (id int);
        -- file: src/schema.rs
        table! { plans { id -> Int4, } }
        table! { orders { id -> Int4, } }
        table! { both { id -> Int4, } }
        table! { elsewhere { id -> Int4, } }
    ";

    #[test]
    fn fires() {
        assert_snapshot!(check(&RULE, &format!("{MIGRATIONS}
            tenant_tables! {{ plans, both }}
            shared_tables! {{ orders, both }}
        ")), @"
        src/schema.rs:6:30 error: `plans` is marked as a tenant's, and only shared migrations make it [plans]
        src/schema.rs:7:30 error: `orders` is marked as shared, and only tenants' migrations make it [orders]
        src/schema.rs:7:38 error: `both` is marked as shared and as a tenant's [both]
        ");
    }

    #[test]
    fn what_went_astray_is_said_elsewhere() {
        silent(
            &RULE,
            "
            -- file: tenant/1_a/up.sql
            create table public.orders (id int primary key);
            -- file: src/schema.rs
            table! { orders { id -> Int4, } }
            tenant_tables! { orders }
        ",
        );
    }

    #[test]
    fn stays_silent() {
        silent(
            &RULE,
            &format!(
                "{MIGRATIONS}
            tenant_tables! {{ orders, both, elsewhere }}
            shared_tables! {{ plans }}
        "
            ),
        );
    }
}
