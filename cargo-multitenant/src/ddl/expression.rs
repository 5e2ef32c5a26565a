//! Expressions that stand where not every one can.

use crate::lint::is_limited_expression;

/// The expression of a DEFAULT: in parentheses where SQL wants them there.
pub(super) fn default(text: &str) -> String {
    if is_limited_expression(text) { text.to_owned() } else { format!("({text})") }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_default_has_parentheses_where_it_needs_them() {
        for plain in [
            "0",
            "-1",
            "now()",
            "'{}'",
            "'a'::text",
            "(now() at time zone 'utc')",
            "ARRAY[]::text[]",
            "CURRENT_TIMESTAMP",
            "nextval('a_seq')",
            "'a' || 'b'",
            "1 + 2",
            "interval '1 day'",
            "case when true then 1 end",
        ] {
            assert_eq!(super::default(plain), plain);
        }
        for other in
            ["now() at time zone 'utc'", "1 = 1 or true", "not true", "1 in (1, 2)", "'a' like 'b'", "1 is null"]
        {
            assert_eq!(super::default(other), format!("({other})"));
        }
    }
}
