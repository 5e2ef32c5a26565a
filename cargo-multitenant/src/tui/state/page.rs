//! One screen's list, and how it came about.

use super::list::List;
use super::trouble::Trouble;

/// One screen's list, and how it came about.
#[derive(Debug, Clone, Default)]
pub(crate) struct Page {
    pub(crate) list: List,
    pub(crate) load: Load,
    /// What is below the list: counts.
    pub(crate) note: String,
    /// How far the details are scrolled, where they are open.
    pub(crate) detail: Option<usize>,
    /// How far down somebody has read why there is no list.
    pub(crate) scroll: usize,
    /// The number of the look that is seen.
    pub(crate) look: u64,
}

/// Whether the list is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Load {
    /// Nobody has asked.
    #[default]
    Never,
    /// It is being read; what was known before is seen meanwhile.
    Reading,
    Done,
    Failed(Trouble),
}

impl Page {
    /// Whether a newer look is seen already.
    pub(crate) fn is_newer_than(&self, look: u64) -> bool {
        self.look > look
    }

    /// What was read by a look; an older one that comes later is left out.
    pub(crate) fn read(&mut self, look: u64, read: Result<Content, Trouble>) {
        if self.is_newer_than(look) {
            return;
        }
        self.look = look;
        self.scroll = 0;
        match read {
            Ok(Content { items, note }) => {
                self.list.set(items);
                self.note = note;
                self.load = Load::Done;
            }
            Err(trouble) => self.load = Load::Failed(trouble),
        }
        if self.list.current().is_none() {
            self.detail = None;
        }
    }
}

/// What was read for a screen.
#[derive(Debug, Clone, Default)]
pub(crate) struct Content {
    pub(crate) items: Vec<super::item::Item>,
    pub(crate) note: String,
}
