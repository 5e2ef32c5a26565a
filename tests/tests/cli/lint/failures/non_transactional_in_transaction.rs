//! `non-transactional-in-transaction`

use super::case::{allowed, forbidden};

const RULE: &str = "non-transactional-in-transaction";

const MIGRATIONS: &str = "-- file: tenant/1_orders/up.sql
create table orders (id int primary key, at date);
-- file: tenant/2_index/up.sql
create index concurrently orders_at on orders (at);
";

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_refuses_it() {
    let case = forbidden(RULE, MIGRATIONS, &["tenant/2_index/up.sql:1"]).await;
    let error = case.tenant("a").await.unwrap_err();
    assert!(error.contains("cannot run inside a transaction block"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn outside_of_one_it_runs() {
    let text = format!("{MIGRATIONS}-- file: tenant/2_index/metadata.toml\nrun_in_transaction = false\n");
    let case = allowed(RULE, &text).await.all().await;
    assert_eq!(
        case.rows_of("b", "select indisvalid from pg_index where indexrelid = 'orders_at'::regclass").await,
        ["t"]
    );
}
