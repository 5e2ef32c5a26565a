//! What the package of Rust seeds is made of: pure, from what cargo says of the project.

use std::path::Path;

use cargo_metadata::{Dependency, DependencyKind, Metadata, Package, TargetKind};
use multitenant_runtime::Tier;
use toml::{Table, Value};

use super::RustSeed;

/// The name of the package, and of its program.
pub(super) const NAME: &str = "multitenant-seeds";

/// What our own library is called in it, whatever the project calls it.
const TOOL: &str = "multitenant_seed_tool";

/// The project's package whose library the seeds use: the one in the configuration's folder, or the only one there is
/// beneath it, or above.
pub(super) fn library<'m>(metadata: &'m Metadata, root: &Path) -> Result<&'m Package, String> {
    let resolved = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let root = resolved(root);
    let members = metadata.workspace_packages();
    let folder = |package: &Package| package.manifest_path.parent().map(|folder| resolved(folder.as_std_path()));
    let own = members.iter().find(|package| folder(package).is_some_and(|folder| folder == root));
    let above = members.iter().filter(|package| folder(package).is_some_and(|folder| root.starts_with(folder)));
    let above = above.max_by_key(|package| package.manifest_path.as_str().len());
    let has_library = |package: &&&Package| package.targets.iter().any(is_library);
    let mut libraries = members.iter().filter(has_library);
    let package = match (own.or(above), libraries.next(), libraries.next()) {
        (Some(package), ..) | (None, Some(package), None) => package,
        (None, None, _) => return Err("no package of the workspace has a library".to_owned()),
        (None, Some(one), Some(other)) => {
            return Err(format!(
                "which package's library the seeds use is not known: it may be {}, {} or another; put multitenant.toml \
                 beside its Cargo.toml",
                one.name, other.name
            ));
        }
    };
    if !package.targets.iter().any(is_library) {
        return Err(format!("the package {} is only a binary, and nothing can depend on it", package.name));
    }
    Ok(package)
}

fn is_library(target: &cargo_metadata::Target) -> bool {
    target.kind.iter().any(|kind| matches!(kind, TargetKind::Lib | TargetKind::RLib))
}

/// The manifest. `own` is the manifest of the project's workspace, in the folder `root`, and `tool` where our own source
/// is, if it is there.
pub(super) fn manifest(package: &Package, own: &Table, root: &Path, tool: Option<&Path>) -> Table {
    let mut dependencies = Table::new();
    for dependency in package.dependencies.iter().filter(|d| d.kind == DependencyKind::Normal && !d.optional) {
        if dependency.target.is_none() {
            let name = dependency.rename.clone().unwrap_or_else(|| dependency.name.clone());
            dependencies.insert(name, described(dependency));
        }
    }
    let folder = package.manifest_path.parent().map_or("", |folder| folder.as_str());
    dependencies.insert(package.name.to_string(), table([("path", folder.into())]));
    let mut ours = table([("package", "cargo-multitenant".into()), ("default-features", false.into())]);
    if let Value::Table(ours) = &mut ours {
        match tool {
            Some(folder) => ours.insert("path".to_owned(), folder.to_string_lossy().into_owned().into()),
            None => ours.insert("version".to_owned(), concat!("=", env!("CARGO_PKG_VERSION")).into()),
        };
        let features = ["functions", "project"].into_iter().chain(cfg!(feature = "tls").then_some("tls"));
        ours.insert("features".to_owned(), features.map(Value::from).collect::<Vec<_>>().into());
    }
    dependencies.insert(TOOL.to_owned(), ours);
    let mut head = table([("name", NAME.into()), ("version", "0.0.0".into()), ("publish", false.into())]);
    if let Value::Table(head) = &mut head {
        head.insert("edition".to_owned(), package.edition.as_str().into());
    }
    let mut manifest = Table::new();
    manifest.insert("package".to_owned(), head);
    manifest.insert("dependencies".to_owned(), dependencies.into());
    let mut workspace = Table::new();
    let resolver = own.get("workspace").and_then(|workspace| workspace.get("resolver"));
    workspace.extend(resolver.map(|resolver| ("resolver".to_owned(), resolver.clone())));
    manifest.insert("workspace".to_owned(), workspace.into());
    if let Some(patch) = own.get("patch") {
        let mut patch = patch.clone();
        from_root(&mut patch, root);
        manifest.insert("patch".to_owned(), patch);
    }
    manifest.extend(own.get("profile").map(|profile| ("profile".to_owned(), profile.clone())));
    manifest
}

