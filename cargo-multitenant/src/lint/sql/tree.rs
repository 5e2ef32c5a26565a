//! The parser: the only file that names it.
//!
//! What it hands on are nodes of its tree with a few ways to look at them; `read.rs` and its neighbours make our
//! statements of these, and nothing outside of `sql/` sees a node.

use std::ops::Range;
use std::sync::{Arc, LazyLock};

use squawk_syntax::SourceFile;
use squawk_syntax::ast::{self, AstNode as _};

use super::nesting;

/// The words of a text, before it is parsed.
pub(super) use squawk_lexer::{LiteralKind, Token as LexerToken, TokenKind, tokenize};
pub(super) use squawk_syntax::{
    SyntaxElement as Element, SyntaxKind as Kind, SyntaxNode as Node, SyntaxToken as Token,
};

/// A text as a tree, whatever is wrong with it.
pub(super) struct Tree {
    pub(super) root: Node,
    /// What is wrong with it, in the order of the text; what is wrong in the bodies of functions is not told.
    pub(super) errors: Vec<(Range<usize>, String)>,
}

/// The body of a `DO` block or of a function in SQL or PL/pgSQL.
pub(super) struct Body {
    pub(super) root: Node,
    map: Box<dyn Fn(Range<usize>) -> Range<usize>>,
}

impl Body {
    /// Where a range of the body is in the text around it.
    pub(super) fn outside(&self, range: Range<usize>) -> Range<usize> {
        (self.map)(range)
    }
}

/// Parses a text.
pub(super) fn parse(text: &str) -> Tree {
    let parse = SourceFile::parse(text);
    let root = parse.syntax_node();
    let errors = parse.errors();
    // Walking the tree for bodies is worth it only where there is something to leave out.
    let bodies: Vec<Range<usize>> = if errors.is_empty() {
        Vec::new()
    } else {
        root.descendants().filter_map(|node| body_literal(&node)).collect()
    };
    // Once for all errors: a file of rows has one at each word.
    let solid: Vec<Range<usize>> = if errors.is_empty() {
        Vec::new()
    } else {
        tokens(&root).filter(is_solid).map(|token| bytes(token.text_range())).collect()
    };
    let errors = errors
        .iter()
        .map(|error| (at_token(&solid, bytes(error.range())), in_words(error.message())))
        .filter(|(at, _)| !bodies.iter().any(|body| body.contains(&at.start)))
        .collect();
    Tree { root, errors }
}

/// The body of this statement, if it is one with a body that we can read.
pub(super) fn body(statement: &Node) -> Option<Body> {
    let is_readable = matches!(statement.kind(), Kind::DO | Kind::CREATE_FUNCTION | Kind::CREATE_PROCEDURE) && {
        let bodies = statement.descendants().filter(|node| body_literal(node).is_some());
        bodies.filter_map(|node| string(&node)).all(|text| nesting::excess(&text).is_none())
    };
    if !is_readable {
        return None;
    }
    macro_rules! in_its_language {
        ($node:expr) => {
            match $node.plpgsql() {
                Some(body) => Some(of(body)),
                None => $node.sql_body().map(of),
            }
        };
    }
    match statement.kind() {
        Kind::DO => ast::Do::cast(statement.clone())?.plpgsql().map(of),
        Kind::CREATE_FUNCTION => in_its_language!(ast::CreateFunction::cast(statement.clone())?),
        Kind::CREATE_PROCEDURE => in_its_language!(ast::CreateProcedure::cast(statement.clone())?),
        _ => None,
    }
}

/// Where nothing is, the token that stands there instead.
fn at_token(solid: &[Range<usize>], range: Range<usize>) -> Range<usize> {
    if !range.is_empty() {
        return range;
    }
    let first = solid.partition_point(|token| token.end <= range.start);
    solid.get(first).cloned().unwrap_or(range)
}

/// The parser's message, with signs instead of its names for them.
fn in_words(message: &str) -> String {
    let word = |word: &str| {
        let sign = match word {
            "L_PAREN" => "`(`",
            "R_PAREN" => "`)`",
            "L_BRACK" => "`[`",
            "R_BRACK" => "`]`",
            "L_CURLY" => "`{`",
            "R_CURLY" => "`}`",
            "COMMA" => "`,`",
            "SEMICOLON" => "`;`",
            "COLON" => "`:`",
            "DOT" => "`.`",
            "EQ" => "`=`",
            "STAR" => "`*`",
            "IDENT" => "a name",
            "STRING" => "a string",
            "EOF" => "the end",
            "ERROR" => "something unreadable",
            _ => match word.strip_suffix("_KW") {
                Some(keyword) => return keyword.to_owned(),
                None => return word.to_owned(),
            },
        };
        sign.to_owned()
    };
    message.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

fn of<L: squawk_syntax::body::BodyLanguage + 'static>(body: squawk_syntax::body::Body<L>) -> Body {
    let root = body.syntax();
    let map = move |range: Range<usize>| {
        let position = |at: usize| u32::try_from(at).unwrap_or(u32::MAX).into();
        bytes(body.source_range(squawk_line_index::TextRange::new(position(range.start), position(range.end))))
    };
    Body { root, map: Box::new(map) }
}

