//! Every unit of work is the tenant's who was asked for.

use std::time::Duration;

use diesel::prelude::*;
use futures_util::future::join_all;
use multitenant_runtime::{RunQueryDsl, ScopedConnection, TenantConn, TenantPool};

use super::{Behind, found, notes, tenants};
use crate::environment::size;
use crate::random::Random;
use crate::shop::{self, mark};

/// One unit of work, of some kind or other.
async fn work(conn: &mut TenantConn, own: &str, random: &mut Random) -> QueryResult<()> {
    match random.below(7) {
        0 => assert_eq!(mark::table.select(mark::who).load::<String>(conn).await?, [own]),
        1 => assert_eq!(mark::table.select(mark::who).first::<String>(conn).await?, own),
        2 => {
            let note =
                diesel::insert_into(notes::table).values(notes::text.eq(format!("{own} {}", random.below(1 << 30))));
            note.on_conflict_do_nothing().execute(conn).await?;
        }
        3 => {
            let texts: Vec<String> = notes::table.select(notes::text).limit(20).load(conn).await?;
            assert!(texts.iter().all(|text| text.starts_with(own)), "{own}: {texts:?}");
        }
        4 => {
            let read = conn.transaction(async |conn| {
                let before: i64 = notes::table.count().get_result(conn).await?;
                let text = format!("{own} in a transaction");
                diesel::insert_into(notes::table)
                    .values(notes::text.eq(text))
                    .on_conflict_do_nothing()
                    .execute(conn)
                    .await?;
                assert_eq!(mark::table.select(mark::who).first::<String>(conn).await?, own);
                QueryResult::Ok(before)
            });
            read.await?;
        }
        5 => {
            // Fails, and is undone.
            let twice = diesel::insert_into(mark::table).values(mark::who.eq(own)).execute(conn).await;
            assert!(twice.is_err(), "{twice:?}");
        }
        _ => {
            let failed = conn.transaction::<(), diesel::result::Error, _>(async |conn| {
                diesel::insert_into(mark::table).values(mark::who.eq("another")).execute(conn).await?;
                Err(diesel::result::Error::RollbackTransaction)
            });
            failed.await.unwrap_err();
        }
    }
    Ok(())
}

