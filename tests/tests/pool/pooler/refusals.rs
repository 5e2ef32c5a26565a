//! What stands for a session is refused, and so is a pooler that nobody has spoken of.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use multitenant_runtime::embedded::EmbeddedServer;
use multitenant_runtime::{
    HookResult, PoolError, PoolHooks, Pooling, RunQueryDsl, ScopedConnection, Target, async_trait,
};
use multitenant_tests::pooler::Pooler;

use super::{Behind, found};
use crate::shop::{Shop, mark};

#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_that_nobody_has_spoken_of() {
    let Some(behind) = Behind::with(&["a"]).await else { return };
    let pool = behind.shop.pool().database_url(behind.pooler.url()).build().unwrap();
    for _ in 0..2 {
        let error = pool.tenant("a").await.unwrap_err();
        assert!(matches!(error, PoolError::BehindPooler), "{error}");
        assert!(error.to_string().contains("pooling(Pooling::Transaction)"), "{error}");
    }
    assert_eq!(pool.status().open, 0);
    assert!(behind.sent().iter().all(|(_, sent)| !sent.contains("SET ")), "{:?}", behind.sent());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_in_session_mode_is_used_as_the_server_is() {
    let server = EmbeddedServer::start().unwrap();
    let Some(pooler) = Pooler::start(server, "session", 2).await else { return };
    let shop = Shop::on(pooler.direct_url());
    shop.add(&["a", "b"]).await;
    let pool = shop.pool().database_url(pooler.url()).pooling(Pooling::Session).max_connections(2).build().unwrap();
    for id in ["a", "b", "a", "a"] {
        let mut conn = pool.tenant(id).await.unwrap();
        let who: String = mark::table.select(mark::who).first(&mut conn).await.unwrap();
        assert_eq!(who, format!("tenant_{id}"));
        conn.unchecked_connection().unwrap().batch_execute("SELECT 1").await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unchecked_connection_is_a_transactions() {
    let Some(behind) = Behind::with(&["a"]).await else { return };
    let stranger = behind.stranger().await;
    let before = found(&stranger).await;
    let pool = behind.pool(1);
    let mut conn = pool.tenant("a").await.unwrap();
    let error = conn.unchecked_connection().err().unwrap().to_string();
    assert!(error.contains("`transaction(…)`"), "{error}");
    let within = conn.transaction(async |conn| {
        diesel_async::RunQueryDsl::load::<String>(mark::table.select(mark::who), conn.unchecked_connection()?).await
    });
    assert_eq!(within.await.unwrap(), ["tenant_a"]);
    drop(conn);
    assert_eq!(found(&stranger).await, before);
    behind.sets_nothing();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_routed_connection_and_hooks() {
    struct Hooks;

    #[async_trait]
    impl PoolHooks for Hooks {
        async fn on_checkout(&self, connection: &mut AsyncPgConnection, _: &Target) -> HookResult {
            connection.batch_execute("SET statement_timeout = '5s'").await?;
            Ok(())
        }
    }

    let Some(behind) = Behind::with(&["a"]).await else { return };
    let error = behind.pool(1).routed("a").await.unwrap_err();
    assert!(matches!(error, PoolError::NeedsSession { .. }), "{error}");
    let error = behind.builder().hooks(Hooks).build().unwrap_err();
    assert!(matches!(error, PoolError::NeedsSession { .. }), "{error}");
}

/// The driver looks such types up by statements that it keeps for as long as it lives.
#[tokio::test(flavor = "multi_thread")]
async fn types_that_the_driver_looks_up() {
    let Some(behind) = Behind::with(&["a", "b"]).await else { return };
    behind.shop.sql("CREATE DOMAIN word AS text; CREATE TYPE mood AS ENUM ('sad', 'happy')").await;
    let stranger = behind.stranger().await;
    let before = found(&stranger).await;
    let pool = behind.pool(1);
    let mood = || diesel::select(diesel::dsl::sql::<diesel::sql_types::Text>("'sad'::public.mood"));
    for in_transaction in [false, true, false] {
        let mut conn = pool.tenant("a").await.unwrap();
        for _ in 0..2 {
            let refused = match in_transaction {
                false => mood().load::<String>(&mut conn).await,
                true => conn.transaction(async |conn| mood().load::<String>(conn).await).await,
            };
            let diesel::result::Error::QueryBuilderError(error) = refused.unwrap_err() else { panic!("refused") };
            let error = error.downcast_ref::<PoolError>();
            assert!(matches!(error, Some(PoolError::NeedsPreparedStatements)), "{error:?}");
            assert_eq!(found(&stranger).await, before, "nothing is left on the server's connection");
        }
        assert!(conn.is_in_doubt());
    }
    // What fails in the server is no such thing.
    let mut conn = pool.tenant("b").await.unwrap();
    let nonsense = || diesel::select(diesel::dsl::sql::<diesel::sql_types::Text>("nonsense"));
    for _ in 0..5 {
        let error = nonsense().load::<String>(&mut conn).await.unwrap_err().to_string();
        assert!(error.contains("nonsense"), "{error}");
    }
    assert_eq!(mark::table.select(mark::who).first::<String>(&mut conn).await.unwrap(), "tenant_b");
    drop(conn);
    assert_eq!(pool.status().discarded, 3);
    behind.sets_nothing();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_is_behind() {
    let Some(behind) = Behind::with(&["a"]).await else { return };
    behind.shop.tenant("3_more", "CREATE TABLE more (id int);");
    let pool = behind.pool(1);
    let error = pool.tenant("a").await.unwrap_err();
    assert!(matches!(error, PoolError::Behind { .. }), "{error}");
    let error = pool.tenant("nobody").await.unwrap_err();
    assert!(matches!(error, PoolError::UnknownTenant { .. }), "{error}");
    assert_eq!(pool.status().discarded, 0);
    behind.sets_nothing();
}
