//! The text of `up.sql` and `down.sql`, as far as a macro looks at it.

use std::io;

/// Why a file could not be read, without the file's name.
pub(crate) fn reason(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::InvalidData {
        "it is not UTF-8 (save it as UTF-8)".to_owned()
    } else {
        error.to_string()
    }
}

/// Whether a text does nothing: white space, comments (nested ones too), semicolons and a byte order mark.
pub(crate) fn is_empty(sql: &str) -> bool {
    let mut rest = sql.strip_prefix('\u{feff}').unwrap_or(sql);
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ';');
        if rest.is_empty() {
            return true;
        }
        if let Some(comment) = rest.strip_prefix("--") {
            rest = comment.split_once('\n').map_or("", |(_, after)| after);
        } else if rest.starts_with("/*") {
            rest = after_block_comment(rest);
        } else {
            return false;
        }
    }
}

/// What follows a `/* … */`; PostgreSQL nests them. An unterminated one swallows the rest.
fn after_block_comment(sql: &str) -> &str {
    let mut depth = 0_usize;
    let mut rest = sql;
    loop {
        if let Some(inner) = rest.strip_prefix("/*") {
            depth += 1;
            rest = inner;
        } else if let Some(outer) = rest.strip_prefix("*/") {
            depth -= 1;
            rest = outer;
            if depth == 0 {
                return rest;
            }
        } else {
            let mut characters = rest.chars();
            if characters.next().is_none() {
                return "";
            }
            rest = characters.as_str();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_empty;

    #[test]
    fn comments_and_blanks_are_nothing() {
        for sql in ["", " \r\n\t", "-- a", "-- a\n-- b\n", "/* a /* b */ c */;", "\u{feff}-- é\n", "/* open", ";;\n"] {
            assert!(is_empty(sql), "{sql:?}");
        }
        for sql in ["select 1", "-- a\nselect 1", "/* a */ b", "/* /* */ */ x", "-", "/ *"] {
            assert!(!is_empty(sql), "{sql:?}");
        }
    }
}
