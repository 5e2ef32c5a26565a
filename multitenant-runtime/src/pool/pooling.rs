/// What stands between the pool and the server.
///
/// Without a word from the application, the pool expects nothing in between: its first connection looks whether that
/// is so, and where it is not, every checkout fails with [`PoolError::BehindPooler`](crate::PoolError::BehindPooler).
/// It does not switch on its own, for the two are not the same to the application: see [`Transaction`](Self::Transaction).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Pooling {
    /// A pooler in session mode, where each client has a server's connection to itself: what is set stays, as without a
    /// pooler. Nobody looks whether that is so: in transaction mode, one tenant's rows would be another's.
    Session,
    /// A pooler in transaction mode: nothing may be set but for a transaction.
    ///
    /// So every unit of work is a transaction that begins by setting the tenant on it (`SET LOCAL`) and by asserting the
    /// schema, in one message: each `transaction(…)`, and each single statement outside of one, which takes three trips
    /// instead of one. What is read row by row (`load_stream`) is committed when the last row has come.
    ///
    /// Statements are not kept prepared, unless the pooler knows about them
    /// ([`prepared_statements`](crate::TenantPoolBuilder::prepared_statements)). Types that PostgreSQL does not bring
    /// along (enums, composites, those of extensions) need that, since the driver keeps statements of its own for them.
    ///
    /// A checkout sends nothing, so a schema that was dropped since it was looked up is an error of the first statement.
    /// `routed` and hooks are refused, since they stand for a session; `unchecked_connection` is, outside of a
    /// transaction.
    Transaction,
}
