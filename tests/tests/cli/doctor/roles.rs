//! Each tenant's role, what it may read, and who else may.

use serde_json::json;

use super::schemas::shop;
use super::{examine, finding, found, helps, state};
use crate::project::Project;

const ISOLATION: [&str; 4] = ["tenant-roles", "cross-tenant-read", "schema-grants", "cross-tenant-objects"];

/// A shop whose tenants have roles.
async fn walled() -> Project {
    let project = shop().await.file("multitenant.toml", "[isolation]\nrole_per_tenant = true\n");
    project.run(&["migrate"]).code(0);
    project
}

/// The role of a tenant, or the group.
async fn role(project: &Project, what: &str) -> String {
    format!("{}_{what}", project.texts("select current_database()::text").await[0])
}

#[tokio::test]
async fn with_roles_in_order_everything_is_good() {
    let project = walled().await;
    let document = examine(&project);
    for check in ISOLATION {
        assert_eq!(state(&document, check).as_deref(), Some("good"), "{check}: {document:#}");
    }
    project.run(&["doctor"]).code(0).says(&["2 attempted reads of another tenant's table refused", "2 roles in order"]);
}

#[tokio::test]
async fn what_is_the_migrator_s_own_is_not_tried() {
    let project = walled().await.file("seeds/tenant/01_a.sql", "select 1;");
    project.run(&["seed", "--once"]).code(0);
    let document = examine(&project);
    assert_eq!(state(&document, "cross-tenant-read").as_deref(), Some("good"), "{document:#}");
}

#[tokio::test]
async fn without_roles_there_is_nothing_to_try() {
    let document = examine(&shop().await);
    let states = ISOLATION.map(|check| state(&document, check));
    assert_eq!(states, [None, None, Some("good".to_owned()), Some("good".to_owned())]);
}

#[tokio::test]
async fn roles_that_are_missing_or_too_strong_are_told_by_cause() {
    let project = shop().await.file("multitenant.toml", "[isolation]\nrole_per_tenant = true\n");
    let document = examine(&project);
    let messages = found(&document, "tenant-roles");
    assert_eq!(messages.len(), 2, "{messages:?}");
    assert!(messages[0].starts_with("the group of all tenants, the role "), "{messages:?}");
    assert!(messages[1].starts_with("the roles of 2 tenants, ") && messages[1].ends_with(": it does not exist"));
    let helps = helps(&document, "tenant-roles");
    assert_eq!(helps, ["cargo multitenant migrate", "cargo multitenant migrate --tenant a,b"]);
    // Of what does not exist nothing is tried.
    assert_eq!(state(&document, "cross-tenant-read"), None, "{document:#}");
    project.run(&["migrate", "--tenant", "a,b"]).code(0);
    assert_eq!(state(&examine(&project), "tenant-roles").as_deref(), Some("good"));

    let (a, b) = (role(&project, "tenant_a").await, role(&project, "tenant_b").await);
    project.sql(&format!("revoke usage on schema tenant_a from \"{a}\"; alter role \"{b}\" createdb")).await;
    let document = examine(&project);
    let messages = found(&document, "tenant-roles");
    assert_eq!(messages.len(), 2, "{messages:?}");
    assert!(messages[0].contains(&format!("{b:?}")) && messages[0].contains("superuser"), "{messages:?}");
    assert!(messages[1].contains(&a) && messages[1].contains("lacks rights on its schema"), "{messages:?}");
    assert_eq!(finding(&document, "tenant-roles")["tenants"], json!(["b"]));
    // And it cannot read what is its own.
    let messages = found(&document, "cross-tenant-read");
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert!(messages[0].ends_with("cannot read its own \"tenant_a\".\"users\""), "{messages:?}");
    project.run(&["doctor"]).code(1);
}

