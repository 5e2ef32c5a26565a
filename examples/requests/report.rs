//! A report over all tenants: `cargo run --example report`. It works in a database of its own.
#![expect(clippy::disallowed_macros, reason = "an example that tells what it does")]

mod notes;
mod place;

use std::collections::BTreeMap;
use std::error::Error;

use futures_util::StreamExt;
use multitenant_runtime::prelude::*;
use multitenant_runtime::{PoolError, Selection, TenantConn, TenantId, TenantPool};
use place::Place;

use self::notes::notes as kept;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let place = Place::new().await?;
    for (tenant, note) in [("acme", "buy milk"), ("acme", "buy bread"), ("globex", "buy milk")] {
        notes::add(&mut place.pool.tenant(tenant).await?, note).await?;
    }
    for (tenant, notes) in lists(&place.pool, Selection::All).await? {
        print!("{tenant} has\n{}", notes.unwrap_or_else(|error| format!("{error}\n")));
    }
    for (tenant, found) in search(&place.pool, "milk").await? {
        println!("{tenant} speaks of milk in {}", found.unwrap_or_else(|error| error));
    }
    place.pool.close().await;
    Ok(())
}

/// A line for each tenant, an error of one being no one else's.
type Report<T> = BTreeMap<TenantId, Result<T, String>>;

/// Runs code of our own for each tenant, on some connections at once: what a handler does for one of them, writes too.
async fn lists(pool: &TenantPool, tenants: Selection) -> Result<Report<String>, PoolError> {
    let list = async |mut connection: TenantConn| notes::list(&mut connection).await;
    let lists = pool.across(tenants).await?.concurrency(4).run(list);
    Ok(lists.map(|(tenant, notes)| (tenant, notes.map_err(|error| error.to_string()))).collect().await)
}

/// Has the server read all tenants, a hundred in one statement: one query that only reads.
async fn search(pool: &TenantPool, word: &str) -> Result<Report<String>, PoolError> {
    let query = kept::table.filter(kept::text.like(format!("%{word}%"))).order(kept::id).select((kept::id, kept::text));
    let found = pool.across(Selection::All).await?.union::<_, (i32, String)>(query);
    let line = |rows: Vec<(i32, String)>| rows.iter().map(|(id, text)| format!("[{id}: {text}]")).collect::<String>();
    Ok(found.map(|(tenant, rows)| (tenant, rows.map(line).map_err(|error| error.to_string()))).collect().await)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn each_line_is_of_its_tenant() {
        let place = Place::new().await.unwrap();
        for (tenant, notes) in [("acme", 3), ("globex", 2)] {
            for i in 0..notes {
                let note = format!("{i} of {tenant}");
                notes::add(&mut place.pool.tenant(tenant).await.unwrap(), &note).await.unwrap();
            }
        }
        let told = |tenant: &str| TenantId::new(tenant).unwrap();
        let acme = Ok("1: 0 of acme\n2: 1 of acme\n3: 2 of acme\n".to_owned());
        let globex = Ok("1: 0 of globex\n2: 1 of globex\n".to_owned());
        let expected = [(told("acme"), acme), (told("globex"), globex.clone())];
        assert_eq!(lists(&place.pool, Selection::All).await.unwrap(), expected.into());
        let only = Selection::Matching(vec!["glo*".to_owned()]);
        assert_eq!(lists(&place.pool, only).await.unwrap(), [(told("globex"), globex)].into());
        let unknown = lists(&place.pool, Selection::Only(vec![told("initech")])).await;
        assert!(matches!(unknown, Err(PoolError::UnknownTenant { .. })), "{unknown:?}");
        let found = search(&place.pool, "1 of").await.unwrap();
        let expected = ["acme", "globex"].map(|tenant| (told(tenant), Ok(format!("[2: 1 of {tenant}]"))));
        assert_eq!(found, expected.into());
    }
}
