//! The templates, ours and the project's own.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;

use crate::config::{ConfigError, Origin, Problem, nearest, shown, slashes};
use crate::error::CliError;

macro_rules! templates {
    ($($name:literal,)*) => {
        /// The names of all templates, which are their paths in a folder of templates.
        pub(crate) const NAMES: &[&str] = &[$($name),*];

        const TEXTS: &[&str] = &[$(include_str!(concat!("templates/", $name))),*];
    };
}

templates! {
    "migration/add-column/down.sql",
    "migration/add-column/up.sql",
    "migration/add-foreign-key/down.sql",
    "migration/add-foreign-key/up.sql",
    "migration/add-index/down.sql",
    "migration/add-index/metadata.toml",
    "migration/add-index/up.sql",
    "migration/blank/down.sql",
    "migration/blank/up.sql",
    "migration/create-table/down.sql",
    "migration/create-table/up.sql",
    "migration/validate-foreign-key/down.sql",
    "migration/validate-foreign-key/up.sql",
    "schema/model.rs",
    "schema/table.rs",
    "seed/seed.rs",
    "seed/seed.sql",
}

/// How all templates are read, those of `init` too: what is not given is an error, nothing is escaped, and a line of a tag
/// leaves none.
pub(crate) fn blank_environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    environment.set_keep_trailing_newline(true);
    environment
}

/// Our own template of a name.
pub(crate) fn text_of(name: &str) -> &'static str {
    NAMES.iter().position(|known| *known == name).and_then(|at| TEXTS.get(at)).copied().unwrap_or_default()
}

/// Our templates, with the project's own in the place of those that it has.
#[derive(Debug)]
pub(crate) struct Templates {
    environment: Environment<'static>,
    /// Each template of the project's own: its name, its path as it is shown, and its text.
    own: Vec<(&'static str, String, String)>,
    /// Files of the folder that are no template.
    pub(crate) strangers: Vec<String>,
}

impl Templates {
    /// Reads those of a folder, if there is one.
    pub(crate) fn read(folder: Option<&Path>, here: &Path) -> Result<Self, CliError> {
        let environment = blank_environment();
        let mut templates = Self { environment, own: Vec::new(), strangers: Vec::new() };
        for name in NAMES {
            let path = folder.map(|folder| folder.join(name));
            let own = path.as_deref().map(read).transpose()?.flatten();
            let text = own.clone().unwrap_or_else(|| text_of(name).to_owned());
            if let (Some(path), Some(text)) = (path, own) {
                templates.own.push((name, slashes(&shown(&path, here)), text));
            }
            let added = templates.environment.add_template_owned(*name, text);
            added.map_err(|error| templates.refused(name, &error))?;
        }
        if let Some(folder) = folder {
            templates.strangers = strangers(folder, here)?;
        }
        Ok(templates)
    }

    /// Whether the project has its own template of a name.
    pub(crate) fn own(&self, name: &str) -> Option<&str> {
        self.own.iter().find(|(own, ..)| *own == name).map(|(_, path, _)| path.as_str())
    }

    /// The text that a template makes. It ends in a line's end, and with no empty line.
    pub(crate) fn render(&self, name: &str, values: &impl Serialize) -> Result<String, CliError> {
        let text = self.environment.get_template(name).and_then(|template| template.render(values));
        let text = text.map_err(|error| self.refused(name, &error))?;
        Ok(format!("{}\n", text.trim_end()))
    }

    /// An error of a template, drawn at its line.
    fn refused(&self, name: &str, error: &minijinja::Error) -> CliError {
        let at = error.name().unwrap_or(name);
        let (file, text) = self
            .own
            .iter()
            .find(|(own, ..)| *own == at)
            .map_or_else(|| (at.to_owned(), text_of(at).to_owned()), |(_, path, text)| (path.clone(), text.clone()));
        let line = error.line().unwrap_or(1).max(1);
        let start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
        let length = text.get(start..).and_then(|rest| rest.lines().next()).map_or(0, str::len);
        let what =
            error.detail().map_or_else(|| error.kind().to_string(), |detail| format!("{}: {detail}", error.kind()));
        let problem = Problem::new(Origin::File(start..start + length), format!("{file}:{line}: {what}"))
            .help("correct the template; `cargo multitenant scaffold templates` shows what each is given");
        CliError::Config(Box::new(ConfigError { file, text, problems: vec![problem] }))
    }
}

fn read(path: &Path) -> Result<Option<String>, CliError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(path, error)),
    }
}

