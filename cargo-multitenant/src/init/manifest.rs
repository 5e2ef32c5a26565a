//! What becomes of a `Cargo.toml`: only what is missing is added, and all else stays as it is written.

use std::path::Path;

use toml_edit::{Array, DocumentMut, Formatted, InlineTable, Item, Table, TableLike, Value};

use super::dependencies::{Dependency, Source};
use super::name::PackageName;

/// A new package's.
pub(super) fn new(name: &PackageName) -> String {
    format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\n")
}

/// The package's name in a manifest; `None` where it is a workspace's alone.
pub(super) fn package(text: &str) -> Result<Option<String>, String> {
    let document = parse(text)?;
    let name = document.get("package").and_then(|package| package.get("name")).and_then(Item::as_str);
    Ok(name.map(str::to_owned))
}

/// The library's name in a manifest, where it is not the package's.
pub(super) fn library(text: &str) -> Option<String> {
    let document = parse(text).ok()?;
    document.get("lib")?.get("name")?.as_str().map(str::to_owned)
}

/// Whether a manifest's package is run by a `build.rs` of another name.
pub(super) fn build_script(text: &str) -> Option<String> {
    let document = parse(text).ok()?;
    document.get("package")?.get("build")?.as_str().map(str::to_owned)
}

/// Whether a manifest is a workspace's, a package's besides or not.
pub(super) fn is_workspace(text: &str) -> bool {
    parse(text).is_ok_and(|document| document.contains_key("workspace"))
}

/// Whether a manifest's package depends on a crate.
pub(super) fn depends_on(text: &str, name: &str) -> bool {
    let Ok(document) = parse(text) else { return false };
    document.get("dependencies").and_then(Item::as_table_like).is_some_and(|table| table.contains_key(name))
}

/// The manifest with these dependencies, and what was done to it.
///
/// # Errors
///
/// Where it is no manifest.
pub(super) fn edit(text: &str, normal: &[Dependency], dev: &[Dependency]) -> Result<(String, Vec<String>), String> {
    let mut document = parse(text)?;
    let mut done = Vec::new();
    for (section, dependencies) in [("dependencies", normal), ("dev-dependencies", dev)] {
        if dependencies.is_empty() {
            continue;
        }
        if document.get(section).is_none() {
            let mut table = Table::new();
            table.set_implicit(false);
            document.insert(section, Item::Table(table));
        }
        let table = document.get_mut(section).and_then(Item::as_table_like_mut);
        let table = table.ok_or_else(|| format!("[{section}] is no table"))?;
        for dependency in dependencies {
            if let Some(what) = add(table, dependency)? {
                done.push(what);
            }
        }
    }
    let text = if done.is_empty() { text.to_owned() } else { with_ends_of(text, &document.to_string()) };
    Ok((text, done))
}

/// The workspace's manifest with this member, if it needs to be named there.
pub(super) fn with_member(text: &str, member: &str) -> Result<Option<String>, String> {
    let mut document = parse(text)?;
    let Some(workspace) = document.get_mut("workspace").and_then(Item::as_table_like_mut) else { return Ok(None) };
    let fits = |list: Option<&Item>| {
        let texts = list.and_then(Item::as_array).into_iter().flatten().filter_map(Value::as_str);
        texts.map(|text| text.trim_start_matches("./").trim_end_matches('/').to_owned()).collect::<Vec<_>>()
    };
    if fits(workspace.get("members")).iter().any(|pattern| matches(pattern, member))
        || fits(workspace.get("exclude")).iter().any(|folder| Path::new(member).starts_with(folder))
    {
        return Ok(None);
    }
    let members = workspace.entry("members").or_insert(Item::Value(Value::Array(Array::new())));
    let members = members.as_array_mut().ok_or("workspace.members is no list")?;
    let indent =
        members.get(0).and_then(|first| first.decor().prefix()?.as_str()).filter(|prefix| prefix.contains('\n'));
    match indent.and_then(|prefix| prefix.rsplit('\n').next()).map(str::to_owned) {
        Some(indent) => {
            // What is said after the last one stays in its line.
            let said = members.trailing().as_str().unwrap_or_default().trim_end().to_owned();
            let mut value = Value::from(member);
            value.decor_mut().set_prefix(format!("{said}\n{indent}"));
            members.push_formatted(value);
            members.set_trailing("\n");
            members.set_trailing_comma(true);
        }
        None => members.push(member),
    }
    Ok(Some(with_ends_of(text, &document.to_string())))
}

/// Whether a pattern of `members` takes this folder in: `*` is any part of one name.
fn matches(pattern: &str, path: &str) -> bool {
    let (patterns, names): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), path.split('/').collect());
    patterns.len() == names.len() && patterns.iter().zip(names).all(|(pattern, name)| name_matches(pattern, name))
}

