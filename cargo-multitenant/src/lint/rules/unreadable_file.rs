//! `unreadable-file`

use multitenant_runtime::migration::{Mode, SplitErrorKind, split};

use crate::finding::Place;
use crate::lint::context::Context;
use crate::lint::project::{Migration, unmarked};
use crate::lint::rule::{Check, rule};
use crate::lint::sink::Sink;

rule! {
    /// ## What it does
    ///
    /// Finds what could not be read: a migration without `up.sql`, one whose `up.sql` holds no statement, or what no run
    /// takes, such as `COPY … FROM stdin`, or one that is a file and no folder, a file that is not UTF-8, or over 32 MiB, a
    /// folder or a link that leads nowhere, a `metadata.toml` that does not say what it must, Rust code that does not parse.
    /// The rest of the project is linted all the same.
    ///
    /// ## Why is this bad?
    ///
    /// What is not read is not judged. Where a migration has nothing to run, or what cannot run, `migrate`, `status` and all
    /// other commands refuse the whole set.
    ///
    /// ## Example
    ///
    /// ```toml
    /// # metadata.toml; Diesel reads this as run_in_transaction = false
    /// description = "orders"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// run_in_transaction = true
    /// ```
    "unreadable-file": Error, Hygiene, Check::Project(check),
}

fn check(cx: &Context<'_>, sink: &mut Sink<'_>) {
    for unreadable in &cx.project.unreadable {
        let path = cx.project.sources.get(unreadable.place.file).path.clone();
        sink.report(unreadable.place.clone(), unreadable.message.clone()).help(unreadable.help.clone()).object(path);
    }
    for migration in &cx.project.migrations {
        let Some(up) = &migration.up else { continue };
        let text = &cx.project.sources.get(up.file).text;
        match split(&unmarked(text), mode(migration)) {
            // A `BEGIN` and its `COMMIT` are no statements, nor is a lone semicolon.
            Ok(statements) if statements.is_empty() => sink
                .report(Place::new(up.file, 0..text.trim_end().len()), "up.sql holds no statement")
                .help("write one, or remove the migration's folder")
                .object(migration.name.clone()),
            Err(error) if up.script.errors.is_empty() && is_told_by_nobody(&error.kind) => {
                let line = text[error.offset..].lines().next().unwrap_or_default().len();
                let place = Place::new(up.file, error.offset..error.offset + line);
                sink.report(place, error.to_string()).object(migration.name.clone())
            }
            _ => continue,
        };
    }
}

fn mode(migration: &Migration) -> Mode {
    if migration.run_in_transaction { Mode::Transactional } else { Mode::NonTransactional }
}

/// What the runtime refuses, and other rules let pass, or no more than warn of.
fn is_told_by_nobody(kind: &SplitErrorKind) -> bool {
    use SplitErrorKind::{CopyFromStdin, Nul, TransactionMode, WrappedNonTransactional};
    matches!(kind, CopyFromStdin | Nul | TransactionMode | WrappedNonTransactional)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use multitenant_runtime::Tier;

    use super::*;
    use crate::finding::Finding;
    use crate::lint::paths::Paths;
    use crate::lint::project::Project;

    fn messages(folder: &Path) -> Vec<String> {
        let rust = vec![folder.join("src")];
        let paths =
            Paths { tenant: Some(folder.join("m")), shared: None, rust, here: PathBuf::new(), lock: PathBuf::new() };
        let project = Project::read(&paths);
        let template = multitenant_runtime::SchemaTemplate::new("t_{id}").unwrap();
        let settings = crate::lint::LintSettings::default();
        let ground = crate::lint::Ground { shared_schema: "public", template: &template, lint: &settings };
        let linted = crate::lint::run(&project, &ground, &[&RULE]);
        linted.findings.iter().map(|finding: &Finding| finding.message.clone()).collect()
    }

    fn write(folder: &Path, path: &str, text: &[u8]) {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn fires() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "m/1_a/down.sql", b"");
        write(folder.path(), "m/2_b/up.sql", b"\xff");
        write(folder.path(), "m/3_c/up.sql", b"select 1;");
        write(folder.path(), "m/3_c/metadata.toml", b"x = 1");
        write(folder.path(), "m/20260101_d.sql", b"");
        write(folder.path(), "m/20260102_e.sql", b"");
        write(folder.path(), "m/4_f/up.sql", format!("select {}", "(".repeat(5_000)).as_bytes());
        write(folder.path(), "src/schema.rs", b"table! {");
        let found = messages(folder.path());
        assert_eq!(found.len(), 6, "{found:?}");
    }

    #[test]
    fn fires_where_there_is_nothing_to_run() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("1_a", ""),
            ("2_b", "-- Your SQL goes here\n"),
            ("3_c", ";"),
            ("4_d", "BEGIN; COMMIT;"),
            ("5_e", "\u{feff}-- x"),
        ] {
            write(folder.path(), &format!("m/{name}/up.sql"), text.as_bytes());
            let set = multitenant_runtime::MigrationSet::from_folder(Tier::Tenant, &folder.path().join("m"));
            assert!(set.unwrap_err().to_string().contains("holds no statement"), "{name}");
        }
        assert_eq!(messages(folder.path()), ["up.sql holds no statement"; 5]);
    }

    #[test]
    fn fires_where_every_run_refuses() {
        for (text, in_transaction) in [
            ("SELECT 1; -- \0", true),
            ("COPY a FROM STDIN;", true),
            ("BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT 1; COMMIT;", true),
            ("BEGIN; SELECT 1; COMMIT;", false),
        ] {
            let folder = tempfile::tempdir().unwrap();
            write(folder.path(), "m/1_a/up.sql", text.as_bytes());
            write(folder.path(), "m/1_a/metadata.toml", format!("run_in_transaction = {in_transaction}").as_bytes());
            let [message] = &messages(folder.path())[..] else { panic!("{text}") };
            let set = multitenant_runtime::MigrationSet::from_folder(Tier::Tenant, &folder.path().join("m"));
            assert!(set.unwrap_err().to_string().ends_with(message.as_str()), "{text}: {message}");
        }
    }

    #[test]
    fn stays_silent() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "m/1_a/up.sql", b"select 1;");
        write(folder.path(), "m/1_a/metadata.toml", b"run_in_transaction = false");
        write(folder.path(), "m/1_a/down.sql", b"");
        write(folder.path(), "m/2_b/up.sql", b"DO $$ BEGIN END $$");
        write(folder.path(), "m/.hidden/x", b"");
        write(folder.path(), "m/seed.sql", b"");
        write(folder.path(), "src/lib.rs", b"fn f() {}");
        assert_eq!(messages(folder.path()), [] as [String; 0]);
    }
}
