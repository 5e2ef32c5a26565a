//! What is changed of a table that may have rows.

use crate::ident::Identifier;
use crate::migration::statements::scanner::TokenKind;
use crate::migration::statements::words::Words;

use super::types::{Family, family};
use super::{Loss, Plain, Relation, name, string};

/// What follows `ALTER`: `TABLE [IF EXISTS] [ONLY] name action [, …]`.
pub(super) fn read(words: &mut Words<'_>) -> Option<Plain> {
    words.skip("table").then_some(())?;
    let may_be_missing = words.skip("if");
    if may_be_missing {
        words.skip("exists").then_some(())?;
    }
    words.skip("only");
    let table = name(words)?;
    if words.skip("rename") {
        // Where there is none, nothing has the new name.
        return if may_be_missing { None } else { rename(words, table) };
    }
    let table = Relation::Table(table);
    let mut loses = Loss::Nothing;
    loop {
        if words.skip("add") {
            add_column(words)?;
        } else if words.skip("drop") {
            drop(words)?;
            loses = Loss::Indexes;
        } else if words.skip("alter") {
            alter_column(words)?;
        } else {
            return None;
        }
        if !words.skip(",") {
            break;
        }
    }
    Some(Plain { changes: vec![table], loses, makes: None })
}

/// `ALTER TABLE` renames indexes and sequences too, which are gone sooner than a table is.
fn rename(words: &mut Words<'_>, relation: Identifier) -> Option<Plain> {
    let table = Relation::Index(relation);
    if words.skip("to") {
        let makes = Some(Relation::Index(name(words)?));
        return Some(Plain { makes, changes: vec![table], loses: Loss::Relations });
    }
    // A constraint's index has its name.
    let loses = if words.skip("constraint") { Loss::Indexes } else { Loss::Nothing };
    words.skip("column");
    name(words)?;
    words.skip("to").then_some(())?;
    name(words)?;
    Some(Plain { changes: vec![table], loses, makes: None })
}

/// `[COLUMN] [IF NOT EXISTS] name type [NOT NULL | NULL | DEFAULT constant]…`: a default that is constant is noted
/// once, and rewrites nothing.
fn add_column(words: &mut Words<'_>) -> Option<()> {
    words.skip("column");
    if words.skip("if") {
        (words.skip("not") && words.skip("exists")).then_some(())?;
    }
    name(words)?;
    let family = column_type(words)?;
    loop {
        if words.skip("not") {
            words.skip("null").then_some(())?;
        } else if words.skip("default") {
            constant(words, Some(family))?;
        } else if !words.skip("null") {
            return Some(());
        }
    }
}

/// One of PostgreSQL's own types, with its modifiers.
fn column_type(words: &mut Words<'_>) -> Option<Family> {
    let token = words.next()?;
    (token.kind == TokenKind::Word).then_some(())?;
    let mut family = family(&words.text(&token).to_ascii_lowercase())?;
    let _ = words.skip("varying") || words.skip("precision");
    if words.peek().is_some_and(|token| token.kind == TokenKind::Open) {
        words.next();
        number(words)?;
        if words.skip(",") {
            number(words)?;
        }
        (words.next()?.kind == TokenKind::Close).then_some(())?;
    }
    if words.skip("with") || words.skip("without") {
        (words.skip("time") && words.skip("zone")).then_some(())?;
    }
    while words.skip("[") {
        words.skip("]").then_some(())?;
        family = Family::Other;
    }
    Some(family)
}

/// A constant of a column's type, or of an unknown one: then no text, which that type's own code may read.
fn constant(words: &mut Words<'_>, family: Option<Family>) -> Option<()> {
    if words.skip("null") || (family.is_some() && string(words)) {
        return Some(());
    }
    if matches!(family, None | Some(Family::Boolean)) && (words.skip("true") || words.skip("false")) {
        return Some(());
    }
    if matches!(family, None | Some(Family::Time)) {
        if words.skip("current_timestamp") || words.skip("current_date") {
            return Some(());
        }
        if words.skip("now") {
            let is_call = words.next()?.kind == TokenKind::Open && words.next()?.kind == TokenKind::Close;
            return is_call.then_some(());
        }
    }
    if matches!(family, None | Some(Family::Number)) {
        words.skip("-");
        return number(words);
    }
    None
}

/// Digits, with a point or without.
fn number(words: &mut Words<'_>) -> Option<()> {
    let digits = |words: &mut Words<'_>| {
        let token = words.next()?;
        let is_number = token.kind == TokenKind::Other && words.text(&token).bytes().all(|byte| byte.is_ascii_digit());
        is_number.then_some(())
    };
    digits(words)?;
    if words.skip(".") { digits(words) } else { Some(()) }
}

/// `[COLUMN | CONSTRAINT] [IF EXISTS] name [RESTRICT]`.
fn drop(words: &mut Words<'_>) -> Option<()> {
    let _ = words.skip("column") || words.skip("constraint");
    if words.skip("if") {
        words.skip("exists").then_some(())?;
    }
    name(words)?;
    words.skip("restrict");
    Some(())
}

/// `[COLUMN] name SET DEFAULT constant | DROP DEFAULT | DROP NOT NULL`, none of which looks at a row.
fn alter_column(words: &mut Words<'_>) -> Option<()> {
    words.skip("column");
    name(words)?;
    if words.skip("set") {
        words.skip("default").then_some(())?;
        return constant(words, None);
    }
    words.skip("drop").then_some(())?;
    (words.skip("default") || (words.skip("not") && words.skip("null"))).then_some(())
}
