//! Transactions keep their scope, and tell whether they were committed.

use diesel::prelude::{ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, QueryResult};
use diesel::result::{DatabaseErrorKind, Error};
use multitenant_runtime::sync::{RunQueryDsl as _, ScopedConnection as _, TenantConn};

use super::place::Place;
use super::shop::mark;

fn add(conn: &mut TenantConn, who: &str) -> QueryResult<usize> {
    diesel::insert_into(mark::table).values(mark::who.eq(who)).execute(conn)
}

fn has(conn: &mut TenantConn, who: &str) -> bool {
    mark::table.find(who).select(mark::who).first::<String>(conn).optional().unwrap().is_some()
}

#[test]
fn what_is_ok_is_committed_and_what_is_not_is_rolled_back() {
    let place = Place::with(&["a"]);
    let pool = place.pool_of(1);
    let mut conn = pool.tenant("a").unwrap();
    conn.transaction(|conn| add(conn, "one")).unwrap();
    let error = conn.transaction(|conn| {
        add(conn, "two")?;
        Err::<(), _>(Error::RollbackTransaction)
    });
    assert_eq!(error, Err(Error::RollbackTransaction));
    // A savepoint that fails leaves the rest.
    conn.transaction(|conn| {
        add(conn, "three")?;
        conn.transaction(|conn| add(conn, "one")).unwrap_err();
        add(conn, "four")
    })
    .unwrap();
    let there = ["one", "two", "three", "four"].map(|who| has(&mut conn, who));
    assert_eq!(there, [true, false, true, true]);
    drop(conn);
    assert_eq!(pool.status().discarded, 0);
}

#[test]
fn one_with_a_mode_of_its_own() {
    let place = Place::with(&["a"]);
    let pool = place.pool_of(1);
    let mut conn = pool.tenant("a").unwrap();
    let error = conn.build_transaction().repeatable_read().read_only().run(|conn| add(conn, "one")).unwrap_err();
    assert!(matches!(error, Error::DatabaseError(DatabaseErrorKind::ReadOnlyTransaction, _)), "{error}");
    conn.build_transaction().serializable().run(|conn| add(conn, "one")).unwrap();
    assert!(has(&mut conn, "one"));
    let nested: QueryResult<()> = conn.transaction(|conn| conn.build_transaction().read_only().run(|_| Ok(())));
    assert_eq!(nested, Err(Error::AlreadyInTransaction));
}

#[test]
fn one_in_which_a_statement_has_failed_is_not_said_to_be_committed() {
    let place = Place::with(&["a"]);
    let pool = place.pool_of(1);
    let mut conn = pool.tenant("a").unwrap();
    // Executed and refused; refused while it is prepared, which Diesel does not notice.
    for fail in [(|conn| drop(add(conn, "tenant_a"))) as fn(&mut TenantConn), |conn| {
        let nosuch = diesel::dsl::sql::<diesel::sql_types::Integer>("nosuch()");
        diesel::select(nosuch).load::<i32>(conn).unwrap_err();
    }] {
        let result: QueryResult<()> = conn.transaction(|conn| {
            add(conn, "five")?;
            fail(conn);
            Ok(())
        });
        assert!(result.unwrap_err().to_string().contains("rolled back"));
        assert!(!has(&mut conn, "five"));
    }
    // The same within a savepoint: the outer one goes on.
    conn.transaction(|conn| {
        add(conn, "six")?;
        let inner: QueryResult<()> = conn.transaction(|conn| {
            let _ = add(conn, "tenant_a");
            Ok(())
        });
        inner.unwrap_err();
        Ok::<_, Error>(())
    })
    .unwrap();
    assert!(has(&mut conn, "six"));
    drop(conn);
    assert_eq!(pool.status().discarded, 0);
}
