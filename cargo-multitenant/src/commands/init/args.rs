//! What the flags of `init` take, and what each means.

use clap::ValueEnum;
use multitenant_runtime::Tier;

use crate::init::{Feature, Framework, Template};

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum TemplateArg {
    /// multitenant.toml
    Minimal,
    /// And folders, build.rs, dependencies
    Standard,
    /// And an application with migrations, seeds and a test
    Full,
    /// And CI, containers, dashboards, Kubernetes
    Enterprise,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FrameworkArg {
    /// A worker that goes round all tenants
    None,
    /// axum
    Axum,
    /// actix-web
    Actix,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FeatureArg {
    /// None of them
    None,
    /// A schema that all tenants share, with the list of tenants
    Shared,
    /// One question to all tenants
    CrossSchema,
    /// Endpoints for probes
    Health,
    /// An endpoint for Prometheus
    Metrics,
    /// What connections do, and slow queries, in the log
    Debug,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum DatabaseArg {
    /// I set DATABASE_URL
    Manual,
    /// A container of docker-compose.yml
    Compose,
    /// There already: --database-url, which goes into .env
    Url,
    /// A development server of the project, found or fetched
    Embedded,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ExistingArg {
    /// Each tenant's: a new tenant begins with all of them
    Tenant,
    /// The shared schema's, where they have been applied
    Shared,
}

/// A choice that a flag names.
pub(super) trait Flag {
    type Arg: ValueEnum;
}

impl Flag for Template {
    type Arg = TemplateArg;
}

impl Flag for Framework {
    type Arg = FrameworkArg;
}

impl From<TemplateArg> for Template {
    fn from(arg: TemplateArg) -> Self {
        match arg {
            TemplateArg::Minimal => Self::Minimal,
            TemplateArg::Standard => Self::Standard,
            TemplateArg::Full => Self::Full,
            TemplateArg::Enterprise => Self::Enterprise,
        }
    }
}

impl From<FrameworkArg> for Framework {
    fn from(arg: FrameworkArg) -> Self {
        match arg {
            FrameworkArg::None => Self::None,
            FrameworkArg::Axum => Self::Axum,
            FrameworkArg::Actix => Self::Actix,
        }
    }
}

impl From<ExistingArg> for Tier {
    fn from(arg: ExistingArg) -> Self {
        match arg {
            ExistingArg::Tenant => Self::Tenant,
            ExistingArg::Shared => Self::Shared,
        }
    }
}

impl FeatureArg {
    pub(super) fn known(self) -> Option<Feature> {
        match self {
            Self::None => None,
            Self::Shared => Some(Feature::Shared),
            Self::CrossSchema => Some(Feature::CrossSchema),
            Self::Health => Some(Feature::Health),
            Self::Metrics => Some(Feature::Metrics),
            Self::Debug => Some(Feature::Debug),
        }
    }
}
