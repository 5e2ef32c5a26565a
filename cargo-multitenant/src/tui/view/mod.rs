//! From the state to a frame, and nothing else.
//!
//! `frame.rs` is what is around every screen, `page.rs` a screen's list with its details, `empty.rs` what stands there
//! instead, `board.rs` what a run adds, `overlay.rs` what stands above. Only the rows that are seen are drawn.

mod board;
mod empty;
mod frame;
mod overlay;
mod page;
#[cfg(test)]
mod tests;
mod theme;

pub(crate) use frame::draw;
