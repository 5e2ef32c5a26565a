//! Work that a request leaves for later: `cargo run --example jobs`. It works in a database of its own.
//!
//! The queue keeps text, as a table or a broker would. The tenant is in it, and the worker cannot get at the work without
//! entering the tenant.
#![expect(clippy::disallowed_macros, reason = "an example that tells what it does")]

mod notes;
mod place;

use std::error::Error;

use multitenant_runtime::{TenantId, TenantJob, TenantPool};
use place::Place;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

/// What is to be done: nothing here says for whom.
#[derive(Serialize, Deserialize)]
struct Remind {
    text: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let place = Place::new().await?;
    for (tenant, result) in reminded(&place.pool, &["acme", "globex", "initech"]).await? {
        match result {
            Ok(notes) => print!("{tenant} has\n  {notes}"),
            // The job is of a tenant that is gone meanwhile: a queue keeps it aside, others go on.
            Err(error) => println!("{tenant} has not been reminded: {error}"),
        }
    }
    place.pool.close().await;
    Ok(())
}

type Outcome = Result<String, Box<dyn Error>>;

/// Enqueues a reminder for each of these tenants, and works the queue off.
async fn reminded(pool: &TenantPool, tenants: &[&str]) -> Result<Vec<(TenantId, Outcome)>, Box<dyn Error>> {
    let (queue, mut jobs) = mpsc::channel::<String>(10);
    for tenant in tenants {
        // In a handler: `tenant.job(Remind { … })`, with a `RequestTenant`.
        let job = TenantJob::new(TenantId::new(tenant)?, Remind { text: format!("of {tenant}") });
        queue.send(serde_json::to_string(&job)?).await?;
    }
    drop(queue);
    let mut outcomes = Vec::new();
    while let Some(text) = jobs.recv().await {
        let job: TenantJob<Remind> = serde_json::from_str(&text)?;
        outcomes.push((job.tenant().clone(), remind(pool, job).await));
    }
    Ok(outcomes)
}

async fn remind(pool: &TenantPool, job: TenantJob<Remind>) -> Outcome {
    let (mut connection, remind) = job.enter(pool).await?;
    notes::add(&mut connection, &remind.text).await?;
    Ok(notes::list(&mut connection).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn each_tenant_is_reminded_of_its_own() {
        let place = Place::new().await.unwrap();
        let outcomes = reminded(&place.pool, &["acme", "globex", "initech", "acme"]).await.unwrap();
        let told: Vec<_> = outcomes.into_iter().map(|(tenant, result)| (tenant.to_string(), result.ok())).collect();
        let expected = [
            ("acme", Some("1: of acme\n")),
            ("globex", Some("1: of globex\n")),
            ("initech", None),
            ("acme", Some("1: of acme\n2: of acme\n")),
        ];
        assert_eq!(told, expected.map(|(tenant, notes)| (tenant.to_owned(), notes.map(str::to_owned))));
    }
}
