//! Transaction control in a script: dropped where it wraps the whole, refused everywhere else.

use super::error::{SplitError, SplitErrorKind};
use super::keywords::Keywords;
use super::{Mode, Statement};

/// Drops the `BEGIN` and `COMMIT` around a transactional script, and refuses all other transaction control.
pub(super) fn settle(sql: &str, statements: &mut Vec<Statement>, mode: Mode) -> Result<(), SplitError> {
    let Some(modes) = wrapping_transaction(sql, statements) else {
        return refuse_any(sql, statements);
    };
    let begin = statements[0].range.start;
    let last = statements.len() - 1;
    refuse_any(sql, &statements[1..last])?;
    match (mode, modes) {
        (Mode::NonTransactional, _) => Err(SplitErrorKind::WrappedNonTransactional.at(begin)),
        (Mode::Transactional, Modes::Special) => Err(SplitErrorKind::TransactionMode.at(begin)),
        (Mode::Transactional, Modes::Default) => {
            statements.truncate(last);
            statements.remove(0);
            Ok(())
        }
    }
}

/// A command that begins, ends or divides a transaction, or changes what it is.
struct Control {
    command: &'static str,
    role: Role,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Begin(Modes),
    Commit,
    Neither,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Modes {
    /// Those that a migration's transaction has.
    Default,
    /// Others, which would be lost if the `BEGIN` were dropped.
    Special,
}

fn wrapping_transaction(sql: &str, statements: &[Statement]) -> Option<Modes> {
    let [first, .., last] = statements else {
        return None;
    };
    let Role::Begin(modes) = control(sql, first)?.role else {
        return None;
    };
    let commits = control(sql, last)?.role == Role::Commit;
    commits.then_some(modes)
}

fn refuse_any(sql: &str, statements: &[Statement]) -> Result<(), SplitError> {
    for statement in statements {
        if let Some(Control { command, .. }) = control(sql, statement) {
            return Err(SplitErrorKind::TransactionControl { command }.at(statement.range.start));
        }
    }
    Ok(())
}

fn control(sql: &str, statement: &Statement) -> Option<Control> {
    let mut keywords = Keywords::new(sql, &statement.range);
    let verb = keywords.next()?;
    let neither = |command| Some(Control { command, role: Role::Neither });
    if verb.is("begin") {
        begin("BEGIN", keywords)
    } else if verb.is("start") && keywords.next_is("transaction") {
        begin("START TRANSACTION", keywords)
    } else if verb.is("commit") {
        commit("COMMIT", &keywords)
    } else if verb.is("end") {
        commit("END", &keywords)
    } else if verb.is("rollback") {
        neither("ROLLBACK")
    } else if verb.is("abort") {
        neither("ABORT")
    } else if verb.is("savepoint") {
        neither("SAVEPOINT")
    } else if verb.is("release") {
        neither("RELEASE SAVEPOINT")
    } else if verb.is("prepare") && keywords.next_is("transaction") && !keywords.has("as") {
        // With `AS` it prepares a statement that is called `transaction`.
        neither("PREPARE TRANSACTION")
    } else if verb.is("set") {
        neither(set(keywords)?)
    } else {
        None
    }
}

fn begin(command: &'static str, mut keywords: Keywords<'_>) -> Option<Control> {
    let special = keywords.any(|mode| ["serializable", "repeatable", "only"].iter().any(|other| mode.is(other)));
    let modes = if special { Modes::Special } else { Modes::Default };
    Some(Control { command, role: Role::Begin(modes) })
}

fn commit(command: &'static str, keywords: &Keywords<'_>) -> Option<Control> {
    if keywords.has("prepared") {
        return Some(Control { command: "COMMIT PREPARED", role: Role::Neither });
    }
    let begins_another = keywords.has("chain") && !keywords.has("no");
    let role = if begins_another { Role::Neither } else { Role::Commit };
    Some(Control { command, role })
}

/// `SET [LOCAL | SESSION] TRANSACTION …` and `SET SESSION CHARACTERISTICS AS TRANSACTION …`.
fn set(mut keywords: Keywords<'_>) -> Option<&'static str> {
    let mut word = keywords.next()?;
    if word.is("local") || word.is("session") {
        word = keywords.next()?;
    }
    if word.is("session") {
        word = keywords.next()?;
    }
    if word.is("transaction") {
        Some("SET TRANSACTION")
    } else if word.is("characteristics") {
        Some("SET SESSION CHARACTERISTICS")
    } else {
        None
    }
}
