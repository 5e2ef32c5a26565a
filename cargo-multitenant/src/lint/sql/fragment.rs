//! Texts of SQL that are a part of a statement: an expression, a type.

use super::nesting;
use super::tree::{self, Kind, Node, TokenKind, tokenize};
use super::{Detail, TypeUse, read};

/// What is wrong with a text that is to be one expression: it must stay in its place, whatever statement it is put into.
pub(crate) fn fragment(text: &str) -> Result<(), String> {
    stays(text)?;
    let script = read(&format!("SELECT ({text}\n);"));
    match script.errors.first().or(script.excess.as_ref()) {
        Some((_, message)) => Err(format!("is no expression ({message})")),
        None if script.statements.len() != 1 || !is_all_of_a_target(text.trim()) => Err("is no expression".to_owned()),
        None => Ok(()),
    }
}

/// Whether a text is an expression by itself, without the parentheses in which a query could stand, too: no name that it is
/// given, and no further clause.
fn is_all_of_a_target(text: &str) -> bool {
    let select = format!("SELECT {text}");
    if nesting::excess(&select).is_some() {
        return false;
    }
    let tree = tree::parse(&select);
    let lists: Vec<Node> = tree.root.descendants().filter(|node| node.kind() == Kind::TARGET_LIST).collect();
    let first = lists.first().map(|list| list.children().collect::<Vec<_>>()).unwrap_or_default();
    let [target] = &first[..] else { return false };
    let parts: Vec<Node> = target.children().collect();
    let covers = |node: &Node| *tree::text(node) == *text;
    tree.errors.is_empty() && parts.len() == 1 && covers(&parts[0]) && covers(target)
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
            "$a$ ); -- ' $a$ || E'\\'; x'",
            "(SELECT 1)",
            " now() at time zone 'utc' ",
            "a between 1 and 2",
            "ROW(1, 2)",
            "interval '1 day'",
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
            "a AS b",
            "1 FROM t",
            "1 UNION SELECT 2",
            "SELECT 1",
            "VALUES (1)",
            "1 /* a /* b */ ; */",
            "1 /* a */ + 1",
            "$a$ ' $a$, '",
            "$a$ ; $b$",
            "$$ ) $$)",
            "E'\\''; x'",
            "'\\''; x",
            "E'\\' || 'x",
            "U&'\\0027); drop'--",
            "(1",
            "[1",
            "array[1)",
            "a \\ b",
            "a ` b",
            "a \0 b",
            "*",
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
}
