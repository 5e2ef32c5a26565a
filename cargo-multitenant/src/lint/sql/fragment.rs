//! Texts of SQL that are a part of a statement: an expression, a type.

use super::tree::{TokenKind, tokenize};
use super::{Detail, TypeUse, read};

/// What is wrong with a text that is to be one expression: it must stay in its place, whatever statement it is put into.
pub(crate) fn fragment(text: &str) -> Result<(), String> {
    stays(text)?;
    let script = read(&format!("SELECT ({text}\n);"));
    match script.errors.first().or(script.excess.as_ref()) {
        Some((_, message)) => Err(format!("is no expression ({message})")),
        None if script.statements.len() != 1 || text.trim().is_empty() => Err("is no expression".to_owned()),
        None => Ok(()),
    }
}

/// Whether the tokens of a text can do nothing to what stands around it.
fn stays(text: &str) -> Result<(), String> {
    let mut open: Vec<char> = Vec::new();
    let mut rest = text;
    for token in tokenize(text) {
        let (of_token, after) = rest.split_at(token.len as usize);
        rest = after;
        match token.kind {
            TokenKind::LineComment | TokenKind::BlockComment { .. } => return Err("has a comment".to_owned()),
            TokenKind::Semi => return Err("has a `;` outside of quotes".to_owned()),
            TokenKind::Comma if open.is_empty() => return Err("has a comma outside of parentheses".to_owned()),
            TokenKind::OpenParen => open.push('('),
            TokenKind::OpenBracket => open.push('['),
            TokenKind::CloseParen if open.pop() != Some('(') => return Err("closes what it has not opened".to_owned()),
            TokenKind::CloseBracket if open.pop() != Some('[') => {
                return Err("closes what it has not opened".to_owned());
            }
            TokenKind::Unknown | TokenKind::Backtick => return Err(format!("has {of_token:?}, which is no SQL")),
            _ => {}
        }
    }
    if !open.is_empty() || text.contains('\0') {
        return Err("is not closed".to_owned());
    }
    Ok(())
}

/// Whether a text is one item of an index: a column or an expression, with what may stand behind it.
pub(crate) fn is_index_item(text: &str, statement: &str) -> bool {
    let script = read(statement);
    // What is no expression by itself may have an order behind it, which the statement shows.
    let is_closed = stays(text).is_ok();
    match script.statements.as_slice() {
        [one] if is_closed && script.errors.is_empty() => {
            matches!(&one.detail, Detail::Index(index) if index.items.len() == 1)
        }
        _ => false,
    }
}

/// The type that a text names.
pub(crate) fn type_of_text(text: &str) -> Result<TypeUse, String> {
    let script = read(&format!("CREATE TABLE a (b {text}\n);"));
    let wrong = || Err(format!("{text:?} is no type"));
    let ([statement], true, true) =
        (script.statements.as_slice(), script.errors.is_empty(), script.comments.is_empty())
    else {
        return wrong();
    };
    let Detail::Table(table) = &statement.detail else { return wrong() };
    match table.columns.as_slice() {
        [column] if table.constraints.is_empty() && column.constraints.is_empty() && column.collation.is_none() => {
            column.ty.clone().map_or_else(wrong, Ok)
        }
        _ => wrong(),
    }
}

/// An expression as it is compared with another: without blanks, outer parentheses, and what quotes and capitals do not change.
pub(crate) fn normal(text: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut rest = text;
    for token in tokenize(text) {
        let (of_token, after) = rest.split_at(token.len as usize);
        rest = after;
        match token.kind {
            TokenKind::Whitespace | TokenKind::LineComment | TokenKind::BlockComment { .. } => {}
            TokenKind::Ident => words.push(of_token.to_lowercase()),
            TokenKind::QuotedIdent { .. } => words.push(plain(of_token)),
            _ => words.push(of_token.to_owned()),
        }
    }
    while let [first, .., last] = words.as_slice()
        && first == "("
        && last == ")"
        && encloses(&words)
    {
        words = words[1..words.len() - 1].to_vec();
    }
    let text = words.join(" ");
    if text == "current_timestamp" { "now ( )".to_owned() } else { text }
}

/// A name that means the same without its quotes stands without them.
fn plain(quoted: &str) -> String {
    let inner = quoted.trim_matches('"');
    let is_plain = inner.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && inner.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        && !super::words::is_keyword(inner);
    if is_plain { inner.to_owned() } else { quoted.to_owned() }
}

/// Whether the first parenthesis is closed by the last word.
fn encloses(words: &[String]) -> bool {
    let mut depth = 0_usize;
    for (at, word) in words.iter().enumerate() {
        match word.as_str() {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return at + 1 == words.len();
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fragment_stays_in_its_place() {
        for good in [
            "now()",
            "'it''s; -- fine'",
            "(a + b) * 2",
            "\"odd;\" > 0",
            "'{}'::text[]",
            "a is not null and b > 1",
            "1 - 2",
        ] {
            assert_eq!(fragment(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            " ",
            "1); drop table x; --",
            "1; select",
            "1 -- x",
            "1 /* x",
            "'open",
            "a) (b",
            "f(a",
            "a, b",
            "a[1)",
            "a b c",
            "1)",
        ] {
            assert!(fragment(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_type_is_one_type() {
        let ty = type_of_text("numeric(10, 2)").unwrap();
        assert_eq!((ty.name.as_str(), ty.modifiers.len()), ("numeric", 2));
        for bad in [
            "int not null",
            "int default 1",
            "int, c int",
            "int)",
            "int); drop table a; create table c (d int",
            "int -- x",
            "",
        ] {
            assert!(type_of_text(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn texts_are_compared_by_what_they_mean() {
        for (one, other) in
            [("NOW()", "now( )"), ("(a > 0)", "A>0"), ("\"a\" = 'X'", "a = 'X'"), ("CURRENT_TIMESTAMP", "now()")]
        {
            assert_eq!(normal(one), normal(other), "{one} and {other}");
        }
        for (one, other) in [("'a'", "'A'"), ("\"A\"", "a"), ("(a) + (b)", "a) + (b")] {
            assert_ne!(normal(one), normal(other), "{one} and {other}");
        }
    }
}
