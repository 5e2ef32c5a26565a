//! The SQLSTATEs that decide about a new connection. Those that decide about a migration are in `sqlstate.rs`, which
//! is there only where something migrates.

use tokio_postgres::error::SqlState;

pub(super) const INVALID_AUTHORIZATION: SqlState = SqlState::INVALID_AUTHORIZATION_SPECIFICATION;
pub(super) const INVALID_PASSWORD: SqlState = SqlState::INVALID_PASSWORD;
pub(super) const DATABASE_MISSING: SqlState = SqlState::INVALID_CATALOG_NAME;
pub(super) const TOO_MANY_CONNECTIONS: SqlState = SqlState::TOO_MANY_CONNECTIONS;
pub(super) const CANNOT_CONNECT_NOW: SqlState = SqlState::CANNOT_CONNECT_NOW;
pub(super) const ADMIN_SHUTDOWN: SqlState = SqlState::ADMIN_SHUTDOWN;
/// What PgBouncer answers to everything it refuses, startup options among them.
pub(super) const PROTOCOL_VIOLATION: SqlState = SqlState::PROTOCOL_VIOLATION;
/// What other poolers answer to startup options.
pub(super) const FEATURE_NOT_SUPPORTED: SqlState = SqlState::FEATURE_NOT_SUPPORTED;
