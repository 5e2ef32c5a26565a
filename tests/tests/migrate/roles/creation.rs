//! A role comes with its tenant, and only with it.

use multitenant_runtime::{NewTenant, Scope, Snapshots};

use super::super::snapshot::create as created_from_snapshot;
use super::{assert_whole, check, create, role, roles, shop, within};

#[tokio::test(flavor = "multi_thread")]
async fn a_new_tenant_has_a_role_that_may_what_a_tenant_may() {
    let project = shop().await;
    project.migrator().migrate(Scope::all()).await.unwrap();
    assert!(roles(&project).await.is_empty(), "nobody needs one yet");
    create(&project, "a").await.unwrap();
    create(&project, "b").await.unwrap();
    assert_whole(&project, "a", "b").await;
    assert_whole(&project, "b", "a").await;
    let group = format!("{}_public_tenants", project.database.name());
    assert_eq!(roles(&project).await, [group, role(&project, "a"), role(&project, "b")]);
    let idle = "SELECT bool_or(rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls OR rolcanlogin)::text \
                FROM pg_roles WHERE starts_with(rolname::text, current_database() || '_')";
    assert_eq!(project.one(idle).await, "false");
    // What is made later is the tenants' too, and what a shared migration takes away stays away.
    let project = project
        .shared("2_coupons", "CREATE TABLE coupons (id serial PRIMARY KEY); REVOKE DELETE ON plans FROM CURRENT_USER;")
        .tenant("2_posts", "CREATE TABLE posts (id serial PRIMARY KEY);");
    project.sql(&format!("REVOKE UPDATE ON plans FROM \"{}_public_tenants\"", project.database.name())).await;
    project.migrator().migrate(Scope::all()).await.unwrap();
    create(&project, "c").await.unwrap();
    let client = within(&project, &role(&project, "a")).await;
    check(&client, "INSERT INTO tenant_a.posts DEFAULT VALUES; INSERT INTO coupons DEFAULT VALUES", None).await;
    check(&client, "INSERT INTO tenant_c.posts DEFAULT VALUES", Some(super::DENIED)).await;
    check(&client, "UPDATE plans SET name = 'x'", Some(super::DENIED)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_creation_that_fails_leaves_no_role() {
    let project = shop().await.shared("2_name", "ALTER TABLE tenants ADD COLUMN name text NOT NULL;");
    project.migrator().migrate(Scope::all()).await.unwrap();
    // The registry's row comes after the role, and lacks a column.
    let failure = create(&project, "a").await.unwrap_err();
    assert_eq!(failure.sqlstate.as_deref(), Some("23502"), "{failure}");
    assert!(roles(&project).await.is_empty());
    // So it is where it takes several transactions.
    let project = project.tenant("2_out", "VACUUM users;").metadata("2_out", "run_in_transaction = false");
    let failure = create(&project, "a").await.unwrap_err();
    assert_eq!(failure.sqlstate.as_deref(), Some("23502"), "{failure}");
    assert!(roles(&project).await.is_empty());
    let tenant = |id| NewTenant::new(id).unwrap().column("name", "x").unwrap();
    project.migrator().create_tenant(tenant("a")).await.unwrap();
    project.migrator().create_tenant(tenant("b")).await.unwrap();
    assert_whole(&project, "a", "b").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_is_there_is_what_stands_in_the_way_and_not_its_role() {
    let project = shop().await;
    project.migrator().migrate(Scope::all()).await.unwrap();
    create(&project, "a").await.unwrap();
    let failure = create(&project, "a").await.unwrap_err();
    assert_eq!(failure.message, "the schema tenant_a exists already");
    // A role that is somebody else's does, where there is no tenant.
    let role = role(&project, "b");
    project.sql(&format!("CREATE ROLE \"{role}\"; CREATE TABLE theirs (); GRANT SELECT ON theirs TO \"{role}\"")).await;
    let failure = create(&project, "b").await.unwrap_err();
    assert_eq!(failure.message, format!("the role {role:?} exists, and has something already, or members"));
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_at_once_share_the_group_that_none_of_them_found() {
    let project = shop().await;
    project.migrator().migrate(Scope::all()).await.unwrap();
    let ids: Vec<String> = (0..20).map(|i| i.to_string()).collect();
    let results = futures_util::future::join_all(ids.iter().map(|id| create(&project, id))).await;
    for (id, result) in ids.iter().zip(results) {
        assert_eq!(result, Ok(()), "{id}");
    }
    assert_eq!(roles(&project).await.len(), 21);
    assert_whole(&project, "7", "19").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_makes_the_role_as_well_and_is_used_for_the_next_one_too() {
    let project = shop().await;
    project.migrator().migrate(Scope::all()).await.unwrap();
    create(&project, "a").await.unwrap();
    project.migrator().make_snapshot().await.unwrap();
    for id in ["b", "c"] {
        assert!(created_from_snapshot(&project, id, Snapshots::Use).await, "{id}");
        assert_whole(&project, id, "a").await;
    }
}