/// The literal that holds a body.
fn body_literal(node: &Node) -> Option<Range<usize>> {
    let parent = node.parent()?.kind();
    let is_body = node.kind() == Kind::LITERAL && matches!(parent, Kind::DO | Kind::AS_DEFINITION);
    is_body.then(|| span(node))
}

/// Whether a node of this kind is a statement.
pub(super) fn is_statement(kind: Kind) -> bool {
    ast::Stmt::can_cast(kind) && kind != Kind::EMPTY_STMT
}

/// The parser's name of a kind of node: what `verb` and `class` are made of.
pub(super) fn word(kind: Kind) -> &'static str {
    static WORDS: LazyLock<Vec<String>> =
        LazyLock::new(|| (0..=u16::from(Kind::__LAST)).map(|kind| format!("{:?}", Kind::from(kind))).collect());
    WORDS.get(usize::from(u16::from(kind))).map_or("", String::as_str)
}

/// A name as PostgreSQL folds it.
pub(super) fn folded(node: &Node) -> String {
    ast::normalize_name_node(node)
}

/// The value of a string literal, without its quotes and escapes.
pub(super) fn string(literal: &Node) -> Option<String> {
    let literal = ast::Literal::cast(literal.clone())?;
    let first = literal.syntax().first_token()?;
    let is_text =
        matches!(first.kind(), Kind::STRING | Kind::ESC_STRING | Kind::DOLLAR_QUOTED_STRING | Kind::UNICODE_ESC_STRING);
    is_text.then(|| literal.decoded_value().map(squawk_syntax::decoded_text::DecodedText::into_text))?
}

/// Where a node is, from its first token to its last that is no blank, comment or semicolon.
pub(super) fn span(node: &Node) -> Range<usize> {
    let mut tokens = node.descendants_with_tokens().filter_map(Element::into_token).filter(is_solid);
    let Some(first) = tokens.next() else { return bytes(node.text_range()) };
    // A node whose last child is empty has no last token, as rowan sees it.
    let last = match node.last_token() {
        Some(last) => std::iter::successors(Some(last), Token::prev_token).find(is_solid),
        None => tokens.last(),
    };
    let first = bytes(first.text_range());
    first.start..last.map_or(first.end, |last| bytes(last.text_range()).end.max(first.end))
}

fn is_solid(token: &Token) -> bool {
    !matches!(token.kind(), Kind::WHITESPACE | Kind::COMMENT | Kind::SEMICOLON)
}

/// The first child of a kind.
pub(super) fn child(node: &Node, kind: Kind) -> Option<Node> {
    node.children().find(|child| child.kind() == kind)
}

/// All children of a kind.
pub(super) fn children(node: &Node, kind: Kind) -> impl Iterator<Item = Node> {
    node.children().filter(move |child| child.kind() == kind)
}

/// Whether there is a descendant of a kind.
pub(super) fn holds(node: &Node, kind: Kind) -> bool {
    node.descendants().any(|below| below.kind() == kind)
}

/// Whether a token of a kind stands directly in a node.
pub(super) fn has_token(node: &Node, kind: Kind) -> bool {
    node.children_with_tokens().any(|child| child.kind() == kind)
}

/// The tokens below a node that are no blanks and no comments.
pub(super) fn tokens(node: &Node) -> impl Iterator<Item = Token> {
    node.descendants_with_tokens().filter_map(Element::into_token).filter(|token| !token.kind().is_trivia())
}

/// A node's text without comments, each blank a single space.
pub(super) fn text(node: &Node) -> Arc<str> {
    joined(node.descendants_with_tokens().filter_map(Element::into_token))
}

/// The text of the children of a node that are wanted.
pub(super) fn text_of(node: &Node, wants: impl Fn(&Element) -> bool) -> Arc<str> {
    let tokens = node.children_with_tokens().filter(wants).flat_map(|child| match child {
        Element::Token(token) => vec![token],
        Element::Node(node) => node.descendants_with_tokens().filter_map(Element::into_token).collect(),
    });
    joined(tokens)
}

fn joined(tokens: impl Iterator<Item = Token>) -> Arc<str> {
    let (mut text, mut is_blank_due) = (String::new(), false);
    for token in tokens {
        if token.kind().is_trivia() {
            is_blank_due = true;
        } else {
            if std::mem::take(&mut is_blank_due) && !text.is_empty() {
                text.push(' ');
            }
            text += token.text();
        }
    }
    text.into()
}

/// A range of the parser's as ours.
pub(super) fn bytes(range: squawk_line_index::TextRange) -> Range<usize> {
    usize::from(range.start())..usize::from(range.end())
}
