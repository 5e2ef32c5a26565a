//! How the UI is left: at once, or when what is at work has come to its end.

use std::time::Duration;

use crate::exit_code;
use crate::interrupt::Signal;
use crate::tui::message::{Effect, Leaving};
use crate::tui::state::{Overlay, State};

/// For so long a Ctrl-C that comes again is the same one: the key is held.
const HELD: Duration = Duration::from_secs(1);

/// Somebody wants to leave: asks where something is at work.
pub(super) fn wanted(state: &mut State) -> Vec<Effect> {
    if state.is_at_work() {
        state.overlay = Some(Overlay::Leave);
    } else {
        state.left = Some(exit_code::DONE);
    }
    Vec::new()
}

/// Ctrl-C as a key: it interrupts what is at work, and otherwise only leaves.
pub(super) fn interrupted(state: &mut State) -> Vec<Effect> {
    if state.leaving.is_some_and(|leaving| state.now.saturating_sub(leaving.since) < HELD) {
        return Vec::new();
    }
    if state.is_at_work() {
        return ending(state, exit_code::INTERRUPTED);
    }
    state.left = Some(exit_code::DONE);
    Vec::new()
}

/// A signal, from outside.
pub(super) fn signalled(state: &mut State, signal: Signal) -> Vec<Effect> {
    ending(state, exit_code::of_signal(signal))
}

/// Ends what is at work in order, then leaves; the second time at once.
pub(super) fn ending(state: &mut State, code: u8) -> Vec<Effect> {
    if !state.is_at_work() || state.leaving.is_some() {
        state.left = Some(code);
        return Vec::new();
    }
    state.overlay = None;
    state.leaving = Some(Leaving { code, since: state.now });
    if let Some(board) = &mut state.board {
        board.stops += 1;
    }
    vec![Effect::Stop]
}

/// Leaves, where somebody waits for that and nothing is at work any more.
pub(super) fn when_free(state: &mut State) -> Vec<Effect> {
    if let Some(Leaving { code, .. }) = state.leaving
        && !state.is_at_work()
    {
        state.left = Some(code);
    }
    Vec::new()
}
