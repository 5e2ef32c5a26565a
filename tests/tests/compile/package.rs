//! The package that holds the cases while they are checked: `target/tmp/ui`.
//!
//! It is a workspace of its own with the lock file, the profiles and the target folder of ours, so that nothing
//! is fetched, and what is compiled already is used again.

use std::fs;
use std::path::{Path, PathBuf};

/// Writes the package and returns its folder.
pub(crate) fn write() -> PathBuf {
    let package = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ui");
    let workspace = workspace();
    let manifest = fs::read_to_string(workspace.join("Cargo.toml")).expect("the workspace has a manifest");
    let profiles = manifest.find("\n[profile").map_or("", |at| &manifest[at..]);

    let mut root = head("ui-cases");
    for (name, path) in sources("pass").into_iter().chain(sources("fail")) {
        root += &format!("[[bin]]\nname = {name:?}\npath = {path:?}\n");
    }
    let members = packages();
    let names: Vec<String> = members.iter().map(|(name, _)| format!("packages/{name}")).collect();
    root += &format!("[workspace]\nresolver = \"3\"\nmembers = {names:?}\n{profiles}\n");
    update(&package.join("Cargo.toml"), root.as_bytes());

    copy(&ui().join("fixtures"), &package.join("fixtures"));
    for (name, path) in members {
        let member = package.join("packages").join(&name);
        copy(&path, &member);
        let program = path.join("main.rs");
        let manifest = format!("{}[[bin]]\nname = {name:?}\npath = {program:?}\n", head(&name));
        update(&member.join("Cargo.toml"), manifest.as_bytes());
    }
    let lock = fs::read(workspace.join("Cargo.lock")).expect("the workspace has a lock file");
    fs::write(package.join("Cargo.lock"), lock).expect("the lock file can be copied");
    package
}

/// Every program: the name of its target and its file.
pub(crate) fn programs() -> Vec<(String, PathBuf)> {
    let members = packages().into_iter().map(|(name, path)| (name, path.join("main.rs")));
    sources("pass").into_iter().chain(sources("fail")).chain(members).collect()
}

fn head(name: &str) -> String {
    let runtime = workspace().join("multitenant-runtime");
    format!(
        "[package]\nname = {name:?}\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\nautobins = false\n\
         [dependencies]\nmultitenant-runtime = {{ path = {runtime:?}, features = [\"pool\"] }}\n\
         diesel = {{ version = \"2\", default-features = false, features = [\"postgres_backend\"] }}\n\
         diesel-async = {{ version = \"0.9\", default-features = false, features = [\"postgres\"] }}\n"
    )
}

fn ui() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("ui")
}

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies in the workspace")
}

fn sources(folder: &str) -> Vec<(String, PathBuf)> {
    entries(&ui().join(folder)).into_iter().filter(|(_, path)| path.extension().is_some_and(|e| e == "rs")).collect()
}

fn packages() -> Vec<(String, PathBuf)> {
    entries(&ui().join("packages"))
}

fn entries(folder: &Path) -> Vec<(String, PathBuf)> {
    let entries = fs::read_dir(folder).expect("the folder can be read");
    let mut entries: Vec<_> = entries
        .map(|entry| {
            let path = entry.expect("the entry can be read").path();
            (path.file_stem().expect("it has a name").to_string_lossy().into_owned(), path)
        })
        .collect();
    entries.sort();
    entries
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder can be made");
    for entry in fs::read_dir(from).expect("the folder can be read") {
        let entry = entry.expect("the entry can be read");
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            update(&to, &fs::read(entry.path()).expect("the file can be read"));
        }
    }
}

/// Writes only what differs, so that Cargo finds the rest unchanged.
fn update(path: &Path, content: &[u8]) {
    if fs::read(path).is_ok_and(|old| old == content) {
        return;
    }
    fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("a folder can be made");
    fs::write(path, content).expect("a file can be written");
}
