//! How far a file is that is written down.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use super::record::File;

/// What is at a file's place.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::scaffold) enum State {
    /// What was there before, with this text.
    Before(Vec<u8>),
    /// What is to be there; this of it was there before.
    After(Option<Vec<u8>>),
    /// What is put there is in it, and somebody has changed something else since.
    Edited,
    /// Something else.
    Foreign,
}

/// Looks at a file.
pub(in crate::scaffold) fn state(file: &File, path: &Path) -> io::Result<State> {
    // A pipe is read for ever.
    match fs::metadata(path) {
        Ok(metadata) if !metadata.is_file() => return Ok(State::Foreign),
        _ => {}
    }
    match fs::read(path) {
        Ok(bytes) => Ok(of(file, bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound && file.before.is_none() => Ok(State::Before(Vec::new())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(State::Foreign),
        Err(error) => Err(error),
    }
}

fn of(file: &File, mut bytes: Vec<u8>) -> State {
    let text = file.text.as_bytes();
    match &file.before {
        None if bytes == text => return State::After(None),
        Some(before) if before.is_of(&bytes) => return State::Before(bytes),
        Some(before) => {
            if let Some((head, tail)) = bytes.split_at_checked(before.length)
                && tail == text
                && before.is_of(head)
            {
                bytes.truncate(before.length);
                return State::After(Some(bytes));
            }
        }
        None => {}
    }
    let holds = !text.is_empty() && bytes.windows(text.len()).any(|part| part == text);
    if holds { State::Edited } else { State::Foreign }
}

#[cfg(test)]
mod tests {
    use super::super::record::{Place, Print};
    use super::*;

    #[test]
    fn what_is_there_says_how_far_it_is() {
        let place = Place { within: String::new(), path: String::new() };
        let new = File { place: place.clone(), before: None, text: "new".to_owned() };
        let more = File { place, before: Some(Print::of(b"old")), text: "new".to_owned() };
        for (there, of_new, of_more) in [
            (None, State::Before(Vec::new()), State::Foreign),
            (Some("new"), State::After(None), State::Edited),
            (Some("old"), State::Foreign, State::Before(b"old".to_vec())),
            (Some("oldnew"), State::Edited, State::After(Some(b"old".to_vec()))),
            (Some("oldne"), State::Foreign, State::Foreign),
            (Some("old, and new"), State::Edited, State::Edited),
            (Some(""), State::Foreign, State::Foreign),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("a.rs");
            if let Some(there) = there {
                fs::write(&path, there).unwrap();
            }
            assert_eq!(state(&new, &path).unwrap(), of_new, "{there:?}");
            assert_eq!(state(&more, &path).unwrap(), of_more, "{there:?}");
        }
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(state(&more, folder.path()).unwrap(), State::Foreign);
    }
}
