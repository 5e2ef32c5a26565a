//! `seed`: rows to begin with.

use std::process::Stdio;
use std::time::Duration;

use serde_json::json;

use crate::project::Project;

async fn shop(ids: &[&str]) -> Project {
    let project = Project::with_tenants(ids)
        .await
        .migration("shared/1_plans", "create table plans (id int primary key);")
        .migration("tenant/1_users", "create table users (id int primary key, name text);");
    project.run(&["migrate"]).code(0);
    project
        .file("seeds/shared/01_plans.sql", "insert into plans values (1) on conflict do nothing;")
        .file("seeds/tenant/02_more.sql", "insert into users select max(id) + 1, 'more' from users;")
        .file("seeds/tenant/01_users.sql", "insert into users select count(*), 'O''Brien' from users;")
        .file("seeds/tenant/dev/00_first.sql", "insert into users select max(id) + 1, 'dev' from users;")
        .file("seeds/tenant/README.md", "no seed")
}

const NAMES: &str = "select coalesce(string_agg(name, ',' order by id), '') from tenant_a.users";

#[tokio::test]
async fn every_schema_is_seeded_in_the_order_of_names() {
    let project = shop(&["a", "o'b \"x\""]).await;
    project.run(&["seed"]).code(0).says(&[
        " public  seeded 01_plans.sql\n",
        " tenant_a  seeded 2: 01_users.sql to 02_more.sql\n",
        " tenant_o'b \"x\"  seeded 2",
        " 3 schemas: 3 seeded (",
    ]);
    assert_eq!(project.texts(NAMES).await, ["O'Brien,more"]);
    // Each time, and with an environment.
    let document = project.run(&["seed", "--tenant", "a", "--env", "dev", "--format", "json"]).code(0).json();
    let target = &document["targets"][0];
    assert_eq!(target["applied"], json!(["01_users.sql", "02_more.sql", "dev/00_first.sql"]));
    assert_eq!((&target["outcome"], &target["edited"]), (&json!("applied"), &json!([])));
    assert_eq!(document["summary"]["applied"], 1);
    assert_eq!(project.texts(NAMES).await, ["O'Brien,more,O'Brien,more,dev"]);
    assert_eq!(project.count("select count(*) from pg_class where relname = '__multitenant_seeds'").await, 0);
    project.run(&["seed", "--env", "nowhere"]).code(4).complains(&["no seed is of the environment \"nowhere\""]);
    project.run(&["seed", "shared"]).code(0).says(&[" 1 schema: 1 seeded"]);
    project.run(&["seed", "--tenant", "nobody"]).code(4).complains(&["nobody"]);
}

#[tokio::test]
async fn once_is_recorded_and_edits_are_told() {
    let project = shop(&["a", "b"]).await;
    project.run(&["seed", "--once"]).code(0).says(&["3 schemas: 3 seeded"]);
    project.run(&["seed", "--once"]).code(0).says(&["3 schemas: 3 up to date"]);
    let project = project.file("seeds/tenant/01_users.sql", "insert into users values (100, 'edited');");
    let answer = project.run(&["seed", "--once", "--env", "dev"]).code(0);
    let answer = answer.says(&[
        " tenant_a  seeded dev/00_first.sql\n",
        " tenant_a and 1 more  edited: done with another text than now, and not done again: 01_users.sql\n",
    ]);
    assert!(answer.stdout.contains("3 schemas: 2 seeded, 1 up to date"), "{answer:?}");
    assert_eq!(project.texts(NAMES).await, ["O'Brien,more,dev"]);
    let document = project.run(&["seed", "tenants", "--once", "--format", "json"]).code(0).json();
    assert_eq!(document["targets"][1]["edited"], json!(["01_users.sql"]));
    // The record goes with the schema, and not with its name.
    project.sql("drop schema tenant_b cascade; alter schema tenant_a rename to tenant_b; create schema tenant_a").await;
    project.run(&["migrate"]).code(0);
    project.run(&["seed", "tenants", "--once"]).code(0).says(&[" tenant_a  seeded 2", "1 seeded, 1 up to date"]);
    let line_ends = "insert into users select max(id) + 1, 'more' from users;\r\n";
    let project = project.file("seeds/tenant/02_more.sql", &line_ends.replace("\r\n", ""));
    let answer = project.run(&["seed", "tenants", "--once"]).code(0);
    assert!(!answer.stdout.contains("02_more"), "{answer:?}");
}

