//! Expressions whose columns or types got other names.

use std::sync::Arc;

use super::tree::{LexerToken, TokenKind, tokenize};
use super::words::is_keyword;

/// An expression in which a name stands for another one. What is called, or is a text, is left as it is.
pub(crate) fn renamed(text: &Arc<str>, from: &str, to: &str) -> Arc<str> {
    let (mut out, mut at) = (String::new(), 0);
    let mut tokens = tokenize(text).peekable();
    while let Some(LexerToken { kind, len }) = tokens.next() {
        let token = &text[at..at + len as usize];
        at += len as usize;
        let is_name = is_it(kind, token, from);
        let is_call = tokens.peek().is_some_and(|next| matches!(next.kind, TokenKind::OpenParen));
        if is_name && !is_call { out += &written(to) } else { out += token }
    }
    out.into()
}

/// Whether an expression has a name in it. What is called, or is a text, is none.
pub(crate) fn has_name(text: &str, name: &str) -> bool {
    let mut at = 0;
    let mut tokens = tokenize(text).peekable();
    while let Some(LexerToken { kind, len }) = tokens.next() {
        let token = &text[at..at + len as usize];
        at += len as usize;
        let is_call = tokens.peek().is_some_and(|next| matches!(next.kind, TokenKind::OpenParen));
        if !is_call && is_it(kind, token, name) {
            return true;
        }
    }
    false
}

fn is_it(kind: TokenKind, token: &str, name: &str) -> bool {
    match kind {
        TokenKind::Ident => token.to_lowercase() == name,
        TokenKind::QuotedIdent { .. } => token.len() >= 2 && token[1..token.len() - 1].replace("\"\"", "\"") == name,
        _ => false,
    }
}

/// A name as it stands in SQL: quoted where it has to be.
fn written(name: &str) -> String {
    let is_plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if is_plain && !is_keyword(name) {
        name.to_owned()
    } else {
        multitenant_runtime::Identifier::new(name).map_or_else(|_| name.to_owned(), |name| name.quoted())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_replaced_and_nothing_else() {
        for (text, expected) in [
            ("a > 0 AND \"a\" < 9", "b > 0 AND b < 9"),
            ("A > aa", "b > aa"),
            ("a(a)", "a(b)"),
            ("x = 'a' || $$a$$", "x = 'a' || $$a$$"),
        ] {
            assert_eq!(&*renamed(&text.into(), "a", "b"), expected);
        }
        assert_eq!(&*renamed(&"a > 0".into(), "a", "B c"), "\"B c\" > 0");
        // A word of SQL is a name only in quotes.
        assert_eq!(&*renamed(&"a is not null".into(), "a", "order"), "\"order\" is not null");
    }

    #[test]
    fn a_text_has_no_names() {
        for (text, has) in [
            ("total > 0", true),
            ("\"total\" > 0", true),
            ("TOTAL > 0", true),
            ("note <> 'no total here'", false),
            ("note <> $$a total b$$ -- total", false),
            ("total(note)", false),
            ("\"Total\" > 0", false),
        ] {
            assert_eq!(has_name(text, "total"), has, "{text}");
        }
    }
}
