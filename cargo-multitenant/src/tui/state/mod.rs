//! The model of the UI: all that is seen follows from it.
//!
//! Deliberately absent: anything that reads a clock, a file or a database. What time it is comes with the messages.

mod board;
mod field;
mod item;
mod list;
mod overlay;
mod page;
mod screen;
mod trouble;
mod type_ahead;
mod wrap;

use std::time::Duration;

pub(crate) use board::Board;
pub(crate) use field::{Field, Form, Purpose, Value};
pub(crate) use item::{Cell, Item, Line, Tone};
pub(crate) use list::List;
pub(crate) use overlay::Overlay;
pub(crate) use page::{Content, Load, Page};
pub(crate) use screen::{Column, LOOKED_AT, SCREENS, Screen};
pub(crate) use trouble::Trouble;
pub(crate) use type_ahead::TypeAhead;
pub(crate) use wrap::wrapped;

use super::message::{Fleet, Leaving};

/// How many rows around a list there are: two of tabs, the title, the heads of the columns, the counts, the help.
pub(crate) const AROUND: u16 = 6;

/// From which width on details stand beside the list, and not over it.
pub(crate) const WIDE: u16 = 110;

/// How wide details are on a terminal of this width.
pub(crate) fn detail_width(width: u16) -> usize {
    usize::from(if width >= WIDE { width / 2 } else { width }).saturating_sub(2)
}

/// All there is to be seen, and what is going on.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) screen: Screen,
    /// Where somebody was before the board.
    pub(crate) before: Screen,
    /// One for each screen but the board, which has its own.
    pages: Vec<Page>,
    pub(crate) board: Option<Board>,
    pub(crate) overlay: Option<Overlay>,
    /// Which keys are meant for what stands there.
    pub(crate) type_ahead: TypeAhead,
    /// Whether what is typed goes into the filter.
    pub(crate) is_filtering: bool,
    /// What is being done that is no run, with how far it has come.
    pub(crate) busy: Option<(String, Option<String>)>,
    /// What was done last, until a key is pressed.
    pub(crate) notice: Option<(Tone, String)>,
    /// The schemas, as the last look has them.
    pub(crate) fleet: Fleet,
    /// Since the UI was opened.
    pub(crate) now: Duration,
    pub(crate) size: (u16, u16),
    /// Whether colours are wanted.
    pub(crate) has_colors: bool,
    /// It is left as soon as nothing is at work any more.
    pub(crate) leaving: Option<Leaving>,
    /// It is left: with this exit code.
    pub(crate) left: Option<u8>,
}

impl State {
    pub(crate) fn new(size: (u16, u16), has_colors: bool) -> Self {
        Self {
            screen: Screen::TenantStatus,
            before: Screen::TenantStatus,
            pages: vec![Page::default(); SCREENS.len()],
            board: None,
            overlay: None,
            type_ahead: TypeAhead::default(),
            is_filtering: false,
            busy: None,
            notice: None,
            fleet: Fleet::default(),
            now: Duration::ZERO,
            size,
            has_colors,
            leaving: None,
            left: None,
        }
    }

    /// A screen's list.
    pub(crate) fn page(&self, screen: Screen) -> &Page {
        match &self.board {
            Some(board) if screen == Screen::Run => &board.page,
            _ => &self.pages[screen.index()],
        }
    }

    pub(crate) fn page_mut(&mut self, screen: Screen) -> &mut Page {
        match &mut self.board {
            Some(board) if screen == Screen::Run => &mut board.page,
            _ => &mut self.pages[screen.index()],
        }
    }

    /// The list that is seen.
    pub(crate) fn here(&self) -> &Page {
        self.page(self.screen)
    }

    pub(crate) fn here_mut(&mut self) -> &mut Page {
        self.page_mut(self.screen)
    }

    /// How many rows of a list have room.
    pub(crate) fn rows(&self) -> usize {
        usize::from(self.size.1.saturating_sub(AROUND)).max(1)
    }

    /// Whether a run is going.
    pub(crate) fn is_running(&self) -> bool {
        self.board.as_ref().is_some_and(Board::is_running)
    }

    /// What is said after the screen is gone: what became of a run that was at work when the UI was to be left.
    pub(crate) fn farewell(&self) -> Option<String> {
        let board = self.board.as_ref().filter(|board| board.is_running() || self.leaving.is_some())?;
        Some(board.farewell())
    }

    /// Whether something is at work that changes anything.
    pub(crate) fn is_at_work(&self) -> bool {
        self.is_running() || self.busy.is_some()
    }
}
