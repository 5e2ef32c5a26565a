use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::json;

use super::{shop, shop_with};
use crate::project::Project;

const CONFIG: &str =
    "[tenants]\nsource = \"table\"\narchived_column = \"archived_at\"\n[isolation]\nrole_per_tenant = true\n";

/// With `acme`, who has a user.
async fn acme() -> Project {
    let project = shop_with(&["acme"]).await;
    project.sql("insert into tenant_acme.users (name) values ('Ann')").await;
    project
}

/// What there is of a tenant: schema, row, state, role.
async fn left(project: &Project, id: &str) -> i64 {
    let sql = format!(
        "select (select count(*) from pg_namespace where nspname = 'tenant_{id}') + (select count(*) from tenants where id = '{id}') \
         + (select count(*) from multitenant.targets where tenant = '{id}') \
         + (select count(*) from pg_roles where rolname = current_database() || '_tenant_{id}')"
    );
    project.count(&sql).await
}

#[tokio::test]
async fn a_clone_a_dump_and_a_load_report_what_they_did() {
    let project = acme().await;
    let file = project.path("é acme.dump");
    let file = file.to_str().unwrap();
    project
        .run(&["tenant", "clone", "acme", "It's \"b\"", "--set", "name=x"])
        .code(0)
        .says(&[" tenant_It's \"b\"  cloned from acme: 1 table, 1 row ("]);
    assert_eq!(project.texts("select name from tenants where id like 'It%'").await, ["x"]);
    project
        .run(&["tenant", "dump", "acme", "-o", file])
        .code(0)
        .says(&[" tenant_acme  dumped to ", "1 table, 1 row, "]);
    project.run(&["tenant", "dump", "acme", "-o", file]).code(13).complains(&["exists already", "--force"]);
    let dumped = project.run(&["tenant", "dump", "acme", "-o", file, "--force", "--format", "json"]).code(0).json();
    assert_eq!((&dumped["tenant"], &dumped["rows"], &dumped["applied"]), (&json!("acme"), &json!(1), &json!(["1"])));
    project.run(&["tenant", "load", file]).code(13).complains(&["tenant_acme exists already"]);
    let loaded = project.run(&["tenant", "load", file, "--as", "c", "--format", "json"]).code(0).json();
    assert_eq!(
        (&loaded["schema"], &loaded["from"], &loaded["proven"]),
        (&json!("tenant_c"), &json!("acme"), &json!(true))
    );
    assert_eq!(project.texts("select name from tenant_c.users").await, ["Ann"]);
    project.run(&["migrate"]).code(0).says(&["4 up to date"]);
    project.run(&["-v", "tenant", "clone", "c", "d"]).code(0).complains(&["users: 1 row copied"]);
    project.run(&["drift"]).code(0);
}

#[tokio::test]
async fn what_cannot_be_done_says_so_and_leaves_nothing() {
    let project = acme().await;
    project.run(&["tenant", "clone", "nobody", "b"]).code(4);
    project.run(&["tenant", "clone", "acme", "acme"]).code(13);
    project.run(&["tenant", "clone", "acme", &"n".repeat(60)]).code(3);
    project.run(&["tenant", "clone", "acme", "b", "--set", "no=1"]).code(13).complains(&["no column \"no\""]);
    project.run(&["tenant", "clone", "acme", "b", "--anonymise"]).code(13).complains(&["[clone.anonymise]"]);
    project.run(&["tenant", "clone", "acme", "b", "--set", "seats=many"]).code(11).complains(&["22P02"]);
    project.run(&["tenant", "dump", "nobody", "-o", project.path("x").to_str().unwrap()]).code(4);
    project
        .run(&["tenant", "dump", "acme", "-o", project.path("no/x").to_str().unwrap()])
        .code(3)
        .complains(&["cannot be written"]);
    project.run(&["tenant", "load", "nowhere"]).code(3).complains(&["nowhere cannot be read"]);
    let project = project.file("x.dump", "-- no dump\n");
    project
        .run(&["tenant", "load", project.path("x.dump").to_str().unwrap()])
        .code(3)
        .complains(&["is no dump of a tenant"]);
    assert_eq!((left(&project, "b").await, left(&project, "nobody").await), (0, 0));
}

