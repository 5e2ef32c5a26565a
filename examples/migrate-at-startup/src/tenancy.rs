//! From a request's header to a connection that sees one tenant.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use diesel::dsl::{select, sql};
use diesel::sql_types::{Bool, Text};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use multitenant_runtime::TenantId;

use crate::{AppState, Problem};

/// Where a request says which tenant it is about.
const HEADER: &str = "x-tenant";

/// A connection that sees the tables of the request's tenant, and the shared ones.
///
/// Every request has a connection of its own, so that none is handed on with another tenant's `search_path`: slow,
/// and right. The pool that keeps this promise without a connection per request is not there yet.
pub struct TenantConnection(pub AsyncPgConnection);

impl FromRequestParts<AppState> for TenantConnection {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let header = parts.headers.get(HEADER).ok_or(Problem::NoTenant)?;
        let tenant: TenantId = header.to_str().ok().and_then(|id| id.parse().ok()).ok_or(Problem::NoTenant)?;
        let mut connection = AsyncPgConnection::establish(&state.database_url).await?;
        enter_tenant(&mut connection, state, &tenant).await?;
        Ok(Self(connection))
    }
}

/// Points a connection at one tenant: its schema first, then the shared one.
///
/// The schema's name is validated and quoted, so that no header can smuggle in another schema; and a tenant that
/// does not exist is an error, where PostgreSQL would fall through to the shared schema.
async fn enter_tenant(connection: &mut AsyncPgConnection, state: &AppState, tenant: &TenantId) -> Result<(), Problem> {
    let settings = state.migrator.settings();
    let Ok(schema) = settings.schema_template.schema_of(tenant, &settings.shared_schema) else {
        return Err(Problem::NoSuchTenant);
    };
    // `"tenant_acme", "public"`: `SchemaName::quoted` for each schema of the configured path.
    let path = settings.search_path.for_tenant(&schema);
    connection.batch_execute(&format!("SET search_path = {path}")).await?;
    let is_current = sql::<Bool>("current_schema() IS NOT DISTINCT FROM ").bind::<Text, _>(schema.as_str());
    if select(is_current).get_result(connection).await? { Ok(()) } else { Err(Problem::NoSuchTenant) }
}
