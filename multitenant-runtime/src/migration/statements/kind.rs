//! What a statement's keywords tell about how it must be run.

use std::ops::Range;

use super::error::{SplitError, SplitErrorKind};
use super::keywords::Keywords;

/// What a statement's keywords tell about how it must be run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StatementKind {
    /// Builds, drops or detaches without blocking others, outside of any transaction.
    ///
    /// That is `CONCURRENTLY` of `CREATE INDEX`, `DROP INDEX`, `REINDEX` and `DETACH PARTITION`. It waits for
    /// other transactions, and leaves something half done when it is stopped.
    /// `REFRESH MATERIALIZED VIEW CONCURRENTLY` does neither and is not meant.
    Concurrently,
    /// `CREATE EXTENSION`.
    CreateExtension {
        /// Whether it says into which schema; otherwise it goes into the first one of the search path.
        has_schema: bool,
    },
    /// Anything else.
    Other,
}

/// Says what a statement is, and refuses the one that the server must not get.
pub(super) fn classify(sql: &str, range: &Range<usize>) -> Result<StatementKind, SplitError> {
    let mut keywords = Keywords::new(sql, range);
    let Some(verb) = keywords.next() else {
        return Ok(StatementKind::Other);
    };
    if verb.is("create") {
        return Ok(create(keywords));
    }
    if verb.is("copy") && copies_from_stdin(keywords.clone()) {
        return Err(SplitErrorKind::CopyFromStdin.at(range.start));
    }
    let concurrently = (verb.is("drop") && keywords.next_is("index") && keywords.next_is("concurrently"))
        || (verb.is("reindex") && reindexes_concurrently(keywords.clone()))
        || (verb.is("alter") && keywords.next_is("table") && detaches_concurrently(keywords));
    Ok(concurrently_or_other(concurrently))
}

fn concurrently_or_other(concurrently: bool) -> StatementKind {
    if concurrently { StatementKind::Concurrently } else { StatementKind::Other }
}

fn create(mut keywords: Keywords<'_>) -> StatementKind {
    let mut object = keywords.next();
    if object.is_some_and(|object| object.is("extension")) {
        let has_schema = extension_has_schema(keywords);
        return StatementKind::CreateExtension { has_schema };
    }
    if object.is_some_and(|object| object.is("unique")) {
        object = keywords.next();
    }
    let is_index = object.is_some_and(|object| object.is("index"));
    concurrently_or_other(is_index && keywords.next_is("concurrently"))
}

/// `[IF NOT EXISTS] name [WITH]`, then `SCHEMA`, `VERSION` and `CASCADE` in any order.
fn extension_has_schema(mut keywords: Keywords<'_>) -> bool {
    let if_not_exists = {
        let mut ahead = keywords.clone();
        ahead.next_is("if") && ahead.next_is("not")
    };
    // The name is passed over, whatever it is: an extension may be called `schema`.
    let before_options = if if_not_exists { 4 } else { 1 };
    keywords.by_ref().take(before_options).for_each(drop);
    keywords.any(|keyword| keyword.is("schema"))
}

/// `REINDEX TABLE CONCURRENTLY t`, `REINDEX (VERBOSE) TABLE CONCURRENTLY t`, `REINDEX (CONCURRENTLY) TABLE t`.
fn reindexes_concurrently(mut keywords: Keywords<'_>) -> bool {
    keywords.any(|keyword| keyword.is("concurrently"))
        && !keywords.next().is_some_and(|value| ["false", "off", "0"].iter().any(|off| value.is(off)))
}

/// `[ALTER TABLE] … DETACH PARTITION … CONCURRENTLY`.
fn detaches_concurrently(mut keywords: Keywords<'_>) -> bool {
    keywords.skip_past("detach", &["partition"]) && keywords.any(|keyword| keyword.is("concurrently"))
}

/// `[COPY] … FROM STDIN`, and `FROM STDOUT`, which PostgreSQL takes for the same.
fn copies_from_stdin(mut keywords: Keywords<'_>) -> bool {
    keywords.skip_past("from", &["stdin", "stdout"])
}
