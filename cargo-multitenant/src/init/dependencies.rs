//! Which crates the choices need.

use super::choices::{Choices, Crates, Database, Feature, Framework, Template};

/// An entry of `[dependencies]` or `[dev-dependencies]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dependency {
    pub(super) name: &'static str,
    pub(super) source: Source,
    pub(super) default_features: bool,
    pub(super) features: Vec<&'static str>,
    /// Features that bring another one, or all, where the package has the crate already.
    pub(super) covered_by: &'static [(&'static str, &'static str)],
}

/// Where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    Version(&'static str),
    Path(String),
}

/// Which of Diesel's features bring those that are needed: without one of the first a table of more than 16 columns does
/// not compile.
const DIESEL: &[(&str, &str)] = &[
    ("default", "32-column-tables"),
    ("64-column-tables", "32-column-tables"),
    ("128-column-tables", "32-column-tables"),
    ("postgres", "postgres_backend"),
];

/// All names that there can be.
const NAMES: [&str; 18] = [
    "actix-web",
    "axum",
    "cargo-multitenant",
    "diesel",
    "diesel-async",
    "dotenvy",
    "futures-util",
    "http-body-util",
    "hyper",
    "hyper-util",
    "metrics-exporter-prometheus",
    "multitenant-macros",
    "multitenant-runtime",
    "serde",
    "serde_json",
    "tokio",
    "tower",
    "tracing",
];

/// Whether a package of this name is depended on.
pub(super) fn is_one(name: &str) -> bool {
    NAMES.contains(&name) || name == "tracing-subscriber"
}

/// What the package depends on.
pub(super) fn normal(choices: &Choices) -> Vec<Dependency> {
    let has = |feature| choices.has(feature);
    let mut all = vec![ours("multitenant-runtime", choices).with(&runtime_features(choices))];
    if choices.template == Template::Minimal {
        return Vec::new();
    }
    all.push(bare("diesel", "2.3").with(&["32-column-tables", "postgres_backend"]).covered_by(DIESEL));
    match choices.framework {
        Framework::None => {}
        Framework::Axum => all.push(bare("axum", "0.8").with(&["http1", "json", "tokio"])),
        Framework::Actix => all.push(bare("actix-web", "4")),
    }
    if !choices.application() {
        return all;
    }
    all.push(with_defaults("tokio", "1").with(&tokio_features(choices)).covered_by(&[("full", "*")]));
    all.push(with_defaults("tracing", "0.1"));
    all.push(bare("tracing-subscriber", "0.3").with(&["fmt", "registry", "std"]));
    all.push(with_defaults("dotenvy", "0.15"));
    let commands = Dependency { default_features: false, ..ours("cargo-multitenant", choices) };
    all.push(commands.with(&["tls"]));
    if choices.framework != Framework::None {
        all.push(with_defaults("serde", "1").with(&["derive"]));
    }
    if choices.framework == Framework::None || has(Feature::CrossSchema) {
        all.push(bare("futures-util", "0.3").with(&["std"]));
    }
    if has(Feature::Metrics) {
        all.push(bare("metrics-exporter-prometheus", "0.18"));
    }
    if choices.framework == Framework::None && choices.listens() {
        all.push(bare("hyper", "1").with(&["http1", "server"]));
        all.push(bare("hyper-util", "0.1").with(&["tokio"]));
        all.push(with_defaults("http-body-util", "0.1"));
        if has(Feature::Health) {
            all.push(with_defaults("serde_json", "1"));
        }
    }
    all
}

/// What its tests depend on.
pub(super) fn development(choices: &Choices) -> Vec<Dependency> {
    if !choices.application() {
        return Vec::new();
    }
    let mut all = vec![ours("multitenant-runtime", choices).with(&["testing"])];
    if choices.framework != Framework::None {
        all.push(with_defaults("serde_json", "1"));
    }
    if choices.framework == Framework::Axum {
        all.push(bare("tower", "0.5").with(&["util"]));
    }
    all
}

fn runtime_features(choices: &Choices) -> Vec<&'static str> {
    let mut features = vec![match choices.framework {
        Framework::None => "pool",
        Framework::Axum => "axum",
        Framework::Actix => "actix",
    }];
    if choices.application() && choices.database == Database::Embedded {
        features.push("embedded");
    }
    if choices.has(Feature::Metrics) {
        features.push("metrics");
    }
    features.push("tls");
    features
}

fn tokio_features(choices: &Choices) -> Vec<&'static str> {
    let mut features = vec!["macros"];
    if choices.listens() && choices.framework != Framework::Actix {
        features.push("net");
    }
    features.push("rt-multi-thread");
    if choices.framework != Framework::Actix {
        features.push("signal");
    }
    if choices.framework == Framework::None || choices.has(Feature::Metrics) {
        features.push("time");
    }
    features
}

fn ours(name: &'static str, choices: &Choices) -> Dependency {
    let source = match &choices.crates {
        Crates::Published => Source::Version(env!("CARGO_PKG_VERSION")),
        Crates::Checkout(folder) => Source::Path(crate::config::slashes(&folder.join(name))),
    };
    Dependency { name, source, default_features: true, features: Vec::new(), covered_by: &[] }
}

fn bare(name: &'static str, version: &'static str) -> Dependency {
    Dependency { default_features: false, ..with_defaults(name, version) }
}

fn with_defaults(name: &'static str, version: &'static str) -> Dependency {
    Dependency { name, source: Source::Version(version), default_features: true, features: Vec::new(), covered_by: &[] }
}

impl Dependency {
    fn with(self, features: &[&'static str]) -> Self {
        Self { features: features.to_vec(), ..self }
    }

    fn covered_by(self, covered_by: &'static [(&'static str, &'static str)]) -> Self {
        Self { covered_by, ..self }
    }
}
