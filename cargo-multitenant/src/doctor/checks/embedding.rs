use std::fs;
use std::path::{Path, PathBuf};

use super::check;
use crate::config::{shown, slashes};
use crate::doctor::check::{Blocked, Verdict};
use crate::doctor::ground::Ground;
use crate::doctor::names::listed;
use crate::doctor::package::Package;
use crate::finding::{Complaint, Level};

check! {
    /// ## What it checks
    /// Of each package that calls `embed_migrations!`: that it depends on `multitenant-runtime` with the features for it,
    /// `macros` and `migrations`, which are on by default; and that it has a `build.rs` which tells Cargo to build again
    /// when something changes in the migrations' folders.
    ///
    /// ## Why is this bad?
    /// Without the features there is no such macro. Without the `build.rs` an edited file is noticed, a new folder is not:
    /// Cargo says that nothing is to be done, and the application goes on without its newest migration.
    ///
    /// ## What to do
    /// Put beside the package's `Cargo.toml` a `build.rs` whose `main` prints `cargo:rerun-if-changed=migrations`, the path
    /// beginning at that folder; the recommendation has the line. Where `default-features = false` is set, write
    /// `features = ["macros", "migrations"]` beside it.
    "embedding": Warning, Project, "embedding", look
}

/// What a build script says. In a file of its own, since nothing is printed here.
const WATCH: &str = include_str!("../watch.txt");

/// The features that are there by themselves where one of these is.
const MIGRATIONS: [&str; 9] =
    ["migrations", "functions", "pool", "sync", "tower", "axum", "actix", "testing", "default"];

async fn look(ground: &Ground) -> Result<Verdict, Blocked> {
    let config = ground.config()?;
    let embedding: Vec<&Package> = ground.packages()?.all.iter().filter(|package| package.embeds.is_some()).collect();
    if embedding.is_empty() {
        return Ok(Verdict::Nothing);
    }
    let folders = [Some(config.new_tenant_folder()), config.shared_folder().ok().flatten()];
    let folders: Vec<PathBuf> = folders.into_iter().flatten().map(|folder| ground.here.join(folder)).collect();
    let mut complaints = Vec::new();
    for package in &embedding {
        complaints.extend(features(package));
        complaints.extend(build_script(package, &folders, &ground.here));
    }
    let names = listed(embedding.iter().map(|package| &package.name));
    Ok(Verdict::of(names.clone(), names, complaints))
}

fn features(package: &Package) -> Option<Complaint> {
    if package.default_features {
        return None;
    }
    let has = |names: &[&str]| package.features.iter().any(|feature| names.contains(&feature.as_str()));
    let mut missing = Vec::new();
    if !has(&["macros", "default"]) {
        missing.push("macros");
    }
    if !has(&MIGRATIONS) {
        missing.push("migrations");
    }
    if missing.is_empty() {
        return None;
    }
    let name = &package.name;
    let message =
        format!("{name} calls embed_migrations!, and asks multitenant-runtime for no feature {}", missing.join(", "));
    let mut complaint = CHECK.complaint(message).object(name);
    complaint.level = Level::Error;
    Some(complaint.help(format!("cargo add multitenant-runtime --features {} --package {name}", missing.join(","))))
}

fn build_script(package: &Package, folders: &[PathBuf], here: &Path) -> Option<Complaint> {
    let name = &package.name;
    let uncovered: Vec<&PathBuf> = match &package.build_script {
        None => folders.iter().collect(),
        Some(script) => {
            let text = fs::read_to_string(script).unwrap_or_default();
            folders.iter().filter(|folder| !is_watched(&text, &package.folder, folder)).collect()
        }
    };
    if uncovered.is_empty() {
        return None;
    }
    let lines: Vec<String> =
        uncovered.iter().map(|folder| WATCH.replace("PATH", &slashes(&shown(folder, &package.folder)))).collect();
    let build = slashes(&shown(&package.folder.join("build.rs"), here));
    let (message, help) = match &package.build_script {
        None => (
            format!("{name} embeds migrations and has no build.rs: Cargo does not notice a new folder"),
            format!("write {build}: fn main() {{ {} }}", lines.join(" ")),
        ),
        Some(_) => (
            format!(
                "the build script of {name} does not watch {}: a new folder is not noticed",
                listed(uncovered.iter().map(|folder| slashes(&shown(folder, here))))
            ),
            format!("write into its main: {}", lines.join(" ")),
        ),
    };
    Some(CHECK.complaint(message).object(name).help(help))
}

/// Whether a build script has Cargo watch this folder. A path that it puts together is taken for the right one; where it
/// names nothing at all, Cargo watches the whole package.
fn is_watched(script: &str, package: &Path, folder: &Path) -> bool {
    if !script.contains("rerun-if-") {
        return plain(folder).starts_with(plain(package));
    }
    let mut paths = script.split("rerun-if-changed=").skip(1);
    paths.any(|rest| {
        let path = rest.split(['"', '\n']).next().unwrap_or_default().trim_end_matches("\\n");
        path.contains('{') || path.is_empty() || plain(folder).starts_with(plain(&package.join(path)))
    })
}

/// A path without `.` and `..`, with links followed where it is there.
fn plain(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| {
        let mut plain = PathBuf::new();
        for part in path.components() {
            match part {
                std::path::Component::ParentDir => drop(plain.pop()),
                std::path::Component::CurDir => {}
                other => plain.push(other),
            }
        }
        plain
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_watches_what_it_names() {
        let folder = Path::new("/p/app/migrations/tenant");
        for (script, package, is_seen) in [
            ("say(\"cargo:rerun-if-changed=migrations\");", "/p/app", true),
            ("say(\"cargo::rerun-if-changed=migrations/tenant\");", "/p/app", true),
            ("say(\"cargo:rerun-if-changed=../migrations\");", "/p/app/server", true),
            ("say(\"cargo:rerun-if-changed=migrations\");", "/p/app/server", false),
            ("say(\"cargo:rerun-if-changed=migrations/shared\");", "/p/app", false),
            ("say(\"cargo:rerun-if-changed={folder}\");", "/p/app", true),
            ("say(\"cargo:rerun-if-env-changed=X\");", "/p/app", false),
            ("fn main() {}", "/p/app", true),
            ("fn main() {}", "/p/app/server", false),
        ] {
            assert_eq!(is_watched(script, Path::new(package), folder), is_seen, "{script} in {package}");
        }
    }
}
