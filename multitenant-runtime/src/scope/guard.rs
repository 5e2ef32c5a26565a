//! How the scope gets into the conditions that Diesel itself puts on expressions.
//!
//! Every expression, a function or an operator of the application's too, says by `AppearsOnTable<QS>` on which
//! sources it is valid, and passes the question on to its parts, subqueries included. At the end each column
//! asks `QS` for its table. So a query is asked whether it would be valid beside one more source, [`Guard`],
//! which has an answer for the tables of its scope only: that they are not in it.

use std::marker::PhantomData;

use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::query_source::{AppearsInFromClause, Never, QuerySource};
use diesel::sql_types::Bool;

use super::reach::{Scope, TableInScope};

/// A source of no rows and no columns that only tables of a scope can stand beside.
#[derive(Debug)]
pub struct Guard<Sc>(PhantomData<Sc>);

impl<Sc> Clone for Guard<Sc> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<Sc> Copy for Guard<Sc> {}

impl<Sc: Scope> QuerySource for Guard<Sc> {
    type FromClause = Nothing;
    type DefaultSelection = Nothing;

    fn from_clause(&self) -> Nothing {
        Nothing
    }

    fn default_selection(&self) -> Nothing {
        Nothing
    }
}

impl<T: TableInScope<Sc>, Sc: Scope> AppearsInFromClause<T> for Guard<Sc> {
    type Count = Never;
}

/// What is selected of a guard.
#[derive(Debug, Clone, Copy)]
pub struct Nothing;

impl Expression for Nothing {
    type SqlType = Bool;
}

impl<Source> AppearsOnTable<Source> for Nothing {}
impl<Source> SelectableExpression<Source> for Nothing {}

impl<Groups> ValidGrouping<Groups> for Nothing {
    type IsAggregate = is_aggregate::Never;
}
