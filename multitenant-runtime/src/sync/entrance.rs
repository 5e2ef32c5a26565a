//! The one message of a checkout: sets the target, and asks whether its schema is there.

use diesel::connection::SimpleConnection as _;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::query_dsl::RunQueryDsl;
use diesel::sql_types::{Bool, Nullable, Text};
use diesel::{PgConnection, QueryResult};

use crate::ident::RoleName;
use crate::pool::Served;
use crate::run::Frame;
use crate::settings::Settings;

/// Sets the target. Whether its schema is there, and the one that the registry's answer was about.
pub(super) fn enter(connection: &mut PgConnection, settings: &Settings, served: &Served) -> QueryResult<bool> {
    let schema = served.target.schema();
    let path = Frame::new(settings, &served.target).search_path();
    // A tenant's role must not stay on; nothing but this takes it off to what the connection began with.
    if settings.roles.is_some() && served.role.is_none() {
        connection.batch_execute("RESET ROLE")?;
    }
    let role = served.role.as_ref().map(RoleName::as_str);
    let entrance =
        Entrance { path, role, schema: schema.as_str(), quoted: schema.quoted(), oid: served.oid.as_deref() };
    Ok(entrance.get_result::<Option<bool>>(connection)?.unwrap_or(false))
}

/// One text for the whole life of a connection, which is prepared once.
struct Entrance<'a> {
    /// Quoted names.
    path: String,
    /// As it is.
    role: Option<&'a str>,
    schema: &'a str,
    quoted: String,
    oid: Option<&'a str>,
}

impl QueryId for Entrance<'_> {
    type QueryId = Entrance<'static>;

    const HAS_STATIC_QUERY_ID: bool = true;
}

impl Query for Entrance<'_> {
    type SqlType = Nullable<Bool>;
}

impl<Conn> RunQueryDsl<Conn> for Entrance<'_> {}

impl QueryFragment<Pg> for Entrance<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        // In this order: that is what CASE promises.
        out.push_sql("SELECT CASE WHEN pg_catalog.set_config('search_path', ");
        out.push_bind_param::<Text, str>(&self.path)?;
        // As whom it is asked whether the schema is there. `none` would be no role, and is no name of one.
        out.push_sql(", false) IS NOT NULL AND CASE WHEN ");
        out.push_bind_param::<Nullable<Text>, Option<&str>>(&self.role)?;
        out.push_sql(" IS NULL THEN true ELSE pg_catalog.set_config('role', ");
        out.push_bind_param::<Nullable<Text>, Option<&str>>(&self.role)?;
        out.push_sql(
            ", false) IS NOT NULL END THEN pg_catalog.current_schema()::pg_catalog.text OPERATOR(pg_catalog.=) ",
        );
        out.push_bind_param::<Text, str>(self.schema)?;
        out.push_sql(" AND coalesce(pg_catalog.to_regnamespace(");
        out.push_bind_param::<Text, str>(&self.quoted)?;
        out.push_sql(")::pg_catalog.oid::pg_catalog.text OPERATOR(pg_catalog.=) ");
        out.push_bind_param::<Nullable<Text>, Option<&str>>(&self.oid)?;
        out.push_sql(", ");
        out.push_bind_param::<Nullable<Text>, Option<&str>>(&self.oid)?;
        out.push_sql(" IS NULL) END");
        Ok(())
    }
}
