//! The names that a `WITH` gives to queries, which are no tables where they are seen.

use super::lexer::{Token, folded};

/// The `WITH` at the beginning of a query. One that stands elsewhere (`INSERT INTO … WITH …`) is seen by a part of the
/// statement only, and is not read: its names count as tables.
#[derive(Debug, Default)]
pub(super) struct With {
    state: State,
    is_recursive: bool,
    names: Vec<String>,
}

#[derive(Debug, Default)]
enum State {
    /// Nothing has come yet.
    #[default]
    Before,
    /// A name comes, or `RECURSIVE`.
    Name,
    /// The columns of this name, or `AS`.
    Columns(String),
    /// The query of this name.
    Body(String),
    /// A comma, or the query itself.
    After,
    /// There is none, or it has ended; or it is not to be understood, so that all names are tables from here on.
    Over,
}

impl With {
    /// Whether the token belongs to the list of names. To be asked for each token that does not stand in parentheses.
    pub(super) fn takes(&mut self, token: Token<'_>) -> bool {
        let is = |keyword: &str| matches!(token, Token::Word(word) if word.eq_ignore_ascii_case(keyword));
        let begins = ["SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "VALUES", "TABLE"];
        let next = match (std::mem::replace(&mut self.state, State::Over), token) {
            (State::Before, Token::Word(_)) if is("WITH") => State::Name,
            (State::Name, Token::Word(_)) if is("RECURSIVE") && !self.is_recursive => {
                self.is_recursive = true;
                State::Name
            }
            (State::Name, Token::Word(_)) if begins.iter().any(|keyword| is(keyword)) => return false,
            (State::Name, Token::Word(name) | Token::Quoted(name)) => State::Columns(folded(name).into_owned()),
            (State::Columns(name), Token::Word(_)) if is("AS") => State::Body(name),
            (State::Body(name), Token::Word(_)) if is("NOT") || is("MATERIALIZED") => State::Body(name),
            (State::After, Token::Comma) => State::Name,
            (State::Columns(name), Token::Open) => {
                self.state = State::Columns(name);
                return false;
            }
            (State::Body(name), Token::Open) => {
                // A query sees its own name only where it may be recursive; else that is a table's.
                if self.is_recursive {
                    self.names.push(name.clone());
                }
                self.state = State::Body(name);
                return false;
            }
            _ => return false,
        };
        self.state = next;
        true
    }

    /// The parentheses are closed that were opened last.
    pub(super) fn close(&mut self) {
        if let State::Body(name) = &mut self.state {
            if !self.is_recursive {
                self.names.push(std::mem::take(name));
            }
            self.state = State::After;
        }
    }

    /// Whether it gives a query this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name)
    }
}
