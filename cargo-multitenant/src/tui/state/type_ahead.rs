//! Which keys are meant for what stands over a screen: those of somebody who has seen it.
//!
//! Text that is pasted, and keys that were typed while something was slow, are answers to nothing.

use std::mem::{Discriminant, discriminant};
use std::time::Duration;

use ratatui::crossterm::event::KeyCode;

use crate::tui::message::Key;

use super::overlay::Overlay;

/// Keys that follow each other faster come from no hand: the terminal has pasted them.
const BURST: Duration = Duration::from_millis(4);

/// What was seen when, and when the last key came.
#[derive(Debug, Default)]
pub(crate) struct TypeAhead {
    seen: Option<(Discriminant<Overlay>, Duration)>,
    last: Option<Duration>,
}

impl TypeAhead {
    /// A frame with this over the screen is on the terminal.
    pub(crate) fn drawn(&mut self, overlay: Option<&Overlay>, now: Duration) {
        let overlay = overlay.map(discriminant);
        if overlay != self.seen.map(|(seen, _)| seen) {
            self.seen = overlay.map(|overlay| (overlay, now));
        }
    }

    /// Whether a key that came then is for what stands over the screen now.
    pub(crate) fn is_meant(&mut self, key: Key, overlay: Option<&Overlay>, at: Duration) -> bool {
        let is_burst = self.last.replace(at).is_some_and(|last| at.saturating_sub(last) < BURST);
        let Some(overlay) = overlay else { return true };
        // The way out is always open.
        if key == Key::control('c') {
            return true;
        }
        let was_seen = self.seen.is_some_and(|(seen, since)| seen == discriminant(overlay) && at > since);
        was_seen && !(is_burst && decides(key, overlay))
    }
}

/// Whether something may be done after this key.
fn decides(key: Key, overlay: &Overlay) -> bool {
    match overlay {
        Overlay::Confirm { .. } | Overlay::Leave => true,
        Overlay::Type { .. } | Overlay::Form(_) => key.code == KeyCode::Enter,
        Overlay::Help(_) | Overlay::Told { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn only_keys_after_the_first_frame_of_a_question_answer_it() {
        let (mut ahead, yes) = (TypeAhead::default(), Key::char('y'));
        assert!(ahead.is_meant(Key::char('a'), None, millis(0)));
        assert!(!ahead.is_meant(yes, Some(&Overlay::Leave), millis(100)), "it was not seen yet");
        ahead.drawn(Some(&Overlay::Leave), millis(200));
        assert!(!ahead.is_meant(yes, Some(&Overlay::Leave), millis(150)), "it was typed before");
        // A later frame of the same question changes nothing.
        ahead.drawn(Some(&Overlay::Leave), millis(400));
        assert!(ahead.is_meant(yes, Some(&Overlay::Leave), millis(300)));
        assert!(!ahead.is_meant(yes, Some(&Overlay::Help(0)), millis(500)), "another one");
        ahead.drawn(None, millis(600));
        assert!(!ahead.is_meant(yes, Some(&Overlay::Leave), millis(700)), "the next question");
        assert!(ahead.is_meant(Key::control('c'), Some(&Overlay::Leave), millis(700)));
    }

    #[test]
    fn a_burst_decides_nothing() {
        let mut ahead = TypeAhead::default();
        ahead.drawn(Some(&Overlay::Leave), millis(10));
        assert!(ahead.is_meant(Key::char('j'), Some(&Overlay::Leave), millis(50)));
        assert!(!ahead.is_meant(Key::char('y'), Some(&Overlay::Leave), millis(51)));
        assert!(ahead.is_meant(Key::char('y'), Some(&Overlay::Leave), millis(80)));
    }
}
