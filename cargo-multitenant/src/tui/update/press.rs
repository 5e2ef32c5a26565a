//! Keys of somebody who reads before he answers, for tests.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::update;
use crate::tui::message::{Effect, Key, Message};
use crate::tui::state::State;

/// Presses a key a second after the one before, when the last frame is on the terminal.
pub(crate) fn press(state: &mut State, key: Key) -> Vec<Effect> {
    static SECONDS: AtomicU64 = AtomicU64::new(1);
    let drawn = Duration::from_secs(SECONDS.fetch_add(1, Ordering::Relaxed));
    update(state, Message::Drawn(drawn));
    update(state, Message::Typed(key, drawn + Duration::from_millis(500)))
}
