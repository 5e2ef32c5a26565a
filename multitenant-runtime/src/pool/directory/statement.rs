//! Statements of our own over a connection that Diesel has.

use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Nullable, Text};

use super::super::checkout::Checkout;
use super::super::error::PoolError;

/// Three texts.
pub(crate) type Row = (Option<String>, Option<String>, Option<String>);

/// The rows of a query for three texts.
pub(in crate::pool) async fn rows(checkout: &mut Checkout, sql: String) -> Result<Vec<Row>, PoolError> {
    match checkout.ask::<_, Row>(Statement { sql }).await {
        Ok(rows) => Ok(rows),
        Err(error) => Err(checkout.explain(&error)),
    }
}

/// Another text each time, so that it is not kept.
pub(crate) struct Statement {
    pub(crate) sql: String,
}

impl QueryId for Statement {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Statement {
    type SqlType = (Nullable<Text>, Nullable<Text>, Nullable<Text>);
}

impl QueryFragment<Pg> for Statement {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.unsafe_to_cache_prepared();
        out.push_sql(&self.sql);
        Ok(())
    }
}
