//! What is done with each file: pure.

use std::path::{Path, PathBuf};

use jiff::civil::DateTime;
use multitenant_runtime::Tier;
use serde::Serialize;

use crate::config::{shown, slashes};

use super::choices::{Choices, Template};
use super::compatible::{unusable_dependencies, unusable_package};
use super::dependencies;
use super::existing::Ground;
use super::files::{File, Files, Role, files};
use super::manifest;
use super::place::{Places, There, look};
use super::steps;

/// What is done with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Action {
    /// It is not there.
    Create,
    /// Something is added to it.
    Change,
    /// It is written over what was there, since that was asked for.
    Overwrite,
    /// It stays as it is.
    Keep,
}

/// A file, and what is done with it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Planned {
    /// As a reader in the folder would write it.
    pub(crate) path: String,
    /// Where it is.
    pub(crate) place: PathBuf,
    pub(crate) action: Action,
    pub(crate) reason: Option<String>,
    /// What was there when this was decided.
    pub(crate) before: Option<Vec<u8>>,
    /// What will be there.
    pub(crate) bytes: Vec<u8>,
    /// Whether nobody but its owner may read it.
    pub(crate) private: bool,
}

/// All of it, before any of it is done.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) root: PathBuf,
    pub(crate) files: Vec<Planned>,
    /// What was found and taken for granted.
    pub(crate) notes: Vec<String>,
    /// What is left to be done by hand.
    pub(crate) steps: Vec<String>,
    /// What to try.
    pub(crate) next: Vec<String>,
}

impl Plan {
    /// How many files something is done with.
    pub(crate) fn count(&self, actions: &[Action]) -> usize {
        self.files.iter().filter(|file| actions.contains(&file.action)).count()
    }
}

/// Looks at where the files are to be, and decides.
///
/// # Errors
///
/// Where a file cannot be written for what is in its place, or a manifest is not understood.
pub(crate) fn plan(choices: &Choices, ground: &Ground, force: bool, now: DateTime) -> Result<Plan, String> {
    let mut choices = choices.clone();
    let mut made = files(&choices, ground, now)?;
    let mut places = places_of(&made, &ground.root);
    if choices.application() && is_somebody_else_s(&made, &places, ground, force) {
        choices.has_application = true;
        made = files(&choices, ground, now)?;
        places = places_of(&made, &ground.root);
    }
    if choices.template >= Template::Full {
        is_possible(&choices, ground)?;
    }
    let mut plan = Plan {
        root: ground.root.clone(),
        files: manifests(&choices, ground)?,
        notes: Vec::new(),
        steps: Vec::new(),
        next: Vec::new(),
    };
    for file in needed(&made, &places, ground) {
        plan.files.push(decided(file, &places, &ground.root, force)?);
    }
    plan.files.sort_by(|one, other| one.path.cmp(&other.path));
    plan.notes = steps::notes(&choices, ground, &made);
    plan.steps = steps::steps(&choices, ground, &plan);
    plan.next = steps::next(&choices, ground);
    Ok(plan)
}

/// Whether what would be written goes with the package that is there.
fn is_possible(choices: &Choices, ground: &Ground) -> Result<(), String> {
    let (Some(manifest), Some(package)) = (ground.manifest.as_deref(), ground.package.as_deref()) else {
        return Ok(());
    };
    let inherited = ground.inherited.as_deref();
    let reason = choices.application().then(|| unusable_package(manifest, inherited, package)).flatten();
    let of_dependencies = || unusable_dependencies(manifest, inherited, &dependencies::normal(choices)).into_iter();
    let reason = reason.or_else(|| of_dependencies().map(|(_, reason)| reason).next());
    reason.map_or(Ok(()), |reason| {
        Err(format!(
            "{}: what would be written does not compile in this package: {reason}; or take --template standard, which has \
             no application; nothing was written",
            slashes(&ground.root.join("Cargo.toml"))
        ))
    })
}

