//! One command at a time that reads a project and writes what follows from it.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

use super::journal::Bounds;

/// The right to write to a project, which one process has at a time. It ends with the value, and with the process.
#[derive(Debug)]
pub(crate) struct Turn {
    bounds: Bounds,
    lock: Option<File>,
}

impl Turn {
    /// Waits until nobody else writes to this project; `busy` is called where that takes time. What is written follows from
    /// what is read after it alone, and after [`recover`](super::recover).
    pub(crate) fn of(bounds: Bounds, busy: impl FnOnce()) -> Self {
        // A project that cannot be locked, as on a file system without locks, is written to all the same: each file is looked at
        // once more before it is changed.
        let Ok(file) = open(bounds.root()) else { return Self { bounds, lock: None } };
        let locked = match file.try_lock() {
            Ok(()) => true,
            Err(TryLockError::WouldBlock) => {
                busy();
                file.lock().is_ok()
            }
            Err(TryLockError::Error(_)) => false,
        };
        Self { bounds, lock: locked.then_some(file) }
    }

    /// Where may be written.
    pub(super) fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    /// Whether the others wait; not so where there are no locks.
    pub(super) fn is_alone(&self) -> bool {
        self.lock.is_some()
    }

    /// Lets the others go on, as before an editor is waited for.
    pub(crate) fn end(&self) {
        if let Some(file) = &self.lock {
            let _ = file.unlock();
        }
    }
}

/// The folder itself, so that nothing is left in it.
#[cfg(unix)]
fn open(root: &Path) -> io::Result<File> {
    File::open(if root.as_os_str().is_empty() { Path::new(".") } else { root })
}

/// Folders have no locks there, and a file that has one cannot be read: one outside of the project stands for it.
#[cfg(not(unix))]
fn open(root: &Path) -> io::Result<File> {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};

    let mut hasher = DefaultHasher::new();
    std::fs::canonicalize(root)?.hash(&mut hasher);
    let name = format!("cargo-multitenant-{:016x}.lock", hasher.finish());
    File::options().write(true).create(true).truncate(false).open(std::env::temp_dir().join(name))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn one_at_a_time_and_the_others_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let (inside, told) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let first = Turn::of(Bounds::of(folder.path()), || panic!("nobody else is there"));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let turn = Turn::of(Bounds::of(folder.path()), || {
                        told.fetch_add(1, Ordering::SeqCst);
                    });
                    assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                    std::thread::yield_now();
                    assert_eq!(inside.fetch_sub(1, Ordering::SeqCst), 1);
                    turn.end();
                });
            }
            while told.load(Ordering::SeqCst) < 4 {
                std::thread::yield_now();
            }
            drop(first);
        });
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left in it");
    }
}
