//! Indexes that are invalid, and constraints that are not validated.

use super::schemas::shop;
use super::{examine, finding, found, helps, state};

#[tokio::test]
async fn what_a_failed_build_has_left_is_found_and_mended() {
    let project = shop().await;
    assert_eq!(state(&examine(&project), "invalid-indexes").as_deref(), Some("good"));
    project
        .sql("create table tenant_a.\"od\"\"d.%\" (n int); insert into tenant_a.\"od\"\"d.%\" values (1), (1)")
        .await;
    let build = "create unique index concurrently \"in\"\"dex\" on tenant_a.\"od\"\"d.%\" (n)";
    project.client().await.batch_execute(build).await.unwrap_err();
    project.sql("alter table tenant_b.users add constraint positive check (id > 0) not valid").await;
    let document = examine(&project);
    assert_eq!(
        found(&document, "invalid-indexes"),
        [
            "the index in\"dex of od\"d.% is invalid: tenant_a",
            "the constraint positive of users is not validated: tenant_b",
        ]
    );
    assert_eq!(finding(&document, "invalid-indexes")["level"], "error");
    for help in helps(&document, "invalid-indexes") {
        project.sql(help.lines().last().unwrap()).await;
    }
    assert_eq!(state(&examine(&project), "invalid-indexes").as_deref(), Some("good"));
}

#[tokio::test]
async fn an_index_that_lacks_a_partition_is_invalid_and_made_anew() {
    let project = shop().await;
    for tenant in ["a", "b"] {
        project
            .sql(&format!(
                "create table tenant_{tenant}.\"ev\"\"ents\" (id int not null) partition by range (id); \
                 create table tenant_{tenant}.first partition of tenant_{tenant}.\"ev\"\"ents\" for values from (0) to (9); \
                 create index \"by\"\"id\" on only tenant_{tenant}.\"ev\"\"ents\" (id)"
            ))
            .await;
    }
    project.sql("alter table only tenant_a.\"ev\"\"ents\" add constraint key primary key (id)").await;
    let document = examine(&project);
    assert_eq!(
        found(&document, "invalid-indexes"),
        [
            "the index by\"id of the partitioned table ev\"ents is invalid: tenant_a, tenant_b",
            "the index key of the partitioned table ev\"ents is invalid: tenant_a",
        ]
    );
    for help in helps(&document, "invalid-indexes") {
        assert!(!help.contains("REINDEX"), "{help}");
        let (_, statements) = help.split_once('\n').unwrap();
        project.sql(statements).await;
    }
    assert_eq!(state(&examine(&project), "invalid-indexes").as_deref(), Some("good"));
}
