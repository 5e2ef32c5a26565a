//! A folder that `init` is tried on.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::project::{Answer, Project};

/// All files of a folder, with their bytes; folders end with `/`.
pub(super) fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(inner) = folders.pop() {
        for entry in fs::read_dir(inner).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(folder).unwrap().to_string_lossy().replace('\\', "/");
            if path.is_dir() {
                found.insert(format!("{name}/"), Vec::new());
                folders.push(path);
            } else {
                found.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// The files of one of its folders.
pub(super) fn files(project: &Project, folder: &str) -> Vec<String> {
    contents(&project.path(folder)).into_keys().filter(|path| !path.ends_with('/')).collect()
}

/// Runs `init` in the folder `app` of a project.
pub(super) fn init(project: &Project, args: &[&str]) -> Answer {
    let mut all = vec!["init", "app"];
    all.extend(args);
    project.run(&all)
}

/// The top of our own workspace.
pub(super) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}
