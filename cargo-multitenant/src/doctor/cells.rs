//! Values of the server's answers, which are texts.

use multitenant_runtime::inspection::Row;

/// A text; empty for NULL.
pub(super) fn text(row: &Row, column: usize) -> &str {
    row.get(column).unwrap_or_default()
}

/// A number; 0 for NULL.
pub(super) fn number(row: &Row, column: usize) -> i64 {
    text(row, column).parse().unwrap_or_default()
}

/// Whether it is true.
pub(super) fn yes(row: &Row, column: usize) -> bool {
    row.get(column) == Some("t")
}

/// An age in words, of seconds.
pub(super) fn age(seconds: i64) -> String {
    match seconds {
        ..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}
