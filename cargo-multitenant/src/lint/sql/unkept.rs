//! What a script says of tables that the catalogue does not keep.

use super::Span;
use super::nesting;
use super::tree::{self, Kind, Node};
use crate::lint::parallel;

/// Where a script says of its tables, indexes and columns what is not kept of them, and what that is.
pub(crate) fn unkept(text: &str) -> Vec<(Span, &'static str)> {
    match nesting::excess(text) {
        Some(_) => Vec::new(),
        None => parallel::on_deep_stack(|| {
            let root = tree::parse(text).root;
            let found = |node: Node| what(&node).map(|what| (tree::span(&node), what));
            root.descendants().filter_map(found).collect()
        }),
    }
}

fn what(node: &Node) -> Option<&'static str> {
    match tree::word(node.kind()) {
        "UNLOGGED" | "SET_UNLOGGED" if is_of_table(node) => Some("UNLOGGED"),
        "WITH_PARAMS" | "SET_OPTIONS" if is_of_table(node) => Some("a storage parameter"),
        "TABLESPACE_CLAUSE" | "SET_TABLESPACE" if is_of_table(node) => Some("TABLESPACE"),
        word if word.starts_with("INTERVAL_") && is_declared(node) => Some("what an interval is limited to"),
        _ => None,
    }
}

fn is_of_table(node: &Node) -> bool {
    let statement = node.ancestors().map(|above| above.kind()).find(|kind| tree::is_statement(*kind));
    statement.is_some_and(|kind| {
        matches!(
            kind,
            Kind::CREATE_TABLE | Kind::CREATE_TABLE_AS | Kind::CREATE_INDEX | Kind::ALTER_TABLE | Kind::ALTER_INDEX
        )
    })
}

/// Whether a type is that of a column, a field or a domain, and no cast.
fn is_declared(node: &Node) -> bool {
    let mut around = node.ancestors().skip(1).map(|above| tree::word(above.kind()));
    let is_limit = around.next() == Some("INTERVAL_TYPE");
    let of = around.find(|word| *word != "ARRAY_TYPE").unwrap_or_default();
    is_limit && matches!(of, "COLUMN" | "ADD_COLUMN" | "SET_TYPE" | "COMPOSITE_FIELD_DEF" | "CREATE_DOMAIN")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_kept_is_found() {
        let text =
            "create unlogged table a (t interval day to second, u interval second(3)[] default interval '1' year);
            create table b (id int primary key) with (fillfactor = 70) tablespace fast;
            alter table b set unlogged, set (fillfactor = 80), add c interval month, alter c type interval year;
            create index on b (id) with (fillfactor = 50);
            create domain d as interval hour;
            create table c (t interval(3), i interval); select interval '1' day, x::interval day from (select 1) with_x;
            create temp table t (id int); create sequence s;";
        let found: Vec<(&str, &str)> = unkept(text).into_iter().map(|(span, what)| (&text[span], what)).collect();
        let limited = "what an interval is limited to";
        assert_eq!(
            found,
            [
                ("unlogged", "UNLOGGED"),
                ("day to second", limited),
                ("second(3)", limited),
                ("with (fillfactor = 70)", "a storage parameter"),
                ("tablespace fast", "TABLESPACE"),
                ("set unlogged", "UNLOGGED"),
                ("set (fillfactor = 80)", "a storage parameter"),
                ("month", limited),
                ("year", limited),
                ("with (fillfactor = 50)", "a storage parameter"),
                ("hour", limited),
            ]
        );
    }
}
