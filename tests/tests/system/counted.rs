//! A fleet whose migrations leave traces that no constraint keeps from doubling.

use super::fleet::{Fleet, HISTORY};

/// How the tenants' histories began.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    Ours,
    Diesel,
}

/// Whether a non-transactional migration is among the five.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Middle {
    InTransaction,
    Outside,
}

/// The versions that are pending at first; `0` is applied.
pub(crate) const PENDING: [&str; 5] = ["1", "2", "3", "4", "5"];

/// `n` tenants, each with a counter and a sum, and five pending migrations.
///
/// Each writes its version into `public.log` and into the tenant's counter, changes the sum so that twice or in
/// another order gives another one, and makes a table or an index.
pub(crate) async fn fleet(n: usize, origin: Origin, middle: Middle) -> Fleet {
    fleet_on(Fleet::new().await, n, origin, middle).await
}

/// The same on a database that is empty.
pub(crate) async fn fleet_on(empty: Fleet, n: usize, origin: Origin, middle: Middle) -> Fleet {
    let base = "CREATE TABLE counter (version text); CREATE TABLE sum (n bigint); INSERT INTO sum VALUES (1);";
    let mut fleet = empty.tenant("0_base", base);
    fleet.sql("CREATE TABLE log (place bigserial, schema text, version text); CREATE TABLE unrelated (id int)").await;
    match origin {
        Origin::Ours => {
            fleet.schemas(n, "").await;
            fleet.migrator().migrate(multitenant_runtime::Scope::all()).await.unwrap();
        }
        Origin::Diesel => {
            let history = format!(
                "CREATE TABLE {HISTORY} (version VARCHAR(50) PRIMARY KEY NOT NULL, \
                 run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP); INSERT INTO {HISTORY} (version) VALUES ('0');"
            );
            fleet.schemas(n, &format!("{base} {history}")).await;
        }
    }
    for (i, version) in PENDING.into_iter().enumerate() {
        let sql = format!(
            "CREATE TABLE t{version} (id int PRIMARY KEY);\n\
             INSERT INTO counter VALUES ('{version}');\n\
             UPDATE sum SET n = n * 10 + {};\n\
             INSERT INTO log (schema, version) SELECT current_schema(), '{version}';",
            i + 1
        );
        fleet = match (version, middle) {
            // Written as such migrations should be: each statement can be done again.
            ("3", Middle::Outside) => fleet.tenant_outside(
                "3_outside",
                "CREATE INDEX CONCURRENTLY IF NOT EXISTS counter_version ON counter (version);\n\
                 CREATE TABLE IF NOT EXISTS t3 (id int PRIMARY KEY);\n\
                 INSERT INTO counter SELECT '3' WHERE NOT EXISTS (SELECT FROM counter WHERE version = '3');\n\
                 UPDATE sum SET n = n * 10 + 3 WHERE n < 1000;\n\
                 INSERT INTO log (schema, version) SELECT current_schema(), '3' WHERE NOT EXISTS \
                 (SELECT FROM log WHERE schema = current_schema() AND version = '3');",
            ),
            _ => fleet.tenant(&format!("{version}_more"), &sql),
        };
    }
    fleet
}

/// What every tenant holds: `history|counter|sum|tables|log`, all from one snapshot.
///
/// The catalogue is read as a table: `to_regclass` would look with a newer snapshot than the rest of the query.
pub(crate) async fn holdings(fleet: &Fleet, n: usize) -> Vec<String> {
    let one = |i: usize| {
        let schema = format!("tenant_{i}");
        let list = |what: &str, order: &str| format!("coalesce(string_agg({what}, ' ' ORDER BY {order}), '')");
        format!(
            "SELECT {i}, (SELECT {history} FROM {schema}.{HISTORY} WHERE version <> '0') || '|' || \
             (SELECT {counter} FROM {schema}.counter) || '|' || (SELECT n FROM {schema}.sum) || '|' || \
             (SELECT {tables} FROM pg_class WHERE relnamespace = '{schema}'::regnamespace AND relname ~ '^t[0-9]$') \
             || '|' || (SELECT {log} FROM log WHERE schema = '{schema}')",
            history = list("version", "version"),
            counter = list("version", "version"),
            tables = list("substr(relname, 2)", "relname"),
            log = list("version", "place"),
        )
    };
    let sql = format!(
        "SELECT what FROM ({}) t (i, what) ORDER BY i",
        (0..n).map(one).collect::<Vec<_>>().join(" UNION ALL ")
    );
    fleet.texts(&sql).await
}

/// What a tenant holds that has these versions and nothing else.
pub(crate) fn whole(versions: &[&str]) -> String {
    let list = versions.join(" ");
    format!("{list}|{list}|1{}|{list}|{list}", versions.concat())
}
