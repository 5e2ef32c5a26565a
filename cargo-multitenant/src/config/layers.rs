//! The layers, and the only place that reads the environment.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use super::key::{self, Key, Kind};
use super::problem::{Origin, Problem};
use super::raw::{RawConfig, Value};
use super::suggest::nearest;

/// The built-in configuration, the lowest layer.
pub(crate) const DEFAULT: &str = include_str!("default.toml");

/// Variables with names of their own, before those that follow from the keys. Of two, the later one wins.
const SHORT_NAMES: [(&str, &Key); 2] =
    [("DATABASE_URL", &key::DATABASE_URL), ("MULTITENANT_MIGRATE_URL", &key::DATABASE_MIGRATE_URL)];

/// The variable that names the configuration file.
const CONFIG_VARIABLE: &str = "MULTITENANT_CONFIG";

/// The environment: the process's variables, and those of a `.env` file for what the process does not set.
///
/// A value, so that layers can be tested without touching the process.
#[derive(Clone, Default)]
pub(crate) struct Environment {
    variables: BTreeMap<String, (String, bool)>,
}

impl Environment {
    /// The process's own variables. An empty one counts as one that is not set; what is no UTF-8 in a value is
    /// replaced, so that the value is refused where it is used and not passed over here.
    pub(crate) fn of_process() -> Self {
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned())))
            .collect()
    }

    /// Where `MULTITENANT_CONFIG` says the configuration is.
    pub(crate) fn config_file(&self) -> Option<&str> {
        self.variables.get(CONFIG_VARIABLE).map(|(value, _)| value.as_str())
    }

    /// Which cargo this is the subcommand of, as cargo itself says.
    #[cfg(feature = "project")]
    pub(crate) fn cargo(&self) -> &str {
        self.variables.get("CARGO").map_or("cargo", |(value, _)| value.as_str())
    }

    /// Adds a `.env` file's variables for those that are not set, and returns what is odd about the file: a
    /// line that cannot be read is an error only where it is one of ours, since the file is other programs' too.
    pub(crate) fn add_dotenv(&mut self, file: &Path) -> Result<Vec<String>, Problem> {
        let at = |message: String| Problem::new(Origin::Nowhere, format!("{}: {message}", file.display()));
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(at(format!("cannot be read ({error})"))),
        };
        let mut warnings = Vec::new();
        for item in dotenvy::from_read_iter(text.as_bytes()) {
            match item {
                Ok((name, value)) if !value.is_empty() => {
                    self.variables.entry(name).or_insert((value, true));
                }
                Ok(_) => {}
                // The line itself is not shown: it may hold a password.
                Err(dotenvy::Error::LineParse(line, _)) => {
                    let first = line.lines().next().unwrap_or_default().trim();
                    let number = text.lines().position(|line| line.trim() == first).map_or(1, |index| index + 1);
                    let message = format!("line {number} is no assignment, or its quotes do not close");
                    // An open quote swallows the lines below it, ours perhaps among them.
                    if line.contains("DATABASE_URL") || line.contains("MULTITENANT_") {
                        return Err(at(message)
                            .help("write NAME=value, with the value in quotes where it holds blanks, `#` or `$`"));
                    }
                    warnings.push(at(message).message);
                }
                Err(error) => return Err(at(error.to_string())),
            }
        }
        Ok(warnings)
    }

    /// The layer that the environment makes, what is wrong with it, and what is odd about it.
    pub(crate) fn layer(&self) -> (RawConfig, Vec<Problem>, Vec<String>) {
        let (mut layer, mut problems) = (RawConfig::default(), Vec::new());
        let long_names = key::ALL.iter().filter_map(|key| Some((key.variable()?, key)));
        let names = SHORT_NAMES.iter().map(|(name, key)| ((*name).to_owned(), *key)).chain(long_names);
        let mut set: Vec<_> = names
            .filter_map(|(name, key)| self.variables.get(&name).map(|(value, dotenv)| (name, key, value, *dotenv)))
            .collect();
        // What the process sets wins over `.env`, whichever of a key's two names is used; the sort is stable.
        set.sort_by_key(|(.., dotenv)| !dotenv);
        for (name, key, value, dotenv) in set {
            let origin = if dotenv { Origin::DotEnv(name) } else { Origin::Variable(name) };
            match read(key.kind, value) {
                Some(value) => layer.set(key, value, origin),
                None => problems.push(Problem::new(origin, format!("`{}` must be {}", key.path, key.kind.noun()))),
            }
        }
        problems.extend(self.without_effect());
        (layer, problems, self.warnings())
    }

    /// Variables of keys that no variable sets.
    fn without_effect(&self) -> impl Iterator<Item = Problem> {
        key::ALL.iter().filter(|key| key.variable().is_none()).filter_map(|key| {
            let name = key.variable_name();
            self.variables.contains_key(&name).then(|| {
                Problem::new(Origin::Variable(name), format!("`{}` cannot be set by a variable", key.path))
                    .help("write it in multitenant.toml, and remove the variable")
            })
        })
    }

    /// Variables that look like ours and are not: a warning only, since others may use the prefix too.
    fn warnings(&self) -> Vec<String> {
        let known: Vec<String> = key::ALL
            .iter()
            .filter_map(Key::variable)
            .chain(["MULTITENANT_MIGRATE_URL", CONFIG_VARIABLE].map(str::to_owned))
            .collect();
        self.variables
            .keys()
            .filter(|name| name.starts_with("MULTITENANT_") && !known.contains(name))
            .filter_map(|name| Some((name, nearest(name, known.iter().map(String::as_str))?)))
            .filter(|(name, meant)| strsim::levenshtein(name, meant) <= 3)
            .map(|(name, meant)| format!("the variable {name} sets nothing: did you mean {meant}?"))
            .collect()
    }
}

