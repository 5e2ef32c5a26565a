//! What `diesel print-schema` has to do with a file of schema code.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use toml::{Table, Value};

/// The first line of what Diesel CLI writes.
const HEAD: &str = "// @generated automatically by Diesel CLI";

/// How a file comes from `diesel print-schema`, and what was left out of it on purpose.
#[derive(Debug, Default)]
pub(crate) struct Printed {
    pub(crate) by: By,
    filter: Filter,
    /// Lines that `patch_file` takes out and puts in.
    removed: BTreeSet<String>,
    added: BTreeSet<String>,
}

/// Who says that Diesel CLI writes a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum By {
    /// Nobody: somebody wrote it by hand.
    #[default]
    Nobody,
    /// The file itself, in its first line.
    ItsHead,
    /// `print_schema.file` of a `diesel.toml`.
    DieselToml,
}

/// `print_schema.filter`.
#[derive(Debug, Default)]
enum Filter {
    #[default]
    None,
    Only(Vec<String>),
    Except(Vec<String>),
}

impl Printed {
    /// Of a file; `diesel.toml` is looked for in the folders above it, as far as the repository reaches.
    pub(crate) fn of(path: &Path, text: &str) -> Self {
        let mut printed = Self::by_head(text);
        for folder in path.ancestors().skip(1) {
            if let Ok(toml) = std::fs::read_to_string(folder.join("diesel.toml")) {
                printed.read(&toml, folder, path);
            }
            if printed.by == By::DieselToml || folder.join(".git").exists() {
                break;
            }
        }
        printed
    }

    /// By its first line alone.
    pub(crate) fn by_head(text: &str) -> Self {
        let by = if text.trim_start_matches('\u{feff}').starts_with(HEAD) { By::ItsHead } else { By::Nobody };
        Self { by, ..Self::default() }
    }

    /// Looks whether a `diesel.toml` names the file, and what it says of it.
    pub(crate) fn read(&mut self, toml: &str, folder: &Path, path: &Path) {
        let Ok(table) = toml.parse::<Table>() else { return };
        let Some(Value::Table(section)) = table.get("print_schema") else { return };
        // `[print_schema]`, and one `[print_schema.name]` for each further schema.
        let further = section.values().filter_map(Value::as_table);
        for section in std::iter::once(section).chain(further) {
            let Some(file) = section.get("file").and_then(Value::as_str) else { continue };
            if plain(&folder.join(file)) != plain(path) {
                continue;
            }
            self.by = By::DieselToml;
            self.filter = filter(section);
            if let Some(patch) = section.get("patch_file").and_then(Value::as_str) {
                self.patch(&std::fs::read_to_string(folder.join(patch)).unwrap_or_default());
            }
        }
    }

    fn patch(&mut self, patch: &str) {
        for line in patch.lines().filter(|line| !line.starts_with("---") && !line.starts_with("+++")) {
            if let Some(line) = line.strip_prefix('-') {
                self.removed.insert(without_type(line));
            } else if let Some(line) = line.strip_prefix('+') {
                self.added.insert(without_type(line));
            }
        }
    }

    /// Whether the table is to be in the file, as far as `diesel.toml` says.
    pub(crate) fn wants(&self, table: &str) -> bool {
        let wanted = match &self.filter {
            Filter::None => true,
            Filter::Only(patterns) => patterns.iter().any(|pattern| fits(pattern, table) == Some(true)),
            Filter::Except(patterns) => patterns.iter().all(|pattern| fits(pattern, table) == Some(false)),
        };
        wanted && !self.removed.contains(table)
    }

    /// Whether `patch_file` takes out the line of a column or a table.
    pub(crate) fn removes(&self, name: &str) -> bool {
        self.removed.contains(name)
    }

    /// Whether `patch_file` puts in the line of a column or a table.
    pub(crate) fn adds(&self, name: &str) -> bool {
        self.added.contains(name)
    }
}

fn filter(section: &Table) -> Filter {
    let list = |name: &str| -> Option<Vec<String>> {
        let list = section.get("filter")?.get(name)?.as_array()?;
        Some(list.iter().filter_map(Value::as_str).map(str::to_owned).collect())
    };
    match (list("only_tables"), list("except_tables")) {
        (Some(only), _) => Filter::Only(only),
        (None, Some(except)) => Filter::Except(except),
        (None, None) => Filter::None,
    }
}

/// The name that a line of a `table!` is about: `id` of `id -> Int4,`, `orders` of `orders (id) {`.
fn without_type(line: &str) -> String {
    let line = line.trim();
    let end = line.find([' ', '(']).unwrap_or(line.len());
    line[..end].to_owned()
}

/// Whether a regular expression finds something in a name; nobody knows for one that is more than a name with `^`, `$`
/// and `.*`.
fn fits(pattern: &str, name: &str) -> Option<bool> {
    let (pattern, from_start) = pattern.strip_prefix('^').map_or((pattern, false), |rest| (rest, true));
    let (pattern, to_end) = pattern.strip_suffix('$').map_or((pattern, false), |rest| (rest, true));
    let pattern = pattern.replace(".*", "*").replace('.', "?");
    if pattern.contains(['[', ']', '(', ')', '|', '+', '\\', '{', '}', '^', '$']) {
        return None;
    }
    let (start, end) = (if from_start { "" } else { "*" }, if to_end { "" } else { "*" });
    Some(wildmatch::WildMatch::new(&format!("{start}{pattern}{end}")).matches(name))
}

/// A path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn diesel_toml_above_names_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::fs::create_dir_all(root.join("crates/db/src")).unwrap();
        let toml = "[print_schema]\nfile = \"./crates/db/src/schema.rs\"\nfilter = { except_tables = [\"^log\", \"a[bc]\"] }\n\
                    patch_file = \"x.patch\"\n[print_schema.other]\nfile = \"crates/db/src/other.rs\"\n";
        std::fs::write(root.join("diesel.toml"), toml).unwrap();
        std::fs::write(
            root.join("x.patch"),
            "--- a\n+++ b\n-        path -> Ltree,\n+    tags -> Array<Text>,\n+    v (id) {\n",
        )
        .unwrap();
        let of = |file: &str| Printed::of(&root.join("crates/db/src").join(file), "table! { a { id -> Int4, } }");
        let printed = of("schema.rs");
        assert_eq!(printed.by, By::DieselToml);
        assert!(!printed.wants("logs"));
        assert!(!printed.wants("orders"), "nobody knows what the second pattern finds");
        assert!(printed.removes("path") && printed.adds("tags") && printed.adds("v") && !printed.removes("id"));
        let other = of("other.rs");
        assert!(other.by == By::DieselToml && other.wants("logs") && !other.adds("v"));
        assert_eq!(of("mine.rs").by, By::Nobody);
    }

    #[test]
    fn the_head_names_it_too() {
        let by = |text: &str| Printed::by_head(text).by;
        assert_eq!(by("// @generated automatically by Diesel CLI.\n\ndiesel::table! {}"), By::ItsHead);
        assert_eq!(by("\u{feff}// @generated automatically by Diesel CLI."), By::ItsHead);
        assert_eq!(by("diesel::table! {}"), By::Nobody);
    }

    #[test]
    fn patterns_are_found_anywhere() {
        for (pattern, name, expected) in [
            ("log", "blogs", Some(true)),
            ("^log", "blogs", Some(false)),
            ("^log$", "log", Some(true)),
            ("^l.*g$", "long", Some(true)),
            ("a|b", "a", None),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }
}
