//! What a pool makes of a tenant that has gone elsewhere.

use super::{id, shop};

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_served_who_is_archived_or_has_another_name() {
    let project = shop(&["a", "b"]).await;
    let migrator = project.migrator();
    let pool = migrator.pool().max_connections(1).build().unwrap();
    // The pool knows both, and its connection has served another one last.
    let serve = async |id: &str| pool.tenant(id).await.map(drop);
    serve("a").await.unwrap();
    serve("b").await.unwrap();
    migrator.archive_tenant(&id("a")).await.unwrap();
    serve("a").await.unwrap_err();
    serve("b").await.unwrap();
    migrator.restore_tenant(&id("a")).await.unwrap();
    serve("a").await.unwrap();
    serve("b").await.unwrap();
    migrator.rename_tenant(&id("a"), &id("c")).await.unwrap();
    serve("a").await.unwrap_err();
    serve("c").await.unwrap();
}
