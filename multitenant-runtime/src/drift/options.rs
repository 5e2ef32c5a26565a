//! What is compared with what.

use crate::ident::TenantId;
use crate::migrator::Scope;

use super::Ignore;

/// What is compared with what; for [`Migrator::drift`](crate::Migrator::drift).
///
/// ```
/// use multitenant_runtime::{DriftOptions, DriftReference, Scope, TenantId};
///
/// let everything = DriftOptions::new(Scope::all()).ignore("table:audit_*".parse()?);
/// let acme = DriftReference::Tenant(TenantId::new("acme")?);
/// let as_acme = DriftOptions::new(Scope::tenants()).reference(acme);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DriftOptions {
    /// Which targets are compared.
    pub scope: Scope,
    /// With what.
    pub reference: DriftReference,
    /// Where the migrations are replayed.
    pub scratch: Scratch,
    /// What does not count.
    pub ignore: Vec<Ignore>,
}

/// With what targets are compared.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum DriftReference {
    /// With what the migrations make.
    #[default]
    Migrations,
    /// With this tenant; the shared schema is then not compared.
    Tenant(TenantId),
}

/// Where the migrations are replayed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Scratch {
    /// In a transaction that is rolled back; where something cannot be replayed there, in a database of its own.
    ///
    /// Where the tenants' migrations mention something shared, the shared schema is replayed in the transaction as well,
    /// with the real one renamed out of the way, so that no shared table is locked. Who changes the shared schema itself
    /// (`GRANT … ON SCHEMA`, another comparison) waits for the end. Only where neither this nor a database of its own is
    /// possible are they replayed on the real one, as with [`Transaction`](Self::Transaction), and the report says so.
    #[default]
    Auto,
    /// In a transaction that is rolled back, on the real shared schema, and nowhere else.
    ///
    /// What the tenants' migrations refer to is locked until it is rolled back: a foreign key keeps everyone from writing
    /// to the shared table meanwhile. And a `nextval` of a shared sequence is not taken back.
    Transaction,
    /// In a database of its own on the same server, which is dropped again.
    Database,
    /// In a database of its own on the server of this URL.
    Server(String),
}

impl DriftOptions {
    /// Compares these with what the migrations make.
    #[must_use]
    pub fn new(scope: Scope) -> Self {
        Self { scope, reference: DriftReference::default(), scratch: Scratch::default(), ignore: Vec::new() }
    }

    /// Compares with something else.
    #[must_use]
    pub fn reference(mut self, reference: DriftReference) -> Self {
        self.reference = reference;
        self
    }

    /// Replays the migrations there.
    #[must_use]
    pub fn scratch(mut self, scratch: Scratch) -> Self {
        self.scratch = scratch;
        self
    }

    /// Leaves out what fits this pattern too.
    #[must_use]
    pub fn ignore(mut self, pattern: Ignore) -> Self {
        self.ignore.push(pattern);
        self
    }
}
