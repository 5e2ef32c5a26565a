//! `non-transactional-multi-statement`

use super::case::{allowed, forbidden};

const RULE: &str = "non-transactional-multi-statement";

/// `NEXT` is what stands between the two indexes.
const MIGRATIONS: &str = "-- file: tenant/1_orders/up.sql
create table orders (id int primary key, a int, b int);
-- file: tenant/2_index/metadata.toml
run_in_transaction = false
-- file: tenant/2_index/up.sql
create index concurrently orders_a on orders (a);
NEXTcreate index concurrently orders_b on orders (b);
";

#[tokio::test(flavor = "multi_thread")]
async fn diesel_sends_them_as_one_and_so_in_a_transaction() {
    let case = forbidden(RULE, &MIGRATIONS.replace("NEXT", ""), &["tenant/2_index/up.sql:2"]).await;
    let error = case.tenant("a").await.unwrap_err();
    assert!(
        error.contains("cannot be executed from a function or multi-command string")
            || error.contains("transaction block"),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn each_in_a_migration_of_its_own_runs() {
    let next = "-- file: tenant/3_index/metadata.toml\nrun_in_transaction = false\n-- file: tenant/3_index/up.sql\n";
    allowed(RULE, &MIGRATIONS.replace("NEXT", next)).await.all().await;
}
