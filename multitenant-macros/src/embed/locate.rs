//! Where the configuration and the folders lie, and how the compiler is told to watch them.

use std::path::{Path, PathBuf};

use proc_macro2::TokenStream;
use quote::quote;
use toml::Table;

const CONFIGURATION: &str = "multitenant.toml";

/// A file or a folder, in the three forms that are needed.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// Where it lies.
    pub(crate) path: PathBuf,
    /// As it was configured, with `/`, for messages.
    pub(crate) shown: String,
    /// Relative to the package, with `/`; or absolute.
    from_package: String,
}

impl Place {
    /// Something in this folder.
    pub(crate) fn join(&self, name: &str) -> Self {
        Self {
            path: self.path.join(name),
            shown: format!("{}/{name}", self.shown.trim_end_matches('/')),
            from_package: format!("{}/{name}", self.from_package.trim_end_matches('/')),
        }
    }

    /// An expression for the text of this file, which also makes the compiler watch it.
    ///
    /// It begins at `CARGO_MANIFEST_DIR`, so that what is built does not name the machine that expanded it.
    pub(crate) fn include(&self) -> TokenStream {
        let path = &self.from_package;
        if Path::new(path).is_absolute() {
            return quote! { ::core::include_str!(#path) };
        }
        let path = format!("/{path}");
        quote! { ::core::include_str!(::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), #path)) }
    }

    /// Whether both are the same folder on the disk.
    pub(crate) fn is_same_folder(&self, other: &Self) -> bool {
        match (self.path.canonicalize(), other.path.canonicalize()) {
            (Ok(one), Ok(other)) => one == other,
            _ => false,
        }
    }
}

/// A folder that configured paths begin at: the package, or where the configuration lies.
#[derive(Debug, Clone)]
pub(crate) struct Base {
    path: PathBuf,
    from_package: String,
}

impl Base {
    /// The folder of the package's manifest.
    pub(crate) fn package(path: PathBuf) -> Self {
        Self { path, from_package: String::new() }
    }

    /// The folder that a file lies in.
    pub(crate) fn beside(&self, file: &Place) -> Self {
        let folder = |path: &str| path.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned());
        let path = file.path.parent().map_or_else(|| self.path.clone(), Path::to_path_buf);
        Self { path, from_package: folder(&file.from_package) }
    }

    /// A path as it was configured.
    pub(crate) fn join(&self, configured: &str) -> Place {
        let configured = slashes(configured);
        let shown = configured.trim_start_matches("./");
        let shown = if shown.len() > 1 { shown.trim_end_matches('/') } else { shown };
        let from_package = if self.from_package.is_empty() || Path::new(shown).is_absolute() {
            shown.to_owned()
        } else {
            format!("{}/{shown}", self.from_package)
        };
        Place { path: self.path.join(shown), shown: shown.to_owned(), from_package }
    }

    /// The folder, for messages.
    pub(crate) fn shown(&self) -> String {
        slashes(&self.path.to_string_lossy())
    }
}

/// `multitenant.toml` beside the package's manifest, else beside that of its workspace.
pub(crate) fn configuration(package: &Base) -> Option<Place> {
    let own = package.join(CONFIGURATION);
    if own.path.is_file() {
        return Some(own);
    }
    let above = package.join(&format!("{}/{CONFIGURATION}", way_to_workspace(&package.path)?));
    // The file is called by its name only: the way to it differs between the packages of a workspace.
    above.path.is_file().then(|| Place { shown: CONFIGURATION.to_owned(), ..above })
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

/// A path with `/`, which every system that Rust runs on understands.
fn slashes(path: &str) -> String {
    if cfg!(windows) { path.replace('\\', "/") } else { path.to_owned() }
}

#[cfg(test)]
mod tests {
    use std::fs;

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
        assert_eq!(found.as_ref().map(|file| file.from_package.as_str()), expected, "{name}");
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

    #[test]
    fn configured_paths_begin_at_the_configuration() {
        let package = Base::package(PathBuf::from("/p/app"));
        let base = package.beside(&package.join("../conf/multitenant.toml"));
        let folder = base.join("./migrations/tenant/");
        assert_eq!(folder.shown, "migrations/tenant");
        assert_eq!(folder.from_package, "../conf/migrations/tenant");
        assert_eq!(folder.path, Path::new("/p/app/../conf/migrations/tenant"));
        assert!(folder.join("up.sql").include().to_string().contains("\"/../conf/migrations/tenant/up.sql\""));
    }

    #[test]
    #[cfg(unix)]
    fn absolute_paths_stay_as_they_are() {
        let base = Base::package(PathBuf::from("/p/app"));
        let file = base.join("/etc/app/multitenant.toml");
        assert_eq!(file.path, Path::new("/etc/app/multitenant.toml"));
        assert!(!file.include().to_string().contains("CARGO_MANIFEST_DIR"));
        assert_eq!(base.beside(&file).join("sql").from_package, "/etc/app/sql");
    }
}
