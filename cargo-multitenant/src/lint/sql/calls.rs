//! The functions that a text calls, wherever it stands: an expression, an item of an index, a constraint.

use super::renamed::folded;
use super::tree::{LexerToken, TokenKind, tokenize};

/// A function's name as it stands where it is called, folded as the server folds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Called {
    pub(crate) schema: Option<String>,
    pub(crate) name: String,
}

/// What is called in a text: names in front of a parenthesis, and some of them are words of SQL.
pub(crate) fn called(text: &str) -> Vec<Called> {
    let mut found = Vec::new();
    // The names in a row, with the dots between them.
    let (mut names, mut after_dot): (Vec<String>, bool) = (Vec::new(), false);
    let mut at = 0;
    for LexerToken { kind, len } in tokenize(text) {
        let token = &text[at..at + len as usize];
        at += len as usize;
        match kind {
            TokenKind::Whitespace | TokenKind::LineComment | TokenKind::BlockComment { .. } => continue,
            TokenKind::Ident | TokenKind::QuotedIdent { .. } => {
                if !after_dot {
                    names.clear();
                }
                names.extend(folded(kind, token));
            }
            TokenKind::OpenParen => {
                if let Some(name) = names.pop() {
                    found.push(Called { schema: names.pop(), name });
                }
                names.clear();
            }
            TokenKind::Dot => {}
            _ => names.clear(),
        }
        after_dot = matches!(kind, TokenKind::Dot);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_front_of_a_parenthesis_are_called() {
        for (text, expected) in [
            ("now()", &["now"][..]),
            ("Lower (a) || b", &["lower"]),
            ("public.f(\"G\" (1))", &["public.f", "G"]),
            ("f(1) desc nulls last", &["f"]),
            ("a > (b) and 'g(1)' <> $$h(1)$$ -- i(1)", &[]),
            ("a in (1)", &["in"]),
            ("a.b.c(1)", &["b.c"]),
            ("a + b", &[]),
        ] {
            let shown = |call: Called| call.schema.map(|schema| schema + ".").unwrap_or_default() + &call.name;
            let found: Vec<String> = called(text).into_iter().map(shown).collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
