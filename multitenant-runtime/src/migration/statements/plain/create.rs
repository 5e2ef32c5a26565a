//! What is made new.

use crate::migration::statements::scanner::TokenKind;
use crate::migration::statements::words::Words;

use super::{Plain, Relation, name, string, types};

/// What follows `CREATE`.
pub(super) fn read(words: &mut Words<'_>) -> Option<Plain> {
    if words.skip("table") {
        table(words)
    } else if words.skip("type") {
        enumeration(words)
    } else {
        words.skip("unique");
        words.skip("index").then_some(())?;
        index(words)
    }
}

/// `TABLE [IF NOT EXISTS] name (…)`, and nothing behind the parenthesis.
fn table(words: &mut Words<'_>) -> Option<Plain> {
    if_not_exists(words)?;
    let name = name(words)?;
    elements(words)?;
    Some(Plain { makes: Some(Relation::Table(name)), ..Plain::inert() })
}

/// The columns and constraints of a new table.
///
/// Nothing of it is evaluated before there is a row, but the constants: text becomes a value at once, and of a type
/// of somebody's own, or of one that is made of such, that may be by somebody's code.
fn elements(words: &mut Words<'_>) -> Option<()> {
    (words.next()?.kind == TokenKind::Open).then_some(())?;
    let mut depth = 1;
    let (mut has_strings, mut has_own_types) = (false, false);
    // The words before this one, or what is like one.
    let (mut last, mut before_last) = (String::from(","), String::new());
    while depth > 0 {
        let token = words.next()?;
        let text = words.text(&token).to_ascii_lowercase();
        let is_first = depth == 1 && last == ",";
        match token.kind {
            TokenKind::Open => {
                let is_known = types::opens_parenthesis(&last) || is_operator(&last) || before_last == "references";
                is_known.then_some(())?;
                depth += 1;
            }
            TokenKind::Close => depth -= 1,
            TokenKind::Dot => last.bytes().all(|byte| byte.is_ascii_digit()).then_some(())?,
            TokenKind::Semicolon => return None,
            TokenKind::String => {
                text.starts_with('\'').then_some(())?;
                has_strings = true;
                has_own_types |= !(is_operator(&last) || types::precedes_string(&last) || is_ours(&last));
            }
            TokenKind::Word | TokenKind::QuotedName => {
                let is_plain = text.is_ascii() && !text.starts_with("u&") && !types::is_not_of_a_new_table(&text);
                is_plain.then_some(())?;
                // `GENERATED … AS IDENTITY` is one; `AS (…) STORED` and `CAST (… AS …)` are not.
                (last != "as" || text == "identity").then_some(())?;
                let is_constraint = matches!(text.as_str(), "constraint" | "primary" | "unique" | "check" | "foreign");
                if is_first && !is_constraint {
                    let column_type = words.peek()?;
                    has_own_types |= !is_ours(&words.text(&column_type).to_ascii_lowercase());
                }
                has_own_types |= last == "::" && !is_ours(&text);
            }
            TokenKind::Other => (text != "[" || last != "array").then_some(())?,
        }
        let text = if text == ":" && last == ":" { "::".to_owned() } else { text };
        before_last = std::mem::replace(&mut last, text);
    }
    (!(has_strings && has_own_types)).then_some(())
}

fn is_ours(word: &str) -> bool {
    types::family(word).is_some() || types::is_serial(word)
}

/// Whether this is no word, but what stands between two.
fn is_operator(last: &str) -> bool {
    matches!(last, "(" | "," | "=" | "<" | ">" | "+" | "-" | "*" | "/" | "%" | "|" | "~" | "!")
}

/// `TYPE name AS ENUM ('…', …)`.
fn enumeration(words: &mut Words<'_>) -> Option<Plain> {
    name(words)?;
    (words.skip("as") && words.skip("enum")).then_some(())?;
    (words.next()?.kind == TokenKind::Open).then_some(())?;
    loop {
        string(words).then_some(())?;
        if !words.skip(",") {
            break;
        }
    }
    (words.next()?.kind == TokenKind::Close).then(Plain::inert)
}

/// `[UNIQUE] INDEX [IF NOT EXISTS] [name] ON [ONLY] table [USING method] (column [order], …)
/// [INCLUDE (column, …)] [WHERE column IS [NOT] NULL [AND …]]`.
fn index(words: &mut Words<'_>) -> Option<Plain> {
    if_not_exists(words)?;
    let index = if words.skip("on") {
        None
    } else {
        let index = name(words)?;
        words.skip("on").then_some(Some(Relation::Index(index)))?
    };
    words.skip("only");
    let table = name(words)?;
    if words.skip("using") {
        ["btree", "hash", "gin", "gist", "brin"].iter().any(|method| words.skip(method)).then_some(())?;
    }
    columns(words)?;
    if words.skip("include") {
        columns(words)?;
    }
    if words.skip("where") {
        loop {
            name(words)?;
            words.skip("is").then_some(())?;
            words.skip("not");
            words.skip("null").then_some(())?;
            if !words.skip("and") {
                break;
            }
        }
    }
    Some(Plain { makes: index, changes: vec![Relation::Table(table)], ..Plain::inert() })
}

fn columns(words: &mut Words<'_>) -> Option<()> {
    (words.next()?.kind == TokenKind::Open).then_some(())?;
    loop {
        name(words)?;
        let _ = words.skip("asc") || words.skip("desc");
        if words.skip("nulls") {
            (words.skip("first") || words.skip("last")).then_some(())?;
        }
        if !words.skip(",") {
            break;
        }
    }
    (words.next()?.kind == TokenKind::Close).then_some(())
}

fn if_not_exists(words: &mut Words<'_>) -> Option<()> {
    if words.skip("if") {
        return (words.skip("not") && words.skip("exists")).then_some(());
    }
    Some(())
}