impl fmt::Debug for Environment {
    /// Without the values: they are nobody's to print.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        let pairs = variables.into_iter().map(|(name, value)| (name.into(), (value.into(), false)));
        Self { variables: pairs.filter(|(_, (value, _))| !value.is_empty()).collect() }
    }
}

fn read(kind: Kind, value: &str) -> Option<Value> {
    match kind {
        Kind::Text => Some(Value::Text(value.to_owned())),
        Kind::Count => value.trim().parse().ok().map(Value::Count),
        Kind::Flag => value.trim().parse().ok().map(Value::Flag),
        Kind::Texts => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url_of(environment: &Environment) -> Option<String> {
        environment.layer().0.text(&key::DATABASE_URL).map(str::to_owned)
    }

    #[test]
    fn own_name_wins_and_process_wins_over_dotenv() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(".env");
        std::fs::write(&file, "# c\nMULTITENANT_DATABASE_URL='from dotenv'\nMULTITENANT_MIGRATIONS_JOBS=7\n").unwrap();
        for (variables, url) in [
            (vec![], "from dotenv"),
            (vec![("DATABASE_URL", "d")], "d"),
            (vec![("DATABASE_URL", "d"), ("MULTITENANT_DATABASE_URL", "m")], "m"),
            (vec![("DATABASE_URL", "")], "from dotenv"),
        ] {
            let mut environment: Environment = variables.into_iter().collect();
            environment.add_dotenv(&file).unwrap();
            assert_eq!(url_of(&environment).as_deref(), Some(url));
            assert_eq!(environment.layer().0.count(&key::MIGRATIONS_JOBS), Some(7));
        }
    }

    #[test]
    fn bad_dotenv_names_its_line_and_keeps_its_secret() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(".env");
        for ours in ["DATABASE_URL='postgres://u:secret@h/d\n", "X='open\nMULTITENANT_MIGRATE_URL=secret\n"] {
            std::fs::write(&file, format!("A=1\n{ours}")).unwrap();
            let problem = Environment::default().add_dotenv(&file).unwrap_err();
            assert!(problem.message.contains("line 2"), "{}", problem.message);
            assert!(!format!("{problem:?}").contains("secret"));
        }
        std::fs::write(&file, "APP_NAME=My App\nDATABASE_URL=d\n").unwrap();
        let mut environment = Environment::default();
        assert_eq!(environment.add_dotenv(&file).unwrap().len(), 1);
        assert_eq!(url_of(&environment).as_deref(), Some("d"));
    }

    #[test]
    fn wrong_kinds_are_problems_and_slips_are_warnings() {
        let environment: Environment = [
            ("MULTITENANT_TENANTS_IDS", "a"),
            ("MULTITENANT_MIGRATIONS_JOBS", "many"),
            ("MULTITENANT_MIGRATIONS_JOB", "1"),
            ("MULTITENANT_MODE", "x"),
        ]
        .into_iter()
        .collect();
        let (_, problems, warnings) = environment.layer();
        assert_eq!(problems.len(), 2);
        assert_eq!(
            warnings,
            ["the variable MULTITENANT_MIGRATIONS_JOB sets nothing: did you mean MULTITENANT_MIGRATIONS_JOBS?"]
        );
    }
}
