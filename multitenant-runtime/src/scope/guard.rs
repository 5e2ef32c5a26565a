//! How the scope gets into the conditions that Diesel itself puts on expressions.
//!
//! Every expression, a function or an operator of the application's too, says by `AppearsOnTable<QS>` on which
//! sources it is valid, and passes the question on to its parts. A subquery asks whether it could be joined to
//! `QS`: whether its columns *and those of `QS`* are valid on `Join<its source, QS>`. So a query is asked whether it
//! were valid on [`Guard`], which is its own source but for one thing: its only column is valid on a join to
//! sources of the scope only.

use std::marker::PhantomData;

use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::query_source::{AppearsInFromClause, QuerySource};
use diesel::sql_types::Bool;

use super::queries::{Inner, Join, SelectClauseExpression, SourceInScope};
use super::reach::Scope;

/// The source `F`, as a query of the scope sees it.
#[derive(Debug)]
pub struct Guard<F, Sc>(PhantomData<(F, Sc)>);

impl<F, Sc> Clone for Guard<F, Sc> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F, Sc> Copy for Guard<F, Sc> {}

impl<F, Sc: Scope> QuerySource for Guard<F, Sc> {
    type FromClause = Self;
    type DefaultSelection = Watchman<Sc>;

    fn from_clause(&self) -> Self {
        *self
    }

    fn default_selection(&self) -> Watchman<Sc> {
        Watchman(PhantomData)
    }
}

impl<F: AppearsInFromClause<T>, Sc, T> AppearsInFromClause<T> for Guard<F, Sc> {
    type Count = F::Count;
}

/// The only column of a guard.
#[derive(Debug)]
pub struct Watchman<Sc>(PhantomData<Sc>);

impl<Sc> Expression for Watchman<Sc> {
    type SqlType = Bool;
}

impl<F, Sc: Scope> SelectableExpression<Guard<F, Sc>> for Watchman<Sc> {}

impl<F, Sc: Scope> AppearsOnTable<Guard<F, Sc>> for Watchman<Sc> {}

impl<F, Source, Sc> AppearsOnTable<Join<Source, Guard<F, Sc>, Inner>> for Watchman<Sc>
where
    Source: QuerySource + SourceInScope<Sc, Source::FromClause>,
    Sc: Scope,
{
}

impl<F, Sc: Scope> SelectClauseExpression<Guard<F, Sc>> for Watchman<Sc> {
    type Selection = Self;
    type SelectClauseSqlType = Bool;
}

impl<Sc, Groups> ValidGrouping<Groups> for Watchman<Sc> {
    type IsAggregate = is_aggregate::Never;
}
