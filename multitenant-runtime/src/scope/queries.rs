//! What of Diesel's query types is in scope.
//!
//! The types are those of **Diesel 2.3**, and public only under a feature whose name warns of changes
//! (`i-implement-a-third-party-backend-and-opt-into-breaking-changes`). diesel-async 0.9 turns it on and is
//! pinned to Diesel `~2.3`, so Cargo lets no other minor version near this file. They are named nowhere else.

use diesel::QueryResult;
use diesel::expression::AppearsOnTable;
pub(super) use diesel::internal::table_macro::{Inner, Join};
use diesel::internal::table_macro::{JoinOn, StaticQueryFragmentInstance};
use diesel::pg::Pg;
pub(super) use diesel::query_builder::SelectClauseExpression;
use diesel::query_builder::{
    BoxedSelectStatement, DeleteStatement, FromClause, InsertStatement, NoFromClause, NoOrderClause, OrderClause,
    Query, QueryFragment, QueryId, SelectStatement, UpdateStatement,
};
use diesel::query_source::{Alias, AliasSource, QuerySource};

use super::guard::{Guard, Watchman};
use super::reach::{Reaches, Scope};
use super::seen::Seen;
use super::sight;
use crate::table::Marked;

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
    fn verify(&self, _: &mut Seen) -> QueryResult<()> {
        Ok(())
    }
}

/// What stands behind FROM: a table, an alias, or a join of such.
///
/// `From` is its `FromClause`. It is there so that one implementation comes into question for each source, and the
/// compiler says what that one lacks.
pub trait SourceInScope<Sc: Scope, From> {
    /// The tables that it reads, as SQL names them.
    #[doc(hidden)]
    fn names(names: &mut Vec<String>) -> QueryResult<()>;
}

impl<T, Sc> SourceInScope<Sc, StaticQueryFragmentInstance<T>> for T
where
    T: Marked,
    Sc: Reaches<T, T::Tier>,
    StaticQueryFragmentInstance<T>: QueryFragment<Pg>,
{
    fn names(names: &mut Vec<String>) -> QueryResult<()> {
        name_of::<T>(names)
    }
}

fn name_of<T>(names: &mut Vec<String>) -> QueryResult<()>
where
    StaticQueryFragmentInstance<T>: QueryFragment<Pg>,
{
    names.push(sight::text(&StaticQueryFragmentInstance::<T>::new())?);
    Ok(())
}

impl<S, Sc> SourceInScope<Sc, Self> for Alias<S>
where
    S: AliasSource,
    S::Target: Marked,
    Sc: Reaches<S::Target, <S::Target as Marked>::Tier>,
    StaticQueryFragmentInstance<S::Target>: QueryFragment<Pg>,
{
    fn names(names: &mut Vec<String>) -> QueryResult<()> {
        name_of::<S::Target>(names)
    }
}

impl<Left, Right, Kind, Sc> SourceInScope<Sc, Self> for Join<Left, Right, Kind>
where
    Left: QuerySource + SourceInScope<Sc, Left::FromClause>,
    Right: QuerySource + SourceInScope<Sc, Right::FromClause>,
    Sc: Scope,
{
    fn names(names: &mut Vec<String>) -> QueryResult<()> {
        Left::names(names)?;
        Right::names(names)
    }
}

impl<Left, Right, Kind, On, From, Sc> SourceInScope<Sc, From> for JoinOn<Join<Left, Right, Kind>, On>
where
    Join<Left, Right, Kind>: QuerySource + SourceInScope<Sc, Join<Left, Right, Kind>>,
    Left: QuerySource,
    Right: QuerySource,
    On: AppearsOnTable<Guard<Join<Left, Right, Kind>, Sc>>,
    Sc: Scope,
{
    fn names(names: &mut Vec<String>) -> QueryResult<()> {
        <Join<Left, Right, Kind> as SourceInScope<Sc, Join<Left, Right, Kind>>>::names(names)
    }
}

impl<Source, From, Sc> SourceInScope<Sc, From> for SelectStatement<FromClause<Source>>
where
    Source: QuerySource + SourceInScope<Sc, Source::FromClause>,
    Sc: Scope,
{
    fn names(names: &mut Vec<String>) -> QueryResult<()> {
        Source::names(names)
    }
}