/// What is where the files are to be, and where the folders are that a file is to keep.
fn places_of(made: &Files, root: &Path) -> Places {
    let folders = made.all.iter().filter_map(|file| file.path.strip_suffix("/.gitkeep"));
    look(root, made.all.iter().map(|file| &*file.path).chain(folders))
}

/// Whether the package has an application that is not the one that would be written: then none of it is.
fn is_somebody_else_s(made: &Files, places: &Places, ground: &Ground, force: bool) -> bool {
    if ground.old.is_some() {
        return true;
    }
    let differs = |file: &&File| matches!(&places[&*file.path], There::File(bytes) if !bytes.is_empty() && bytes != file.text.as_bytes());
    let sources = || made.all.iter().filter(|file| file.role == Role::Application && file.path.ends_with(".rs"));
    !force && sources().any(|file| differs(&file)) && !is_ours(made, places)
}

/// Whether the library declares the modules that would be written.
fn is_ours(made: &Files, places: &Places) -> bool {
    let library = made.all.iter().find(|file| file.path == "src/lib.rs");
    let Some((library, There::File(there))) = library.map(|file| (file, &places[&*file.path])) else { return false };
    let there = String::from_utf8_lossy(there);
    let declares = |line: &str| there.lines().any(|other| other.trim() == line);
    library.text.lines().filter(|line| line.starts_with("pub mod ")).all(declares)
}

/// The files without those that keep a folder in which something else is.
fn needed<'f>(made: &'f Files, places: &Places, ground: &Ground) -> Vec<&'f File> {
    let is_needed = |file: &&File| {
        let folder = file.path.trim_end_matches(".gitkeep");
        let others = || made.all.iter().any(|other| other.path != file.path && other.path.starts_with(folder));
        let full = || !ground.migrations_in(folder.trim_end_matches('/')).is_empty();
        let there = || places[&*file.path] != There::Nothing;
        let made_before = || places[folder.trim_end_matches('/')] != There::Nothing;
        file.role != Role::Placeholder || there() || !(others() || full() || made_before())
    };
    made.all.iter().filter(is_needed).collect()
}

fn decided(file: &File, places: &Places, root: &Path, force: bool) -> Result<Planned, String> {
    let mut planned = Planned {
        path: file.path.clone(),
        place: root.join(&file.path),
        action: Action::Create,
        reason: None,
        before: None,
        bytes: file.text.clone().into_bytes(),
        private: file.role == Role::Secret,
    };
    match &places[&*file.path] {
        There::Nothing => return Ok(planned),
        There::Other(what) => {
            return Err(format!("{} cannot be written: {what}", slashes(&planned.place)));
        }
        There::File(bytes) => planned.before = Some(bytes.clone()),
    }
    let before = planned.before.as_deref().unwrap_or_default();
    if before == file.text.as_bytes() {
        (planned.action, planned.reason) = (Action::Keep, Some("as it would be written".to_owned()));
    } else if before.is_empty() {
        // What an interrupted program or a full disk has left of it, or nobody's words in any case.
        planned.reason = Some("it was empty".to_owned());
    } else if file.role == Role::Lines {
        let lacking = lacking(before, &file.text);
        if lacking.is_empty() {
            (planned.action, planned.reason) = (Action::Keep, Some("it has these lines".to_owned()));
        } else {
            planned.reason = Some(format!("added: {}", lacking.join(", ")));
            planned.action = Action::Change;
            planned.bytes = with_lines(before, &lacking);
        }
    } else if force && file.role != Role::Secret && file.role != Role::Placeholder {
        planned.action = Action::Overwrite;
    } else {
        (planned.action, planned.reason) = (Action::Keep, Some("it is there already".to_owned()));
    }
    Ok(planned)
}

/// What some editors begin a file with.
const BOM: &[u8] = "\u{feff}".as_bytes();

