//! Text that others wrote, made harmless for a terminal.

use std::fmt;

use unicode_width::UnicodeWidthStr as _;

/// A text with everything escaped that a terminal would obey rather than show, and that could hide or
/// reorder what stands beside it: a tenant's id may hold anything.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shown<'a>(pub(crate) &'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .chars()
            .try_for_each(|c| if is_harmless(c) { write!(f, "{c}") } else { write!(f, "{}", c.escape_default()) })
    }
}

fn is_harmless(c: char) -> bool {
    let direction_or_invisible = matches!(
        c,
        '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
    );
    !c.is_control() && !direction_or_invisible
}

/// The same for a text of several lines, whose line breaks stay.
pub(crate) fn shown_lines(text: &str) -> String {
    text.lines().map(|line| Shown(line).to_string()).collect::<Vec<_>>().join("\n")
}

/// How many columns of a terminal a text takes.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_gets_through() {
        for (text, shown) in [
            ("acme", "acme"),
            ("é \"x\" 漢", "é \"x\" 漢"),
            ("a\u{1b}[31mb", "a\\u{1b}[31mb"),
            ("a\nb\tc\r", "a\\nb\\tc\\r"),
            ("a\u{9b}b", "a\\u{9b}b"),
            ("a\u{202e}b", "a\\u{202e}b"),
        ] {
            assert_eq!(Shown(text).to_string(), shown);
        }
        assert_eq!(shown_lines("a\n\u{1b}b"), "a\n\\u{1b}b");
    }
}
