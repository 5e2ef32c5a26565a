//! Which template a name asks for: pure.

use super::words::plural;

/// A kind of migration that there is a template for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    CreateTable,
    AddColumn,
    AddIndex,
    AddForeignKey,
    Blank,
}

impl Kind {
    /// As it is asked for, and as its folder of templates is called.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::CreateTable => "create-table",
            Self::AddColumn => "add-column",
            Self::AddIndex => "add-index",
            Self::AddForeignKey => "add-foreign-key",
            Self::Blank => "blank",
        }
    }
}

/// What a name says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Guess {
    pub(crate) kind: Kind,
    pub(crate) table: Option<String>,
    pub(crate) columns: Vec<String>,
    /// The table that a foreign key leads to.
    pub(crate) target: Option<String>,
    pub(crate) is_unique: bool,
}

impl Guess {
    /// Nothing but a kind.
    pub(crate) fn of(kind: Kind) -> Self {
        Self { kind, table: None, columns: Vec::new(), target: None, is_unique: false }
    }
}

/// What a name says, given whether there is a table of a name.
pub(crate) fn guess(name: &str, is_table: impl Fn(&str) -> bool) -> Guess {
    let after = |prefixes: &[&str]| prefixes.iter().find_map(|prefix| name.strip_prefix(prefix));
    let indexed = |rest: &str, is_unique| {
        let (table, column) = split(rest, &is_table);
        Guess { table: Some(table), columns: column.into_iter().collect(), is_unique, ..Guess::of(Kind::AddIndex) }
    };
    if let Some(table) = after(&["create_"]) {
        return Guess { table: Some(table.to_owned()), ..Guess::of(Kind::CreateTable) };
    }
    if let Some(rest) = after(&["add_unique_index_on_", "add_unique_index_to_", "add_unique_index_"]) {
        return indexed(rest, true);
    }
    if let Some(rest) = after(&["add_index_on_", "add_index_to_", "add_index_", "index_"]) {
        return indexed(rest, false);
    }
    if let Some(rest) = after(&["add_fk_on_", "add_fk_to_", "add_fk_", "add_foreign_key_on_", "add_foreign_key_"]) {
        let (table, column) = split(rest, &is_table);
        let target = column.as_deref().and_then(|column| column.strip_suffix("_id")).map(|word| {
            let many = plural(word);
            if is_table(word) && !is_table(&many) { word.to_owned() } else { many }
        });
        let columns = column.into_iter().collect();
        return Guess { table: Some(table), columns, target, ..Guess::of(Kind::AddForeignKey) };
    }
    if let Some(rest) = after(&["add_"]) {
        let splits = || rest.match_indices("_to_").map(|(at, to)| (&rest[..at], &rest[at + to.len()..]));
        let known = splits().find(|(_, table)| is_table(table));
        return match known.or_else(|| splits().last()) {
            Some((column, table)) => Guess {
                table: Some(table.to_owned()),
                columns: vec![column.strip_prefix("column_").unwrap_or(column).to_owned()],
                ..Guess::of(Kind::AddColumn)
            },
            None => Guess { table: Some(rest.to_owned()), ..Guess::of(Kind::CreateTable) },
        };
    }
    Guess::of(Kind::Blank)
}

/// A table and a column: the longest table that there is, else the first word.
fn split(rest: &str, is_table: impl Fn(&str) -> bool) -> (String, Option<String>) {
    let splits: Vec<(&str, &str)> = rest.match_indices('_').map(|(at, _)| (&rest[..at], &rest[at + 1..])).collect();
    if is_table(rest) || splits.is_empty() {
        return (rest.to_owned(), None);
    }
    let known = splits.iter().rev().find(|(table, _)| is_table(table));
    let (table, column) = known.or_else(|| splits.first()).copied().unwrap_or((rest, ""));
    (table.to_owned(), Some(column.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(name: &str) -> String {
        let tables = ["orders", "order_items", "users", "staff"];
        let guess = guess(name, |table| tables.contains(&table));
        let unique = if guess.is_unique { " unique" } else { "" };
        format!(
            "{}{unique} {} ({}) {}",
            guess.kind.word(),
            guess.table.unwrap_or_default(),
            guess.columns.join(","),
            guess.target.unwrap_or_default()
        )
    }

    #[test]
    fn names_say_what_is_meant() {
        for (name, expected) in [
            ("create_orders", "create-table orders () "),
            ("add_orders", "create-table orders () "),
            ("add_total_to_orders", "add-column orders (total) "),
            ("add_column_total_to_orders", "add-column orders (total) "),
            ("add_time_to_live_to_orders", "add-column orders (time_to_live) "),
            ("add_time_to_live_to_carts", "add-column carts (time_to_live) "),
            ("add_index_on_orders_total", "add-index orders (total) "),
            ("add_unique_index_on_orders_total", "add-index unique orders (total) "),
            ("add_index_on_order_items_order_id", "add-index order_items (order_id) "),
            ("add_index_on_carts_user_id", "add-index carts (user_id) "),
            ("add_index_on_orders", "add-index orders () "),
            ("add_fk_orders_user_id", "add-foreign-key orders (user_id) users"),
            ("add_fk_order_items_order_id", "add-foreign-key order_items (order_id) orders"),
            ("add_fk_orders_staff_id", "add-foreign-key orders (staff_id) staff"),
            ("add_fk_orders_owner", "add-foreign-key orders (owner) "),
            ("backfill_totals", "blank  () "),
        ] {
            assert_eq!(said(name), expected, "{name}");
        }
    }
}