impl<F, S, D, W, O, LOf, G, H, LC, Sc> InScope<Sc> for SelectStatement<FromClause<F>, S, D, W, O, LOf, G, H, LC>
where
    F: QuerySource + SourceInScope<Sc, F::FromClause>,
    Self: QueryFragment<Pg> + QueryId,
    S: SelectClauseExpression<FromClause<F>> + QueryId,
    S::Selection: AppearsOnTable<Guard<F, Sc>>,
    Probe<F, Sc>: Filtered<W, Output: Query>,
    O: OrderInScope<F, Sc>,
    Sc: Scope,
{
    fn verify(&self, seen: &mut Seen) -> QueryResult<()> {
        sight::verify_typed(self, seen, !S::HAS_STATIC_QUERY_ID, F::names)
    }
}

impl<S, D, W, O, LOf, G, H, LC, Sc> InScope<Sc> for SelectStatement<NoFromClause, S, D, W, O, LOf, G, H, LC>
where
    S: SelectClauseExpression<NoFromClause> + QueryId,
    S::Selection: AppearsOnTable<Guard<NoFromClause, Sc>>,
    Probe<NoFromClause, Sc>: Filtered<W, Output: Query>,
    Self: QueryFragment<Pg> + QueryId,
    Sc: Scope,
{
    fn verify(&self, seen: &mut Seen) -> QueryResult<()> {
        sight::verify_typed(self, seen, !S::HAS_STATIC_QUERY_ID, |_| Ok(()))
    }
}

/// `ORDER BY`, or that there is none.
pub trait OrderInScope<F, Sc> {}

impl<F, Sc> OrderInScope<F, Sc> for NoOrderClause {}

impl<F, Sc, Expr> OrderInScope<F, Sc> for OrderClause<Expr>
where
    F: QuerySource,
    Sc: Scope,
    Expr: AppearsOnTable<Guard<F, Sc>>,
{
}

impl<ST, F, GB, Sc> InScope<Sc> for BoxedSelectStatement<'_, ST, FromClause<F>, Pg, GB>
where
    F: QuerySource + SourceInScope<Sc, F::FromClause>,
    Self: QueryFragment<Pg>,
    Sc: Scope,
{
    fn verify(&self, _: &mut Seen) -> QueryResult<()> {
        sight::verify_erased(self, true, F::names)
    }
}

/// A query of a guard, which is none where its `WHERE` is not valid on it: the type of that cannot be named.
type Probe<F, Sc> = SelectStatement<Guard<F, Sc>, Watchman<Sc>>;

/// Puts a `WHERE` into a query that has none.
pub trait Filtered<W> {
    type Output;
}

impl<F, S, D, Plain, O, LOf, G, H, LC, W> Filtered<W> for SelectStatement<F, S, D, Plain, O, LOf, G, H, LC> {
    type Output = SelectStatement<F, S, D, W, O, LOf, G, H, LC>;
}

impl<T, W, V, Ret, Sc> InScope<Sc> for UpdateStatement<T, W, V, Ret>
where
    T: Marked,
    Sc: Reaches<T, T::Tier>,
    Probe<T, Sc>: Filtered<W, Output: Query>,
    Ret: QueryId,
    StaticQueryFragmentInstance<T>: QueryFragment<Pg>,
    Self: QueryFragment<Pg> + QueryId,
{
    fn verify(&self, seen: &mut Seen) -> QueryResult<()> {
        sight::verify_typed(self, seen, !Ret::HAS_STATIC_QUERY_ID, name_of::<T>)
    }
}

impl<T, W, Ret, Sc> InScope<Sc> for DeleteStatement<T, W, Ret>
where
    T: Marked,
    Sc: Reaches<T, T::Tier>,
    Probe<T, Sc>: Filtered<W, Output: Query>,
    Ret: QueryId,
    StaticQueryFragmentInstance<T>: QueryFragment<Pg>,
    Self: QueryFragment<Pg> + QueryId,
{
    fn verify(&self, seen: &mut Seen) -> QueryResult<()> {
        sight::verify_typed(self, seen, !Ret::HAS_STATIC_QUERY_ID, name_of::<T>)
    }
}

impl<T, U, Op, Ret, Sc> InScope<Sc> for InsertStatement<T, U, Op, Ret>
where
    T: Marked,
    Sc: Reaches<T, T::Tier>,
    Ret: QueryId,
    StaticQueryFragmentInstance<T>: QueryFragment<Pg>,
    Self: QueryFragment<Pg>,
{
    fn verify(&self, _: &mut Seen) -> QueryResult<()> {
        sight::verify_erased(self, !Ret::HAS_STATIC_QUERY_ID, name_of::<T>)
    }
}
