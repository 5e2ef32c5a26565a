//! Work for later.

use multitenant_runtime::{PoolError, TenantId, TenantJob};
use serde::{Deserialize, Serialize};

use super::shop::{Shop, who};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Invoice {
    order: i32,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_done_for_its_tenant() {
    let shop = Shop::with(&["acme", "globex", "a\"b"]).await;
    let pool = shop.pool().max_connections(1).build().unwrap();
    let queue: Vec<String> = ["acme", "globex", "a\"b", "acme"]
        .map(|id| TenantJob::new(TenantId::new(id).unwrap(), Invoice { order: 7 }))
        .iter()
        .map(|job| serde_json::to_string(job).unwrap())
        .collect();
    assert_eq!(queue[0], r#"{"tenant":"acme","payload":{"order":7}}"#);
    for (text, tenant) in queue.iter().zip(["acme", "globex", "a\"b", "acme"]) {
        let job: TenantJob<Invoice> = serde_json::from_str(text).unwrap();
        assert_eq!(job.tenant().as_str(), tenant);
        let (mut connection, invoice) = job.enter(&pool).await.unwrap();
        assert_eq!(who(connection.trusted_connection()).await, format!("tenant_{tenant}"));
        assert_eq!(invoice, Invoice { order: 7 });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_of_nobody_is_not_done() {
    let shop = Shop::with(&["acme"]).await;
    let pool = shop.pool().build().unwrap();
    let job: TenantJob<Invoice> = serde_json::from_str(r#"{"tenant":"ACME","payload":{"order":7}}"#).unwrap();
    assert!(!format!("{job:?}").contains('7'));
    let error = job.enter(&pool).await.unwrap_err();
    assert!(matches!(error, PoolError::UnknownTenant { .. }), "{error}");
    for text in [
        r#"{"tenant":"","payload":{"order":7}}"#,
        r#"{"tenant":"acme\u0000","payload":{"order":7}}"#,
        r#"{"tenant":7,"payload":{"order":7}}"#,
        r#"{"tenant":null,"payload":{"order":7}}"#,
        r#"{"payload":{"order":7}}"#,
    ] {
        assert!(serde_json::from_str::<TenantJob<Invoice>>(text).is_err(), "{text}");
    }
}
