//! Connections of the application's, each set to one tenant or to the shared schema.

mod conn;

pub(crate) use conn::Checkout;
pub use conn::{SharedConn, TenantConn};
