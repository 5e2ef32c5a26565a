//! What stands over a screen and wants an answer.

use crate::tui::message::Effect;

use super::field::Form;
use super::item::Line;

/// What stands over a screen and wants an answer.
#[derive(Debug, Clone)]
pub(crate) enum Overlay {
    /// All keys.
    Help(usize),
    /// A question; without a word of agreement it is a no.
    Confirm {
        title: String,
        lines: Vec<Line>,
        question: String,
        scroll: usize,
        then: Box<Effect>,
    },
    /// What one key is too little for: the id, typed again.
    Type {
        title: String,
        lines: Vec<Line>,
        wanted: String,
        typed: String,
        error: bool,
        then: Box<Effect>,
    },
    Form(Form),
    /// Something to be read.
    Told {
        title: String,
        lines: Vec<Line>,
        scroll: usize,
    },
    /// Shall a run be stopped, and the UI left.
    Leave,
}
