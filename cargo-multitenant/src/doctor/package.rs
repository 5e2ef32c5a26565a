//! The packages of the project that may embed migrations, as Cargo sees them.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use cargo_metadata::{Metadata, MetadataCommand, Package as CargoPackage, TargetKind};

/// The crate that an application depends on.
const RUNTIME: &str = "multitenant-runtime";

/// So many binaries are looked into.
const MOST_BINARIES: usize = 6;

/// The project's packages that depend on the runtime.
#[derive(Debug, Default)]
pub(super) struct Packages {
    pub(super) all: Vec<Package>,
    target: PathBuf,
}

/// A package that depends on the runtime.
#[derive(Debug)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) folder: PathBuf,
    /// Of the runtime, as they are asked for.
    pub(super) features: Vec<String>,
    pub(super) default_features: bool,
    /// Its build script, where it has one.
    pub(super) build_script: Option<PathBuf>,
    /// The file in which it calls `embed_migrations!`, if it does.
    pub(super) embeds: Option<PathBuf>,
    /// The paths of what is built of it, below a profile's folder.
    products: Vec<PathBuf>,
}

impl Packages {
    /// Those at and below this folder whose configuration this folder's is; none where there is no `Cargo.toml`.
    pub(super) fn of(root: &Path) -> Result<Self, String> {
        if !root.join("Cargo.toml").is_file() {
            return Ok(Self::default());
        }
        let metadata = MetadataCommand::new().current_dir(root).no_deps().exec();
        let metadata = metadata.map_err(|error| format!("cargo does not say which packages there are: {error}"))?;
        let root = root.canonicalize().map_err(|error| error.to_string())?;
        Ok(Self { all: of_metadata(&metadata, &root), target: metadata.target_directory.into_std_path_buf() })
    }

    /// What was built of those that embed, newest first.
    pub(super) fn binaries(&self) -> Vec<PathBuf> {
        let embedding = self.all.iter().filter(|package| package.embeds.is_some());
        let products: Vec<&PathBuf> = embedding.flat_map(|package| &package.products).collect();
        let folders = subfolders(&self.target);
        let profiles = folders.iter().flat_map(|folder| {
            // With `--target` the profiles' folders are one deeper.
            ["", "debug", "release"].map(|profile| folder.join(profile))
        });
        let candidates = profiles.flat_map(|profile| products.iter().map(move |product| profile.join(product)));
        let built =
            |file: PathBuf| Some((fs::metadata(&file).ok().filter(fs::Metadata::is_file)?.modified().ok()?, file));
        let mut built: Vec<(SystemTime, PathBuf)> = candidates.filter_map(built).collect();
        built.sort_unstable_by(|a, b| b.cmp(a));
        built.dedup();
        built.into_iter().map(|(_, file)| file).take(MOST_BINARIES).collect()
    }
}

fn of_metadata(metadata: &Metadata, root: &Path) -> Vec<Package> {
    let is_here = |folder: &Path| {
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
        folder.starts_with(root) && (folder == root || !folder.join("multitenant.toml").is_file())
    };
    let packages = metadata.packages.iter().filter_map(|package| {
        let folder = package.manifest_path.parent()?.as_std_path();
        is_here(folder).then(|| of_package(package, folder)).flatten()
    });
    packages.collect()
}

fn of_package(package: &CargoPackage, folder: &Path) -> Option<Package> {
    let mut dependencies = package.dependencies.iter().filter(|dependency| dependency.name == RUNTIME).peekable();
    dependencies.peek()?;
    let (mut features, mut default_features) = (Vec::new(), false);
    for dependency in dependencies {
        features.extend(dependency.features.iter().cloned());
        default_features |= dependency.uses_default_features;
    }
    let of_kind = |kind: TargetKind| package.targets.iter().filter(move |target| target.kind.contains(&kind));
    let program = |name: &str| format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let binaries = of_kind(TargetKind::Bin).map(|target| PathBuf::from(program(&target.name)));
    let examples = of_kind(TargetKind::Example).map(|target| Path::new("examples").join(program(&target.name)));
    Some(Package {
        name: package.name.to_string(),
        folder: folder.to_path_buf(),
        features,
        default_features,
        build_script: of_kind(TargetKind::CustomBuild).next().map(|target| target.src_path.clone().into_std_path_buf()),
        embeds: embedding_file(folder, 0),
        products: binaries.chain(examples).collect(),
    })
}

/// The first file that calls the macro. Diesel has one of the same name.
fn embedding_file(folder: &Path, depth: usize) -> Option<PathBuf> {
    let mut entries: Vec<_> = fs::read_dir(folder).ok()?.flatten().collect();
    entries.sort_unstable_by_key(fs::DirEntry::file_name);
    entries.into_iter().find_map(|entry| {
        let (path, name) = (entry.path(), entry.file_name());
        let kind = entry.file_type().ok()?;
        if kind.is_dir() {
            let is_other =
                name == "target" || name.to_string_lossy().starts_with('.') || path.join("Cargo.toml").is_file();
            return if is_other || depth > 8 { None } else { embedding_file(&path, depth + 1) };
        }
        let is_source = kind.is_file() && path.extension().is_some_and(|extension| extension == "rs");
        let text = is_source.then(|| fs::read_to_string(&path).ok()).flatten()?;
        (text.contains("embed_migrations!(") && !text.contains("diesel_migrations")).then_some(path)
    })
}

fn subfolders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())).map(|entry| entry.path()).collect()
}
