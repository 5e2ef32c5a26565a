//! The connection that is one of diesel-async's.

use diesel::prelude::*;
use diesel::result::Error;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SaveChangesDsl, SimpleAsyncConnection};
use multitenant_runtime::RoutedConn;

use crate::database::{Database, TENANTS, of};
use crate::schema::{User, secrets, users};

/// Code that knows nothing of tenants.
async fn names<Conn>(conn: &mut Conn) -> QueryResult<Vec<String>>
where
    Conn: AsyncConnection<Backend = diesel::pg::Pg>,
{
    users::table.select(users::name).order(users::id).load(conn).await
}

#[tokio::test]
async fn code_of_diesel_asyncs_runs_unchanged() {
    let database = Database::new().await;
    for tenant in TENANTS {
        let mut conn = database.routed(tenant).await;
        let task = tokio::spawn(async move { all_of_it(&mut conn, tenant).await });
        task.await.unwrap().unwrap();
    }
}

async fn all_of_it(conn: &mut RoutedConn, tenant: &str) -> QueryResult<()> {
    assert_eq!(names(conn).await?, of(tenant, &["ann", "bob"]));
    // Tables are not looked at, and raw SQL is sent.
    assert_eq!(secrets::table.select(secrets::word).load::<String>(conn).await?, ["hush"]);
    conn.batch_execute("DELETE FROM posts").await?;
    let undone = conn.transaction::<(), Error, _>(async |conn| {
        diesel::delete(users::table).execute(conn).await?;
        Err(Error::RollbackTransaction)
    });
    assert_eq!(undone.await, Err(Error::RollbackTransaction));
    let ann = User { id: 1, name: "Ann".to_owned(), boss: None };
    assert_eq!((&ann).save_changes::<User>(conn).await?, ann);
    assert_eq!(names(conn).await?, ["Ann".to_owned(), format!("bob of {tenant}")]);
    assert!(conn.is_in_doubt());
    Ok(())
}

#[tokio::test]
async fn it_is_always_in_doubt_and_never_opened_by_hand() {
    let database = Database::new().await;
    assert!(database.routed("one").await.is_in_doubt());
    let refused = RoutedConn::establish("postgres://localhost").await;
    assert!(refused.unwrap_err().to_string().contains("check it out of the pool"));
    fn is_connection<C: AsyncConnection>() {}
    is_connection::<RoutedConn>();
    is_connection::<AsyncPgConnection>();
}
