//! `application multitenant migrate`, and then `application`: an image with this one file, without cargo and without a file of
//! the project, migrates its tenants and serves them. Try it in an empty folder:
//!
//! ```text
//! $ export DATABASE_URL=postgres://localhost/notes
//! $ application multitenant migrate
//! $ application multitenant tenant create acme     with its seeds
//! $ application
//! ```
#![expect(clippy::disallowed_macros, reason = "an example that tells what it does")]

mod notes;
mod welcome;

use std::error::Error;
use std::process::ExitCode;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use cargo_multitenant::Application;
use multitenant_runtime::route::Header;
use multitenant_runtime::web::TenantLayer;
use multitenant_runtime::{
    EmbeddedMigrations, Migrator, StartUp, StartupMode, TenantConn, embed_migrations, embed_seeds,
};
use tokio::net::TcpListener;

static MIGRATIONS: EmbeddedMigrations = embed_migrations!();

#[tokio::main]
async fn main() -> ExitCode {
    // A command runs on a thread and a runtime of its own, so this may stand inside of one.
    let application =
        Application::new(&MIGRATIONS).seeds(embed_seeds!()).tenant_seed("20_welcome.rs", welcome::welcome);
    if let Some(code) = application.answer(std::env::args_os()) {
        return code;
    }
    match serve(std::env::args().nth(1)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Serves on this address, or on 127.0.0.1:3000, until Ctrl-C. That the migrations are applied is checked, and not done.
async fn serve(address: Option<String>) -> Result<(), Box<dyn Error>> {
    let url = std::env::vars().find_map(|(name, value)| (name == "DATABASE_URL").then_some(value));
    let migrator = Migrator::embedded(MIGRATIONS).database_url(url.ok_or("set DATABASE_URL")?).build()?;
    migrator.start(StartUp::new(StartupMode::Check)).await?;
    let pool = migrator.pool().max_connections(10).build()?;
    let listener = TcpListener::bind(address.as_deref().unwrap_or("127.0.0.1:3000")).await?;
    println!("listening on http://{}; try: curl -H 'x-tenant: acme' {0}/notes", listener.local_addr()?);
    let routes =
        Router::new().route("/notes", get(list)).layer(TenantLayer::new(pool.clone(), Header::new("x-tenant")));
    let stopped = async { tokio::signal::ctrl_c().await.unwrap_or_default() };
    axum::serve(listener, routes).with_graceful_shutdown(stopped).await?;
    pool.close().await;
    Ok(())
}

async fn list(mut connection: TenantConn) -> Result<String, StatusCode> {
    notes::list(&mut connection).await.map_err(|error| {
        eprintln!("error: {error}");
        StatusCode::INTERNAL_SERVER_ERROR
    })
}
