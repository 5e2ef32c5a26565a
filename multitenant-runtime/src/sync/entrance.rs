//! The one message of a checkout: sets the target, and asserts that its schema is there.

use diesel::connection::SimpleConnection as _;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::query_dsl::RunQueryDsl;
use diesel::result::{DatabaseErrorKind, Error};
use diesel::sql_types::Bool;
use diesel::{PgConnection, QueryResult};

use crate::ident::literal;
use crate::pool::Served;
use crate::run::Frame;
use crate::settings::Settings;

/// Sets the target. Whether its schema is there, and the one that the registry's answer was about.
pub(super) fn enter(connection: &mut PgConnection, settings: &Settings, served: &Served) -> QueryResult<bool> {
    let path = Frame::new(settings, &served.target).search_path();
    let is_there = is_there(served);
    // What belongs to the session goes: it would tell the next tenant of the last one.
    let entered = connection.batch_execute(&format!(
        "SET search_path = {path}; DISCARD SEQUENCES; SELECT pg_catalog.pg_advisory_unlock_all(); \
         SELECT 1 OPERATOR(pg_catalog./) ({is_there})::pg_catalog.int4"
    ));
    match entered {
        Ok(()) => Ok(true),
        // Diesel does not say whether it is the assertion; so it is asked. All of the message is undone.
        Err(error @ Error::DatabaseError(DatabaseErrorKind::Unknown, _)) => {
            connection.batch_execute(&format!("SET search_path = {path}"))?;
            match (Question { is_there }).get_result(connection)? {
                true => Err(error),
                false => Ok(false),
            }
        }
        Err(error) => Err(error),
    }
}

/// Whether the current schema is this one: a condition in SQL that is never null.
fn is_there(served: &Served) -> String {
    let schema = served.target.schema();
    let same = served.oid.as_ref().map_or_else(String::new, |oid| {
        format!(
            " AND pg_catalog.to_regnamespace({})::pg_catalog.oid OPERATOR(pg_catalog.=) {}::pg_catalog.oid",
            literal(&schema.quoted()),
            literal(oid)
        )
    });
    format!("(pg_catalog.current_schema() OPERATOR(pg_catalog.=) {}{same}) IS TRUE", literal(schema.as_str()))
}

struct Question {
    is_there: String,
}

impl QueryId for Question {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Question {
    type SqlType = Bool;
}

impl<Conn> RunQueryDsl<Conn> for Question {}

impl QueryFragment<Pg> for Question {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.unsafe_to_cache_prepared();
        out.push_sql("SELECT ");
        out.push_sql(&self.is_there);
        Ok(())
    }
}