#[tokio::test]
async fn one_tenant_s_failure_is_its_own_and_has_its_place() {
    let project = shop(&["a", "b"]).await.file("seeds/tenant/03_bad.sql", "select 1;\nselect * from\n  no_such_table;");
    project.run(&["seed", "tenants"]).code(11).says(&[
        "tenant_a  failed: 42P01 relation \"no_such_table\" does not exist",
        "--> seeds/tenant/03_bad.sql:3:3",
        "hint: where the table is a migration's, apply it first",
        "2 schemas: 2 failed",
    ]);
    assert_eq!(project.texts(NAMES).await, [""]);
    project.sql("create table tenant_b.no_such_table ()").await;
    let answer = project.run(&["seed", "--once", "--format", "json"]).code(10).json();
    let failure = &answer["targets"][1]["failure"];
    assert_eq!((&failure["migration"], &failure["file"]), (&json!(null), &json!("seeds/tenant/03_bad.sql")));
    assert_eq!(answer["targets"][1]["applied"], json!([]));
    assert_eq!(project.texts(NAMES).await, [""]);
    assert_eq!(project.count("select count(*) from tenant_b.__multitenant_seeds").await, 3);
}

#[tokio::test]
async fn the_shared_schema_comes_first() {
    let project = shop(&["a"]).await.file("seeds/shared/02_bad.sql", "insert into plans values (null);");
    project.run(&["seed"]).code(11).says(&[" public  failed: 23502", "2 schemas: 1 failed, 1 not tried"]);
    assert_eq!(project.count("select count(*) from plans").await, 0);
    assert_eq!(project.texts(NAMES).await, [""]);
}

#[tokio::test]
async fn what_a_seed_may_not_hold_is_refused_before_anything_is_sent() {
    let project = shop(&["a"]).await;
    for (sql, says) in [
        ("insert into users values (1);\ncommit;", "seeds/tenant/03_x.sql:2:1: `COMMIT` cannot be used in a seed"),
        ("rollback", "seeds/tenant/03_x.sql:1:1: `ROLLBACK` cannot be used in a seed"),
        ("copy users from stdin;", "COPY … FROM STDIN"),
        ("-- nothing", "seeds/tenant/03_x.sql: holds no statement"),
    ] {
        let project = shop(&["a"]).await.file("seeds/tenant/03_x.sql", sql);
        project.run(&["seed"]).code(3).complains(&["the seeds cannot be used", says]);
        assert_eq!(project.texts(NAMES).await, [""]);
    }
    // What only wraps the whole is dropped, as in a migration.
    let project = project.file("seeds/tenant/03_x.sql", "begin; insert into users values (9, 'x'); commit;");
    project.run(&["seed"]).code(0);
}

#[tokio::test]
async fn a_tenant_s_seed_does_not_change_the_shared_schema() {
    let project = shop(&["a"]).await.file("seeds/tenant/03_x.sql", "alter table plans add price int;");
    let answer = project.run(&["seed", "tenants"]).code(11);
    let answer = answer.says(&["this would change the shared schema: ", "plans", "--> seeds/tenant/03_x.sql"]);
    assert!(!answer.stdout.contains("migration's metadata"), "{answer:?}");
    // Its rows it may.
    let project = project.file("seeds/tenant/03_x.sql", "insert into plans values (7);");
    project.run(&["seed", "tenants"]).code(0);
}

#[tokio::test]
async fn a_seed_drops_no_schema() {
    let project = shop(&["a", "b"]).await;
    project.run(&["seed", "tenants", "--tenant", "b"]).code(0);
    for (tier, sql) in [
        ("tenant", "drop schema tenant_b cascade;"),
        ("tenant", "do $$ begin execute 'drop schema tenant_b cascade'; end $$;"),
        ("shared", "insert into plans values (7); drop schema tenant_b cascade;"),
    ] {
        let path = format!("seeds/{tier}/03_x.sql");
        let seed = project.path(&path);
        std::fs::write(&seed, sql).unwrap();
        let targets: &[&str] = if tier == "tenant" { &["seed", "--tenant", "a"] } else { &["seed", "shared"] };
        project.run(targets).code(11).says(&["this drops a schema, which a seed must not", &format!("--> {path}")]);
        std::fs::remove_file(seed).unwrap();
        assert_eq!(project.count("select count(*) from tenant_b.users").await, 2, "{sql}");
        assert_eq!(project.count("select count(*) from tenant_a.users").await, 0, "{sql}");
        assert_eq!(project.count("select count(*) from plans where id = 7").await, 0, "{sql}");
    }
}

