//! The way back of a migration: its `down.sql`, or why there is none.

use std::sync::Arc;

use super::{Mode, Script};

/// What a `down.sql` holds.
///
/// A set with a `down.sql` that cannot be run is a good set all the same: most are never reverted. Who wants to
/// revert it is told, before anything runs.
#[derive(Debug, Clone)]
pub(super) struct Down {
    pub(super) text: Option<Arc<str>>,
    pub(super) script: Result<Script, Arc<str>>,
}

impl Down {
    pub(super) fn parse(folder: &str, text: Option<&str>, mode: Mode) -> Self {
        let script = match text {
            None => Err(format!("{folder} has no down.sql: write what undoes the migration")),
            Some(text) if is_blank(text) => {
                Err(format!("{folder}/down.sql holds no statement: write what undoes the migration"))
            }
            Some(text) => {
                Script::parse(&format!("{folder}/down.sql"), text, mode).map_err(|problem| problem.to_string())
            }
        };
        Self { text: text.map(Into::into), script: script.map_err(Into::into) }
    }
}

/// Whether there is nothing but comments, as Diesel CLI's templates have it.
fn is_blank(text: &str) -> bool {
    super::split(text, Mode::Transactional).is_ok_and(|statements| statements.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_why_there_is_no_way_back() {
        for (text, says) in [
            (None, "1_a has no down.sql"),
            (Some(""), "1_a/down.sql holds no statement"),
            (Some("-- This file should undo anything in `up.sql`\n"), "1_a/down.sql holds no statement"),
            (Some("COPY a FROM STDIN;"), "1_a/down.sql:1:1: "),
        ] {
            let error = Down::parse("1_a", text, Mode::Transactional).script.unwrap_err();
            assert!(error.starts_with(says), "{text:?}: {error}");
        }
        assert!(Down::parse("1_a", Some("DROP TABLE a"), Mode::Transactional).script.is_ok());
    }
}
