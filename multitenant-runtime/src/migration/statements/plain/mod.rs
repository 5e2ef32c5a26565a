//! Statements of which their text alone tells what they change, and that they run nobody's code.
//!
//! A statement is plain where it makes something new in the current schema, or changes exactly the relations that it
//! names; where nothing that stands in it, or in the table that it changes, is evaluated, but constants of
//! PostgreSQL's own types; and where it leaves nothing behind in the session. Whatever is not known to be so is not
//! plain: that costs a look at what was done, and nothing else.
//!
//! Not plain therefore are, though they look so: `ALTER … TYPE`, a default that is not constant, a generated column
//! (each rewrites the table, and so evaluates the expressions of its indexes); `ADD CHECK`, `SET NOT NULL`, foreign
//! keys of tables that are there (constraints are evaluated); `CASCADE`; a name with a schema; `LIKE`, `INHERITS`,
//! `PARTITION`. In a new table every expression is plain: nothing of it is evaluated before there is a row.

mod alter;
mod create;
mod effects;
mod types;

#[cfg(test)]
mod tests;

pub(crate) use effects::Effects;

use crate::ident::Identifier;

use super::scanner::TokenKind;
use super::words::Words;

/// What a plain statement does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Plain {
    /// The relation that is there afterwards, in the current schema or that of the table that it belongs to.
    makes: Option<Relation>,
    /// The relations that it changes or removes, as it names them.
    changes: Vec<Relation>,
    /// What may be gone afterwards.
    loses: Loss,
}

/// A relation as a statement names it: without a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Relation {
    Table(Identifier),
    Index(Identifier),
}

/// What may be gone after a statement, so that its name means something else, further down the path.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Loss {
    #[default]
    Nothing,
    /// Indexes, with a column or a constraint.
    Indexes,
    /// Relations, with their indexes.
    Relations,
}

impl Plain {
    /// Reads one statement; `None` where it is not known to be plain.
    pub(crate) fn of(statement: &str) -> Option<Self> {
        let mut words = Words::new(statement);
        let plain = if words.skip("create") {
            create::read(&mut words)?
        } else if words.skip("alter") {
            alter::read(&mut words)?
        } else if words.skip("drop") {
            drop(&mut words)?
        } else if words.skip("comment") {
            comment(&mut words)?
        } else {
            return None;
        };
        words.next().is_none().then_some(plain)
    }

    /// Makes something that no statement changes by its name, or nothing.
    fn inert() -> Self {
        Self::default()
    }
}

/// `TABLE` or `INDEX`, `[IF EXISTS] name [, …] [RESTRICT]`.
fn drop(words: &mut Words<'_>) -> Option<Plain> {
    let relation = if words.skip("table") {
        Relation::Table
    } else if words.skip("index") {
        Relation::Index
    } else {
        return None;
    };
    if words.skip("if") {
        words.skip("exists").then_some(())?;
    }
    let mut changes = vec![relation(name(words)?)];
    while words.skip(",") {
        changes.push(relation(name(words)?));
    }
    words.skip("restrict");
    Some(Plain { changes, loses: Loss::Relations, makes: None })
}

/// `ON kind name[.name] IS 'text' | NULL`, which the wall does not mind anywhere.
fn comment(words: &mut Words<'_>) -> Option<Plain> {
    words.skip("on").then_some(())?;
    let kinds = ["table", "column", "index", "sequence", "type", "view"];
    kinds.iter().any(|kind| words.skip(kind)).then_some(())?;
    name(words)?;
    while words.skip(".") {
        name(words)?;
    }
    words.skip("is").then_some(())?;
    (words.skip("null") || string(words)).then(Plain::inert)
}

/// A name that means the same whatever the server's settings: ASCII, not too long, no escapes.
fn name(words: &mut Words<'_>) -> Option<Identifier> {
    let before = words.peek()?;
    let name = words.identifier()?;
    let text = words.text(&before);
    let is_whole = text.len() <= crate::ident::MAX_IDENTIFIER_BYTES;
    let is_reserved = before.kind == TokenKind::Word && types::is_reserved(name.as_str());
    (text.is_ascii() && is_whole && !is_reserved).then_some(name)
}

/// A plain string constant, if it is next.
fn string(words: &mut Words<'_>) -> bool {
    let is_next =
        words.peek().is_some_and(|token| token.kind == TokenKind::String && words.text(&token).starts_with('\''));
    if is_next {
        words.next();
    }
    is_next
}
