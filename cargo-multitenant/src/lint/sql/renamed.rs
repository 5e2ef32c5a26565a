//! Expressions whose columns or types got other names.

use std::sync::Arc;

use super::tree::{LexerToken, TokenKind, tokenize};

/// An expression in which a name stands for another one. What is called, or is a text, is left as it is.
pub(crate) fn renamed(text: &Arc<str>, from: &str, to: &str) -> Arc<str> {
    let (mut out, mut at) = (String::new(), 0);
    let mut tokens = tokenize(text).peekable();
    while let Some(LexerToken { kind, len }) = tokens.next() {
        let token = &text[at..at + len as usize];
        at += len as usize;
        let is_name = match kind {
            TokenKind::Ident => token.to_lowercase() == from,
            TokenKind::QuotedIdent { .. } => {
                token.len() >= 2 && token[1..token.len() - 1].replace("\"\"", "\"") == from
            }
            _ => false,
        };
        let is_call = tokens.peek().is_some_and(|next| matches!(next.kind, TokenKind::OpenParen));
        if is_name && !is_call { out += &written(to) } else { out += token }
    }
    out.into()
}

/// A name as it stands in SQL: quoted where it has to be.
fn written(name: &str) -> String {
    let is_plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if is_plain {
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
    }
}
