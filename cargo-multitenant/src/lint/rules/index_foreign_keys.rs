//! `index-foreign-keys`

use crate::lint::catalog::{CatalogForeignKey, Space};
use crate::lint::context::TableAt;
use crate::lint::rule::{Check, OptionDefault, rule};
use crate::lint::sink::Sink;
use multitenant_runtime::Tier;

rule! {
    /// ## What it does
    ///
    /// Finds foreign keys whose columns no index begins with; the primary key and unique constraints count.
    ///
    /// ## Why is this bad?
    ///
    /// To delete a row, or change its key, PostgreSQL looks for those that refer to it. Without an index it reads the
    /// whole table, once for each row.
    ///
    /// ## Example
    ///
    /// ```sql
    /// CREATE TABLE items (id bigint PRIMARY KEY, order_id bigint REFERENCES orders (id));
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sql
    /// CREATE TABLE items (id bigint PRIMARY KEY, order_id bigint REFERENCES orders (id));
    /// CREATE INDEX ON items (order_id);
    /// ```
    "index-foreign-keys": Warning, Convention, Check::Table(check),
    options: ["exceptions" = OptionDefault::Texts(&[]) => "tables, with `*` and `?`, whose foreign keys need none"],
}

fn check(at: &TableAt<'_>, sink: &mut Sink<'_>) {
    let space = if at.tier == Tier::Tenant { &at.cx.catalog.tenant } else { &at.cx.catalog.shared };
    if at.is_part() || space.is_opaque || sink.options().any_fits("exceptions", at.name) {
        return;
    }
    for key in &at.relation.foreign_keys {
        if !key.columns.is_empty() && !has_index(at, space, key) {
            let columns = key.columns.join(", ");
            let name = match &key.columns[..] {
                [column] => format!("`{}.{column}`", at.name),
                _ => format!("`{}` ({columns})", at.name),
            };
            sink.report(key.origin.place.clone(), format!("the foreign key {name} has no index"))
                .help(advice(at.name, key))
                .object(format!("{}.{columns}", at.name))
                .around(key.origin.around.clone());
        }
    }
}

/// The statement, where it needs no quotes.
fn advice(table: &str, key: &CatalogForeignKey) -> String {
    let is_plain = |name: &str| name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if is_plain(table) && key.columns.iter().all(|column| is_plain(column)) {
        return format!("CREATE INDEX ON {table} ({})", key.columns.join(", "));
    }
    "make an index that begins with its columns".to_owned()
}

/// Whether the first columns of an index are the key's, in any order.
fn has_index(at: &TableAt<'_>, space: &Space, key: &CatalogForeignKey) -> bool {
    let begins = |columns: &[Option<&str>]| {
        columns.len() >= key.columns.len()
            && columns[..key.columns.len()]
                .iter()
                .all(|column| column.is_some_and(|c| key.columns.iter().any(|k| k == c)))
    };
    let keys = at.relation.primary_key.iter().chain(&at.relation.uniques);
    let by_key = keys.map(|key| key.columns.iter().map(|column| Some(column.as_str())).collect::<Vec<_>>());
    // A partial index helps where it leaves out NULL only, which one cannot see from here.
    let by_index = space.indexes(at.name).filter(|(_, index)| ["btree", "hash"].contains(&index.method.as_str()));
    let by_index = by_index.map(|(_, index)| index.columns.iter().map(Option::as_deref).collect::<Vec<_>>());
    by_key.chain(by_index).any(|columns| begins(&columns))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::RULE;
    use crate::lint::testing::{check, silent};

    #[test]
    fn fires() {
        assert_snapshot!(check(&RULE, "
            create table o (id int primary key);
            create table i (id int primary key, o int references o (id), p int, foreign key (p) references o);
            create index on i (id, o);
            alter table i add q int references o;
        "), @"
        tenant/1_a/up.sql:2:55 warning: the foreign key `i.o` has no index [references o (id)]
        tenant/1_a/up.sql:2:81 warning: the foreign key `i.p` has no index [foreign key (p) references o]
        tenant/1_a/up.sql:4:37 warning: the foreign key `i.q` has no index [references o]
        ");
    }

    #[test]
    fn stays_silent() {
        silent(
            &RULE,
            "
            create table o (id int primary key);
            create table i (id int primary key, o int references o, p int references o unique);
            create index on i (o, id);
            create table pair (a int references o, b int references o, primary key (a, b));
            create index on pair (b);
            create table two (a int, b int, foreign key (a, b) references pair);
            create index on two (b, a);
        ",
        );
    }
}