#[tokio::test]
async fn what_a_role_can_read_of_another_tenant_is_tried_and_told() {
    let project = walled().await;
    let a = role(&project, "tenant_a").await;
    let quoted = format!("\"{a}\"");
    project
        .sql(&format!("grant usage on schema tenant_b to {quoted}; grant select on tenant_b.users to {quoted}"))
        .await;
    let document = examine(&project);
    assert_eq!(
        found(&document, "cross-tenant-read"),
        [format!("the role of the tenant a, {a:?}, can read \"tenant_b\".\"users\"")]
    );
    assert_eq!(finding(&document, "cross-tenant-read")["tenants"], json!(["a", "b"]));
    assert_eq!(
        found(&document, "schema-grants"),
        [format!("another tenant's role, {a:?}, has rights on the schema and on tables in it: tenant_b")]
    );
    for check in ["schema-grants", "cross-tenant-read"] {
        assert_eq!(finding(&document, check)["level"], "error");
    }
    project.run(&["doctor"]).code(1);
    project.sql(&helps(&document, "schema-grants")[0]).await;
    let document = examine(&project);
    for check in ISOLATION {
        assert_eq!(state(&document, check).as_deref(), Some("good"), "{check}: {document:#}");
    }
}

/// No look at a role's own rights shows it.
#[tokio::test]
async fn what_everybody_or_the_group_may_read_is_told() {
    let project = walled().await;
    let group = role(&project, "public_tenants").await;
    project
        .sql(&format!(
            "grant usage on schema tenant_a, tenant_b to public; grant select on tenant_a.users to public; \
             grant usage on schema tenant_b to \"{group}\""
        ))
        .await;
    let document = examine(&project);
    assert_eq!(
        found(&document, "schema-grants"),
        [
            "everybody (PUBLIC) has rights on the schema, and on no table in it: tenant_b",
            "everybody (PUBLIC) has rights on the schema and on tables in it: tenant_a",
            "the group of all tenants has rights on the schema, and on no table in it: tenant_b",
        ]
    );
    let levels = document["findings"].as_array().unwrap();
    let levels: Vec<_> = levels.iter().filter(|f| f["code"] == "schema-grants").map(|f| f["level"].clone()).collect();
    assert_eq!(levels, ["warning", "error", "warning"]);
    let messages = found(&document, "cross-tenant-read");
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert!(messages[0].contains("the tenant b,") && messages[0].ends_with("can read \"tenant_a\".\"users\""));
    for help in helps(&document, "schema-grants") {
        project.sql(&help).await;
    }
    assert_eq!(state(&examine(&project), "schema-grants").as_deref(), Some("good"));

    let project = shop().await;
    project.sql("grant usage on schema tenant_a to public; grant select on tenant_a.users to public").await;
    assert_eq!(finding(&examine(&project), "schema-grants")["level"], "warning");
    project.run(&["doctor"]).code(0);
}

#[tokio::test]
async fn who_may_not_take_the_roles_on_is_told_that_nothing_was_tried() {
    let project = walled().await;
    let looker = role(&project, "looker").await;
    let read = "create role \"R\" login password 'x'; grant select on public.tenants, tenant_a.__diesel_schema_migrations, \
                tenant_b.__diesel_schema_migrations, public.__diesel_schema_migrations to \"R\"; \
                grant usage on schema tenant_a, tenant_b to \"R\"";
    project.sql(&read.replace("\"R\"", &format!("\"{looker}\""))).await;
    let url = project.url().to_owned();
    let separator = if url.contains('?') { '&' } else { '?' };
    let url = format!("{url}{separator}user={looker}&password=x");
    let answer = project.run(&["doctor", "--format", "json", "--database-url", &url]);
    let document = answer.json();
    assert_eq!(state(&document, "cross-tenant-read").as_deref(), Some("not-run"), "{document:#}");
    let line = document["checks"].as_array().unwrap().iter().find(|line| line["code"] == "cross-tenant-read").unwrap();
    assert!(line["detail"].as_str().unwrap().contains("may not take on the tenants' roles"), "{line}");
    let messages = found(&document, "object-owners");
    // Two schemas, with a table and a history each, and the shared schema's table and history.
    assert!(messages[0].starts_with("8 objects in 3 schemas belong to the role "), "{messages:?}");
    assert!(messages[0].contains(&format!("{looker:?}, has no part")), "{messages:?}");
    let mend = helps(&document, "object-owners");
    assert!(mend[0].ends_with("-- and 3 more"), "{mend:?}");
    for statement in mend[0].lines().skip(1).take(5) {
        project.sql(statement).await;
    }
    let owned =
        format!("select count(*) from pg_class where relowner = '\"{looker}\"'::regrole and relkind in ('r', 'S')");
    assert!(project.count(&owned).await >= 3);
    for check in ["schema-grants", "invalid-indexes", "tenant-types", "extensions", "security-definer"] {
        assert_eq!(state(&document, check).as_deref(), Some("good"), "{check}: {document:#}");
    }
}

