//! Tenants whose schemas have types of their own.

use std::io::Write;

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::prelude::*;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel_async::RunQueryDsl;
use multitenant_runtime::{PoolError, TenantConn};

use super::shop::{Shop, Who};

#[derive(diesel::sql_types::SqlType, diesel::query_builder::QueryId)]
#[diesel(postgres_type(name = "mood"))]
pub struct MoodType;

#[derive(Debug, Clone, Copy, PartialEq, Eq, FromSqlRow, AsExpression)]
#[diesel(sql_type = MoodType)]
enum Mood {
    Glad,
    Sad,
}

impl ToSql<MoodType, Pg> for Mood {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(if *self == Self::Glad { b"glad" } else { b"sad" })?;
        Ok(IsNull::No)
    }
}

impl FromSql<MoodType, Pg> for Mood {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(if value.as_bytes() == b"glad" { Self::Glad } else { Self::Sad })
    }
}

diesel::table! {
    use diesel::sql_types::Integer;
    use super::MoodType;

    moods (id) {
        id -> Integer,
        mood -> MoodType,
    }
}

async fn shop() -> Shop {
    let shop = Shop::new().await;
    shop.tenant(
        "2_moods",
        "CREATE TYPE mood AS ENUM ('glad', 'sad'); CREATE TABLE moods (id serial PRIMARY KEY, mood mood);",
    );
    shop.add(&["a", "b", "c"]).await;
    shop
}

async fn feels(conn: &mut TenantConn, mood: Mood) -> QueryResult<Mood> {
    diesel::insert_into(moods::table).values(moods::mood.eq(mood)).execute(conn.raw()).await?;
    let found = moods::table.filter(moods::mood.eq(mood)).order(moods::id.desc());
    found.select(moods::mood).first(conn.raw()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn without_pins_they_are_refused_and_the_error_says_what_to_do() {
    let shop = shop().await;
    let error = shop.pool_of(2).tenant("a").await.unwrap_err();
    assert!(matches!(&error, PoolError::TypesInTenantSchema { types, .. } if types == "mood"), "{error}");
    assert!(error.to_string().contains("pin_connections"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn composites_and_ranges_too_and_nothing_else() {
    let shop = Shop::new().await;
    shop.tenant(
        "2_types",
        "CREATE TABLE parts (id int PRIMARY KEY, ids int[]); CREATE VIEW seen AS SELECT * FROM parts;
         CREATE SEQUENCE s; CREATE MATERIALIZED VIEW m AS SELECT 1 AS id;
         CREATE FUNCTION f() RETURNS TABLE (a int, b int) LANGUAGE sql AS 'SELECT 1, 2';",
    );
    shop.add(&["a"]).await;
    assert_eq!(shop.pool_of(1).tenant("a").await.unwrap().who().await.unwrap(), "tenant_a");
    shop.sql("CREATE TYPE tenant_a.money2 AS (amount numeric, currency text); CREATE TYPE tenant_a.span AS RANGE (subtype = int)").await;
    let error = shop.pool_of(1).tenant("a").await.unwrap_err();
    assert!(matches!(&error, PoolError::TypesInTenantSchema { types, .. } if types == "money2, span"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_pins_they_work_under_the_same_cap() {
    let shop = shop().await;
    let pool = shop.pool().max_connections(2).pin_connections(true).build().unwrap();
    let gauge = super::cap::Gauge::begin(shop.client().await);
    let mut pids = std::collections::HashMap::new();
    for round in 0..4 {
        for id in ["a", "b", "c", "c", "b"] {
            let mut conn = pool.tenant(id).await.unwrap();
            let mood = if round % 2 == 0 { Mood::Glad } else { Mood::Sad };
            assert_eq!(feels(&mut conn, mood).await.unwrap(), mood, "{id}");
            assert_eq!(conn.who().await.unwrap(), format!("tenant_{id}"));
            let pid = conn.pid().await;
            assert_eq!(*pids.entry(pid).or_insert(id), id, "a connection serves one tenant");
        }
    }
    let mut shared = pool.shared().await.unwrap();
    assert_eq!(shared.who().await.unwrap(), "public");
    assert!(gauge.end().await <= 2);
    // Who asks for nobody drives nobody out.
    let opened = pool.status().opened;
    for i in 0..20 {
        pool.tenant(format!("nobody{i}")).await.unwrap_err();
    }
    assert_eq!(pool.status().opened, opened);
    // a, b, c and the shared schema over two connections: the oldest makes room.
    assert!(opened < 16, "{opened} connections for 20 uses");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_that_was_made_anew_gets_another_connection() {
    let shop = shop().await;
    let pool = shop.pool().max_connections(1).pin_connections(true).build().unwrap();
    assert_eq!(feels(&mut pool.tenant("a").await.unwrap(), Mood::Sad).await.unwrap(), Mood::Sad);
    shop.sql("DROP SCHEMA tenant_a CASCADE").await;
    shop.builder().create_schemas(true).build().unwrap().migrate(multitenant_runtime::Scope::all()).await.unwrap();
    pool.forget(&multitenant_runtime::TenantId::new("a").unwrap());
    assert_eq!(feels(&mut pool.tenant("a").await.unwrap(), Mood::Glad).await.unwrap(), Mood::Glad);
}

#[derive(diesel::sql_types::SqlType, diesel::query_builder::QueryId)]
#[diesel(postgres_type(name = "small"))]
pub struct SmallType;

#[derive(Debug, Clone, Copy, PartialEq, Eq, FromSqlRow, AsExpression)]
#[diesel(sql_type = SmallType)]
struct Small(i32);

impl ToSql<SmallType, Pg> for Small {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        <i32 as ToSql<diesel::sql_types::Integer, Pg>>::to_sql(&self.0, &mut out.reborrow())
    }
}

impl FromSql<SmallType, Pg> for Small {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        <i32 as FromSql<diesel::sql_types::Integer, Pg>>::from_sql(value).map(Self)
    }
}

diesel::table! {
    use diesel::sql_types::Integer;
    use super::SmallType;

    smalls (id) {
        id -> Integer,
        small -> SmallType,
        plain -> Integer,
    }
}

/// A domain is remembered by name as other types are, and by prepared statements as the type of their rows, even where
/// Diesel takes it for the type below.
#[tokio::test(flavor = "multi_thread")]
async fn domains_need_pins_as_well() {
    let shop = Shop::new().await;
    shop.tenant(
        "2_smalls",
        "CREATE DOMAIN small AS int CHECK (VALUE < 10);
         CREATE TABLE smalls (id serial PRIMARY KEY, small small, plain small);",
    );
    shop.add(&["a", "b"]).await;
    let error = shop.pool_of(1).tenant("a").await.unwrap_err();
    assert!(matches!(&error, PoolError::TypesInTenantSchema { types, .. } if types == "small"), "{error}");
    let pool = shop.pool().max_connections(2).pin_connections(true).build().unwrap();
    for id in ["a", "b", "a", "b"] {
        let conn = &mut pool.tenant(id).await.unwrap();
        let new = (smalls::small.eq(Small(7)), smalls::plain.eq(7));
        diesel::insert_into(smalls::table).values(new).execute(conn.raw()).await.unwrap();
        let found = smalls::table.filter(smalls::small.eq(Small(7)).and(smalls::plain.eq(7)));
        let both = found.select((smalls::small, smalls::plain)).first::<(Small, i32)>(conn.raw()).await;
        assert_eq!(both, Ok((Small(7), 7)), "{id}");
    }
}
