//! Whether a connection is quiet: counted on the wire, where nobody can leave anything out.
//!
//! A future that is dropped stops nothing: what it has sent runs on, and its answer still comes. The client says
//! nothing of it, and neither of a transaction that was begun by raw SQL. The messages do: every question is answered
//! by one *ready for query*, which says how the transaction stands.
#![cfg_attr(not(feature = "pool"), allow(dead_code, reason = "only a pool wants to know"))]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// How the server says that a transaction stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TransactionStatus {
    /// There is none.
    Idle,
    /// One is open.
    Open,
    /// One is open, and has failed: the server takes nothing but its end.
    Failed,
}

/// What has been asked on a connection, and not been answered.
#[derive(Debug, Clone, Default)]
pub(crate) struct Traffic(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    answered: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// What is to be answered, oldest first: whether it is more than the closing of a statement.
    questions: VecDeque<bool>,
    status: Option<TransactionStatus>,
    /// How many statements the server holds prepared for us.
    statements: usize,
    /// Whether a statement has failed since its plan is stale.
    has_stale_plans: bool,
    /// Nothing more comes.
    lost: bool,
}

/// Where in the client's messages the last bytes ended.
#[derive(Debug, Default)]
pub(super) struct Sent {
    /// The first message has no type.
    begun: bool,
    head: [u8; 5],
    filled: usize,
    /// So much of a body is to come.
    left: usize,
    /// Whether anything since the last question does more than close a statement.
    works: bool,
}

impl Traffic {
    /// Whether everything that was sent has been answered. Statements that are only being closed do not count.
    pub(crate) fn is_quiet(&self) -> bool {
        !self.state().questions.contains(&true)
    }

    /// How the transaction stands by the last answer.
    pub(crate) fn status(&self) -> Option<TransactionStatus> {
        self.state().status
    }

    /// Whether the server has hung up, or the connection is broken.
    pub(crate) fn is_lost(&self) -> bool {
        self.state().lost
    }

    /// How many statements were prepared, by the answers so far, and not closed.
    pub(crate) fn statements(&self) -> usize {
        self.state().statements
    }

    /// Whether a statement has failed since what was prepared is stale.
    pub(crate) fn has_stale_plans(&self) -> bool {
        self.state().has_stale_plans
    }

    /// The same, once.
    pub(crate) fn take_stale_plans(&self) -> bool {
        std::mem::take(&mut self.state().has_stale_plans)
    }

    /// The server says that a plan is stale.
    pub(super) fn stale(&self) {
        self.state().has_stale_plans = true;
    }

    /// The server says something of this type.
    pub(super) fn heard(&self, kind: u8) {
        const PARSED: u8 = b'1';
        const CLOSED: u8 = b'3';
        match kind {
            PARSED => self.state().statements += 1,
            CLOSED => {
                let mut state = self.state();
                state.statements = state.statements.saturating_sub(1);
            }
            _ => {}
        }
    }

    /// Waits until everything is answered, or nothing more comes.
    pub(crate) async fn quiet(&self) {
        loop {
            let answered = self.0.answered.notified();
            if self.is_quiet() || self.is_lost() {
                return;
            }
            answered.await;
        }
    }

    /// The server is ready for the next question.
    pub(super) fn ready(&self, status: u8) {
        let mut state = self.state();
        // The first one answers the startup message, which is none of these.
        state.questions.pop_front();
        state.status = match status {
            b'I' => Some(TransactionStatus::Idle),
            b'T' => Some(TransactionStatus::Open),
            b'E' => Some(TransactionStatus::Failed),
            _ => None,
        };
        drop(state);
        self.0.answered.notify_waiters();
    }

    /// Nothing more comes.
    pub(super) fn lost(&self) {
        self.state().lost = true;
        self.0.answered.notify_waiters();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sent {
    /// Goes on by what was sent.
    pub(super) fn hear(&mut self, mut bytes: &[u8], traffic: &Traffic) {
        while !bytes.is_empty() {
            if self.left > 0 {
                let taken = bytes.len().min(self.left);
                self.left -= taken;
                bytes = &bytes[taken..];
                continue;
            }
            let size = if self.begun { 5 } else { 4 };
            let taken = bytes.len().min(size - self.filled);
            self.head[self.filled..self.filled + taken].copy_from_slice(&bytes[..taken]);
            self.filled += taken;
            bytes = &bytes[taken..];
            if self.filled == size {
                self.message(size, traffic);
            }
        }
    }

    /// A type and a length are there.
    fn message(&mut self, size: usize, traffic: &Traffic) {
        const QUERY: u8 = b'Q';
        const CALL: u8 = b'F';
        const SYNC: u8 = b'S';
        const CLOSE: u8 = b'C';
        const FLUSH: u8 = b'H';
        let length = self.head[size - 4..size].iter().fold(0_usize, |length, byte| (length << 8) | usize::from(*byte));
        self.left = length.saturating_sub(4);
        self.filled = 0;
        if !std::mem::replace(&mut self.begun, true) {
            return;
        }
        match self.head[0] {
            QUERY | CALL => traffic.state().questions.push_back(true),
            SYNC => traffic.state().questions.push_back(std::mem::take(&mut self.works)),
            CLOSE | FLUSH => {}
            _ => self.works = true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
        [&[kind], &length[..], body].concat()
    }

    #[test]
    fn counts_questions_wherever_the_bytes_are_cut() {
        let startup = [&16_u32.to_be_bytes()[..], &[0; 12]].concat();
        let password = message(b'p', b"secret\0");
        let begun = [
            startup,
            password,
            message(b'S', b""),
            message(b'Q', b"SELECT 'S'\0"),
            message(b'P', b"s\0SELECT 1\0"),
            message(b'S', b""),
            message(b'C', b"Ss\0"),
            message(b'S', b""),
        ]
        .concat();
        for size in [1, 2, 3, 7, begun.len()] {
            let (traffic, mut sent) = (Traffic::default(), Sent::default());
            begun.chunks(size).for_each(|chunk| sent.hear(chunk, &traffic));
            assert_eq!(traffic.state().questions, [true, true, true, false], "in pieces of {size}");
            traffic.ready(b'I');
            traffic.ready(b'T');
            assert!(!traffic.is_quiet());
            assert_eq!(traffic.status(), Some(TransactionStatus::Open));
            traffic.ready(b'E');
            assert!(traffic.is_quiet(), "a statement that is only closed is nothing to wait for");
            assert_eq!(traffic.status(), Some(TransactionStatus::Failed));
        }
    }
}
