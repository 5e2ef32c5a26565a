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

/// A label of an enum that gets another name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Label<'a> {
    /// The enum's name.
    pub(crate) of: &'a str,
    pub(crate) from: &'a str,
    pub(crate) to: &'a str,
    /// Whether a text without a cast is one of its labels, too.
    pub(crate) is_only: bool,
}

/// An expression in which a label stands for another one.
pub(crate) fn relabelled(text: &Arc<str>, label: &Label<'_>) -> Arc<str> {
    let old = format!("'{}'", label.from.replace('\'', "''"));
    let tokens: Vec<(TokenKind, &str)> = {
        let mut at = 0;
        let cut = |token: LexerToken| {
            let start = at;
            at += token.len as usize;
            (token.kind, &text[start..at])
        };
        tokenize(text).map(cut).collect()
    };
    let mut out = String::new();
    for (at, (_, token)) in tokens.iter().enumerate() {
        let behind = tokens[at + 1..].iter().filter(|(kind, _)| !matches!(kind, TokenKind::Whitespace));
        if *token == old && is_label(behind, label) { out += &literal(label.to) } else { out += token }
    }
    out.into()
}

/// Whether what stands behind a text makes it a label: a cast to the enum, or no cast where it can be nothing else.
fn is_label<'a>(mut behind: impl Iterator<Item = &'a (TokenKind, &'a str)>, label: &Label<'_>) -> bool {
    let is_colon = |token: Option<&(TokenKind, &str)>| token.is_some_and(|(_, token)| *token == ":");
    match behind.next() {
        Some((_, "::")) => {}
        first if is_colon(first) => {
            if !is_colon(behind.next()) {
                return label.is_only;
            }
        }
        _ => return label.is_only,
    }
    // The schema may stand before the name.
    let names: Vec<_> = behind.take_while(|(kind, token)| is_name(*kind) || *token == ".").collect();
    names.last().is_some_and(|(kind, token)| is_it(*kind, token, label.of))
}

fn is_name(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::Ident | TokenKind::QuotedIdent { .. })
}

fn literal(text: &str) -> String {
    multitenant_runtime::literal(text).trim_start().to_owned()
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
    folded(kind, token).is_some_and(|token| token == name)
}

/// What a token names, as the server folds it; nothing where it is no name.
pub(super) fn folded(kind: TokenKind, token: &str) -> Option<String> {
    match kind {
        TokenKind::Ident => Some(token.to_lowercase()),
        TokenKind::QuotedIdent { .. } => {
            let inner = token.strip_prefix('"')?.strip_suffix('"')?;
            Some(inner.replace("\"\"", "\""))
        }
        _ => None,
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
    fn labels_are_replaced_and_other_texts_are_not() {
        let label = |is_only| Label { of: "State", from: "new", to: "it's", is_only };
        for (text, expected) in [
            ("'new'", "'it''s'"),
            ("'new'::\"State\"", "'it''s'::\"State\""),
            ("'new' :: public.\"State\"", "'it''s' :: public.\"State\""),
            ("'new'::text", "'new'::text"),
            ("state IN ('new', 'newer') OR note = $$new$$", "state IN ('it''s', 'newer') OR note = $$new$$"),
        ] {
            assert_eq!(&*relabelled(&text.into(), &label(true)), expected);
        }
        assert_eq!(&*relabelled(&"'new'".into(), &label(false)), "'new'");
        assert_eq!(&*relabelled(&"'new'::\"State\" || 'new'".into(), &label(false)), "'it''s'::\"State\" || 'new'");
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
