//! Which queries need not be looked at once more.

use std::any::TypeId;
use std::collections::HashSet;

use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{QueryFragment, QueryId};

/// The queries of a connection whose SQL was looked at, and is harmless.
///
/// Diesel prepares a query once for a connection, and knows it again by its type where that says all of its SQL. What is
/// known here by the same type is what was prepared. So this lives and ends with the connection's prepared statements.
#[derive(Debug, Default)]
pub struct Seen(HashSet<TypeId>);

impl Seen {
    /// Looks at the query, unless that was done before.
    pub(super) fn once<Q: QueryFragment<Pg> + QueryId>(
        &mut self,
        query: &Q,
        look: impl FnOnce() -> QueryResult<()>,
    ) -> QueryResult<()> {
        let Some(kind) = Q::query_id() else { return look() };
        if !query.is_safe_to_cache_prepared(&Pg)? {
            return look();
        }
        if !self.0.contains(&kind) {
            look()?;
            self.0.insert(kind);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use diesel::prelude::*;
    use diesel::sql_types::Integer;

    use super::*;

    diesel::table! { things (id) { id -> Integer, } }

    fn looks<Q: QueryFragment<Pg> + QueryId>(seen: &mut Seen, query: &Q) -> usize {
        let mut looks = 0;
        for _ in 0..3 {
            let look = || {
                looks += 1;
                Ok(())
            };
            seen.once(query, look).unwrap();
        }
        looks
    }

    #[test]
    fn a_query_is_looked_at_once_where_its_type_says_all_of_its_sql() {
        let mut seen = Seen::default();
        assert_eq!(looks(&mut seen, &things::table.find(1)), 1);
        assert_eq!(looks(&mut seen, &things::table.find(2)), 0);
        assert_eq!(looks(&mut seen, &things::table.filter(things::id.gt(2))), 1);
        assert_eq!(looks(&mut seen, &things::table.into_boxed()), 3);
        let raw = things::table.select(diesel::dsl::sql::<Integer>("1"));
        assert_eq!(looks(&mut seen, &raw), 3);
    }

    #[test]
    fn what_was_refused_is_looked_at_again() {
        let (mut seen, query) = (Seen::default(), things::table.find(1));
        assert!(seen.once(&query, || Err(diesel::result::Error::NotFound)).is_err());
        assert_eq!(looks(&mut seen, &query), 1);
    }
}
