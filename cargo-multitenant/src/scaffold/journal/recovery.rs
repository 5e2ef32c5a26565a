//! What becomes of a journal that a command has left which was ended.

use std::path::{Path, PathBuf};

use super::back::back;
use super::bounds::Bounds;
use super::forward::{Stop, forward};
use super::record::Journal;
use super::state::{State, state};
use super::store::Store;
use crate::config::slashes;
use crate::error::CliError;
use crate::scaffold::turn::Turn;
use crate::write;

/// Finishes what a command has begun that was ended while it wrote, and returns what that command has written with it; nothing,
/// where none was. Where that cannot be, since somebody has changed a file, the rest is taken back.
///
/// # Errors
///
/// [`CliError::Refused`] where a file was changed, which stays as it is, or where what is written down is not to be trusted,
/// and then nothing is touched.
pub(crate) fn recover(turn: &Turn, shown: &dyn Fn(&Path) -> PathBuf) -> Result<Vec<PathBuf>, CliError> {
    recover_with(turn, shown, &mut || ())
}

/// The same; `step` is called between any two steps.
pub(in crate::scaffold) fn recover_with(
    turn: &Turn,
    shown: &dyn Fn(&Path) -> PathBuf,
    step: &mut dyn FnMut(),
) -> Result<Vec<PathBuf>, CliError> {
    let bounds = turn.bounds();
    let store = Store::of(bounds.root());
    if !store.is_there() {
        return Ok(Vec::new());
    }
    let unusable = |why: String| {
        CliError::Refused(format!(
            "{} is what a command has left that was ended while it wrote, and it cannot be finished: {why}\nnothing was touched: \
             look with `git status` at what is half done, and remove that folder",
            slashes(&shown(store.folder()))
        ))
    };
    if !turn.is_alone() {
        let why = "this file system has no locks, so that nobody knows whether that command is still at work";
        return Err(unusable(why.to_owned()));
    }
    let Some(mut journal) = store.load().map_err(unusable)? else {
        // It was ended before it wrote anything.
        return removed(&store, Vec::new());
    };
    let Found { reached, foreign } = look(&journal, bounds).map_err(unusable)?;
    if journal.files.is_empty() && journal.migrations.is_empty() {
        // Nothing but folders was made yet.
        back(&journal, bounds);
        return removed(&store, Vec::new());
    }
    if foreign.is_empty() {
        journal.processes.push(std::process::id());
        store.save(&journal).map_err(|error| stopped(Stop::Failed { path: store.folder().to_path_buf(), error }))?;
        step();
        forward(&mut journal, bounds, &store, reached, step).map_err(stopped)?;
        return removed(&store, written(&journal, bounds));
    }
    let mut left = back(&journal, bounds);
    left.extend(foreign);
    left.sort();
    left.dedup();
    removed(&store, Vec::new())?;
    let left: Vec<String> = left.iter().map(|path| slashes(&shown(path))).collect();
    Err(CliError::Refused(format!(
        "a command was ended while it wrote, and this was changed since: {}\nit stays as it is, and all else of that command was \
         taken back: remove what is left of it there, and run the command again",
        left.join(", ")
    )))
}

/// Where it stands what a command is about to write to a project, or has left that was ended; for those who only look.
pub(crate) fn unfinished(root: &Path) -> Option<PathBuf> {
    let store = Store::of(root);
    store.is_there().then(|| store.folder().to_path_buf())
}

/// How far the command came.
struct Found {
    /// Files up to here were written, whatever is in them now: they are written in order.
    reached: usize,
    /// Files behind that, which are not what they were.
    foreign: Vec<PathBuf>,
}

fn look(journal: &Journal, bounds: &Bounds) -> Result<Found, String> {
    let mut found = Found { reached: 0, foreign: Vec::new() };
    let mut foreign = Vec::new();
    for folder in &journal.folders {
        bounds.path(folder)?;
    }
    for (index, file) in journal.files.iter().enumerate() {
        let path = bounds.path(&file.place)?;
        let state = state(file, &path).map_err(|error| format!("{} cannot be read: {error}", slashes(&path)))?;
        match state {
            State::After(_) | State::Edited => found.reached = index + 1,
            State::Foreign => foreign.push((index, path)),
            State::Before(_) => {}
        }
    }
    for migration in &journal.migrations {
        if bounds.path(&migration.folder)?.join(migration.folder_name()).exists() {
            found.reached = journal.files.len();
        }
    }
    found.foreign = foreign.into_iter().filter(|(index, _)| *index >= found.reached).map(|(_, path)| path).collect();
    Ok(found)
}

/// All that the command has written; what was on its way there is removed.
fn written(journal: &Journal, bounds: &Bounds) -> Vec<PathBuf> {
    let files = journal.files.iter().filter_map(|file| bounds.path(&file.place).ok());
    let files: Vec<PathBuf> =
        files.inspect(|path| journal.processes.iter().for_each(|process| write::sweep(path, *process))).collect();
    let migrations = journal.migrations.iter();
    let migrations =
        migrations.filter_map(|migration| Some(bounds.path(&migration.folder).ok()?.join(migration.folder_name())));
    files.into_iter().chain(migrations).collect()
}

fn removed(store: &Store, written: Vec<PathBuf>) -> Result<Vec<PathBuf>, CliError> {
    store.remove().map(|()| written).map_err(|error| CliError::Files {
        what: format!("{} cannot be removed, though nothing is unfinished any more", slashes(store.folder())),
        help: Some("check its permissions, or remove it by hand"),
        source: Some(error),
    })
}

fn stopped(stop: Stop) -> CliError {
    let failed = |path: &PathBuf, source| CliError::Files {
        what: format!("{} cannot be written, and what an ended command has begun stays unfinished", slashes(path)),
        help: Some("check its permissions, and try again"),
        source,
    };
    match stop {
        Stop::Changed(path) => failed(&path, None),
        Stop::Place(why) => CliError::Refused(format!("what an ended command has begun cannot be finished: {why}")),
        Stop::Failed { path, error } => failed(&path, Some(error)),
        Stop::Version(error) => error,
    }
}
