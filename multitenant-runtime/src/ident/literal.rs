//! String literals, for the few places where a parameter cannot stand.

/// Quotes a text as an SQL string literal that reads the same whatever `standard_conforming_strings` says.
///
/// Simple-protocol statements take no parameters. Text is doubled at every quote, and, where it holds a
/// backslash, written in the `E''` form with the backslashes doubled too. NUL cannot stand in any SQL; it
/// does not get here, since every text comes from a validated name or from a version.
#[must_use]
pub fn literal(text: &str) -> String {
    let escape = text.contains('\\');
    let mut sql = String::with_capacity(text.len() + 4);
    sql.push_str(if escape { " E'" } else { "'" });
    for c in text.chars() {
        match c {
            '\'' => sql.push_str("''"),
            '\\' => sql.push_str("\\\\"),
            '\0' => {}
            _ => sql.push(c),
        }
    }
    sql.push('\'');
    sql
}

/// A text as it stands within a literal that PostgreSQL writes, with `standard_conforming_strings` on.
#[cfg(feature = "migrations")]
pub(crate) fn within_literal(text: &str) -> String {
    text.replace('\'', "''")
}

#[cfg(test)]
mod tests {
    use super::literal;

    #[test]
    fn cannot_be_left() {
        for (text, sql) in [("a", "'a'"), ("it's", "'it''s'"), (r"a\", r" E'a\\'"), (r"\'; drop", r" E'\\''; drop'")] {
            assert_eq!(literal(text), sql);
        }
    }
}
