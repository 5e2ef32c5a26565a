//! The application's own code, and what comes of it when it fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use multitenant_runtime::{HookResult, PoolError, PoolHooks, Target, async_trait};

use super::shop::{Shop, Who};

#[derive(Clone, Default)]
struct Counted {
    connected: Arc<AtomicUsize>,
    checked_out: Arc<AtomicUsize>,
    /// What each does, and whether it then fails.
    at_connect: Option<(&'static str, bool)>,
    at_checkout: Option<(&'static str, bool)>,
}

async fn act(connection: &mut AsyncPgConnection, what: Option<(&str, bool)>) -> HookResult {
    let Some((sql, fails)) = what else { return Ok(()) };
    connection.batch_execute(sql).await?;
    if fails { Err("it does not like it".into()) } else { Ok(()) }
}

#[async_trait]
impl PoolHooks for Counted {
    async fn after_connect(&self, connection: &mut AsyncPgConnection) -> HookResult {
        self.connected.fetch_add(1, Ordering::Relaxed);
        act(connection, self.at_connect).await
    }

    async fn on_checkout(&self, connection: &mut AsyncPgConnection, target: &Target) -> HookResult {
        assert!(target.schema().as_str() == "public" || target.tenant().is_some());
        self.checked_out.fetch_add(1, Ordering::Relaxed);
        act(connection, self.at_checkout).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_is_called_when_it_should_be() {
    let shop = Shop::with(&["a"]).await;
    let hooks = Counted {
        at_connect: Some(("SET app.most = '7'", false)),
        at_checkout: Some(("SET app.who = 'x'", false)),
        ..Counted::default()
    };
    let pool = shop.pool().max_connections(1).hooks(hooks.clone()).build().unwrap();
    for _ in 0..3 {
        let mut conn = pool.tenant("a").await.unwrap();
        assert_eq!(conn.who().await.unwrap(), "tenant_a");
        let limit =
            diesel::dsl::sql::<diesel::sql_types::Text>("current_setting('app.most') || current_setting('app.who')");
        let both: String = diesel_async::RunQueryDsl::get_result(diesel::select(limit), conn.raw()).await.unwrap();
        assert_eq!(both, "7x");
    }
    pool.shared().await.unwrap();
    assert_eq!((hooks.connected.load(Ordering::Relaxed), hooks.checked_out.load(Ordering::Relaxed)), (1, 4));
    assert_eq!(pool.status().discarded, 0);
}

async fn fails(hooks: Counted, which: &str) {
    let shop = Shop::with(&["a"]).await;
    let pool = shop.pool().max_connections(1).hooks(hooks).build().unwrap();
    for _ in 0..2 {
        let error = pool.tenant("a").await.unwrap_err();
        assert!(matches!(&error, PoolError::Hook { hook, .. } if *hook == which), "{error}");
        super::shop::until(&pool, |status| status.open == 0 && status.in_use == 0).await;
    }
    assert_eq!(shop.connections().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_fails_closes_the_connection() {
    fails(Counted { at_connect: Some(("SELECT 1", true)), ..Counted::default() }, "after_connect").await;
    fails(Counted { at_checkout: Some(("SELECT 1", true)), ..Counted::default() }, "on_checkout").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_leaves_a_transaction_open_has_failed() {
    fails(Counted { at_connect: Some(("BEGIN", false)), ..Counted::default() }, "after_connect").await;
    fails(Counted { at_checkout: Some(("BEGIN", false)), ..Counted::default() }, "on_checkout").await;
}
