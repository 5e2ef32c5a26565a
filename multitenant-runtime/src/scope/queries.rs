//! What of Diesel's query types is in scope.
//!
//! The types are those of **Diesel 2.3**, and public only under a feature whose name warns of changes
//! (`i-implement-a-third-party-backend-and-opt-into-breaking-changes`). diesel-async 0.9 turns it on and is
//! pinned to Diesel `~2.3`, so Cargo lets no other minor version near this file. They are named nowhere else.

use diesel::QueryResult;
use diesel::dsl::exists;
use diesel::expression::AppearsOnTable;
use diesel::internal::table_macro::{Inner, Join, JoinOn};
use diesel::pg::Pg;
use diesel::query_builder::{
    BoxedSelectStatement, DeleteStatement, FromClause, InsertStatement, NoFromClause, NoOrderClause, OrderClause,
    QueryFragment, SelectClauseExpression, SelectStatement, UpdateStatement,
};
use diesel::query_source::{Alias, QuerySource};

use super::guard::Guard;
use super::names;
use super::reach::{Declared, Reaches, Scope, TableInScope};

/// A query or command that touches only what a connection of this scope may touch.
#[diagnostic::on_unimplemented(
    message = "this cannot be run in a scope: `{Self}`",
    label = "no query of Diesel's that is known to touch marked tables only",
    note = "raw SQL and unions are not known to the types: say which tables they touch by `.touching((…))`, or \
            use `unchecked_connection()`"
)]
pub trait InScope<Sc: Scope> {
    /// Looks, before anything is sent, at what the types do not show.
    #[doc(hidden)]
    fn verify(&self) -> QueryResult<()> {
        Ok(())
    }
}

impl<T: Declared, Sc: Reaches<T, T::Tier>> InScope<Sc> for T {}

impl<S, Sc: Scope> InScope<Sc> for Alias<S> where Self: TableInScope<Sc> {}

/// What stands behind FROM: a table, an alias, or a join of such.
pub trait SourceInScope<Sc: Scope> {}

impl<T: Declared, Sc: Reaches<T, T::Tier>> SourceInScope<Sc> for T {}

impl<S, Sc: Scope> SourceInScope<Sc> for Alias<S> where Self: TableInScope<Sc> {}

impl<Left, Right, Kind, Sc> SourceInScope<Sc> for Join<Left, Right, Kind>
where
    Left: SourceInScope<Sc> + QuerySource,
    Right: SourceInScope<Sc> + QuerySource,
    Sc: Scope,
{
}

impl<Left, Right, Kind, On, Sc> SourceInScope<Sc> for JoinOn<Join<Left, Right, Kind>, On>
where
    Join<Left, Right, Kind>: SourceInScope<Sc> + QuerySource,
    Left: QuerySource,
    Right: QuerySource,
    On: AppearsOnTable<Join<Join<Left, Right, Kind>, Guard<Sc>, Inner>>,
    Sc: Scope,
{
}

impl<Source, Sc> SourceInScope<Sc> for SelectStatement<FromClause<Source>>
where
    Source: SourceInScope<Sc> + QuerySource,
    Sc: Scope,
{
}

impl<F, S, D, W, O, LOf, G, H, LC, Sc> InScope<Sc> for SelectStatement<FromClause<F>, S, D, W, O, LOf, G, H, LC>
where
    F: SourceInScope<Sc> + QuerySource,
    FromClause<F>: QueryFragment<Pg>,
    S: SelectClauseExpression<FromClause<F>>,
    S::Selection: AppearsOnTable<Join<F, Guard<Sc>, Inner>>,
    exists<Self>: AppearsOnTable<Guard<Sc>>,
    O: OrderInScope<F, Sc>,
    D: QueryFragment<Pg>,
    G: QueryFragment<Pg>,
    H: QueryFragment<Pg>,
    Sc: Scope,
{
    fn verify(&self) -> QueryResult<()> {
        // The types of these three cannot be named.
        for clause in [&self.distinct as &dyn QueryFragment<Pg>, &self.group_by, &self.having] {
            if !clause.is_noop(&Pg)? {
                names::verify(clause, &self.from)?;
            }
        }
        Ok(())
    }
}

impl<S, D, W, O, LOf, G, H, LC, Sc> InScope<Sc> for SelectStatement<NoFromClause, S, D, W, O, LOf, G, H, LC>
where
    S: SelectClauseExpression<NoFromClause>,
    S::Selection: AppearsOnTable<Guard<Sc>>,
    Sc: Scope,
{
}

/// `ORDER BY`, or that there is none.
pub trait OrderInScope<F, Sc> {}

impl<F, Sc> OrderInScope<F, Sc> for NoOrderClause {}

impl<F, Sc, Expr> OrderInScope<F, Sc> for OrderClause<Expr>
where
    F: QuerySource,
    Sc: Scope,
    Expr: AppearsOnTable<Join<F, Guard<Sc>, Inner>>,
{
}

impl<ST, F, GB, Sc> InScope<Sc> for BoxedSelectStatement<'_, ST, FromClause<F>, Pg, GB>
where
    F: SourceInScope<Sc> + QuerySource,
    FromClause<F>: QueryFragment<Pg>,
    Self: QueryFragment<Pg>,
    Sc: Scope,
{
    fn verify(&self) -> QueryResult<()> {
        names::verify(self, &self.from)
    }
}

/// Exchanges the `WHERE` of a plain query of a table, whose other types cannot be named.
pub trait Filtered<W> {
    type Output;
}

impl<F, S, D, Plain, O, LOf, G, H, LC, W> Filtered<W> for SelectStatement<F, S, D, Plain, O, LOf, G, H, LC> {
    type Output = SelectStatement<F, S, D, W, O, LOf, G, H, LC>;
}

type Rows<T, W> = <SelectStatement<FromClause<T>> as Filtered<W>>::Output;

impl<T, W, V, Ret, Sc> InScope<Sc> for UpdateStatement<T, W, V, Ret>
where
    T: TableInScope<Sc> + QuerySource,
    exists<Rows<T, W>>: AppearsOnTable<Guard<Sc>>,
    Sc: Scope,
{
}

impl<T, W, Ret, Sc> InScope<Sc> for DeleteStatement<T, W, Ret>
where
    T: TableInScope<Sc> + QuerySource,
    exists<Rows<T, W>>: AppearsOnTable<Guard<Sc>>,
    Sc: Scope,
{
}

impl<T, U, Op, Ret, Sc> InScope<Sc> for InsertStatement<T, U, Op, Ret>
where
    T: TableInScope<Sc> + QuerySource,
    Sc: Scope,
{
}
