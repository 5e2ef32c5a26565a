//! A folder that `init` is tried on.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::project::{Answer, Project, answer};

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

/// The package with our own lock file and profiles, so that what is compiled already is used again and nothing is fetched.
pub(crate) fn built_as_we_are(project: Project) -> Project {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let lock = fs::read_to_string(workspace.join("Cargo.lock")).unwrap();
    let ours = fs::read_to_string(workspace.join("Cargo.toml")).unwrap();
    let profiles = ours.find("\n[profile").map_or("", |at| &ours[at..]);
    let manifest = fs::read_to_string(project.path("app/Cargo.toml")).unwrap();
    project.file("app/Cargo.lock", &lock).file("app/Cargo.toml", &(manifest + profiles))
}

/// Cargo in the package, with the target folder of our own workspace.
pub(crate) fn cargo(project: &Project, args: &[&str]) -> Answer {
    let mut command = Command::new(env!("CARGO"));
    command.args(args).current_dir(project.path("app")).env_remove("DATABASE_URL");
    command.env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap());
    answer(command)
}
