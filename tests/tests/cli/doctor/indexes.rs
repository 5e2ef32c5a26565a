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
