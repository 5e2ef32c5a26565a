//! Whether a package can have what would be written: its edition, its targets, and the versions that it has already.

use cargo_metadata::semver::{Version, VersionReq};
use toml_edit::{DocumentMut, Item, TableLike};

use super::dependencies::Dependency;
use super::manifest::parse;

/// The releases of each crate that go with what is written: the major version, and within it the minor ones from the first
/// on, or that one alone.
const RELEASES: &[(&str, u64, u64, Newer)] = &[
    ("actix-web", 4, 0, Newer::Too),
    ("axum", 0, 8, Newer::Not),
    ("diesel", 2, 3, Newer::Too),
    ("diesel-async", 0, 9, Newer::Not),
    ("tokio", 1, 0, Newer::Too),
];

#[derive(PartialEq, Eq)]
enum Newer {
    Too,
    Not,
}

/// Why each dependency that the package has already is none that can be used, by its name.
pub(super) fn unusable_dependencies(
    manifest: &str,
    workspace: Option<&str>,
    wanted: &[Dependency],
) -> Vec<(&'static str, String)> {
    let Ok(document) = parse(manifest) else { return Vec::new() };
    let workspace = workspace.and_then(|text| parse(text).ok());
    let Some(table) = document.get("dependencies").and_then(Item::as_table_like) else { return Vec::new() };
    let names = wanted.iter().map(|dependency| dependency.name).filter(|name| table.contains_key(name));
    names.filter_map(|name| Some((name, reason(name, table.get(name)?, workspace.as_ref())?))).collect()
}

fn reason(name: &str, entry: &Item, workspace: Option<&DocumentMut>) -> Option<String> {
    let key = |table: &dyn TableLike, key: &str| table.get(key).cloned();
    let table = entry.as_table_like();
    if table.and_then(|table| key(table, "optional")).and_then(|value| value.as_bool()) == Some(true) {
        return Some(format!("the dependency {name} is optional: remove `optional = true`"));
    }
    let inherits = table.and_then(|table| key(table, "workspace")).and_then(|value| value.as_bool()) == Some(true);
    let inherited = || workspace?.get("workspace")?.get("dependencies")?.get(name).cloned();
    let entry = if inherits { inherited()? } else { entry.clone() };
    let version = entry.as_str().map(str::to_owned).or_else(|| {
        let version = entry.as_table_like()?.get("version")?.as_str()?;
        Some(version.to_owned())
    })?;
    let (_, major, minor, newer) = RELEASES.iter().find(|(of, ..)| *of == name)?;
    let requirement = VersionReq::parse(&version).ok()?;
    let last = if *newer == Newer::Too { minor + 100 } else { *minor };
    let fits =
        (*minor..=last).any(|minor| (0..60).any(|patch| requirement.matches(&Version::new(*major, minor, patch))));
    (!fits).then(|| format!("it depends on {name} {version}: raise it to {major}.{minor}"))
}

/// Why the package can have no application as it would be written.
pub(super) fn unusable_package(manifest: &str, workspace: Option<&str>, package: &str) -> Option<String> {
    let document = parse(manifest).ok()?;
    let section = document.get("package");
    let edition = match section.and_then(|section| section.get("edition")) {
        None => Some("2015".to_owned()),
        Some(item) if item.is_str() => item.as_str().map(str::to_owned),
        Some(_) => workspace.and_then(|text| {
            let edition = parse(text).ok()?.get("workspace")?.get("package")?.get("edition")?.as_str()?.to_owned();
            Some(edition)
        }),
    };
    if let Some(edition) = edition.filter(|edition| edition.parse::<u32>().is_ok_and(|year| year < 2021)) {
        return Some(format!("its edition is {edition}: raise it to 2021 or later"));
    }
    let path = document.get("lib").and_then(|lib| lib.get("path")).and_then(Item::as_str);
    if let Some(path) = path.filter(|path| path.trim_start_matches("./") != "src/lib.rs") {
        return Some(format!("its library is {path}, and the application's would be src/lib.rs"));
    }
    let binaries = document.get("bin").and_then(Item::as_array_of_tables)?;
    binaries.iter().find_map(|binary| {
        let name = binary.get("name").and_then(Item::as_str).unwrap_or_default();
        let inferred = if name == package { "src/main.rs" } else { "src/bin" };
        let path = binary.get("path").and_then(Item::as_str).unwrap_or(inferred);
        let is_ours = path.trim_start_matches("./") == "src/main.rs";
        (is_ours != (name == package))
            .then(|| format!("[[bin]] has {name} at {path}, and the application's would be {package} at src/main.rs"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::init::dependencies::Source;

    #[test]
    fn versions_that_do_not_go_with_it_are_told() {
        let wanted = ["diesel", "axum", "tokio", "actix-web"].map(|name| Dependency {
            name,
            source: Source::Version("1"),
            default_features: true,
            features: Vec::new(),
            covered_by: &[],
        });
        for (entry, unusable) in [
            ("diesel = \"2\"", false),
            ("diesel = \"2.1\"", false),
            ("diesel = \"=2.3.4\"", false),
            ("diesel = \"~2.2\"", true),
            ("diesel = \"1.4\"", true),
            ("diesel = { version = \"2.3\", optional = true }", true),
            ("diesel.workspace = true", true),
            ("diesel = { git = \"https://example.com/diesel\" }", false),
            ("axum = \"0.8.1\"", false),
            ("axum = \"0.6\"", true),
            ("axum = \"*\"", false),
            ("tokio = \"0.2\"", true),
            ("tokio = \"1.40\"", false),
            ("actix-web = \">=3, <4\"", true),
        ] {
            let manifest = format!("[dependencies]\n{entry}\n");
            let workspace = "[workspace.dependencies]\ndiesel = \"1.4\"\n";
            assert_eq!(
                unusable_dependencies(&manifest, Some(workspace), &wanted).len(),
                usize::from(unusable),
                "{entry}"
            );
        }
    }

    #[test]
    fn editions_and_targets_that_do_not_go_with_it_are_told() {
        let of = |text: &str| unusable_package(text, None, "p").unwrap_or_default();
        let package = "[package]\nname = \"p\"\nedition = \"2021\"\n";
        assert_eq!(of(package), "");
        assert!(of("[package]\nname = \"p\"\n").contains("edition is 2015"));
        assert!(of(&package.replace("2021", "2018")).contains("edition is 2018"));
        assert!(of(&format!("{package}[lib]\npath = \"lib.rs\"\n")).contains("library is lib.rs"));
        assert!(of(&format!("{package}[[bin]]\nname = \"server\"\npath = \"src/main.rs\"\n")).contains("has server"));
        assert_eq!(of(&format!("{package}[[bin]]\nname = \"p\"\npath = \"src/main.rs\"\n")), "");
        assert_eq!(of(&format!("{package}[[bin]]\nname = \"tool\"\npath = \"src/tool.rs\"\n")), "");
    }
}
