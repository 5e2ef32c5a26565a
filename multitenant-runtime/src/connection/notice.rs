use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio_postgres::error::DbError;

/// Something the server said beside its answers: a `NOTICE`, a `WARNING`, what `RAISE` wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Notice {
    /// `NOTICE`, `WARNING`, `INFO`, …, in the language of the server's messages.
    pub severity: String,
    /// The message.
    pub message: String,
    /// More about it.
    pub detail: Option<String>,
    /// What the server advises.
    pub hint: Option<String>,
    /// The five characters.
    pub sqlstate: String,
}

impl From<&DbError> for Notice {
    fn from(notice: &DbError) -> Self {
        Self {
            severity: notice.severity().to_owned(),
            message: notice.message().to_owned(),
            detail: notice.detail().map(str::to_owned),
            hint: notice.hint().map(str::to_owned),
            sqlstate: notice.code().code().to_owned(),
        }
    }
}

/// The latest notices of a connection. Bounded: a loop with `RAISE NOTICE` must not eat the memory.
#[derive(Clone, Default)]
pub(super) struct NoticeBuffer(Arc<Mutex<VecDeque<Notice>>>);

impl NoticeBuffer {
    pub(super) const CAPACITY: usize = 256;

    pub(super) fn push(&self, notice: Notice) {
        let mut notices = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if notices.len() == Self::CAPACITY {
            notices.pop_front();
        }
        notices.push_back(notice);
    }

    pub(super) fn take(&self) -> Vec<Notice> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).drain(..).collect()
    }
}
