//! `no-cascade-delete`

use crate::finding::Level;
use crate::lint::context::TableAt;
use crate::lint::rule::{Check, OptionDefault, rule};
use crate::lint::sink::Sink;
use crate::lint::sql::{Action, Name};
use multitenant_runtime::Tier;

rule! {
    /// ## What it does
    ///
    /// Finds foreign keys with `ON DELETE CASCADE`. Where a tenant's table refers to a shared one, whatever rewrites rows
    /// is found, and an error: `CASCADE`, `SET NULL` and `SET DEFAULT`, of `ON DELETE` and `ON UPDATE`.
    ///
    /// ## Why is this bad?
    ///
    /// One `DELETE` takes rows of other tables along, and nobody has listed them. From a shared table it takes them out of
    /// all tenants' schemas, in one transaction that locks rows of every tenant.
    ///
    /// ## Example
    ///
    /// ```sql
    /// CREATE TABLE items (order_id bigint REFERENCES orders (id) ON DELETE CASCADE);
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sql
    /// CREATE TABLE items (order_id bigint REFERENCES orders (id) ON DELETE RESTRICT);
    /// ```
    "no-cascade-delete": Warning, Convention, Check::Table(check),
    squawk: ["ban-cascade-delete"],
    options: ["exceptions" = OptionDefault::Texts(&[]) => "tables, with `*` and `?`, whose foreign keys may"],
}

fn check(at: &TableAt<'_>, sink: &mut Sink<'_>) {
    if at.is_part() || sink.options().any_fits("exceptions", at.name) {
        return;
    }
    for key in &at.relation.foreign_keys {
        let is_across = leads_to_shared(at, &key.table);
        let actions = [("DELETE", &key.on_delete), ("UPDATE", &key.on_update)];
        for (event, action) in actions {
            let Some((action, place)) = action else { continue };
            let rewrites = matches!(action, Action::Cascade | Action::SetNull | Action::SetDefault);
            let columns = key.columns.join(", ");
            let object = format!("{}.{columns}", at.name);
            if is_across && rewrites {
                let message = format!(
                    "ON {event} {} from the shared `{}` rewrites rows of every tenant",
                    action.words(),
                    key.table.name()
                );
                sink.report(place.clone(), message)
                    .help("use RESTRICT, and delete tenant by tenant")
                    .object(object)
                    .around(key.origin.around.clone())
                    .level(Level::Error);
            } else if event == "DELETE" && *action == Action::Cascade {
                sink.report(
                    place.clone(),
                    format!("deleting from `{}` deletes from `{}` too", key.table.name(), at.name),
                )
                .help("use RESTRICT, and delete what is meant to go")
                .object(object)
                .around(key.origin.around.clone());
            }
        }
    }
}

fn leads_to_shared(at: &TableAt<'_>, table: &Name) -> bool {
    let catalog = at.cx.catalog;
    let own = table.schema.is_none() && catalog.tenant.relations.contains_key(table.name());
    at.tier == Tier::Tenant
        && !own
        && table.schema.as_ref().is_none_or(|schema| schema.text == catalog.shared_schema())
        && catalog
            .shared
            .relations
            .get(table.name())
            // Not where a tenant's migration made it there, astray.
            .is_some_and(|made| at.cx.is_shared_migration_s(&made.origin.place))
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
            create table users (id int primary key);
            create table plans (id int references users on delete cascade);
            -- file: tenant/1_a/up.sql
            create table orders (id int primary key, u int references users on delete set null on update cascade);
            create table items (o int);
            alter table items add foreign key (o) references orders on delete cascade;
        "), @"
        shared/1_a/up.sql:2:57 warning: deleting from `users` deletes from `plans` too [on delete cascade]
        tenant/1_a/up.sql:1:77 error: ON DELETE SET NULL from the shared `users` rewrites rows of every tenant [on delete set null]
        tenant/1_a/up.sql:1:96 error: ON UPDATE CASCADE from the shared `users` rewrites rows of every tenant [on update cascade]
        tenant/1_a/up.sql:3:69 warning: deleting from `orders` deletes from `items` too [on delete cascade]
        ");
    }

    #[test]
    fn stays_silent() {
        silent(
            &RULE,
            "
            -- file: shared/1_a/up.sql
            create table users (id int primary key);
            -- file: tenant/1_a/up.sql
            create table orders (id int primary key, u int references users on delete restrict);
            create table items (o int references orders on delete set null on update cascade);
            create table gone (o int references orders on delete cascade);
            alter table gone drop constraint gone_o_fkey;
        ",
        );
    }
}