async fn visit(pool: TenantPool, ids: [&'static str; 2], seed: u64, rounds: usize) {
    let mut random = Random::new(seed);
    for _ in 0..rounds {
        let id = ids[random.below(2)];
        let mut conn = pool.tenant(id).await.unwrap();
        // Several units of work of one checkout, with another's in between on the server's one connection.
        for _ in 0..=random.below(3) {
            work(&mut conn, &format!("tenant_{id}"), &mut random).await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_units_of_work_of_two_tenants_on_one_connection() {
    let Some(behind) = Behind::with(&["a", "b"]).await else { return };
    let pools = [behind.pool(2), behind.pool(1)];
    let rounds = size(300, 10_000);
    let stranger = behind.stranger().await;
    let before = found(&stranger).await;
    let tasks = pools.iter().flat_map(|pool| [pool.clone(), pool.clone()]).enumerate();
    let mut tasks: Vec<_> = tasks.map(|(i, pool)| tokio::spawn(visit(pool, ["a", "b"], i as u64, rounds))).collect();
    while !tasks.iter().all(tokio::task::JoinHandle::is_finished) {
        assert_eq!(found(&stranger).await, before);
    }
    for task in tasks.drain(..) {
        task.await.unwrap();
    }
    assert_eq!(found(&stranger).await, before);
    for id in ["a", "b"] {
        let others = format!("SELECT count(*)::text FROM tenant_{id}.notes WHERE text NOT LIKE 'tenant_{id} %'");
        let client = behind.shop.client().await;
        assert_eq!(client.query_one(&others, &[]).await.unwrap().get::<_, String>(0), "0");
        let marks: Vec<String> = client
            .query(&format!("SELECT who FROM tenant_{id}.mark"), &[])
            .await
            .unwrap()
            .iter()
            .map(|row| row.get(0))
            .collect();
        assert_eq!(marks, [format!("tenant_{id}")]);
    }
    assert!(behind.sets_nothing() > rounds);
    // Failures of statements are no reason to doubt a connection.
    assert_eq!(pools.map(|pool| pool.status().discarded), [0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn several_connections_of_the_server_serve_both() {
    let Some(behind) = Behind::of(3, &["a", "b"]).await else { return };
    let pools = [behind.pool(4), behind.pool(3)];
    let stranger = behind.stranger().await;
    let before = found(&stranger).await;
    let tasks = (0..8).map(|i| tokio::spawn(visit(pools[i % 2].clone(), ["a", "b"], 100 + i as u64, 60)));
    join_all(tasks).await.into_iter().for_each(|task| task.unwrap());
    for _ in 0..10 {
        assert_eq!(found(&stranger).await, before);
    }
    behind.sets_nothing();
}

/// The server's connection is the next one's: a table of the name of the tenants' own would be found before it.
#[tokio::test(flavor = "multi_thread")]
async fn a_temporary_table_by_a_function() {
    let Some(behind) = Behind::with(&["a", "b"]).await else { return };
    behind.shop.sql(shop::FUNCTION_THAT_NOTES).await;
    let pool = behind.pool(2);
    let noted = diesel::dsl::sql::<diesel::sql_types::Bool>("public.note()");
    assert!(diesel::select(noted).get_result::<bool>(&mut pool.tenant("a").await.unwrap()).await.unwrap());
    for id in ["b", "a"] {
        let mut conn = pool.tenant(id).await.unwrap();
        let who: String = mark::table.select(mark::who).first(&mut conn).await.unwrap();
        assert_eq!(who, format!("tenant_{id}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shared_schema_is_served_too() {
    let Some(behind) = Behind::with(&["a"]).await else { return };
    let pool = behind.pool(1);
    let mut shared = pool.shared().await.unwrap();
    let ids: Vec<String> = tenants::table.select(tenants::id).load(&mut shared).await.unwrap();
    assert_eq!(ids, ["a"]);
    drop(shared);
    // A tenant's connection reads it as well.
    let mut conn = pool.tenant("a").await.unwrap();
    assert_eq!(tenants::table.count().get_result::<i64>(&mut conn).await.unwrap(), 1);
    drop(conn);
    behind.sets_nothing();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_has_its_isolation_and_its_savepoints() {
    let Some(behind) = Behind::with(&["a"]).await else { return };
    let pool = behind.pool(1);
    let mut conn = pool.tenant("a").await.unwrap();
    let read_only = conn
        .build_transaction()
        .serializable()
        .read_only()
        .run(async |conn| diesel::insert_into(notes::table).values(notes::text.eq("no")).execute(conn).await);
    let error = read_only.await.unwrap_err().to_string();
    assert!(error.contains("read-only transaction"), "{error}");
    let kept = conn.transaction(async |conn| {
        diesel::insert_into(notes::table).values(notes::text.eq("kept")).execute(conn).await?;
        let inner = conn.transaction::<(), diesel::result::Error, _>(async |conn| {
            diesel::insert_into(notes::table).values(notes::text.eq("undone")).execute(conn).await?;
            Err(diesel::result::Error::RollbackTransaction)
        });
        inner.await.unwrap_err();
        notes::table.select(notes::text).load::<String>(conn).await
    });
    assert_eq!(kept.await.unwrap(), ["kept"]);
    assert_eq!(notes::table.select(notes::text).load::<String>(&mut conn).await.unwrap(), ["kept"]);
    drop(conn);
    assert_eq!(pool.status().discarded, 0);
    behind.sets_nothing();
}

/// Whatever is given up wherever it happens to be, nobody sees another tenant's row, and nothing half done is kept.
#[tokio::test(flavor = "multi_thread")]
async fn units_of_work_that_are_cancelled_anywhere() {
    let Some(behind) = Behind::of(2, &["a", "b"]).await else { return };
    let stranger = behind.stranger().await;
    let before = found(&stranger).await;
    let pool = behind.pool(4);
    let tasks = (0..4_u64).map(|seed| {
        let pool = pool.clone();
        tokio::spawn(async move {
            let mut random = Random::new(700 + seed);
            for round in 0..size(80, 5_000) {
                let id = ["a", "b"][random.below(2)];
                let own = format!("tenant_{id}");
                let mut conn = pool.tenant(id).await.unwrap();
                let limit = Duration::from_micros(random.below(3_000) as u64);
                // Twice, so that the second comes upon what is left of the first.
                for _ in 0..2 {
                    let _ = tokio::time::timeout(limit, work(&mut conn, &own, &mut random)).await;
                }
                let both = conn.transaction(async |conn| {
                    let texts = [format!("{own} {seed} {round} first"), format!("{own} {seed} {round} second")];
                    for text in texts {
                        diesel::insert_into(notes::table).values(notes::text.eq(text)).execute(conn).await?;
                    }
                    QueryResult::Ok(())
                });
                let _ = tokio::time::timeout(limit, both).await;
            }
        })
    });
    join_all(tasks.collect::<Vec<_>>()).await.into_iter().for_each(|task| task.unwrap());
    pool.close().await;
    assert!(pool.status().discarded > 0, "some were cancelled");
    assert_eq!(found(&stranger).await, before);
    let client = behind.shop.client().await;
    for id in ["a", "b"] {
        let wrong = format!(
            "SELECT (SELECT count(*) FROM tenant_{id}.notes WHERE text NOT LIKE 'tenant_{id} %') + \
             (SELECT count(*) FROM tenant_{id}.mark WHERE who <> 'tenant_{id}') + \
             abs((SELECT count(*) FROM tenant_{id}.notes WHERE text LIKE '% first') - \
             (SELECT count(*) FROM tenant_{id}.notes WHERE text LIKE '% second'))"
        );
        assert_eq!(client.query_one(&wrong, &[]).await.unwrap().get::<_, i64>(0), 0, "{id}");
    }
    assert_eq!(client.query_one("SELECT count(*) FROM public.mark", &[]).await.unwrap().get::<_, i64>(0), 1);
}