fn unreadable(path: &Path, error: io::Error) -> CliError {
    CliError::Files {
        what: format!("the template {} cannot be read", slashes(path)),
        help: Some("check its permissions, and that it is UTF-8"),
        source: Some(error),
    }
}

/// What lies in a folder of templates and is none: a slip in a name would otherwise go unseen.
fn strangers(folder: &Path, here: &Path) -> Result<Vec<String>, CliError> {
    let (mut found, mut folders): (Vec<PathBuf>, Vec<PathBuf>) = (Vec::new(), vec![folder.to_path_buf()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(|error| unreadable(&folder, error))? {
            let entry = entry.map_err(|error| unreadable(&folder, error))?;
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                _ => found.push(entry.path()),
            }
        }
    }
    found.sort();
    let strangers = found.into_iter().filter_map(|path| {
        let name = slashes(path.strip_prefix(folder).ok()?);
        let is_meant = !NAMES.contains(&name.as_str()) && !name.starts_with('.') && !name.ends_with(".md");
        is_meant.then(|| {
            let meant = nearest(&name, NAMES.iter().copied());
            let hint = meant.map(|meant| format!(": did you mean {meant}?")).unwrap_or_default();
            format!("{} is no template, and nothing reads it{hint}", slashes(&shown(&path, here)))
        })
    });
    Ok(strangers.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::{draw, plain};

    fn in_folder(files: &[(&str, &str)]) -> (tempfile::TempDir, Result<Templates, CliError>) {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let templates = Templates::read(Some(folder.path()), folder.path());
        (folder, templates)
    }

    fn drawn(error: CliError) -> String {
        let CliError::Config(error) = error else { panic!("{error}") };
        plain(&draw(&error))
    }

    #[test]
    fn a_project_s_own_template_is_taken() {
        let own = [("migration/blank/up.sql", "-- {{ name }} <&>\n\n\n"), ("migration/blank/dwon.sql", "")];
        let (_folder, templates) = in_folder(&own);
        let templates = templates.unwrap();
        let values = serde_json::json!({ "name": "a<b>", "tier": "tenant" });
        assert_eq!(templates.render("migration/blank/up.sql", &values).unwrap(), "-- a<b> <&>\n");
        assert_eq!(templates.own("migration/blank/up.sql"), Some("migration/blank/up.sql"));
        assert_eq!(templates.own("migration/blank/down.sql"), None);
        let expected =
            "migration/blank/dwon.sql is no template, and nothing reads it: did you mean migration/blank/down.sql?";
        assert_eq!(templates.strangers, [expected]);
    }

    #[test]
    fn errors_point_at_their_line() {
        let (_folder, templates) = in_folder(&[("migration/blank/up.sql", "-- a\n-- {{ nme }}\n")]);
        let error = templates.unwrap().render("migration/blank/up.sql", &serde_json::json!({ "name": "x" }));
        let text = drawn(error.unwrap_err());
        assert!(text.contains("migration/blank/up.sql:2") && text.contains("-- {{ nme }}"), "{text}");
        let (_folder, templates) = in_folder(&[("seed/seed.sql", "a\n{% if %}\n")]);
        let text = drawn(templates.unwrap_err());
        assert!(text.contains("seed/seed.sql:2: syntax error"), "{text}");
    }

    #[test]
    fn ours_are_all_there_and_say_what_they_are_given() {
        for name in NAMES {
            assert!(text_of(name).starts_with("{#"), "{name}");
        }
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/scaffold/templates");
        assert_eq!(strangers(&folder, &folder).unwrap(), [] as [String; 0]);
    }
}