fn name_matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((before, after)) => name.strip_prefix(before).is_some_and(|rest| {
            (0..=rest.len()).any(|at| rest.get(at..).is_some_and(|rest| name_matches(after, rest)))
        }),
    }
}

pub(super) fn parse(text: &str) -> Result<DocumentMut, String> {
    let text = text.strip_prefix(BOM).unwrap_or(text);
    text.parse().map_err(|error: toml_edit::TomlError| error.to_string().trim_end().to_owned())
}

/// What some editors begin a file with.
const BOM: char = '\u{feff}';

/// An edited text, which ends its lines with `\n`, with a beginning and ends as the text had that was edited: each line that
/// was there has its own, and a new one that of most.
fn with_ends_of(before: &str, edited: &str) -> String {
    let lines: Vec<(&str, bool)> = before
        .strip_prefix(BOM)
        .unwrap_or(before)
        .split_inclusive('\n')
        .map(|line| (line.trim_end_matches(['\r', '\n']), line.ends_with("\r\n")))
        .collect();
    let carried = lines.iter().filter(|(_, carried)| *carried).count();
    let mut text = if before.starts_with(BOM) { BOM.to_string() } else { String::new() };
    let mut rest = lines.as_slice();
    for line in edited.split_inclusive('\n') {
        let plain = line.trim_end_matches(['\r', '\n']);
        let mut carries = carried * 2 > lines.len();
        if let Some(at) = rest.iter().position(|(other, _)| *other == plain) {
            carries = rest[at].1;
            rest = &rest[at + 1..];
        }
        text.push_str(plain);
        text.push_str(match line.ends_with('\n') {
            true if carries => "\r\n",
            true => "\n",
            false => "",
        });
    }
    text
}

/// Adds a dependency, or the features that it lacks; what was done, if anything.
fn add(table: &mut dyn TableLike, dependency: &Dependency) -> Result<Option<String>, String> {
    let name = dependency.name;
    let Some(there) = table.get_mut(name) else {
        table.insert(name, Item::Value(entry(dependency)));
        return Ok(Some(format!("{name} added")));
    };
    let lacking = lacking(there, dependency);
    if lacking.is_empty() {
        return Ok(None);
    }
    if let Some(version) = there.as_str().map(str::to_owned) {
        let mut inline = InlineTable::new();
        inline.insert("version", version.into());
        // What is said after the line stays there.
        let decor = there.as_value().map(|value| value.decor().clone());
        let mut value = Value::InlineTable(inline);
        if let Some(decor) = decor {
            *value.decor_mut() = decor;
        }
        *there = Item::Value(value);
    }
    let there = there.as_table_like_mut().ok_or_else(|| format!("the dependency {name} is not understood"))?;
    let features = there.entry("features").or_insert(Item::Value(Value::Array(Array::new())));
    let features = features.as_array_mut().ok_or_else(|| format!("the features of {name} are no list"))?;
    for feature in &lacking {
        features.push(*feature);
    }
    Ok(Some(format!("{name}: {} added to its features", lacking.join(", "))))
}

/// The features that an entry does not have.
fn lacking<'d>(there: &Item, dependency: &'d Dependency) -> Vec<&'d str> {
    let has: Vec<&str> = there
        .as_table_like()
        .and_then(|table| table.get("features"))
        .and_then(Item::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let off = there.as_table_like().and_then(|table| table.get("default-features")).and_then(Item::as_bool);
    let is_on = |by: &str| has.contains(&by) || (by == "default" && off != Some(false));
    let is_covered = |feature: &str| {
        let mut covers = dependency.covered_by.iter();
        covers.any(|(by, brings)| is_on(by) && (*brings == "*" || *brings == feature))
    };
    let lacks = |feature: &&str| !has.contains(feature) && !is_covered(feature);
    dependency.features.iter().copied().filter(lacks).collect()
}