#[tokio::test]
async fn what_stands_on_another_tenants_objects_is_told_with_what_removes_it() {
    let project = shop().await;
    project
        .sql(
            "create schema \"tenant_c.\"\"d\"; create table \"tenant_c.\"\"d\".\"of f%\" (id int references tenant_a.users); \
             create view tenant_b.theirs as select id from tenant_a.users; \
             create table tenant_b.numbered (id serial); create sequence tenant_a.numbers; \
             alter table tenant_b.numbered alter column id set default nextval('tenant_a.numbers'); \
             create view public.everybody as select id from tenant_b.users; \
             create view tenant_b.plans as select id from public.tenants; \
             insert into tenants values ('c.\"d')",
        )
        .await;
    let document = examine(&project);
    let messages = found(&document, "cross-tenant-objects");
    assert_eq!(
        messages,
        [
            "default value for tenant_b.numbered.id stands on sequence tenant_a.numbers",
            "view tenant_b.theirs stands on table tenant_a.users",
            "table constraint \"of f%_id_fkey\" on \"tenant_c.\"\"d\".\"of f%\" stands on table tenant_a.users",
            "view public.everybody stands on table tenant_b.users",
        ]
    );
    let helps = helps(&document, "cross-tenant-objects");
    for help in &helps {
        project.sql(help.lines().last().unwrap()).await;
    }
    let document = examine(&project);
    assert_eq!(state(&document, "cross-tenant-objects").as_deref(), Some("good"), "{document:#}");
}

#[tokio::test]
async fn functions_that_name_another_tenant_are_told_and_those_that_name_their_own_are_not() {
    let project = shop().await;
    project
        .sql(
            "set check_function_bodies = off; \
             create function tenant_a.mine() returns bigint language sql as 'select count(*) from tenant_a.users'; \
             create function tenant_b.mine() returns bigint language sql as 'select count(*) from Tenant_A . users'; \
             create function tenant_b.other() returns int language sql set search_path = tenant_a as 'select 1'; \
             create function public.all_of() returns int language plpgsql as \
             $$begin execute 'delete from tenant_b.users'; return 1; end$$; \
             create function public.none() returns text language sql as $$select 'tenant_b'$$; \
             create function tenant_a.pinned() returns int language sql set search_path = tenant_a, public as 'select 1'",
        )
        .await;
    let document = examine(&project);
    assert_eq!(
        found(&document, "tenant-named-in-function"),
        [
            "the function all_of() names the tenant's schema tenant_b: public",
            "the function mine() names the tenant's schema tenant_a: tenant_b",
            "the function other() names the tenant's schema tenant_a: tenant_b",
        ]
    );
    assert_eq!(finding(&document, "tenant-named-in-function")["tenants"], json!(["b"]));
    project.run(&["doctor"]).code(0);
    project.sql("drop function public.all_of(), tenant_b.mine(), tenant_b.other()").await;
    assert_eq!(state(&examine(&project), "tenant-named-in-function").as_deref(), Some("good"));
}
