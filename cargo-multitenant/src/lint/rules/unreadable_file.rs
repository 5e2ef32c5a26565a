//! `unreadable-file`

use crate::lint::context::Context;
use crate::lint::rule::{Check, rule};
use crate::lint::sink::Sink;

rule! {
    /// ## What it does
    ///
    /// Finds what could not be read: a migration without `up.sql`, or one that is a file and no folder, a file that is not
    /// UTF-8, or over 32 MiB, a folder or a link that leads nowhere, a `metadata.toml` that does not say what it must, Rust
    /// code that does not parse. The rest of the project is linted all the same.
    ///
    /// ## Why is this bad?
    ///
    /// What is not read is not judged.
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
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

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
        write(folder.path(), "m/3_c/up.sql", b"");
        write(folder.path(), "m/3_c/metadata.toml", b"x = 1");
        write(folder.path(), "m/20260101_d.sql", b"");
        write(folder.path(), "m/20260102_e.sql", b"");
        write(folder.path(), "m/4_f/up.sql", format!("select {}", "(".repeat(5_000)).as_bytes());
        write(folder.path(), "src/schema.rs", b"table! {");
        let found = messages(folder.path());
        assert_eq!(found.len(), 6, "{found:?}");
    }

    #[test]
    fn stays_silent() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "m/1_a/up.sql", b"select 1;");
        write(folder.path(), "m/1_a/metadata.toml", b"run_in_transaction = false");
        write(folder.path(), "m/.hidden/x", b"");
        write(folder.path(), "m/seed.sql", b"");
        write(folder.path(), "src/lib.rs", b"fn f() {}");
        assert_eq!(messages(folder.path()), [] as [String; 0]);
    }
}