#[tokio::test]
async fn files_can_be_named() {
    let project = shop(&["a", "b"]).await.file("demo.sql", "insert into users values (5, 'demo')");
    project.run(&["seed", "--file", "demo.sql"]).code(2).complains(&["--file is for one tier"]);
    project.run(&["seed", "tenants", "--file", "demo.sql"]).code(0).says(&["2 schemas: 2 seeded"]);
    project.run(&["seed", "--tenant", "a", "--file", "demo.sql"]).code(11).says(&["23505", "--> demo.sql:1:1"]);
    project.run(&["seed", "shared", "--file", "seeds/shared/01_plans.sql"]).code(0).says(&["1 schema: 1 seeded"]);
    let both = ["seed", "--shared-file", "seeds/shared/01_plans.sql", "--tenant-file", "seeds/tenant/01_users.sql"];
    project.run(&both).code(0).says(&["3 schemas: 3 seeded"]);
    project.run(&["seed", "shared", "--tenant-file", "demo.sql"]).code(2);
    project.run(&["seed", "tenants", "--file", "none.sql"]).code(3).complains(&["none.sql: cannot be read"]);
    project.run(&["seed", "--env", "dev", "--tenant-file", "demo.sql"]).code(2);
}

#[tokio::test]
async fn without_seeds_it_says_where_they_go() {
    let project = Project::with_tenants(&["a"]).await.migration("tenant/1_users", "create table users (id int);");
    project.run(&["seed"]).code(3).complains(&["neither seeds/shared nor seeds/tenant exists"]);
    let project = project.file("multitenant.toml", "[seeds]\nfolder = \"rows\"\n[tenants]\nsource = \"schemas\"\n");
    project.run(&["seed"]).code(3).complains(&["the folder rows does not exist", "seeds.folder"]);
    let project = project.file("rows/1.sql", "insert into users values (1)");
    project.run(&["seed", "tenants"]).code(11).says(&["42P01", "`migrate`"]);
    project.run(&["migrate"]).code(0);
    project.run(&["seed"]).code(0).says(&[" tenant_a  seeded 1.sql"]);
}

#[cfg(unix)]
#[tokio::test]
async fn who_is_killed_leaves_nothing_half_seeded() {
    for signal in ["KILL", "INT"] {
        let project = shop(&["a", "b", "c"]).await.file("seeds/tenant/03_slow.sql", "select pg_sleep(60);");
        let mut command = project.command(&["seed", "--once", "--jobs", "2"]);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let sleeping = "select count(*) from pg_stat_activity where datname = current_database() \
             and query like 'select pg_sleep%' and state = 'active'";
        while project.count(sleeping).await < 2 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let sent = std::process::Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        let output = child.wait_with_output().unwrap();
        if signal == "INT" {
            assert_eq!(output.status.code(), Some(130), "{output:?}");
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(text.contains("1 seeded, 2 failed, 1 not tried"), "{text}");
        }
        let end = "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() \
             and query like 'select pg_sleep%'";
        project.count(end).await;
        while project.count("select count(*) from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())").await > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(project.texts(NAMES).await, [""]);
        assert_eq!(project.count("select count(*) from tenant_b.users").await, 0);
        let project = project.file("seeds/tenant/03_slow.sql", "select pg_sleep(0);");
        project.run(&["seed", "--once"]).code(0).says(&["4 schemas: 3 seeded, 1 up to date"]);
        assert_eq!(project.texts(NAMES).await, ["O'Brien,more"]);
    }
}

#[tokio::test]
async fn two_at_once_do_it_once() {
    let project = shop(&["a", "b", "c"]).await;
    let run = || {
        let mut command = project.command(&["seed", "--once"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let children = [run(), run(), run()];
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }
    assert_eq!(project.texts(NAMES).await, ["O'Brien,more"]);
}

#[tokio::test]
async fn a_tenant_s_role_has_no_part_in_the_record() {
    let project = shop(&["a"]).await;
    let toml = std::fs::read_to_string(project.path("multitenant.toml")).unwrap();
    let project = project.file("multitenant.toml", &format!("{toml}[isolation]\nrole_per_tenant = true\n"));
    project.run(&["migrate"]).code(0);
    let may = |table: &str| {
        format!(
            "select count(*) from pg_class t, aclexplode(t.relacl) x where t.oid = 'tenant_a.{table}'::regclass \
             and x.grantee <> t.relowner and x.privilege_type = 'INSERT'"
        )
    };
    project.run(&["seed", "--once"]).code(0).says(&["2 schemas: 2 seeded"]);
    assert_eq!(project.count(&may("users")).await, 1);
    assert_eq!(project.count(&may("__multitenant_seeds")).await, 0);
    // The fleet is asked as the role that migrates.
    project.run(&["sql", "select count(*) from __multitenant_seeds"]).code(0).says(&[" a       2\n"]);
}
