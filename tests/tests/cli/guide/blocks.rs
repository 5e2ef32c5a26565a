//! Blocks that are no commands: read as what their language says.

use squawk_syntax::SourceFile;

use crate::project::Project;

/// # Errors
///
/// What its reader says of it.
pub(super) fn check(language: &str, note: &str, text: &str) -> Result<(), String> {
    match language.split(',').next().unwrap_or_default() {
        // Another file than multitenant.toml is named by a comment above the block: `<!-- of: Cargo.toml -->`.
        "toml" if note.is_empty() => configuration(text),
        "toml" => text.parse::<toml::Table>().map(drop).map_err(|error| error.to_string()),
        "sql" => {
            let errors = SourceFile::parse(text).errors();
            errors.first().map_or(Ok(()), |error| Err(format!("{error:?}")))
        }
        "json" => serde_json::from_str::<serde_json::Value>(text).map(drop).map_err(|error| error.to_string()),
        // A doctest of examples/migrate-at-startup, which includes the chapters; or part of what is compiled elsewhere.
        "rust" if !language.contains("ignore") || note.contains("examples/") => Ok(()),
        "rust" => Err("nobody compiles it: name the example that it is of".to_owned()),
        // What was printed stands below its command, where it is compared.
        "text" if !text.lines().any(|line| line.starts_with("$ ")) => Ok(()),
        "text" => Err("a command in a text: write `console`".to_owned()),
        language => Err(format!("nobody reads {language:?}: use console, toml, sql, json, rust or text")),
    }
}

/// The command line itself reads it, with a command that needs no database, in a project with the folders that it names.
fn configuration(text: &str) -> Result<(), String> {
    let mut project = Project::on_disk().file("multitenant.toml", text);
    let parsed: toml::Table = text.parse().map_err(|error: toml::de::Error| error.to_string())?;
    let named = |section: &str, key: &str| parsed.get(section)?.get(key)?.as_str().map(str::to_owned);
    let tenant = named("migrations", "folder").unwrap_or_else(|| "migrations/tenant".to_owned());
    for folder in named("migrations", "shared_folder").into_iter().chain([tenant]) {
        project = project.file(&format!("{folder}/1_a/up.sql"), "create table a (id int primary key);");
    }
    if let Some(folder) = named("scaffold", "templates") {
        project = project.file(&format!("{folder}/README.md"), "");
    }
    let answer = project.run(&["export", "--format", "mermaid"]);
    if answer.code == Some(0) { Ok(()) } else { Err(answer.stderr) }
}

#[test]
fn what_cannot_be_read_is_seen() {
    for (language, note, text) in [
        ("toml", "", "[database]\nurll = \"x\"\n"),
        ("toml", "", "[migrations]\njobs = \"many\"\n"),
        ("toml", "Cargo.toml", "a = \n"),
        ("sql", "", "CREATE TABLE (id int);"),
        ("json", "", "{"),
        ("text", "", "$ ls\n"),
        ("yaml", "", "a: b\n"),
        ("rust,ignore", "", "fn main() {}"),
        ("", "", "a\n"),
    ] {
        assert!(check(language, note, text).is_err(), "{language} {text}");
    }
    for (language, note, text) in [
        ("toml", "", "[database]\nurl = \"embedded\"\n"),
        ("toml", "Cargo.toml", "[dependencies]\n"),
        ("sql", "", "CREATE TABLE a (id int);"),
        ("rust,no_run", "", "fn main() {}"),
    ] {
        assert_eq!(check(language, note, text), Ok(()), "{language} {text}");
    }
}
