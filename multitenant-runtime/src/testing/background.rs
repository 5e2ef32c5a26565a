//! A thread with a runtime of its own, on which databases are created, dropped and held.
//!
//! A test's runtime ends with the test, and a guard may be dropped where there is none, or on the only thread
//! of one; sessions that hold locks for the process have to outlive both.

use std::future::{Future, pending};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;

use tokio::runtime::{Builder, Handle};

use super::TestingError;

const NAME: &str = "multitenant-testing";

static HANDLE: Mutex<Option<Handle>> = Mutex::new(None);

fn handle() -> Result<Handle, TestingError> {
    let mut handle = HANDLE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(handle) = &*handle {
        return Ok(handle.clone());
    }
    let failed = |error: std::io::Error| TestingError::Background { reason: error.to_string() };
    let runtime = Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let started = runtime.handle().clone();
    thread::Builder::new().name(NAME.to_owned()).spawn(move || runtime.block_on(pending::<()>())).map_err(failed)?;
    *handle = Some(started.clone());
    Ok(started)
}

/// Awaits a future that runs on the thread. It goes on there if the caller is cancelled.
pub(crate) async fn run<T: Send + 'static>(
    future: impl Future<Output = Result<T, TestingError>> + Send + 'static,
) -> Result<T, TestingError> {
    finish(handle()?.spawn(future).await)
}

/// Awaits a function that blocks.
pub(crate) async fn run_blocking<T: Send + 'static>(
    function: impl FnOnce() -> Result<T, TestingError> + Send + 'static,
) -> Result<T, TestingError> {
    finish(handle()?.spawn_blocking(function).await)
}

/// Sees that a future is completed, for destructors: blocks until then, but on the thread itself, where a value
/// ends whose caller was cancelled while it was made.
pub(crate) fn complete(future: impl Future<Output = ()> + Send + 'static) {
    let Ok(handle) = handle() else { return };
    let (sender, receiver) = mpsc::sync_channel(1);
    handle.spawn(async move {
        future.await;
        // Nobody waits any more: then nobody wants to know.
        let _ = sender.send(());
    });
    if thread::current().name() != Some(NAME) {
        // An error is a panic on the thread, which has told the world already.
        let _ = receiver.recv();
    }
}

fn finish<T>(joined: Result<Result<T, TestingError>, tokio::task::JoinError>) -> Result<T, TestingError> {
    joined.unwrap_or_else(|error| Err(TestingError::Background { reason: error.to_string() }))
}
