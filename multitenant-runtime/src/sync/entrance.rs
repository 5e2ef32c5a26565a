//! The one message of a checkout: sets the target, and asserts that its schema is there.

use diesel::connection::SimpleConnection as _;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::query_dsl::RunQueryDsl;
use diesel::result::{DatabaseErrorKind, Error};
use diesel::sql_types::Bool;
use diesel::{PgConnection, QueryResult};

use crate::ident::{RoleName, literal};
use crate::isolation::Expressions;
use crate::pool::{Entrance, Served};
use crate::settings::Settings;

/// Sets the target. Whether its schema is there, and the one that the registry's answer was about.
pub(super) fn enter(connection: &mut PgConnection, settings: &Settings, served: &Served) -> QueryResult<bool> {
    if let Some(sql) = &served.quick
        && connection.batch_execute(sql).is_ok()
    {
        return Ok(true);
    }
    let entrance = Entrance::of(settings, served);
    match connection.batch_execute(&entrance.of_session()) {
        Ok(()) => Ok(true),
        // Diesel does not say whether it is the assertion; so it is asked. All of the message is undone.
        Err(error @ Error::DatabaseError(DatabaseErrorKind::Unknown, _)) => {
            connection.batch_execute(&entrance.settings_of_session())?;
            match ask(connection, entrance.is_there())? {
                true => Err(error),
                false => Ok(false),
            }
        }
        Err(error) => Err(error),
    }
}

/// Whether the server lets the connection take on this role.
pub(super) fn may_take_on(connection: &mut PgConnection, role: &RoleName) -> QueryResult<bool> {
    let name = literal(role.as_str());
    let may_set = Expressions::may_set("session_user", "r.oid");
    let role = format!("FROM pg_catalog.pg_roles r WHERE r.rolname OPERATOR(pg_catalog.=) {name} AND {may_set}");
    ask(connection, format!("EXISTS (SELECT {role})"))
}

fn ask(connection: &mut PgConnection, condition: String) -> QueryResult<bool> {
    Question { condition }.get_result(connection)
}

struct Question {
    condition: String,
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
        out.push_sql(&self.condition);
        Ok(())
    }
}
