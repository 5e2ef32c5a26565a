//! The package that schema code goes into, as cargo sees it.

use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, MetadataCommand, Package as CargoPackage, Target};

use super::types::{ColumnType, Rust};

/// How many columns a table may have in Diesel, and the features of which one must be on for that.
const WIDTHS: [(usize, &[&str]); 4] = [
    (16, &[]),
    (32, &["32-column-tables", "large-tables", "default"]),
    (64, &["64-column-tables", "huge-tables"]),
    (MOST_COLUMNS, &["128-column-tables"]),
];

/// The most columns that Diesel can have in a table.
pub(crate) const MOST_COLUMNS: usize = 128;

/// The package that schema code goes into.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) name: String,
    /// The file of its library, or of its program where it has none.
    pub(crate) root_file: PathBuf,
    /// Each dependency with the features that are asked for, `default` among them.
    dependencies: Vec<(String, Vec<String>)>,
    uses_default_runtime: bool,
    folder: PathBuf,
    /// The files of its other targets, such as its program where it has a library: crates of their own.
    other_roots: Vec<PathBuf>,
}

impl Package {
    /// The one in the configuration's folder, or above it, or the only one beneath.
    pub(crate) fn of(root: &Path) -> Result<Self, String> {
        if !root.ancestors().any(|folder| folder.join("Cargo.toml").is_file()) {
            return Err("there is no Cargo.toml: begin with `cargo init --lib`".to_owned());
        }
        let metadata = MetadataCommand::new().current_dir(root).no_deps().exec();
        let metadata = metadata.map_err(|error| format!("cargo does not say which packages there are: {error}"))?;
        let resolved = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        let root = resolved(root);
        let folder =
            |package: &CargoPackage| package.manifest_path.parent().map(|folder| resolved(folder.as_std_path()));
        let members = metadata.workspace_packages();
        let around = members.iter().filter(|package| folder(package).is_some_and(|folder| root.starts_with(folder)));
        let nearest = around.max_by_key(|package| package.manifest_path.as_str().len());
        let mut beneath = members.iter();
        let package = match (nearest, beneath.next(), beneath.next()) {
            (Some(package), ..) | (None, Some(package), None) => package,
            (None, None, _) => return Err("the workspace has no package: make one with `cargo new --lib`".to_owned()),
            (None, Some(one), Some(other)) => {
                return Err(format!(
                    "it may be {}, {} or another package: put multitenant.toml beside the Cargo.toml of the one that has \
                     the tables",
                    one.name, other.name
                ));
            }
        };
        Self::read(package).ok_or_else(|| format!("the package {} has neither a library nor a program", package.name))
    }

    fn read(package: &CargoPackage) -> Option<Self> {
        let library = package.targets.iter().find(|target| target.is_lib());
        let usual = |target: &&Target| target.is_bin() && target.src_path.ends_with("main.rs");
        let program =
            package.targets.iter().find(usual).or_else(|| package.targets.iter().find(|target| target.is_bin()));
        let normal = package.dependencies.iter().filter(|dependency| dependency.kind == DependencyKind::Normal);
        let root = library.or(program)?.src_path.as_std_path().to_path_buf();
        let others = package.targets.iter().map(|target| target.src_path.as_std_path().to_path_buf());
        let named = |name: &str| normal.clone().find(move |dependency| dependency.name == name);
        Some(Self {
            name: package.name.to_string(),
            other_roots: others.filter(|path| *path != root).collect(),
            root_file: root,
            uses_default_runtime: named("multitenant-runtime").is_some_and(|runtime| runtime.uses_default_features),
            dependencies: normal
                .filter(|dependency| dependency.rename.is_none())
                .map(|dependency| {
                    let default = dependency.uses_default_features.then(|| "default".to_owned());
                    (dependency.name.clone(), dependency.features.iter().cloned().chain(default).collect())
                })
                .collect(),
            folder: package.manifest_path.parent()?.as_std_path().to_path_buf(),
        })
    }

    /// The folder of its Cargo.toml.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The files that are crates of their own beside the one that schema code goes into.
    pub(super) fn other_roots(&self) -> &[PathBuf] {
        &self.other_roots
    }

    /// The folder that its modules lie in.
    pub(crate) fn source(&self) -> &Path {
        self.root_file.parent().unwrap_or(&self.folder)
    }

    /// What each of these types is in Rust, and the commands that add what is missing for them and for the structs.
    pub(crate) fn rust(&self, types: &[ColumnType]) -> (Vec<&'static str>, Vec<String>) {
        let mut missing = Vec::new();
        let has_macros = self.uses_default_runtime || self.has("multitenant-runtime", Some("macros"));
        self.wants(self.has("diesel", None), "diesel --no-default-features --features postgres_backend", &mut missing);
        self.wants(
            has_macros,
            concat!("multitenant-runtime@", env!("CARGO_PKG_VERSION"), " --features macros"),
            &mut missing,
        );
        missing.extend(self.missing_for_width(types.len()));
        let rust = types.iter().map(|ty| match ty.rust {
            Rust::Plain(rust) => rust,
            Rust::Of { ty, feature, package } => {
                self.wants_feature(feature, package, &mut missing);
                ty
            }
            Rust::Temporal { chrono, time } => {
                let has = |name| self.has("diesel", Some(name)) && self.has(name, None);
                if has("time") && !has("chrono") {
                    time
                } else if !has("chrono") && self.has("time", None) && !self.has("chrono", None) {
                    self.wants_feature("time", "time", &mut missing);
                    time
                } else {
                    self.wants_feature("chrono", "chrono", &mut missing);
                    chrono
                }
            }
        });
        (rust.collect(), missing)
    }

