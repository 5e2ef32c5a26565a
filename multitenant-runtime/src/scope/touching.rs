//! Queries whose tables are named, since their types do not show them.

use diesel::QueryResult;
use diesel::dsl::Limit;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::query_dsl::methods::LimitDsl;

use super::queries::InScope;
use super::reach::{Reaches, Scope};
use super::seen::Seen;
use super::sight;
use crate::table::Marked;

/// Names the tables of a query that the types do not show.
///
/// Unions, `INSERT … SELECT` and boxed updates and deletes are refused without it, by the compiler; joins and boxed
/// queries inside of subqueries before they are sent. With it, the compiler looks whether the tables named are
/// marked, and before the query is sent it is read whether it names no others. SQL of one's own may spell a name as
/// PostgreSQL takes it (`Users` for `"users"`); what a `WITH` at its beginning calls a query is no table.
///
/// ```
/// use multitenant_runtime::TenantConn;
/// use multitenant_runtime::prelude::*;
///
/// diesel::table! { users (id) { id -> Integer, name -> Text, } }
/// diesel::table! { teams (id) { id -> Integer, name -> Text, } }
/// # #[cfg(feature = "macros")] {
/// multitenant_runtime::tenant_tables! { users, teams }
///
/// async fn names(conn: &mut TenantConn) -> QueryResult<Vec<String>> {
///     let all = users::table.select(users::name).union(teams::table.select(teams::name));
///     all.touching((users::table, teams::table)).load(conn).await
/// }
/// # }
/// ```
pub trait TouchingDsl: Sized {
    /// Names the tables, as a tuple: `.touching((users::table, posts::table))`.
    ///
    /// An insert, update or delete that is to return rows needs its `.returning(…)` before.
    fn touching<Tables>(self, tables: Tables) -> Touching<Self, Tables> {
        Touching { query: self, tables }
    }
}

impl<Q: QueryFragment<Pg>> TouchingDsl for Q {}

/// A query that touches these tables and no others: see [`TouchingDsl`].
#[derive(Debug, Clone, Copy)]
#[must_use = "Queries are only executed when calling `load`, `get_result` or similar."]
pub struct Touching<Q, Tables> {
    query: Q,
    tables: Tables,
}

impl<Q, Tables, Sc> InScope<Sc> for Touching<Q, Tables>
where
    Q: QueryFragment<Pg>,
    Tables: TablesInScope<Sc>,
    Sc: Scope,
{
    fn verify(&self, _: &mut Seen) -> QueryResult<()> {
        sight::verify_only(&self.query, &self.tables.names()?)
    }
}

impl<Q: Query, Tables> Query for Touching<Q, Tables> {
    type SqlType = Q::SqlType;
}

impl<Q: QueryFragment<Pg>, Tables> QueryFragment<Pg> for Touching<Q, Tables> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.query.walk_ast(out)
    }
}

impl<Q: QueryId, Tables> QueryId for Touching<Q, Tables> {
    type QueryId = Q::QueryId;

    const HAS_STATIC_QUERY_ID: bool = Q::HAS_STATIC_QUERY_ID;
}

impl<Q: LimitDsl, Tables> LimitDsl for Touching<Q, Tables> {
    type Output = Touching<Limit<Q>, Tables>;

    fn limit(self, limit: i64) -> Self::Output {
        Touching { query: self.query.limit(limit), tables: self.tables }
    }
}

/// A tuple of tables of the scope.
pub trait TablesInScope<Sc> {
    /// As SQL names them.
    #[doc(hidden)]
    fn names(&self) -> QueryResult<Vec<String>>;
}

macro_rules! tuples {
    ($first:ident $($rest:ident)*) => {
        impl<$first, $($rest,)* Sc> TablesInScope<Sc> for ($first, $($rest,)*)
        where
            $first: Marked + QueryFragment<Pg>,
            $($rest: Marked + QueryFragment<Pg>,)*
            Sc: Reaches<$first, $first::Tier> $(+ Reaches<$rest, $rest::Tier>)*,
        {
            fn names(&self) -> QueryResult<Vec<String>> {
                #[expect(non_snake_case, reason = "the types' names")]
                let ($first, $($rest,)*) = self;
                Ok(vec![sight::text($first)?, $(sight::text($rest)?,)*])
            }
        }
        tuples! { $($rest)* }
    };
    () => {};
}

tuples! { A B C D E F G H I J K L }
