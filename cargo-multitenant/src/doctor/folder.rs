//! A folder of migrations: what is wrong with it beyond what the linter says of the SQL.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use multitenant_runtime::migration::Migration;
use multitenant_runtime::{MigrationSet, Tier};

use super::check::{Check, Verdict};
use super::names::listed;
use crate::config::{nearest, slashes};
use crate::finding::{Complaint, FilePoint, Level};
use crate::output::counted;

/// What a migration's folder may hold.
const FILES: [&str; 3] = ["up.sql", "down.sql", "metadata.toml"];

/// What is wrong with a folder, and how many migrations it has; of `embedded` is what a binary has of them.
pub(super) fn judge(check: &Check, tier: Tier, folder: &Path, embedded: Option<&BTreeMap<String, String>>) -> Verdict {
    let set = match MigrationSet::from_folder(tier, folder) {
        Ok(set) => set,
        Err(error) => {
            let complaints = error.problems().iter().map(|problem| {
                let mut complaint = check.complaint(format!("{}: {}", problem.path, problem.message));
                if let (Some(line), Some(column)) = (problem.line, problem.column) {
                    complaint.message.clone_from(&problem.message);
                    complaint.file = Some(FilePoint { file: problem.path.clone(), line, column });
                }
                complaint
                    .object(&problem.path)
                    .help("correct it: until then nothing can be migrated, and nothing embeds it")
            });
            let complaints: Vec<Complaint> = complaints.collect();
            let found = counted(complaints.len(), "problem", "problems");
            return Verdict::Bad(format!("{found}: the set cannot be used"), complaints);
        }
    };
    let names: Vec<&str> = set.migrations().iter().map(Migration::name).collect();
    let files = counted(names.len(), "file", "files");
    let found = match embedded {
        Some(embedded) => {
            let there = set.manifest().into_iter().filter(|(name, digest)| embedded.get(name) == Some(digest)).count();
            format!("{files}, {there} embedded")
        }
        None => files,
    };
    let mut complaints: Vec<Complaint> = Vec::new();
    complaints.extend(irreversible(check, &set));
    complaints.extend(order(check, &set));
    complaints.extend(strays(check, tier, folder));
    if names.is_empty() {
        let mut complaint = check.complaint(format!("{} holds no migration", slashes(folder))).object(slashes(folder));
        complaint.level = Level::Info;
        complaints.push(complaint.help(format!("cargo multitenant generate {} NAME", word(tier))));
    }
    Verdict::of(found.clone(), found, complaints)
}

/// As the command line calls a tier.
pub(super) fn word(tier: Tier) -> &'static str {
    match tier {
        Tier::Shared => "shared",
        Tier::Tenant => "tenant",
    }
}

fn irreversible(check: &Check, set: &MigrationSet) -> Option<Complaint> {
    let without = set.migrations().iter().filter(|migration| !migration.is_reversible());
    let names: Vec<&str> = without.map(Migration::name).collect();
    if names.is_empty() {
        return None;
    }
    let count = counted(names.len(), "migration has", "migrations have");
    let message = format!("{count} no down.sql that can be run: {}", listed(&names));
    let mut complaint = check.complaint(message).object("down.sql");
    complaint.level = Level::Info;
    Some(
        complaint.help("write down.sql, or leave it: a rollback that comes to them is refused before anything is done"),
    )
}

/// Versions sort byte by byte: other forms than one do not sort as one would think.
fn order(check: &Check, set: &MigrationSet) -> Option<Complaint> {
    let versions: Vec<(&str, &str)> = set.migrations().iter().map(|m| (m.version().as_str(), m.name())).collect();
    let is_number = |version: &str| version.bytes().all(|byte| byte.is_ascii_digit());
    let of_timestamp = |version: &str| version.len() == 14 && is_number(version);
    let (stamped, other): (Vec<_>, Vec<_>) = versions.iter().partition(|(version, _)| of_timestamp(version));
    let odd: Vec<&str> = if stamped.is_empty() {
        // Numbers of one length sort as numbers do.
        let length = other.first().map_or(0, |(version, _)| version.len());
        let differs = |(version, _): &&(&str, &str)| is_number(version) && version.len() != length;
        other.iter().filter(differs).map(|(_, name)| *name).collect()
    } else {
        other.iter().map(|(_, name)| *name).collect()
    };
    if odd.is_empty() {
        return None;
    }
    let last = versions.last().map_or("", |(_, name)| name);
    let message = format!(
        "versions of more than one form, which sort byte by byte (\"10\" before \"2\", and the last one is {last}): {}",
        listed(&odd)
    );
    let help =
        "begin new folders with a timestamp, as `cargo multitenant generate` does; do not rename what is applied";
    let mut complaint = check.complaint(message).object("version").help(help);
    complaint.level = Level::Warning;
    Some(complaint)
}

/// What lies there and is not read: SQL beside the folders, and files in them that are called almost right.
fn strays(check: &Check, tier: Tier, folder: &Path) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for entry in names_in(folder) {
        let path = folder.join(&entry);
        if path.is_dir() {
            for file in names_in(&path).into_iter().filter(|file| !FILES.contains(&file.as_str())) {
                let meant = nearest(&file, FILES).filter(|meant| !path.join(meant).exists());
                let is_ours = [".sql", ".toml"].iter().any(|extension| file.to_lowercase().ends_with(extension));
                let help = match meant {
                    Some(meant) => format!("did you mean {meant}? Only up.sql, down.sql and metadata.toml are read"),
                    None if is_ours => "move it elsewhere: only up.sql, down.sql and metadata.toml are read".to_owned(),
                    None => continue,
                };
                complaints.push(stray(check, &path.join(&file)).help(help));
            }
        } else if entry.to_lowercase().ends_with(".sql") {
            let help =
                format!("a migration is a folder: make one of it, `cargo multitenant generate {} NAME`", word(tier));
            complaints.push(stray(check, &path).help(help));
        }
    }
    complaints
}

fn stray(check: &Check, path: &Path) -> Complaint {
    let shown = slashes(path);
    let mut complaint = check.complaint(format!("{shown} is not read")).object(shown);
    complaint.level = Level::Warning;
    complaint
}

/// Without what is hidden, in order.
fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| !name.starts_with('.')).collect();
    names.sort_unstable();
    names
}
