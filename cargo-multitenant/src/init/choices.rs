//! What can be chosen.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use multitenant_runtime::Tier;
use serde::Serialize;

use super::PackageName;

/// How much is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Template {
    /// The configuration.
    Minimal,
    /// And what a package needs.
    Standard,
    /// And an application.
    Full,
    /// And what brings it into production.
    Enterprise,
}

/// What the application answers requests with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Framework {
    None,
    Axum,
    Actix,
}

/// What the application shows of what the library can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Feature {
    /// A schema that all tenants share.
    Shared,
    /// One question to all tenants.
    CrossSchema,
    Health,
    Metrics,
    Debug,
}

/// Some of them.
pub(crate) type Features = BTreeSet<Feature>;

/// Where the database is.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Database {
    /// Somebody sees to it.
    Manual,
    /// In a container.
    Compose,
    /// There.
    Url(String),
    /// The development server of the project.
    Embedded,
}

impl std::fmt::Debug for Database {
    /// Without the URL, which may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}

impl Database {
    /// Its name on the command line.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Compose => "compose",
            Self::Url(_) => "url",
            Self::Embedded => "embedded",
        }
    }
}

/// Where our own crates are taken from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Crates {
    /// From the registry, in this tool's version.
    Published,
    /// From a checkout in this folder.
    Checkout(PathBuf),
}

impl Crates {
    /// A checkout in this folder, if there is one.
    pub(crate) fn in_folder(folder: &Path) -> Option<Self> {
        let is_one = ["multitenant-runtime", "cargo-multitenant"]
            .iter()
            .all(|package| folder.join(package).join("Cargo.toml").is_file());
        is_one.then(|| Self::Checkout(std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf())))
    }

    /// Where this tool was built from: a checkout, if it still is there.
    pub(crate) fn of_this_tool() -> Self {
        let parent = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
        parent.and_then(Self::in_folder).unwrap_or(Self::Published)
    }
}

/// What was chosen.
#[derive(Debug, Clone)]
pub(crate) struct Choices {
    pub(crate) name: PackageName,
    pub(crate) template: Template,
    pub(crate) framework: Framework,
    pub(crate) features: Features,
    pub(crate) database: Database,
    /// Whose the migrations are that are there already.
    pub(crate) existing: Tier,
    pub(crate) crates: Crates,
    /// Whether the package has an application of its own, which is kept.
    pub(crate) has_application: bool,
}

impl Choices {
    /// Whether a feature is wanted, or needed by the template: without health endpoints nothing can be probed.
    pub(crate) fn has(&self, feature: Feature) -> bool {
        let needed = feature == Feature::Health && self.template == Template::Enterprise;
        needed || self.features.contains(&feature)
    }

    /// Whether an application is written.
    pub(crate) fn application(&self) -> bool {
        self.template >= Template::Full && !self.has_application
    }

    /// Whether a table says which tenants there are.
    pub(crate) fn registry(&self) -> bool {
        self.template >= Template::Full && self.has(Feature::Shared)
    }

    /// Whether its metrics have a listener of their own.
    pub(crate) fn exports(&self) -> bool {
        self.application() && self.framework != Framework::None && self.has(Feature::Metrics)
    }

    /// Whether the application listens.
    pub(crate) fn listens(&self) -> bool {
        self.application()
            && (self.framework != Framework::None || self.has(Feature::Health) || self.has(Feature::Metrics))
    }
}

impl Template {
    /// The features that are taken where nobody says anything.
    pub(crate) fn features(self) -> Features {
        match self {
            Self::Minimal | Self::Standard | Self::Full => [Feature::Shared].into(),
            Self::Enterprise => [Feature::Shared, Feature::Health, Feature::Metrics].into(),
        }
    }
}