    /// The command that lets Diesel have tables of so many columns, where it is not told to already.
    pub(crate) fn missing_for_width(&self, columns: usize) -> Option<String> {
        let at = WIDTHS.iter().position(|(most, _)| columns <= *most)?;
        // Each feature brings those before it.
        let has = WIDTHS.iter().skip(at).any(|(_, names)| names.iter().any(|name| self.has("diesel", Some(name))));
        let feature = WIDTHS.get(at).and_then(|(_, names)| names.first())?;
        let mut missing = Vec::new();
        self.wants(has, &format!("diesel --features {feature}"), &mut missing);
        missing.pop()
    }

    /// Whether it has Diesel at all.
    pub(crate) fn has_diesel(&self) -> bool {
        self.has("diesel", None)
    }

    /// The commands that add what a seed in Rust needs and is missing.
    pub(crate) fn missing_for_seeds(&self) -> Vec<String> {
        let mut missing = Vec::new();
        self.wants(self.has("diesel", None), "diesel --no-default-features --features postgres_backend", &mut missing);
        self.wants(self.has("diesel-async", None), "diesel-async --features postgres", &mut missing);
        missing
    }

    fn wants_feature(&self, feature: &str, package: &str, missing: &mut Vec<String>) {
        self.wants(self.has("diesel", Some(feature)), &format!("diesel --features {feature}"), missing);
        self.wants(self.has(package, None), package, missing);
    }

    fn wants(&self, is_there: bool, what: &str, missing: &mut Vec<String>) {
        let command = format!("cargo add --package {} {what}", self.name);
        if !is_there && !missing.contains(&command) {
            missing.push(command);
        }
    }

    fn has(&self, name: &str, feature: Option<&str>) -> bool {
        let found = self.dependencies.iter().find(|(known, _)| known == name);
        let is_on = |features: &[String], feature: &str| features.iter().any(|on| on == feature || on == "extras");
        found.is_some_and(|(_, features)| feature.is_none_or(|feature| is_on(features, feature)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::types::{TIMESTAMPTZ, UUID, find};
    use super::*;

    fn package(dependencies: &[(&str, &[&str])]) -> Package {
        let owned = |(name, features): &(&str, &[&str])| {
            ((*name).to_owned(), features.iter().map(|feature| (*feature).to_owned()).collect())
        };
        Package {
            name: "shop".to_owned(),
            root_file: "src/lib.rs".into(),
            dependencies: dependencies.iter().map(owned).collect(),
            uses_default_runtime: false,
            folder: ".".into(),
            other_roots: Vec::new(),
        }
    }

    #[test]
    fn what_is_missing_is_said_with_its_command() {
        let types = [UUID, TIMESTAMPTZ, find("jsonb").unwrap(), UUID];
        let (_, missing) = package(&[("diesel", &["uuid"])]).rust(&types);
        let expected = [
            "cargo add --package shop multitenant-runtime@0.1.0 --features macros",
            "cargo add --package shop uuid",
            "cargo add --package shop diesel --features chrono",
            "cargo add --package shop chrono",
            "cargo add --package shop diesel --features serde_json",
            "cargo add --package shop serde_json",
        ];
        assert_eq!(missing, expected);
        let all: &[(&str, &[&str])] = &[
            ("diesel", &["extras"]),
            ("uuid", &[]),
            ("chrono", &[]),
            ("serde_json", &[]),
            ("multitenant-runtime", &["macros"]),
        ];
        assert_eq!(package(all).rust(&types).1, [] as [String; 0]);
        let missing = package(&[("diesel", &[])]).missing_for_seeds();
        assert_eq!(missing, ["cargo add --package shop diesel-async --features postgres"]);
    }

    #[test]
    fn wide_tables_need_a_feature() {
        let missing = |features: &[&str], columns| package(&[("diesel", features)]).missing_for_width(columns);
        let needs = |feature: &str| Some(format!("cargo add --package shop diesel --features {feature}"));
        assert_eq!(missing(&[], 16), None);
        assert_eq!(missing(&[], 17), needs("32-column-tables"));
        assert_eq!(missing(&["default"], 32), None);
        assert_eq!(missing(&["128-column-tables"], 17), None);
        assert_eq!(missing(&["default"], 33), needs("64-column-tables"));
        assert_eq!(missing(&["64-column-tables"], 65), needs("128-column-tables"));
        assert_eq!(missing(&["128-column-tables"], 128), None);
    }

    #[test]
    fn moments_are_what_the_project_has() {
        let rust = |dependencies: &[(&str, &[&str])]| package(dependencies).rust(&[TIMESTAMPTZ]).0[0];
        assert_eq!(rust(&[("diesel", &["time"]), ("time", &[])]), "time::OffsetDateTime");
        assert_eq!(rust(&[("diesel", &[]), ("time", &[])]), "time::OffsetDateTime");
        assert_eq!(rust(&[("diesel", &["chrono"]), ("chrono", &[]), ("time", &[])]), "chrono::DateTime<chrono::Utc>");
        assert_eq!(rust(&[("diesel", &[])]), "chrono::DateTime<chrono::Utc>");
    }
}
