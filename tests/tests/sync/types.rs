//! Tenants whose schemas have types of their own: here without pins.

use std::io::Write;

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::prelude::{ExpressionMethods as _, QueryDsl as _, QueryResult};
use diesel::serialize::{self, IsNull, Output, ToSql};
use multitenant_runtime::sync::{RunQueryDsl as _, TenantConn};
use multitenant_runtime::{Scope, TenantId};

use super::place::{Place, Who as _};

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

multitenant_runtime::tenant_tables! { moods }

fn feels(conn: &mut TenantConn, mood: Mood) -> QueryResult<Mood> {
    diesel::insert_into(moods::table).values(moods::mood.eq(mood)).execute(conn)?;
    let found = moods::table.filter(moods::mood.eq(mood)).order(moods::id.desc());
    found.select(moods::mood).first(conn)
}

#[test]
fn they_work_on_connections_that_change_tenants() {
    let place = Place::prepared(&["a", "b", "c"], |shop| {
        shop.tenant(
            "2_moods",
            "CREATE TYPE mood AS ENUM ('glad', 'sad'); CREATE TABLE moods (id serial PRIMARY KEY, mood mood);",
        );
    });
    let pool = place.pool_of(1);
    for round in 0..4 {
        for id in ["a", "b", "c", "c", "b"] {
            let mut conn = pool.tenant(id).unwrap();
            let mood = if round % 2 == 0 { Mood::Glad } else { Mood::Sad };
            assert_eq!(feels(&mut conn, mood).unwrap(), mood, "{id}");
            assert_eq!(conn.who().unwrap(), format!("tenant_{id}"));
        }
    }
    assert_eq!(pool.shared().unwrap().who().unwrap(), "public");
    // A schema that was made anew has another type of that name.
    place.sql("DROP SCHEMA tenant_a CASCADE");
    place.wait_for(place.shop.builder().create_schemas(true).build().unwrap().migrate(Scope::all())).unwrap();
    pool.forget(&TenantId::new("a").unwrap());
    assert_eq!(feels(&mut pool.tenant("a").unwrap(), Mood::Glad).unwrap(), Mood::Glad);
    let left = diesel::dsl::sql::<diesel::sql_types::BigInt>("(SELECT count(*) FROM pg_prepared_statements)");
    let mut conn = pool.tenant("b").unwrap();
    let left: i64 = diesel::RunQueryDsl::get_result(diesel::select(left), conn.trusted_connection()).unwrap();
    drop(conn);
    assert!(left < 5, "{left} prepared statements are left");
    assert_eq!((pool.status().opened, pool.status().discarded), (1, 0));
}

diesel::table! {
    smalls (id) {
        id -> Integer,
        small -> Integer,
    }
}

multitenant_runtime::tenant_tables! { smalls }

/// Diesel takes a domain for the type below; a prepared statement does not.
#[test]
fn domains_work_as_well() {
    let place = Place::prepared(&["a", "b"], |shop| {
        shop.tenant(
            "2_smalls",
            "CREATE DOMAIN small AS int CHECK (VALUE < 10); CREATE TABLE smalls (id int PRIMARY KEY, small small);
             INSERT INTO smalls VALUES (1, 7);",
        );
    });
    let pool = place.pool_of(1);
    for id in ["a", "b", "a"] {
        let found = smalls::table.filter(smalls::small.eq(7)).select(smalls::small);
        assert_eq!(found.load::<i32>(&mut pool.tenant(id).unwrap()), Ok(vec![7]), "{id}");
    }
    assert_eq!((pool.status().opened, pool.status().discarded), (1, 0));
}
