//! Lines that are as long as there is room.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::item::{Line, Tone};

/// The lines, broken where they are wider than this; at a blank where there is one.
pub(crate) fn wrapped(lines: &[Line], width: usize) -> Vec<(Tone, String)> {
    lines.iter().flat_map(|line| broken(line.text(), width.max(1)).into_iter().map(|text| (line.tone, text))).collect()
}

fn broken(text: &str, width: usize) -> Vec<String> {
    let mut parts = Vec::new();
    let mut rest = text;
    while rest.width() > width {
        let mut used = 0;
        let fits = rest.char_indices().find(|(_, c)| {
            used += c.width().unwrap_or_default();
            used > width
        });
        // One character at least, however wide it is.
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let end = fits.map_or(rest.len(), |(at, _)| at).max(first);
        let indent = rest.len() - rest.trim_start().len();
        let cut = rest[..end].rfind(' ').filter(|blank| *blank > indent).unwrap_or(end);
        parts.push(rest[..cut].to_owned());
        rest = rest[cut..].trim_start_matches(' ');
    }
    if !rest.is_empty() || parts.is_empty() {
        parts.push(rest.to_owned());
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaks_at_blanks_and_else_anywhere() {
        for (text, width, expected) in [
            ("", 5, &[""][..]),
            ("short", 5, &["short"]),
            ("two words", 6, &["two", "words"]),
            ("verylongword", 5, &["veryl", "ongwo", "rd"]),
            ("漢字漢字", 5, &["漢字", "漢字"]),
            ("漢", 1, &["漢"]),
            ("    indented text", 10, &["    indent", "ed text"]),
        ] {
            assert_eq!(broken(text, width), expected, "{text}");
        }
    }
}
