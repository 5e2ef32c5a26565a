//! `unmarked-table`

use std::collections::BTreeMap;

use crate::lint::context::Context;
use crate::lint::rule::{Check, rule};
use crate::lint::sink::Sink;

rule! {
    /// ## What it does
    ///
    /// Finds `table!` declarations that are marked neither as a tenant's nor as shared: by `#[derive(TenantTable)]` or
    /// `#[derive(SharedTable)]` on a struct, by `tenant_tables!` or `shared_tables!`, or by a pattern in `lint.tenant_tables`
    /// or `lint.shared_tables`. Where nothing is marked at all, each file is told of once.
    ///
    /// ## Why is this bad?
    ///
    /// Whose a table is decides which schema its rows are in. A tenant's connection refuses to query what is not marked,
    /// and a reader has to guess.
    ///
    /// ## Example
    ///
    /// ```rust
    /// diesel::table! { orders { id -> Int8, } }
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```rust
    /// diesel::table! { orders { id -> Int8, } }
    /// multitenant_runtime::tenant_tables! { orders }
    /// ```
    "unmarked-table": Error, Convention, Check::Project(check),
}

fn check(cx: &Context<'_>, sink: &mut Sink<'_>) {
    let unmarked = cx.marking.tables(cx.project).filter(|(_, marked)| marked.tier().is_none());
    if cx.marking.is_used {
        for (table, _) in unmarked {
            sink.report(
                table.place.clone(),
                format!("the table `{}` is marked neither as a tenant's nor as shared", table.name),
            )
            .help(format!("write `multitenant_runtime::tenant_tables! {{ {} }}`, or `shared_tables!`", table.name))
            .object(table.sql_name.clone())
            .around(table.around.clone());
        }
        return;
    }
    let mut files: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (table, _) in unmarked {
        files.entry(table.place.file).or_default().push(table);
    }
    for tables in files.values() {
        let (Some(first), count) = (tables.first(), tables.len()) else { continue };
        let what = if count == 1 { "the table".to_owned() } else { format!("none of the {count} tables") };
        let not = if count == 1 { " not" } else { "" };
        sink.report(first.place.clone(), format!("{what} of this file is{not} marked as a tenant's or as shared"))
            .label("the first one")
            .help("write `multitenant_runtime::tenant_tables! { … }` and `shared_tables! { … }` beside them")
            .object(cx.project.sources.get(first.place.file).path.clone())
            .around(first.place.clone());
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
            diesel::table! { users { id -> Int4, } }
            diesel::table! { orders { id -> Int4, } }
            tenant_tables! { users }
        "), @"src/schema.rs:2:30 error: the table `orders` is marked neither as a tenant's nor as shared [orders]");
        assert_snapshot!(check(&RULE, "
            -- file: src/schema.rs
            table! { users { id -> Int4, } }
            table! { orders { id -> Int4, } }
        "), @"src/schema.rs:1:22 error: none of the 2 tables of this file is marked as a tenant's or as shared [users]");
    }

    #[test]
    fn stays_silent() {
        silent(
            &RULE,
            "
            -- file: src/schema.rs
            diesel::table! { users { id -> Int4, } }
            diesel::table! { orders { id -> Int4, } }
            diesel::table! { public.plans { id -> Int4, } }
            diesel::table! { log_2020 { id -> Int4, } }
            -- file: src/models.rs
            #[derive(Queryable, TenantTable)]
            struct Order { id: i32 }
            #[derive(Queryable, multitenant_runtime::TenantTable)]
            #[diesel(table_name = crate::schema::users)]
            struct Person { id: i32 }
            multitenant_runtime::shared_tables! { schema::plans }
            -- file: multitenant.toml
            [lint]
            shared_tables = [\"log_*\"]
        ",
        );
    }
}
