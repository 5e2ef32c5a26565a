//! Fixes that must not lose what is there, nor stop a script.

use multitenant_runtime::{Difference, Fix, Scope};

use super::project::{create, drift, lines, mend, of};
use crate::fleet::Fleet;

const TENANTS: &str = "CREATE TABLE tenants (id text PRIMARY KEY);";

/// A project of one migration, and the tenant `a` to which this was done.
async fn spoilt(migration: &str, plant: &str) -> Fleet {
    let fleet = Fleet::new().await.shared("1_tenants", TENANTS).tenant("1_all", migration);
    fleet.migrator().migrate(Scope::shared()).await.unwrap();
    create(&fleet, "a").await;
    fleet.sql(&format!("SET search_path = tenant_a, public; {plant}")).await;
    fleet
}

/// The tenant's differences: each one's object and fix.
async fn fixes(fleet: &Fleet) -> Vec<(String, Option<Fix>)> {
    let report = drift(fleet, Scope::tenants()).await;
    let told = |difference: &Difference| (difference.object.clone(), difference.fix.clone());
    of(&report, "a").differences.iter().map(told).collect()
}

/// Mends the tenant, and says what failed and what is left.
async fn mended(fleet: &Fleet) -> Vec<String> {
    let report = drift(fleet, Scope::tenants()).await;
    let mut wrong = mend(fleet, of(&report, "a")).await;
    wrong.extend(lines(of(&drift(fleet, Scope::tenants()).await, "a")));
    wrong
}

#[tokio::test(flavor = "multi_thread")]
async fn a_type_that_holds_less_is_for_a_person() {
    let fleet = spoilt(
        "CREATE TABLE t (cut varchar(5), int int, rounded numeric(10, 2), second timestamptz(0), wide numeric(14, 6), wider bigint)",
        "ALTER TABLE t ALTER cut TYPE text, ALTER int TYPE float8, ALTER rounded TYPE numeric(14, 6),
         ALTER second TYPE timestamptz, ALTER wide TYPE numeric(10, 2), ALTER wider TYPE int",
    )
    .await;
    let found: Vec<(String, bool)> =
        fixes(&fleet).await.into_iter().map(|(object, fix)| (object, fix.unwrap().is_destructive)).collect();
    let expected = [("cut", true), ("int", true), ("rounded", true), ("second", true), ("wide", false), ("wider", false)];
    assert_eq!(found, expected.map(|(name, lossy)| (format!("t.{name}"), lossy)));
    assert_eq!(mended(&fleet).await, [] as [String; 0]);
}
