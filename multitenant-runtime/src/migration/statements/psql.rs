//! What psql would read in a statement that the server does not.

use super::scanner::{Scanner, TokenKind};

/// The same statement, of which psql takes nothing for a variable of its own.
///
/// Outside of quotes psql replaces `:name`, `:'name'`, `:"name"` and `:{?name}`, so that the slice `a[1:n]` would be
/// another one where it has a variable `n`. A space behind the colon means nothing to the server. `::` and `:=` are
/// the server's own, and psql lets them be; its commands begin with a backslash outside of quotes, which no statement
/// of a set has.
pub(crate) fn without_variables(sql: &str) -> String {
    let mut safe = String::with_capacity(sql.len());
    let mut scanner = Scanner::new(sql);
    let (mut copied, mut first_of_two) = (0, None);
    while let Ok(Some(token)) = scanner.next() {
        let end = token.range.end;
        if token.kind != TokenKind::Other || &sql[token.range.clone()] != ":" {
            continue;
        }
        if first_of_two == Some(token.range.start) {
            first_of_two = None;
            continue;
        }
        match sql[end..].bytes().next() {
            Some(b':') => first_of_two = Some(end),
            Some(next) if begins_variable(next) => {
                safe.push_str(&sql[copied..end]);
                safe.push(' ');
                copied = end;
            }
            _ => {}
        }
    }
    safe.push_str(&sql[copied..]);
    safe
}

fn begins_variable(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || !byte.is_ascii() || matches!(byte, b'_' | b'\'' | b'"' | b'{')
}

#[cfg(test)]
mod tests {
    use super::without_variables;

    #[test]
    fn leaves_nothing_to_psql_and_all_to_the_server() {
        for (sql, safe) in [
            ("select a[1:n]", "select a[1: n]"),
            ("select a[:2], a[1:]", "select a[: 2], a[1:]"),
            ("select a[1:\"N\"], a[1 :n]", "select a[1: \"N\"], a[1 : n]"),
            ("select x::int, x :: text, f(a := 1, b:=2)", "select x::int, x :: text, f(a := 1, b:=2)"),
            ("select a[1::int:n]", "select a[1::int: n]"),
            ("select ':n', $$ :n $$, \":n\" -- :n\n /* :n */", "select ':n', $$ :n $$, \":n\" -- :n\n /* :n */"),
            ("select E'\\':n', a[:n]", "select E'\\':n', a[: n]"),
            ("select a[1:é]", "select a[1: é]"),
        ] {
            assert_eq!(without_variables(sql), safe);
        }
    }
}
