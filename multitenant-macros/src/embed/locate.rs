//! Where the configuration lies: with the package, or with its workspace.

use std::path::Path;

use toml::Table;

use super::place::{Base, Place, slashes};

const CONFIGURATION: &str = "multitenant.toml";

/// `multitenant.toml` beside the package's manifest, else beside that of its workspace.
pub(crate) fn configuration(package: &Base) -> Option<Place> {
    let own = package.join(CONFIGURATION);
    if own.path.is_file() {
        return Some(own);
    }
    let above = package.join(&format!("{}/{CONFIGURATION}", way_to_workspace(&package.path)?));
    // The file is called by its name only: the way to it differs between the packages of a workspace.
    above.path.is_file().then(|| above.shown_as(CONFIGURATION))
}

/// The way from a package to the folder of its workspace's manifest; `None` where the package is alone.
fn way_to_workspace(package: &Path) -> Option<String> {
    let own = manifest(package)?;
    if own.contains_key("workspace") {
        return None;
    }
    if let Some(named) = own.get("package").and_then(|package| package.get("workspace")?.as_str()) {
        return Some(slashes(named.trim_end_matches('/')));
    }
    let is_root = |folder: &Path| {
        let workspace = manifest(folder).and_then(|manifest| manifest.get("workspace")?.as_table().cloned());
        workspace.is_some_and(|workspace| !excludes(&workspace, folder, package))
    };
    let (levels, _) = package.ancestors().enumerate().skip(1).find(|(_, folder)| is_root(folder))?;
    Some(vec![".."; levels].join("/"))
}

fn excludes(workspace: &Table, root: &Path, package: &Path) -> bool {
    let excluded = workspace.get("exclude").and_then(|exclude| exclude.as_array());
    let mut excluded = excluded.into_iter().flatten().filter_map(|path| path.as_str());
    excluded.any(|path| package.starts_with(root.join(path)))
}

fn manifest(folder: &Path) -> Option<Table> {
    std::fs::read_to_string(folder.join("Cargo.toml")).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::*;

    /// A folder that is gone after the test.
    struct Folder(PathBuf);

    impl Folder {
        fn with(name: &str, files: &[(&str, &str)]) -> Self {
            let root = std::env::temp_dir().join(format!("multitenant-macros-{}-{name}", std::process::id()));
            for (file, text) in files {
                let path = root.join(file);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
            Self(root)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    const PACKAGE: &str = "[package]\nname = \"app\"\n";

    fn check(name: &str, files: &[(&str, &str)], expected: Option<&str>) {
        let folder = Folder::with(name, files);
        let found = configuration(&Base::package(folder.0.join("ws/crates/app")));
        assert_eq!(found.as_ref().map(Place::way), expected, "{name}");
        assert!(found.is_none_or(|file| file.shown == "multitenant.toml"), "{name}");
    }

    #[test]
    fn the_configuration_is_the_packages_or_its_workspaces() {
        let app = ("ws/crates/app/Cargo.toml", PACKAGE);
        let root = ("ws/Cargo.toml", "[workspace]\nmembers = [\"crates/*\"]\n");
        let above = ("ws/multitenant.toml", "");
        check("own", &[app, root, above, ("ws/crates/app/multitenant.toml", "")], Some("multitenant.toml"));
        check("workspace", &[app, root, above], Some("../../multitenant.toml"));
        check("none", &[app, root], None);
        check("between", &[app, root, ("ws/crates/multitenant.toml", "")], None);
        check("beyond", &[app, root, ("Cargo.toml", "[workspace]"), ("multitenant.toml", "")], None);
        let alone = ("ws/crates/app/Cargo.toml", "[package]\nname = \"app\"\n[workspace]\n");
        check("alone", &[alone, root, above], None);
        let without = ("ws/Cargo.toml", "[workspace]\nexclude = [\"crates/app\"]\n");
        check("excluded", &[app, without, above], None);
        let named = ("ws/crates/app/Cargo.toml", "[package]\nname = \"app\"\nworkspace = \"../../../main\"\n");
        let main = ("main/multitenant.toml", "");
        check("named", &[named, root, above, main, ("main/Cargo.toml", "")], Some("../../../main/multitenant.toml"));
    }
}
