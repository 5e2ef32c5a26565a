//! What takes the settings of a transaction back.

use super::keywords::Keywords;

/// Whether a statement takes settings back to what they are elsewhere, or is code that says so. Before PostgreSQL 16 that
/// makes a transaction writable that was begun as one that reads.
pub(crate) fn may_reset(sql: &str) -> bool {
    let range = 0..sql.len();
    match Keywords::new(sql, &range).next() {
        Some(verb) if verb.is("do") => sql.to_ascii_lowercase().contains("reset"),
        Some(verb) => verb.is("reset") || verb.is("discard"),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_taken_back() {
        for sql in [
            "RESET ALL",
            "reset transaction_read_only",
            "/* a */ -- b\n ReSeT role",
            "DISCARD ALL",
            "do $$ begin RESET transaction_read_only; end $$",
        ] {
            assert!(may_reset(sql), "{sql}");
        }
        for sql in ["SELECT 'RESET ALL'", "SET a.reset = 1", "DO $$ begin perform 1; end $$", "TABLE reset", ""] {
            assert!(!may_reset(sql), "{sql}");
        }
    }
}
