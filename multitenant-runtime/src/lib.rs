//! Schema-per-tenant multi-tenancy for Diesel on PostgreSQL.
//!
//! Each tenant has a schema of its own, all with the same tables, beside one shared schema. This crate embeds the
//! migrations of both in the application and applies them when it starts: first the shared ones, then every
//! tenant's, in parallel, with any number of replicas starting at once.
//!
//! Begin with [`embed_migrations!`] and [`migrate_at_startup`]; [`Migrator`] is what is behind them, and
//! [`Migrator::create_tenant`] makes new tenants. [`TenantTable`](macro@TenantTable) and
//! [`SharedTable`](macro@SharedTable) mark tables. For tests there is a database each (feature `testing`), for
//! development a server (feature `embedded`).
//!
//! `TenantPool` (feature `pool`) gives the application its connections: one pool for all tenants. `route` (features
//! `tower`, `axum`, `actix`) says which tenant a request is about, and `web` tells the frameworks.
//!
//! Deliberately absent: printing, and configuration files at run time. Migrations run on connections of their own,
//! never on the pool's: these know every SQLSTATE and keep nothing of anybody's session.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![deny(missing_docs)]

mod connection;
#[cfg(feature = "embedded")]
pub mod embedded;
#[cfg(feature = "pool")]
pub mod health;
mod ident;
#[cfg(any(feature = "migrations", all(feature = "embedded", unix)))]
mod installed;
#[cfg(feature = "pool")]
mod pool;
#[cfg(feature = "pool")]
pub mod query;
#[cfg(feature = "pool")]
pub mod scope;
mod settings;
pub mod table;

#[cfg(feature = "macros")]
#[doc(hidden)]
pub mod __private;

#[cfg(feature = "migrations")]
mod copy;
#[cfg(feature = "migrations")]
mod drift;
#[cfg(feature = "migrations")]
mod error;
#[cfg(feature = "migrations")]
pub mod fleet;
#[cfg(feature = "migrations")]
pub mod inspection;
#[cfg(feature = "migrations")]
mod inventory;
#[cfg(feature = "migrations")]
mod isolation;
#[cfg(feature = "metrics")]
pub mod metrics;
#[cfg(feature = "migrations")]
pub mod migration;
#[cfg(feature = "migrations")]
mod migrator;
#[cfg(feature = "migrations")]
mod plan;
#[cfg(feature = "migrations")]
mod registry;
#[cfg(any(feature = "tower", feature = "actix"))]
pub mod route;
#[cfg(feature = "migrations")]
mod run;
#[cfg(feature = "migrations")]
mod scratch;
#[cfg(feature = "migrations")]
pub mod seed;
#[cfg(feature = "migrations")]
mod snapshot;
#[cfg(feature = "migrations")]
mod sqlstate;
#[cfg(feature = "migrations")]
mod state;
#[cfg(feature = "sync")]
pub mod sync;
#[cfg(feature = "migrations")]
mod target;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(any(feature = "tower", feature = "actix"))]
pub mod web;

pub use connection::{ConnectError, ConnectErrorKind, ConnectionUrl, Notice, UrlError};
#[doc(hidden)]
pub use ident::literal;
pub use ident::{
    ArchiveTemplate, IdentError, Identifier, MAX_IDENTIFIER_BYTES, RoleName, RoleTemplate, SchemaName, SchemaTemplate,
    TenantId,
};
pub use settings::{
    ArchiveSettings, CONFIG_FORMAT, DurationError, RegistrySettings, RegistryText, RoleSettings, SearchPath, Settings,
    SettingsError, SettingsText, parse_duration,
};

#[cfg(feature = "functions")]
pub use migration::{FunctionResult, MigrationFunction, RustMigration, SyncConnection, Synchronous, synchronous};
#[cfg(feature = "migrations")]
pub use {
    async_trait::async_trait,
    copy::{Anonymise, AnonymiseRules, CloneOptions, CopiedTenant, DumpError, DumpedTenant, RuleError, TenantDump},
    drift::{
        Difference, DriftOptions, DriftOutcome, DriftReference, DriftReport, Fix, Ignore, IgnoreError, ObjectKind,
        Portrait, Scratch, TargetDrift,
    },
    error::Error,
    fleet::{FleetAnswer, FleetScript},
    isolation::{RoleLack, RoleReport, RolesReport},
    migration::{EmbeddedMigration, EmbeddedMigrations, EmbeddedSet, MigrationSet, Version},
    migrator::{
        ArchivedEntry, ArchivedTenant, Blocking, DroppedTenant, Fenced, Holdings, Migrator, MigratorBuilder, NewTenant,
        OldTenant, OnDelete, OnFailedTenants, Operation, ReferringRows, RenamedTenant, RestoredTenant, Scope, Script,
        Selection, StartUp, Started, StartupMode, TenantList, TenantOverview, migrate_at_startup,
    },
    plan::{
        Canary, Extent, Goal, MaxFailures, OnAhead, OnEdited, OnOutOfOrder, Plan, PlanSummary, Repair, Rollout, State,
        Step, TargetPlan,
    },
    registry::{Registry, RegistryError, Tenant, UnusableTenant},
    run::{Event, Failure, HookError, HookResult, Hooks, Observer, Outcome, Report, Stop, Summary, TargetReport},
    scratch::ScratchDatabase,
    seed::{EmbeddedSeeds, SeedError, SeedOptions, SeedSet},
    snapshot::{SnapshotOutcome, SnapshotReport, Snapshots},
    sqlstate::FailureClass,
    state::{FleetStatus, Standing},
    target::{Target, Tier},
    tokio_util::sync::CancellationToken,
};

#[cfg(feature = "pool")]
pub use {
    pool::{
        OnBehind, PoolError, PoolHooks, PoolStatus, Pooling, SharedConn, TenantConn, TenantJob, TenantPool,
        TenantPoolBuilder,
    },
    query::{Across, AcrossError},
    scope::{RoutedConn, RunQueryDsl, SaveChangesDsl, ScopedConnection, prelude},
};

pub use table::{SharedTable, TenantTable};

#[cfg(feature = "macros")]
mod macros;
#[cfg(feature = "macros")]
pub use macros::*;