#[tokio::test]
async fn the_configuration_s_rules_are_used_unless_somebody_says_no() {
    let project = acme().await;
    let rules = |rules: &str| format!("{CONFIG}[clone.anonymise]\n{rules}\n");
    let project = project.file("multitenant.toml", &rules("\"users.name\" = { template = \"user{row}\" }"));
    project.run(&["tenant", "clone", "acme", "b"]).code(0).says(&["1 column anonymised"]);
    project.run(&["tenant", "clone", "acme", "c", "--no-anonymise"]).code(0);
    project.run(&["tenant", "clone", "acme", "d", "--anonymise"]).code(0);
    project.run(&["tenant", "clone", "acme", "e", "--structure"]).code(0).says(&["0 rows"]);
    let names = "select string_agg(name, ' ') from (select name from tenant_b.users union all select name from tenant_c.users \
                 union all select name from tenant_d.users union all select name from tenant_e.users) u";
    assert_eq!(project.texts(names).await, ["user1 Ann user1"]);
    let project = project.file("multitenant.toml", &rules("\"users.nam\" = \"null\"\n\"users.id\" = \"null\""));
    project
        .run(&["tenant", "clone", "acme", "f"])
        .code(13)
        .complains(&["\"users.nam\": \"users\" has no column \"nam\"", "\"users.id\": it is NOT NULL"]);
    assert_eq!(left(&project, "f").await, 0);
    let project = project.file("multitenant.toml", &rules("\"users.name\" = { template = \"{rwo}\" }"));
    project.run(&["status"]).code(3).complains(&["{rwo}", "multitenant.toml:7"]);
}

#[tokio::test]
async fn a_dump_of_an_older_release_is_behind() {
    let project = acme().await;
    let file = project.path("x");
    let file = file.to_str().unwrap();
    project.run(&["tenant", "dump", "acme", "-o", file]).code(0);
    let project = project.migration("tenant/2_more", "alter table users add more int;");
    project
        .run(&["tenant", "load", file, "--as", "b"])
        .code(0)
        .complains(&["1 migration is pending: cargo multitenant migrate --tenant \"b\""]);
    project.run(&["migrate", "--tenant", "b"]).code(0).says(&["1 migrated"]);
    let late = project.path("late");
    let late = late.to_str().unwrap();
    project.run(&["tenant", "dump", "b", "-o", late]).code(0);
    let older = shop().await;
    older.run(&["tenant", "load", late]).code(13).complains(&["does not know: 2"]);
}

/// A clone, or a load, that sleeps in a check of its own.
async fn sleeping(project: &Project, args: &[&str]) -> Child {
    let child = project.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let sql = "select count(*) from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'";
    while project.count(sql).await == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    child
}

#[tokio::test]
async fn whatever_ends_it_half_way_leaves_nothing() {
    let project = acme().await;
    project
        .sql(
            "set search_path = tenant_acme; create function slow(int) returns bool language sql immutable as 'select true';
             alter table users add constraint slow check (slow(id));
             create or replace function slow(int) returns bool language sql volatile as 'select true from pg_sleep(30)'",
        )
        .await;
    let file = project.path("x");
    let file = file.to_str().unwrap();
    project.run(&["tenant", "dump", "acme", "-o", file]).code(0);
    for (signal, code) in [("INT", Some(130)), ("TERM", Some(143)), ("KILL", None)] {
        for args in [&["tenant", "clone", "acme", "b"][..], &["tenant", "load", file, "--as", "b"]] {
            let child = sleeping(&project, args).await;
            let sent = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap();
            assert!(sent.success());
            let output = child.wait_with_output().unwrap();
            assert_eq!(output.status.code(), code, "{args:?}: {output:?}");
            // Of a process that was killed the server learns when it next looks, and that one sleeps.
            project
                .sql("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'")
                .await;
            assert_eq!(left(&project, "b").await, 0, "{args:?} {signal}");
        }
    }
}