/// A dependency as it stands in a manifest.
fn described(dependency: &Dependency) -> Value {
    let mut entry = Table::new();
    let source = dependency.source.as_ref().map(|source| source.repr.as_str());
    if let Some(path) = &dependency.path {
        entry.insert("path".to_owned(), path.as_str().into());
    } else if let Some(git) = source.and_then(|source| source.strip_prefix("git+")) {
        let (url, query) = git.split('#').next().unwrap_or(git).split_once('?').unwrap_or((git, ""));
        entry.insert("git".to_owned(), url.split('#').next().unwrap_or(url).into());
        for (key, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            entry.insert(key.to_owned(), value.into());
        }
    } else {
        entry.insert("version".to_owned(), dependency.req.to_string().into());
        entry.extend(dependency.registry.as_ref().map(|index| ("registry-index".to_owned(), index.as_str().into())));
    }
    if dependency.rename.is_some() {
        entry.insert("package".to_owned(), dependency.name.as_str().into());
    }
    entry.insert("default-features".to_owned(), dependency.uses_default_features.into());
    entry
        .insert("features".to_owned(), dependency.features.iter().cloned().map(Value::from).collect::<Vec<_>>().into());
    entry.into()
}

/// Paths that begin at the project's manifest, from elsewhere.
fn from_root(value: &mut Value, root: &Path) {
    let Value::Table(table) = value else { return };
    for (key, value) in table.iter_mut() {
        match value {
            Value::String(path) if key == "path" => *path = root.join(&*path).to_string_lossy().into_owned(),
            other => from_root(other, root),
        }
    }
}

fn table<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Table(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

/// The program: the seeds as modules, and our command line with them.
pub(super) fn program(seeds: &[RustSeed]) -> String {
    let mut modules = String::new();
    let mut registered = String::new();
    for (i, seed) in seeds.iter().enumerate() {
        let (path, name) = (seed.path.to_string_lossy(), &seed.name);
        let tier = match seed.tier {
            Tier::Shared => "Shared",
            Tier::Tenant => "Tenant",
        };
        modules += &format!("#[path = {path:?}]\nmod seed_{i};\n{}\n", called(i, seed.is_synchronous));
        let function = if seed.is_synchronous { format!("tool::synchronous(run_{i})") } else { format!("run_{i}") };
        registered += &format!(
            "\n            .with_function(tool::Tier::{tier}, {:?}, {name:?}, {function})",
            seed.environment.as_deref()
        );
    }
    format!(
        "use {TOOL}::seeds as tool;\n\n{modules}fn main() -> std::process::ExitCode {{\n    \
         tool::main(|seeds| {{\n        seeds{registered}\n    }})\n}}\n"
    )
}

/// The function that calls the seed's own; what that fails with becomes one kind of error.
fn called(i: usize, is_synchronous: bool) -> String {
    if is_synchronous {
        return format!(
            "fn run_{i}(conn: &mut tool::SyncConnection<'_>) -> tool::FunctionResult {{\n    Ok(seed_{i}::seed(conn)?)\n}}\n"
        );
    }
    format!(
        "async fn run_{i}(conn: &mut tool::AsyncPgConnection) -> tool::FunctionResult {{\n    \
         Ok(seed_{i}::seed(conn).await?)\n}}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_s_file_is_a_module_of_the_program() {
        let seed = RustSeed {
            tier: Tier::Tenant,
            environment: Some("dev".to_owned()),
            name: "dev/1 \"x\".rs".to_owned(),
            path: "/p/seeds/tenant/dev/1 \"x\".rs".into(),
            is_synchronous: false,
        };
        let other = RustSeed { is_synchronous: true, name: "2.rs".to_owned(), ..seed.clone() };
        let program = program(&[seed, other]);
        assert!(program.contains(r#"#[path = "/p/seeds/tenant/dev/1 \"x\".rs"]"#), "{program}");
        assert!(
            program.contains(r#".with_function(tool::Tier::Tenant, Some("dev"), "dev/1 \"x\".rs", run_0)"#),
            "{program}"
        );
        assert!(program.contains(r#""2.rs", tool::synchronous(run_1))"#), "{program}");
    }

    #[test]
    fn patches_are_found_from_elsewhere() {
        let mut patch: Value = toml::from_str::<Table>("[crates-io]\na = { path = \"../a\" }").unwrap().into();
        from_root(&mut patch, Path::new("/p/app"));
        assert_eq!(patch["crates-io"]["a"]["path"].as_str(), Some("/p/app/../a"));
    }
}
