//! The lock on one target: an advisory lock whose key comes from the schema's name.
//!
//! Advisory locks belong to a database, so the schema's name is enough to keep parallel tenants apart. The
//! transaction-level and the session-level form exclude each other, since both have the same key. Always
//! `try`: `CREATE INDEX CONCURRENTLY` waits for every transaction, one that waits for a lock included.

use sha2::{Digest, Sha256};

use crate::ident::SchemaName;

/// An expression that takes the lock until the transaction's end, or fails (division by zero) where it is held.
pub(crate) fn transaction_lock(schema: &SchemaName) -> String {
    format!("1 OPERATOR(pg_catalog./) pg_catalog.pg_try_advisory_xact_lock({})::pg_catalog.int4", lock_key(schema))
}

/// A query that takes the lock for the session, and says whether it did: `t` or `f`.
pub(crate) fn session_lock(schema: &SchemaName) -> String {
    format!("SELECT pg_catalog.pg_try_advisory_lock({})", lock_key(schema))
}

/// The same as a statement that fails (division by zero) where it is held.
pub(crate) fn session_lock_or_fail(schema: &SchemaName) -> String {
    format!("SELECT 1 / pg_catalog.pg_try_advisory_lock({})::int", lock_key(schema))
}

/// A query that takes, for the session, the lock on the creation of this schema's tenant, from the first of its
/// transactions to the last, and says whether it did: `t` or `f`.
pub(crate) fn creation_lock(schema: &SchemaName) -> String {
    format!("SELECT pg_catalog.pg_try_advisory_lock({})", key_of("creation", schema))
}

/// A query that takes, for the session, the lock on the making of snapshots that this schema keeps, and says whether
/// it did: `t` or `f`.
pub(crate) fn snapshot_lock(schema: &SchemaName) -> String {
    format!("SELECT pg_catalog.pg_try_advisory_lock({})", key_of("snapshot", schema))
}

/// An advisory lock that a run takes on a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lock {
    /// On the schema's migrations.
    Target,
    /// On the creation of its tenant.
    Creation,
    /// On the making of snapshots that it keeps.
    Snapshot,
}

/// The keys of the advisory locks that runs take on a schema, as `pg_locks` shows them in `classid` (the high half) and
/// `objid` (the low one).
///
/// ```
/// use multitenant_runtime::{SchemaName, inspection::locks_of};
///
/// let schema = SchemaName::new("tenant_acme")?;
/// assert!(locks_of(&schema).iter().any(|(_, key)| *key == 1_204_560_170_700_846_012));
/// # Ok::<(), multitenant_runtime::IdentError>(())
/// ```
#[must_use]
pub fn locks_of(schema: &SchemaName) -> [(Lock, i64); 3] {
    [
        (Lock::Target, lock_key(schema)),
        (Lock::Creation, key_of("creation", schema)),
        (Lock::Snapshot, key_of("snapshot", schema)),
    ]
}

/// The key of a schema's lock.
pub(crate) fn lock_key(schema: &SchemaName) -> i64 {
    key_of("target", schema)
}

fn key_of(what: &str, schema: &SchemaName) -> i64 {
    let digest =
        Sha256::new().chain_update(format!("cargo-multitenant {what}\0")).chain_update(schema.as_str()).finalize();
    digest.iter().take(8).fold(0_i64, |key, &byte| (key << 8) | i64::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_schema_has_a_key_of_its_own_and_keeps_it() {
        let schema = |name| SchemaName::new(name).unwrap();
        assert_ne!(lock_key(&schema("tenant_a")), lock_key(&schema("tenant_A")));
        // A running older release must find the same key: this number may never change.
        assert_eq!(lock_key(&schema("tenant_acme")), 1_204_560_170_700_846_012);
    }
}
