//! Where a command runs inside of an application.

use std::process::ExitCode;

use crate::exit_code;
use crate::output::BugReport;

/// As large as a main thread's: parsing and polling are made for that.
const STACK: usize = 8 << 20;

/// Does this on a thread of its own, where a runtime can be started whoever calls, and waits for it.
pub(super) fn run(work: impl FnOnce() -> u8 + Send + 'static) -> ExitCode {
    let bugs = BugReport::install();
    let thread = std::thread::Builder::new().name("multitenant".to_owned()).stack_size(STACK).spawn(work);
    let code = thread.ok().and_then(|thread| thread.join().ok()).unwrap_or(exit_code::BUG);
    ExitCode::from(if bugs.any() { exit_code::BUG } else { code })
}
