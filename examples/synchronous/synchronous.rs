//! One pool for all tenants, for threads: `cargo run --example synchronous --features sync`, in this folder. It works in a
//! database of its own.
//!
//! What a thread does here for a request, a handler of a synchronous server does, or a job on a thread pool.
#![expect(clippy::disallowed_macros, reason = "an example that tells what it does")]

mod notes;
mod place;

use std::error::Error;
use std::thread;
use std::time::Duration;

use multitenant_runtime::PoolError;
use multitenant_runtime::sync::TenantPool;
use place::Place;

fn main() -> Result<(), Box<dyn Error>> {
    let place = Place::new()?;
    let requests = [("acme", "buy milk"), ("globex", "call home"), ("initech", "staple"), ("acme", "buy bread")];
    for ((tenant, text), answer) in requests.iter().zip(served(&place.pool, &requests)) {
        match answer {
            Ok(notes) => print!("{tenant} notes {text:?}, and has\n{notes}"),
            Err(error) => println!("{tenant} has not noted {text:?}: {error}"),
        }
    }
    println!("served over {} connections", place.pool.status().open);
    place.pool.close(Duration::from_secs(10));
    Ok(())
}

type Answer = Result<String, Box<dyn Error + Send + Sync>>;

/// Serves these requests at once, on a thread each.
fn served(pool: &TenantPool, requests: &[(&str, &str)]) -> Vec<Answer> {
    thread::scope(|scope| {
        let threads: Vec<_> =
            requests.iter().map(|(tenant, text)| scope.spawn(move || serve(pool, tenant, text))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| Err("it panicked".into()))).collect()
    })
}

/// The connection is the tenant's for as long as it is held here.
fn serve(pool: &TenantPool, tenant: &str, text: &str) -> Answer {
    match pool.tenant(tenant) {
        Ok(mut connection) => Ok(notes::add(&mut connection, text)?),
        // To be told apart from what is wrong with the server: this is the caller's.
        Err(PoolError::UnknownTenant { .. }) => Err("there is no such tenant".into()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tenant_has_its_own_notes() {
        let place = Place::new().unwrap();
        let tenants = ["acme", "globex", "initech", "ACME", "acme, globex"];
        let texts = tenants.map(|tenant| format!("of {tenant}"));
        // Forty threads, two connections.
        let requests = tenants.into_iter().zip(texts.iter().map(String::as_str)).cycle().take(40).collect::<Vec<_>>();
        for ((tenant, text), answer) in requests.iter().zip(served(&place.pool, &requests)) {
            match (*tenant, answer) {
                ("acme" | "globex", Ok(notes)) => {
                    assert!(notes.lines().all(|note| note.ends_with(text)), "{tenant} sees {notes}");
                }
                ("acme" | "globex", Err(error)) => panic!("{tenant}: {error}"),
                (_, answer) => assert_eq!(answer.unwrap_err().to_string(), "there is no such tenant", "{tenant}"),
            }
        }
        // Only now: of two requests at once neither sees the other's note, so that none of the answers need have all.
        for tenant in ["acme", "globex"] {
            let notes = notes::list(&mut place.pool.tenant(tenant).unwrap()).unwrap();
            assert_eq!(notes.lines().count(), 8, "{tenant} has had eight requests, and has {notes}");
        }
        assert!(place.pool.status().opened <= 2, "{:?}", place.pool.status());
    }
}
