//! `duplicate-index`

use crate::lint::catalog::CatalogIndex;
use crate::lint::context::TableAt;
use crate::lint::rule::{Check, rule};
use crate::lint::sink::Sink;
use multitenant_runtime::Tier;

rule! {
    /// ## What it does
    ///
    /// Finds indexes whose columns are those of another index, or the first ones of it; the primary key and unique
    /// constraints count. Unique indexes, partial ones and expressions are left alone, and so are those with an operator
    /// class, a collation, a mixed order or `INCLUDE`.
    ///
    /// ## Why is this bad?
    ///
    /// The other index does the same. This one costs time with every write, and space, for every tenant.
    ///
    /// ## Example
    ///
    /// ```sql
    /// CREATE INDEX a ON orders (user_id);
    /// CREATE INDEX b ON orders (user_id, at);
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sql
    /// CREATE INDEX b ON orders (user_id, at);
    /// ```
    "duplicate-index": Warning, Convention, Check::Table(check),
}

fn check(at: &TableAt<'_>, sink: &mut Sink<'_>) {
    let space = if at.tier == Tier::Tenant { &at.cx.catalog.tenant } else { &at.cx.catalog.shared };
    if at.is_rust_only || at.is_part() {
        return;
    }
    let indexes: Vec<(&String, &CatalogIndex)> =
        space.indexes(at.name).filter(|(_, index)| !index.is_partial).collect();
    for (name, index) in &indexes {
        let Some(columns) = plain(index).filter(|_| !index.is_unique && !index.is_special && index.method == "btree")
        else {
            continue;
        };
        let by_index = indexes.iter().find(|(other, of)| {
            let is_longer = plain(of).is_some_and(|of| of.len() > columns.len() && of.starts_with(&columns));
            let is_equal = plain(of).is_some_and(|of| of == columns) && (of.is_unique || other < name);
            other != name && of.method == "btree" && !of.is_special && (is_longer || is_equal)
        });
        let keys = at.relation.primary_key.iter().chain(&at.relation.uniques);
        let by_key = || {
            keys.clone().find(|key| key.columns.iter().map(String::as_str).collect::<Vec<_>>().starts_with(&columns))
        };
        let Some(origin) = space.relations.get(name).map(|relation| &relation.origin) else { continue };
        let (what, place) = if let Some((other, _)) = by_index {
            (format!("the index `{other}`"), space.relations.get(other).map(|other| other.origin.place.clone()))
        } else if let Some(key) = by_key() {
            ("a key".to_owned(), Some(key.origin.place.clone()))
        } else {
            continue;
        };
        let draft = sink
            .report(origin.place.clone(), format!("the index `{name}` does what {what} does"))
            .help("drop it")
            .object(name.as_str())
            .around(origin.around.clone());
        if let Some(place) = place {
            draft.related(place, "that one");
        }
    }
}

/// The columns, if no expression is among them.
fn plain(index: &CatalogIndex) -> Option<Vec<&str>> {
    index.columns.iter().map(Option::as_deref).collect()
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::RULE;
    use crate::lint::testing::{check, silent};

    #[test]
    fn fires() {
        assert_snapshot!(check(&RULE, "
            create table a (id int primary key, b int, c int, d int unique);
            create index x on a (b);
            create index y on a (b, c);
            create index z on a (b, c);
            create index pk on a (id);
            create index u on a (d);
            create index back on a (c desc, b desc);
            create index front on a (c, b asc);
        "), @"
        tenant/1_a/up.sql:2:26 warning: the index `x` does what the index `y` does [x]
        tenant/1_a/up.sql:4:26 warning: the index `z` does what the index `y` does [z]
        tenant/1_a/up.sql:5:26 warning: the index `pk` does what a key does [pk]
        tenant/1_a/up.sql:6:26 warning: the index `u` does what a key does [u]
        tenant/1_a/up.sql:8:26 warning: the index `front` does what the index `back` does [front]
        ");
    }

    #[test]
    fn stays_silent() {
        silent(
            &RULE,
            "
            create table a (id int primary key, b int, c int);
            create index x on a (b);
            create index y on a (c, b);
            create index z on a (b) where c is null;
            create unique index u on a (b);
            drop index x;
            create index e on a (lower(b));
            create index g on a using gin (c);
            create index pattern on a (id text_pattern_ops);
            create index mixed on a (c desc, b);
            create index nulls on a (c desc nulls last);
            create index more on a (c) include (b);
            create index other on a (c collate \"C\");
        ",
        );
    }
}
