//! The names that PostgreSQL makes up for what has none.

use multitenant_runtime::MAX_IDENTIFIER_BYTES;

use super::entries::cut;

/// `name1_name2_label`, with a number where that is taken, and shortened to what PostgreSQL keeps of it.
pub(crate) fn name(table: &str, columns: &str, label: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let numbered = |number: u32| if number == 0 { label.to_owned() } else { format!("{label}{number}") };
    let mut names = (0..u32::MAX).map(|number| joined(table, columns, &numbered(number)));
    names.find(|name| !is_taken(name)).unwrap_or_default()
}

/// The columns of a key or an index, as they stand in its name: one that comes twice gets a number.
pub(crate) fn of_columns<'a>(columns: impl Iterator<Item = &'a str>) -> String {
    let mut names: Vec<String> = Vec::new();
    for column in columns {
        let mut numbered = (0..).map(|n: u32| if n == 0 { column.to_owned() } else { format!("{column}{n}") });
        let name = numbered.find(|name| !names.contains(name));
        names.extend(name);
    }
    names.join("_")
}

/// The longer one of the two names is shortened first.
fn joined(table: &str, columns: &str, label: &str) -> String {
    let separators = if columns.is_empty() { 1 } else { 2 };
    let room = MAX_IDENTIFIER_BYTES.saturating_sub(separators + label.len());
    let (mut first, mut second) = (table.len(), columns.len());
    while first + second > room {
        if first > second { first -= 1 } else { second -= 1 }
    }
    let (table, columns) = (within(table, first), within(columns, second));
    if columns.is_empty() { format!("{table}_{label}") } else { cut(&format!("{table}_{columns}_{label}")).to_owned() }
}

fn within(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_as_postgresql_makes_them() {
        assert_eq!(name("a", "", "pkey", |_| false), "a_pkey");
        assert_eq!(name("a", "b_c", "key", |name| name == "a_b_c_key"), "a_b_c_key1");
        assert_eq!(of_columns(["b", "expr", "expr"].into_iter()), "b_expr_expr1");
        let (table, columns) = ("t".repeat(40), "c".repeat(40));
        let long = name(&table, &columns, "idx", |_| false);
        assert_eq!(long, format!("{}_{}_idx", "t".repeat(29), "c".repeat(29)));
    }
}
