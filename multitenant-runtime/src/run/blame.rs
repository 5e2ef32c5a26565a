//! What a function's error is about, by what the server has said meanwhile.

use std::error::Error;

use crate::connection::ServerError;
use crate::sqlstate::follows_a_failure;

/// What of all that the server said the error is about: Diesel hands on the message, and not the code.
///
/// A message that is the same is the same error. One that the server answered with because a statement before had
/// failed is about that one, and so is whatever a function makes of an error without keeping it as its source.
pub(super) fn blamed<'h>(error: &(dyn Error + 'static), heard: &'h [ServerError]) -> Option<&'h ServerError> {
    let first = || heard.iter().rfind(|heard| !follows_a_failure(&heard.code));
    let Some(message) = message_in(error) else {
        // The transaction is broken if it went on after the last failure.
        return heard.last().filter(|last| follows_a_failure(&last.code)).and_then(|_| first());
    };
    let same = heard.iter().rfind(|heard| heard.message == message)?;
    if follows_a_failure(&same.code) { first() } else { Some(same) }
}

/// The server's message in the error, or in one of its sources.
fn message_in<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e str> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(diesel::result::Error::DatabaseError(_, information)) = error.downcast_ref() {
            return Some(information.message());
        }
        next = error.source();
    }
    None
}

/// The error with its sources.
pub(super) fn described(error: &(dyn Error + 'static)) -> String {
    let mut text = format!("the function failed: {error}");
    let mut next = error.source();
    while let Some(source) = next {
        let said = source.to_string();
        // Many say what their source says.
        if !text.ends_with(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        next = source.source();
    }
    text
}
