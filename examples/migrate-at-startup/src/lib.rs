//! An axum server that migrates the shared schema and all tenants before it listens.

mod problem;
mod schema;
mod tenancy;

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use multitenant_runtime::{
    EmbeddedMigrations, Error, Migrator, NewTenant, Scope, StartUp, Started, TenantTable, embed_migrations,
};

pub use problem::Problem;
use schema::notes;
pub use tenancy::TenantConnection;

/// Both folders of migrations and `multitenant.toml`, put into the binary when it is compiled.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!();

/// What every request may use.
#[derive(Clone)]
pub struct AppState {
    database_url: Arc<str>,
    migrator: Migrator,
}

/// A row of one tenant's schema.
#[derive(Queryable, Selectable, serde::Serialize, TenantTable)]
#[diesel(table_name = notes)]
struct Note {
    id: i32,
    text: String,
}

/// Migrates, then makes the routes. Any number of replicas may do so at once.
///
/// # Errors
///
/// Where the database is not, or not completely, as this binary needs it: then nobody is to be served.
pub async fn start(database_url: &str) -> Result<(Router, Started), Error> {
    let migrator = Migrator::embedded(MIGRATIONS).database_url(database_url).build()?;
    let started = migrator.start(StartUp::default()).await?;
    let state = AppState { database_url: database_url.into(), migrator };
    let router = Router::new()
        .route("/healthz", get(healthz))
        .route("/tenants/{id}", post(create_tenant))
        .route("/notes", get(list_notes).post(add_note))
        .with_state(state);
    Ok((router, started))
}

/// Healthy is: the database answers, and nothing is pending. Looking writes nothing.
async fn healthz(State(state): State<AppState>) -> Result<String, (StatusCode, String)> {
    match state.migrator.plan(Scope::all()).await {
        Ok(plan) if plan.targets().all(|target| target.pending.is_empty()) => {
            Ok(format!("{} tenants, nothing pending", plan.tenants.len()))
        }
        Ok(_) => Err((StatusCode::SERVICE_UNAVAILABLE, "migrations are pending".to_owned())),
        Err(_) => Err((StatusCode::SERVICE_UNAVAILABLE, "the database does not answer".to_owned())),
    }
}

/// Schema, migrations and registry row, all or nothing. A real application asks first who is asking.
async fn create_tenant(State(state): State<AppState>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let tenant = NewTenant::new(id)?;
    state.migrator.create_tenant(tenant).await.map_err(Problem::of_creation)?;
    Ok(StatusCode::CREATED)
}

async fn list_notes(TenantConnection(mut connection): TenantConnection) -> Result<Json<Vec<Note>>, Problem> {
    let all = notes::table.order(notes::id).select(Note::as_select()).load(&mut connection).await?;
    Ok(Json(all))
}

async fn add_note(TenantConnection(mut connection): TenantConnection, text: String) -> Result<Json<Note>, Problem> {
    let note = diesel::insert_into(notes::table)
        .values(notes::text.eq(text))
        .returning(Note::as_returning())
        .get_result(&mut connection)
        .await?;
    Ok(Json(note))
}

/// The documents' code has to compile; here, since here is a project for `embed_migrations!()`.
#[cfg(doctest)]
mod documents {
    #[doc = include_str!("../../../README.md")]
    mod workspace {}
    #[doc = include_str!("../../../multitenant-runtime/README.md")]
    mod runtime {}
    #[doc = include_str!("../../../multitenant-macros/README.md")]
    mod macros {}
    #[doc = include_str!("../../../cargo-multitenant/README.md")]
    mod command_line {}
    #[doc = include_str!("../../../docs/guide/application.md")]
    mod application {}
    #[doc = include_str!("../../../docs/guide/command-line.md")]
    mod commands {}
    #[doc = include_str!("../../../docs/guide/requests.md")]
    mod requests {}
    #[doc = include_str!("../../../docs/guide/schema-code.md")]
    mod schema_code {}
    #[doc = include_str!("../../../docs/guide/schemas-as-data.md")]
    mod schemas_as_data {}
}