/// The lines of a text that another one does not have.
fn lacking<'t>(before: &[u8], text: &'t str) -> Vec<&'t str> {
    let before = String::from_utf8_lossy(before.strip_prefix(BOM).unwrap_or(before));
    let plain = |line: &str| line.trim().trim_matches('/').to_owned();
    text.lines().filter(|line| !before.lines().any(|other| plain(other) == plain(line))).collect()
}

/// The lines behind what was there, byte for byte, with ends as its own lines have.
fn with_lines(before: &[u8], lines: &[&str]) -> Vec<u8> {
    let mut bytes = before.to_vec();
    let end: &[u8] = if before.windows(2).any(|pair| pair == b"\r\n") { b"\r\n" } else { b"\n" };
    if !bytes.is_empty() && !bytes.ends_with(b"\n") {
        bytes.extend(end);
    }
    for line in lines {
        bytes.extend(line.as_bytes());
        bytes.extend(end);
    }
    bytes
}

/// The package's manifest, and the workspace's where it has to name a new package.
fn manifests(choices: &Choices, ground: &Ground) -> Result<Vec<Planned>, String> {
    if choices.template == Template::Minimal {
        return Ok(Vec::new());
    }
    let place = ground.root.join("Cargo.toml");
    let at = |error: String| format!("{}: {error}", slashes(&place));
    if ground.manifest.is_some() && ground.package.is_none() {
        return Err(at(
            "it is a workspace's and no package's: give the folder of one of its members, or of a new one, or \
                       take --template minimal"
                .to_owned(),
        ));
    }
    let before = ground.manifest.clone();
    let text = before.clone().unwrap_or_else(|| manifest::new(&choices.name));
    // Those are left as they are, and told.
    let unusable = unusable_dependencies(&text, ground.inherited.as_deref(), &dependencies::normal(choices));
    let mut normal = dependencies::normal(choices);
    normal.retain(|dependency| !unusable.iter().any(|(name, _)| *name == dependency.name));
    let (text, done) = manifest::edit(&text, &normal, &dependencies::development(choices)).map_err(at)?;
    let (action, reason) = match (&before, done.is_empty()) {
        (None, _) => (Action::Create, None),
        (Some(_), true) => (Action::Keep, Some("it has all dependencies".to_owned())),
        (Some(_), false) => (Action::Change, Some(done.join("; "))),
    };
    let planned = |path: String, place: &Path, action, reason, before: Option<String>, text: String| Planned {
        path,
        place: place.to_path_buf(),
        action,
        reason,
        before: before.map(String::into_bytes),
        bytes: text.into_bytes(),
        private: false,
    };
    let mut all = vec![planned("Cargo.toml".to_owned(), &place, action, reason, before, text)];
    if let Some((folder, before)) = &ground.workspace {
        let member = slashes(ground.root.strip_prefix(folder).unwrap_or(&ground.root));
        let place = folder.join("Cargo.toml");
        let changed = manifest::with_member(before, &member);
        if let Some(text) = changed.map_err(|error| format!("{}: {error}", slashes(&place)))? {
            let path = slashes(&shown(&place, &ground.root));
            let reason = Some(format!("added: the member {member}"));
            all.push(planned(path, &place, Action::Change, reason, Some(before.clone()), text));
        }
    }
    Ok(all)
}

/// Whose the migrations are that were there, in words.
pub(super) fn whose(tier: Tier) -> &'static str {
    match tier {
        Tier::Tenant => "each tenant's",
        Tier::Shared => "the shared schema's",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_added_to_the_bytes_that_are_there() {
        assert_eq!(with_lines(b"caf\xe9\r\nb", &["/x"]), b"caf\xe9\r\nb\r\n/x\r\n");
        assert_eq!(with_lines(b"", &["/x", "/y"]), b"/x\n/y\n");
        assert_eq!(lacking("\u{feff}/target\r\n".as_bytes(), "/target\n/.env\n"), ["/.env"]);
    }
}
