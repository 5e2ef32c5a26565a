//! Schemas that are missing, and schemas that nobody has.

use serde_json::json;

use super::{examine, finding, found, helps, state};
use crate::project::Project;

/// Two tenants in a registry of their own, with everything applied.
pub(super) async fn shop() -> Project {
    let project = Project::with_tenants(&["a", "b"]).await.file("multitenant.toml", "");
    let project = project
        .migration(
            "shared/1_tenants",
            "create table tenants (id text primary key); insert into tenants values ('a'), ('b')",
        )
        .migration("tenant/1_users", "create table users (id int primary key);");
    project.run(&["migrate"]).code(0);
    project
}

#[tokio::test]
async fn every_tenant_has_its_schema_and_no_schema_is_nobodys() {
    let document = examine(&shop().await);
    for check in ["registry", "missing-schemas", "orphan-schemas"] {
        assert_eq!(state(&document, check).as_deref(), Some("good"), "{document:#}");
    }
}

#[tokio::test]
async fn a_tenant_without_a_schema_is_missing() {
    let project = shop().await;
    let mark = "comment on schema tenant_b is 'multitenant: this tenant is being created'";
    project.sql(&format!("insert into tenants values ('it''s 50%'); {mark}")).await;
    let document = examine(&project);
    let messages = found(&document, "missing-schemas");
    assert_eq!(messages.len(), 2, "{document:#}");
    assert_eq!(messages[0], "1 tenant is in the registry, and its schema does not exist: tenant_it's 50%");
    let help = &helps(&document, "missing-schemas")[0];
    assert!(help.ends_with(r"cargo multitenant migrate --create-schemas --tenant 'it'\''s 50%'"), "{help}");
    assert!(messages[1].contains("interrupted") && messages[1].ends_with("tenant_b"), "{messages:?}");
    let absent = finding(&document, "missing-schemas");
    assert_eq!((&absent["level"], &absent["tenants"]), (&json!("error"), &json!(["it's 50%"])));
    // What the help says, helps.
    project.sql("comment on schema tenant_b is null").await;
    project.run(&["migrate", "--create-schemas", "--tenant", "it's 50%"]).code(0);
    assert_eq!(state(&examine(&project), "missing-schemas").as_deref(), Some("good"));
}

#[tokio::test]
async fn what_looks_like_a_tenants_and_is_none_is_an_orphan() {
    let project = shop().await;
    project
        .sql("delete from tenants where id = 'b'; create schema \"tenant_x\"\"; y\"; create schema tenant_other")
        .await;
    project.sql("comment on schema \"tenant_x\"\"; y\" is 'multitenant: this tenant is being created (1)'").await;
    let document = examine(&project);
    let messages = found(&document, "orphan-schemas");
    assert_eq!(messages.len(), 2, "{document:#}");
    assert!(messages[0].contains("tenant_b (") && messages[0].contains(" kB)"), "{messages:?}");
    assert!(messages[1].contains("tenant_x\"; y"), "{messages:?}");
    let helps = helps(&document, "orphan-schemas");
    assert!(helps[0].contains("register the tenant in \"public\".\"tenants\""), "{helps:?}");
    assert!(helps[0].ends_with("\nDROP SCHEMA \"tenant_b\" CASCADE;"), "{helps:?}");
    assert!(helps[1].ends_with("\nDROP SCHEMA \"tenant_x\"\"; y\" CASCADE;"), "{helps:?}");
    assert_eq!(finding(&document, "orphan-schemas")["level"], "warning");
    project.run(&["doctor"]).code(0);
    for help in &helps {
        project.sql(help.lines().last().unwrap()).await;
    }
    assert_eq!(state(&examine(&project), "orphan-schemas").as_deref(), Some("good"));
}
