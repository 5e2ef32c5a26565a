//! `cargo run -p migrate-at-startup`: migrates, then listens on 127.0.0.1:3000 until Ctrl-C.
//!
//! With a URL as its argument it works in that very database: start it twice there, or ten times, at once. Without
//! one it works in a database of its own that is gone afterwards, on the server of `DATABASE_URL` where that is set,
//! else on a PostgreSQL that it starts for itself.
#![expect(clippy::disallowed_macros, reason = "an example that tells what it does")]

use std::error::Error;
use std::process::ExitCode;

use multitenant_runtime::testing::TestDatabase;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> ExitCode {
    match run(std::env::args().nth(1)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // For a start that failed, the counts, then each schema's failure with file, line and SQLSTATE.
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(url: Option<String>) -> Result<(), Box<dyn Error>> {
    let own = if url.is_none() { Some(TestDatabase::empty().await?) } else { None };
    let url = url.or_else(|| own.as_ref().map(|own| own.url().to_owned())).unwrap_or_default();

    let (router, started) = migrate_at_startup::start(&url).await?;
    let summary = started.report.summary();
    println!(
        "migrated in {:.0?}: {} schemas changed, {} up to date",
        started.report.duration, summary.applied, summary.up_to_date
    );

    let listener = TcpListener::bind(("127.0.0.1", 3000)).await?;
    println!("listening on http://{}; try:", listener.local_addr()?);
    println!("  curl -X POST localhost:3000/tenants/acme");
    println!("  curl -H 'x-tenant: acme' -d 'buy milk' localhost:3000/notes");
    println!("  curl -H 'x-tenant: acme' localhost:3000/notes");
    println!("  curl localhost:3000/healthz");
    axum::serve(listener, router).with_graceful_shutdown(stopped()).await?;
    Ok(())
}

/// Waits for Ctrl-C, so that requests in flight are answered and the throw-away database is dropped.
async fn stopped() {
    let _ = tokio::signal::ctrl_c().await;
}
