//! The guide: every command in it is run, and prints what it shows; what is no command is read as what it is.

mod blocks;
mod messages;
mod output;
mod page;
mod rot;
mod stage;
mod words;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::Semaphore;

use page::Page;
use stage::Played;

/// How many blocks may be shown without being run. Each says why; a new one is to be weighed against this number.
const NOT_RUN: usize = 8;

/// How many chapters are played at once: each runs one process at a time.
const AT_ONCE: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn every_command_does_what_the_guide_says() {
    let mut chapters = Vec::new();
    let seats = Arc::new(Semaphore::new(AT_ONCE));
    for (name, text) in chapters_of_the_guide() {
        let page = Page::read(&name, &text).unwrap_or_else(|why| panic!("{why}"));
        // Commands wait for processes: each chapter has a thread of its own.
        let seat = Arc::clone(&seats).acquire_owned().await.unwrap();
        chapters.push(tokio::task::spawn_blocking(move || {
            let _seat = seat;
            tokio::runtime::Handle::current().block_on(stage::play(&page)).map(|played| (page.name, played))
        }));
    }
    let (mut all, mut failures) = (Played::default(), Vec::new());
    for chapter in chapters {
        match chapter.await.unwrap() {
            Ok((name, played)) => {
                all.blocks += played.blocks;
                all.read += played.read;
                all.commands.extend(played.commands);
                all.not_run.extend(played.not_run.into_iter().map(|what| format!("{name}: {what}")));
            }
            Err(why) => failures.push(why),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    tell(&all);
    assert!(all.not_run.len() <= NOT_RUN, "{} blocks are not run: {:#?}", all.not_run.len(), all.not_run);
    let missing: Vec<_> = every_command()
        .into_iter()
        .filter(|command| !all.commands.iter().any(|run| run.starts_with(command)))
        .collect();
    assert!(missing.is_empty(), "the guide shows none of these: {missing:?}");
}

#[expect(clippy::disallowed_macros, reason = "what is not run is to be read")]
fn tell(all: &Played) {
    println!(
        "{} blocks run, with {} commands; {} other blocks read; {} not run:\n  {}",
        all.blocks,
        all.commands.len(),
        all.read,
        all.not_run.len(),
        all.not_run.join("\n  ")
    );
}

#[test]
fn every_chapter_is_in_the_summary_and_every_link_leads_somewhere() {
    let docs = root().join("docs");
    let summary = fs::read_to_string(docs.join("SUMMARY.md")).unwrap();
    let listed: BTreeSet<String> = links(&summary).collect();
    let there: BTreeSet<String> =
        markdown(&docs).map(|path| named(&path, &docs)).filter(|path| path != "SUMMARY.md").collect();
    assert_eq!(listed, there, "docs/SUMMARY.md lists what is there");
    for path in markdown(&docs) {
        let text = fs::read_to_string(&path).unwrap();
        for link in links(&text).filter(|link| !link.contains("://")) {
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let to = if file.is_empty() { path.clone() } else { path.parent().unwrap().join(file) };
            let found =
                fs::read_to_string(&to).unwrap_or_else(|error| panic!("{} links to {link}: {error}", path.display()));
            assert!(anchor.is_empty() || anchors(&found).any(|it| it == anchor), "{} links to {link}", path.display());
        }
    }
}

#[test]
fn every_message_of_the_troubleshooting_is_said() {
    let chapter = fs::read_to_string(root().join("docs/guide/troubleshooting.md")).unwrap();
    let quoted = messages::quoted(&chapter);
    assert!(quoted.len() > 30, "{} messages", quoted.len());
    let crates = ["cargo-multitenant", "multitenant-runtime", "multitenant-macros"];
    let texts: Vec<String> =
        crates.iter().flat_map(|package| messages::texts(&root().join(package).join("src"))).collect();
    let unsaid: Vec<_> = quoted.iter().filter(|(_, message)| !messages::is_said(&texts, message)).collect();
    assert!(unsaid.is_empty(), "nobody says these: {unsaid:#?}");
}

#[test]
fn every_flag_that_is_named_is_one() {
    let reference = fs::read_to_string(root().join("docs/commands.md")).unwrap();
    let flags = |text: &str| -> BTreeSet<String> {
        let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
        words.filter(|word| word.starts_with("--") && word.len() > 3).map(str::to_owned).collect()
    };
    let there = flags(&reference);
    // Of cargo, pg_dump and psql.
    let others = ["--path", "--inserts"];
    for (name, text) in chapters_of_the_guide() {
        // What stands in a line of text; commands in blocks are run.
        let spans = text.split("\n```").step_by(2).flat_map(|prose| prose.split('`').skip(1).step_by(2));
        let named: BTreeSet<String> = spans.flat_map(flags).collect();
        let unknown: Vec<_> = named.difference(&there).filter(|flag| !others.contains(&flag.as_str())).collect();
        assert!(unknown.is_empty(), "{name} names {unknown:?}");
    }
}

#[test]
fn every_key_of_the_configuration_is_told() {
    let chapter = fs::read_to_string(root().join("docs/guide/configuration.md")).unwrap();
    let default = fs::read_to_string(root().join("cargo-multitenant/src/config/default.toml")).unwrap();
    // Set, or commented out since it has no default.
    let keys = default.lines().filter_map(|line| {
        let key = line.strip_prefix("# ").unwrap_or(line).split_once(" = ")?.0;
        let is_key = key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        is_key.then(|| key.to_owned())
    });
    let keys: BTreeSet<String> = keys.collect();
    assert!(keys.len() > 30, "{keys:?}");
    let untold: Vec<_> = keys.iter().filter(|key| !chapter.contains(&format!("`{key}`"))).collect();
    assert!(untold.is_empty(), "docs/guide/configuration.md does not tell of {untold:?}");
}

#[test]
fn every_metric_is_told() {
    let names = |text: &str, from: char| -> BTreeSet<String> {
        let words = text.split(from).filter(|word| word.starts_with("multitenant_") && !word.ends_with('_'));
        words.filter(|word| word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')).map(str::to_owned).collect()
    };
    let chapter = fs::read_to_string(root().join("docs/guide/operations.md")).unwrap();
    let table = fs::read_to_string(root().join("multitenant-runtime/src/metrics/table.rs")).unwrap();
    let there = names(&table, '"');
    assert!(there.len() > 15, "{there:?}");
    assert_eq!(names(&chapter, '`'), there);
}

#[test]
fn every_chapter_with_rust_is_compiled() {
    let doctests = fs::read_to_string(root().join("examples/migrate-at-startup/src/lib.rs")).unwrap();
    for (name, _) in chapters_of_the_guide().filter(|(_, text)| text.contains("```rust")) {
        assert!(doctests.contains(&format!("{name}\")]")), "the doctests of migrate-at-startup do not include {name}");
    }
}

/// The README's commands too.
fn chapters_of_the_guide() -> impl Iterator<Item = (String, String)> {
    let mut paths: Vec<PathBuf> = markdown(&root().join("docs/guide")).collect();
    paths.push(root().join("README.md"));
    paths.into_iter().map(|path| (named(&path, &root()), fs::read_to_string(&path).unwrap()))
}

/// Every command that there is, as the reference has them: `["tenant", "create"]`.
fn every_command() -> Vec<Vec<String>> {
    let reference = fs::read_to_string(root().join("docs/commands.md")).unwrap();
    let headings = reference.lines().filter_map(|line| line.strip_prefix("## `cargo multitenant ")?.strip_suffix('`'));
    let commands: Vec<Vec<String>> = headings.map(|heading| heading.split(' ').map(str::to_owned).collect()).collect();
    assert!(commands.len() > 30, "{commands:?}");
    commands
}

fn links(text: &str) -> impl Iterator<Item = String> {
    text.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0.to_owned()))
}

/// What a heading is linked to by, as mdBook and GitHub have it.
fn anchors(text: &str) -> impl Iterator<Item = String> {
    text.lines().filter(|line| line.starts_with('#')).map(|line| {
        let heading = line.trim_start_matches('#').trim().to_lowercase();
        heading
            .chars()
            .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
            .map(|c| if c == ' ' { '-' } else { c })
            .collect()
    })
}

fn markdown(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(markdown(&path));
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
    found.sort();
    found.into_iter().collect::<Vec<_>>().into_iter()
}

fn named(path: &Path, from: &Path) -> String {
    path.strip_prefix(from).unwrap().to_string_lossy().replace('\\', "/")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}
