//! SQL in attributes: that a text is one piece, and stays in its place in a statement.
//!
//! Deliberately absent: what it means; that is the server's to say.

/// What is wrong with a text that is to be an expression, a type, or the like.
pub(crate) fn problem(text: &str) -> Option<&'static str> {
    if text.trim().is_empty() {
        return Some("is empty");
    }
    let mut open: Vec<char> = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        rest = match c {
            '\'' | '"' => match end_of_quoted(after, c) {
                Some(end) => &after[end..],
                None => return Some("has a quote that is not closed"),
            },
            '\\' | '\0' => return Some("has a backslash outside of quotes, or a zero"),
            // Even as a part of a name: which is one depends on what stands before it.
            '$' => return Some("has a `$` outside of quotes: use single quotes for a text, double quotes for a name"),
            ';' => return Some("has a `;` outside of quotes: it is a part of a statement"),
            '-' if after.starts_with('-') => return Some("has a comment"),
            '/' if after.starts_with('*') => return Some("has a comment"),
            '(' | '[' => {
                open.push(c);
                after
            }
            ')' | ']' => {
                if open.pop() != Some(if c == ')' { '(' } else { '[' }) {
                    return Some("has a parenthesis that is not opened");
                }
                after
            }
            ',' if open.is_empty() => return Some("has a comma outside of parentheses: it is one thing"),
            _ => after,
        };
    }
    (!open.is_empty()).then_some("has a parenthesis that is not closed")
}

/// Behind the quote that closes; two of them are one in the text.
fn end_of_quoted(text: &str, quote: char) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + text[from..].find(quote)?;
        if !text[at + 1..].starts_with(quote) {
            // What a backslash means in quotes depends on a setting, or on an `E` before them.
            return (!text[..at].contains('\\')).then_some(at + 1);
        }
        from = at + 2;
    }
}

/// The table and the columns of `plans(id, region)`; of `plans` none, and its schema if one is written.
pub(crate) fn is_reference(text: &str) -> bool {
    let (table, columns) = match text.split_once('(') {
        None => (text, None),
        Some((table, rest)) => match rest.trim_end().strip_suffix(')') {
            Some(columns) => (table, Some(columns)),
            None => return false,
        },
    };
    let is_name = |name: &str| {
        let name = name.trim();
        !name.is_empty() && !name.contains(['(', ')', ';', '\'', '"']) && !name.contains(char::is_control)
    };
    is_name(table) && columns.is_none_or(|columns| columns.split(',').all(is_name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fragment_stays_in_its_place() {
        for good in
            ["now()", "'it''s; -- fine'", "(a + b) * 2", "numeric(10, 2)", "\"odd;\" > 0", "'{}'::text[]", "1 - 2"]
        {
            assert_eq!(problem(good), None, "{good}");
        }
        for bad in [
            "",
            "1); drop table x; --",
            "1; select",
            "1 -- x",
            "1 /* x",
            "'open",
            "a) (b",
            "f(a",
            "a, b",
            "$$x$$",
            "$a$ ' $a$, '",
            "$a$ x $a$",
            "1 /* a /* b */ ; */",
            "E'\\''; x'",
            "U&'\\0027'",
            "a */* b",
            "\"open",
            "a[1)",
            "'\\' || '",
        ] {
            assert!(problem(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn references_name_a_table_and_columns() {
        for good in ["plans", "plans(id)", "plans (id, region)", "odd name(id)"] {
            assert!(is_reference(good), "{good}");
        }
        for bad in ["", "plans(", "plans()", "plans(id) on delete cascade", "(id)", "plans(id,)", "a;b(id)"] {
            assert!(!is_reference(bad), "{bad}");
        }
    }
}
