//! A role for each tenant where nothing outlasts a transaction.

use diesel::prelude::*;
use multitenant_runtime::{PoolError, Pooling, RunQueryDsl, ScopedConnection};

use super::{Behind, found};
use crate::shop::{Shop, mark};

const OTHERS: &str =
    "CREATE FUNCTION peek() RETURNS text LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT who FROM tenant_b.mark); END'";

diesel::define_sql_function! {
    fn peek() -> diesel::sql_types::Text;
}

async fn behind() -> Option<Behind> {
    Behind::prepared(1, &["a", "b"], |shop: &mut Shop| shop.settings.role_per_tenant = true).await
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_by_turns_on_the_servers_one_connection() {
    let Some(behind) = behind().await else { return };
    behind.shop.sql(OTHERS).await;
    let stranger = behind.stranger().await;
    let before = found(&stranger).await;
    // The pooler calls the database by another name than the server, and the roles are called after the server's.
    let alias = behind.shop.pool().database_url(behind.pooler.alias_url()).pooling(Pooling::Transaction);
    let pools = [behind.pool(2), alias.max_connections(2).build().unwrap()];
    for pool in &pools {
        let (mut a, mut b) = (pool.tenant("a").await.unwrap(), pool.tenant("b").await.unwrap());
        for _ in 0..10 {
            for (conn, own) in [(&mut a, "tenant_a"), (&mut b, "tenant_b")] {
                assert_eq!(mark::table.select(mark::who).first::<String>(conn).await.unwrap(), own);
                assert_eq!(found(&stranger).await, before);
            }
            let peeked = mark::table.select(peek()).first::<String>(&mut a).await;
            assert!(peeked.unwrap_err().to_string().contains("permission denied"));
            assert_eq!(mark::table.select(peek()).first::<String>(&mut b).await.unwrap(), "tenant_b");
            let peeked = a.transaction(async |conn| {
                assert_eq!(mark::table.select(mark::who).first::<String>(conn).await?, "tenant_a");
                mark::table.select(peek()).first::<String>(conn).await
            });
            assert!(peeked.await.unwrap_err().to_string().contains("permission denied"));
        }
        drop((a, b));
        assert_eq!(pool.status().discarded, 0);
    }
    behind.sets_nothing();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_client_has_left_on_is_taken_off() {
    let Some(behind) = behind().await else { return };
    let pool = behind.pool(1);
    drop(pool.tenant("a").await.unwrap());
    behind.stranger().await.batch_execute("SET ROLE \"postgres_tenant_a\"").await.unwrap();
    // The registry is asked as the application, and so is the shared schema.
    let mut conn = pool.tenant("b").await.unwrap();
    assert_eq!(mark::table.select(mark::who).first::<String>(&mut conn).await.unwrap(), "tenant_b");
    drop(conn);
    let user = diesel::dsl::sql::<diesel::sql_types::Text>("current_user::text");
    let mut conn = pool.shared().await.unwrap();
    let user = conn.transaction(async |conn| diesel::select(user).get_result::<String>(conn).await).await.unwrap();
    assert_eq!(user, "postgres");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_goes_is_missed() {
    let Some(behind) = behind().await else { return };
    let pool = behind.pool(1);
    let mut conn = pool.tenant("a").await.unwrap();
    behind.shop.sql("DROP OWNED BY postgres_tenant_a; DROP ROLE postgres_tenant_a").await;
    let error = mark::table.select(mark::who).first::<String>(&mut conn).await.unwrap_err();
    assert!(error.to_string().contains("for want of its role"), "{error}");
    drop(conn);
    // And is looked up anew.
    let error = pool.tenant("a").await.unwrap_err();
    assert!(matches!(&error, PoolError::Role { .. }) && error.to_string().contains("does not exist"), "{error}");
    behind.shop.migrator().migrate(multitenant_runtime::Scope::all()).await.unwrap();
    let mut conn = pool.tenant("a").await.unwrap();
    assert_eq!(mark::table.select(mark::who).first::<String>(&mut conn).await.unwrap(), "tenant_a");
}
