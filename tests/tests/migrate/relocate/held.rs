//! Who works on the tenant is waited for, and a lost answer is found out.

use multitenant_runtime::{Error, FailureClass, Scope, Version};
use multitenant_tests::proxy::{Proxy, Way};

use super::{id, shop, standing};

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_comes_to_its_end_first() {
    for archive in [false, true] {
        let project = shop(&["a"]).await.tenant("2_slow", "SELECT pg_sleep(1); CREATE TABLE more (id int);");
        let migrator = project.migrator();
        let run = tokio::spawn(async move { migrator.migrate(Scope::tenant(id("a"))).await });
        let at_work = "SELECT count(*)::text FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(1)%' \
                       AND state = 'active' AND datname = current_database()";
        while project.one(at_work).await != "1" {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        if archive {
            project.migrator().archive_tenant(&id("a")).await.unwrap();
        } else {
            project.migrator().rename_tenant(&id("a"), &id("b")).await.unwrap();
        }
        // What the run has still to see to behind its last commit, such as the role's rights, may find the schema gone; then
        // it says so, and the migration is done all the same.
        let report = match run.await.unwrap() {
            Ok(report) => report,
            Err(Error::Incomplete(report)) => *report,
            Err(error) => panic!("{error}"),
        };
        let applied: Vec<&str> = report.targets[0].applied.iter().map(Version::as_str).collect();
        assert_eq!(applied, ["2"], "it came to its end: {report:?}");
        let schema = if archive { "archived_tenant_a" } else { "tenant_b" };
        assert_eq!(project.one(&format!("SELECT count(*)::text FROM {schema}.more")).await, "0");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_held_for_too_long_stays_as_it_is() {
    let project = shop(&["a"]).await;
    let client = project.client().await;
    let held = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(60)%' AND datname = current_database()";
    let slow = project.tenant("2_slow", "SELECT pg_sleep(60);");
    let migrator = slow.migrator();
    let run = tokio::spawn(async move { migrator.migrate(Scope::tenant(id("a"))).await });
    while client.query_one(held, &[]).await.unwrap().get::<_, i64>(0) == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let Err(Error::Database(failure)) = slow.migrator().archive_tenant(&id("a")).await else { panic!("it is held") };
    assert_eq!(failure.class, FailureClass::Held, "{failure}");
    run.abort();
    assert_eq!(standing(&slow, "a", "tenant_a").await[..3], *"1 1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_to_the_commit_is_found_out() {
    let mut project = shop(&["a"]).await;
    project.settings.role_per_tenant = false;
    // The state row is changed last: only there is this answer.
    let answer = b"UPDATE 1\0Z\0\0\0\x05TC\0\0\0\x0bCOMMIT\0";
    let proxy = Proxy::before(project.database.url()).await.cutting(Way::ToClient, answer, 1);
    let migrator = project.builder().database_url(proxy.url()).build().unwrap();
    let renamed = migrator.rename_tenant(&id("a"), &id("b")).await;
    assert_eq!(proxy.happened(), 1);
    assert_eq!(renamed.unwrap().to.schema().as_str(), "tenant_b");
    assert_eq!(standing(&project, "b", "tenant_b").await, "1 1 1 0");
}