fn entry(dependency: &Dependency) -> Value {
    let version = match &dependency.source {
        Source::Version(version) if dependency.default_features && dependency.features.is_empty() => {
            return Value::String(Formatted::new((*version).to_owned()));
        }
        Source::Version(version) => ("version", (*version).to_owned()),
        Source::Path(path) => ("path", path.clone()),
    };
    let mut table = InlineTable::new();
    table.insert(version.0, version.1.into());
    if !dependency.default_features {
        table.insert("default-features", false.into());
    }
    if !dependency.features.is_empty() {
        table.insert("features", Value::Array(dependency.features.iter().copied().collect()));
    }
    Value::InlineTable(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dependency(name: &'static str, features: &[&'static str]) -> Dependency {
        Dependency {
            name,
            source: Source::Version("1"),
            default_features: true,
            features: features.to_vec(),
            covered_by: &[("full", "*")],
        }
    }

    #[track_caller]
    fn check(text: &str, wanted: &[Dependency], expected: &str) {
        let (edited, _) = edit(text, wanted, &[]).unwrap();
        assert_eq!(edited, expected);
        let (again, done) = edit(&edited, wanted, &[]).unwrap();
        assert_eq!((again.as_str(), done.len()), (expected, 0), "a second time changes nothing");
    }

    #[test]
    fn comments_and_format_stay() {
        let text = "# ours\n[package]  # why\nname = 'p'\n\n[dependencies] # all of them\nserde = \"1\" # pinned\n\n\
                    # later\n[profile.dev]\nopt-level = 1\n";
        let expected = "# ours\n[package]  # why\nname = 'p'\n\n[dependencies] # all of them\n\
                        serde = { version = \"1\", features = [\"derive\"] } # pinned\ntokio = \"1\"\n\n\
                        # later\n[profile.dev]\nopt-level = 1\n";
        check(text, &[dependency("serde", &["derive"]), dependency("tokio", &[])], expected);
    }

    #[test]
    fn each_way_to_write_a_dependency_is_understood() {
        let wanted = [dependency("a", &["x", "y"])];
        for (text, expected) in [
            (
                "[dependencies]\na = { version = \"1\", features = [\"x\"] }\n",
                "[dependencies]\na = { version = \"1\", features = [\"x\", \"y\"] }\n",
            ),
            ("[dependencies.a]\nversion = \"1\"\n", "[dependencies.a]\nversion = \"1\"\nfeatures = [\"x\", \"y\"]\n"),
            (
                "[dependencies]\na.workspace = true\n",
                "[dependencies]\na.workspace = true\na.features = [\"x\", \"y\"]\n",
            ),
            (
                "[dependencies]\na = { version = \"1\", features = [\"full\"] }\n",
                "[dependencies]\na = { version = \"1\", features = [\"full\"] }\n",
            ),
        ] {
            check(text, &wanted, expected);
        }
        // Diesel's default features have what tables of more than 16 columns need.
        let choices = [Dependency { covered_by: &[("default", "x")], ..dependency("a", &["x"]) }];
        check("[dependencies]\na = \"1\"\n", &choices, "[dependencies]\na = \"1\"\n");
        check(
            "[dependencies]\na = { version = \"1\", default-features = false }\n",
            &choices,
            "[dependencies]\na = { version = \"1\", default-features = false , features = [\"x\"] }\n",
        );
        assert!(edit("[dependencies]\na = 5\n", &wanted, &[]).is_err());
        assert!(edit("[dependencies", &wanted, &[]).is_err());
    }

    #[test]
    fn line_ends_and_the_mark_at_the_beginning_stay() {
        let text = "\u{feff}[package]\r\nname = \"p\"\r\n\r\n[dependencies]\r\na = \"1\"\r\n";
        check(text, &[dependency("b", &[])], &format!("{text}b = \"1\"\r\n"));
        // Each line keeps its own.
        let text = "[package]\nname = \"p\"\r\n[dependencies]\r\na = \"1\"\n";
        check(text, &[dependency("b", &[])], &format!("{text}b = \"1\"\n"));
        let text = "[workspace]\r\nmembers = [\"a\"]\r\n";
        let expected = "[workspace]\r\nmembers = [\"a\", \"b\"]\r\n";
        assert_eq!(with_member(text, "b").unwrap().as_deref(), Some(expected));
    }

    #[test]
    fn a_workspace_names_its_new_member() {
        for (text, member, expected) in [
            ("[workspace]\nmembers = [\"a\"]\n", "b", Some("[workspace]\nmembers = [\"a\", \"b\"]\n")),
            (
                "[workspace]\nmembers = [\n    \"a\", # first\n]\n",
                "b",
                Some("[workspace]\nmembers = [\n    \"a\", # first\n    \"b\",\n]\n"),
            ),
            ("[workspace]\nmembers = [\"crates/*\"]\n", "crates/b", None),
            ("[workspace]\nmembers = [\"crates/*\"]\n", "b", Some("[workspace]\nmembers = [\"crates/*\", \"b\"]\n")),
            ("[workspace]\nexclude = [\"old\"]\n", "old/b", None),
            ("[package]\nname = \"p\"\n", "b", None),
        ] {
            assert_eq!(with_member(text, member).unwrap().as_deref(), expected, "{text}");
        }
    }
}
