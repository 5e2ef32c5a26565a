//! `sql`: one query over the fleet.

use serde_json::json;

use crate::project::Project;

async fn shop() -> Project {
    let project = Project::with_tenants(&["b", "a", "o'b \"x\""])
        .await
        .migration("shared/1_plans", "create table plans (id int);")
        .migration("tenant/1_users", "create table users (id int primary key, name text);");
    project.run(&["migrate"]).code(0);
    project
        .sql(
            "insert into tenant_a.users values (1, 'Ann'), (2, null); insert into tenant_b.users values (3, 'B,\"b\"'); \
             insert into \"tenant_o'b \"\"x\"\"\".users values (4, '')",
        )
        .await;
    project
}

#[tokio::test]
async fn all_tenants_answer_in_their_order() {
    let project = shop().await;
    let answer = project.run(&["sql", "select id, name from users order by id"]).code(0);
    let expected = " tenant   id  name\n b        3   B,\"b\"\n a        1   Ann\n a        2   NULL\n o'b \"x\"  4\n\n 3 schemas: 3 answered (";
    assert!(answer.stdout.starts_with(expected), "{answer:?}");

    let csv = project.run(&["sql", "select id, name from users order by id", "--format", "csv"]).code(0);
    assert_eq!(csv.stdout, "tenant,id,name\r\nb,3,\"B,\"\"b\"\"\"\r\na,1,Ann\r\na,2,\r\n\"o'b \"\"x\"\"\",4,\"\"\r\n");

    let document = project.run(&["sql", "select id, name from users order by id", "--format", "json"]).code(0).json();
    let a = json!({"tenant": "a", "schema": "tenant_a", "statement": 1, "columns": ["id", "name"],
        "rows": [["1", "Ann"], ["2", null]], "count": 2});
    assert_eq!(document["answers"][1], a);
    assert_eq!(document["answers"][2]["tenant"], "o'b \"x\"");
    assert_eq!((&document["format"], &document["summary"]["answered"]), (&json!(1), &json!(3)));
    assert_eq!(document["targets"][2]["outcome"], "answered");
}

#[tokio::test]
async fn tenants_can_be_chosen_and_several_statements_asked() {
    let project = shop().await.file("report.sql", "-- two\nselect count(*) from users;\nselect ';' as semicolon;");
    let answer = project.run(&["sql", "--file", "report.sql", "--match", "?"]).code(0);
    let expected = " tenant  count\n b       1\n\n tenant  semicolon\n b       ;\n\n tenant  count\n a       2\n";
    assert!(answer.stdout.starts_with(expected), "{answer:?}");
    project.run(&["sql", "select 1", "--tenant", "nobody"]).code(4).complains(&["nobody"]);
    project.run(&["sql", "select 1", "--file", "report.sql"]).code(2);
    project.run(&["sql"]).code(2);
    project.run(&["sql", "--file", "none.sql"]).code(3).complains(&["none.sql cannot be read"]);
}

#[tokio::test]
async fn nothing_is_written_unless_asked_for() {
    let project = shop().await;
    for sql in [
        "update users set name = 'x'",
        "create table t (id int)",
        "select set_config('transaction_read_only', 'off', true); delete from users",
        "do $$ begin delete from users; end $$",
        "set default_transaction_read_only = off; delete from users",
    ] {
        project.run(&["sql", sql]).code(11).says(&["3 schemas: 3 failed"]);
    }
    // Else a sequence would be moved, which no end of a transaction takes back.
    project.sql("create sequence tenant_a.numbers").await;
    for (sql, at) in [
        ("reset transaction_read_only; select setval('numbers', 900)", "SQL:1:1: "),
        ("select 1;\n reset all; select setval('numbers', 900)", "SQL:2:2: "),
        ("do $$ begin reset transaction_read_only; perform setval('numbers', 900); end $$", "SQL:1:1: "),
    ] {
        project.run(&["sql", sql, "--tenant", "a"]).code(2).complains(&[at, "RESET could make"]);
    }
    assert_eq!(project.texts("select last_value::text from tenant_a.numbers").await, ["1"]);
    project.run(&["sql", "--write", "reset role; select 1", "--tenant", "a"]).code(0);
    let names = "select coalesce(string_agg(name, ',' order by id), '') from tenant_a.users";
    assert_eq!(project.texts(names).await, ["Ann"]);
    let answer = project.run(&["sql", "--write", "update users set name = 'x'"]).code(0);
    assert!(answer.stdout.starts_with(" tenant   rows\n b        1\n a        2\n o'b \"x\"  1\n"), "{answer:?}");
    assert_eq!(project.texts(names).await, ["x,x"]);
}

#[tokio::test]
async fn what_a_tenant_s_statements_do_is_one_transaction() {
    let project = shop().await;
    let sql = "delete from users; select 1 / (3 - count(*)) from users right join (values (3)) v (id) using (id); \
               insert into users select 1 from users where id = 3";
    // Fails where the id 3 is there no more: everywhere alike, so one tenant is made another.
    project.sql("create table tenant_a.extra (id int)").await;
    let sql = format!("{sql}; select * from extra");
    project.run(&["sql", "--write", &sql]).code(10).says(&[
        "tenant_b  failed: 42P01 relation \"extra\" does not exist",
        "--> SQL:1:",
        "3 schemas: 1 answered, 2 failed",
    ]);
    assert_eq!(project.count("select count(*) from tenant_b.users").await, 1);
    assert_eq!(project.count("select count(*) from tenant_a.users").await, 0);
}

#[tokio::test]
async fn the_shared_schema_is_behind_the_wall() {
    let project = shop().await;
    let answer = project.run(&["sql", "--write", "alter table plans add price int"]).code(11);
    let answer = answer.says(&["this would change the shared schema: ", "plans", "hint: a name that the tenant's"]);
    assert!(!answer.stdout.contains("metadata.toml"), "{answer:?}");
    project.run(&["sql", "--write", "alter table users add price int"]).code(0);
}

#[tokio::test]
async fn transactions_are_managed() {
    let project = shop().await;
    for (sql, says) in [
        ("begin; delete from users; commit", "SQL:1:1: `BEGIN` cannot be used in a statement for the fleet"),
        ("select 1;\ncommit", "SQL:2:1: `COMMIT` cannot be used in a statement for the fleet"),
        ("set transaction read write; delete from users", "SET TRANSACTION"),
        ("copy users from stdin", "COPY … FROM STDIN"),
        ("/* nothing */", "holds no statement"),
        ("select 'x", "has no end"),
    ] {
        project.run(&["sql", "--write", sql]).code(2).complains(&[says]);
    }
    assert_eq!(project.count("select count(*) from tenant_b.users").await, 1);
}

#[tokio::test]
async fn one_tenant_s_failure_is_its_own() {
    let project = shop().await.tenants(&["b", "lost", "a"]);
    project.sql("drop table tenant_b.users; create table tenant_b.users (id int, email text)").await;
    let answer = project.run(&["sql", "select * from users"]).code(10).says(&[
        " tenant  id  email\n\n tenant  id  name\n a       1   Ann\n",
        " tenant_lost  failed: the schema tenant_lost does not exist",
        "3 schemas: 2 answered, 1 failed",
    ]);
    assert_eq!(answer.stderr, "");
    let csv = project.run(&["sql", "select * from users", "--format", "csv"]).code(10);
    assert_eq!(csv.stdout, "tenant,id,email\r\n");
    csv.complains(&["the rows of \"a\" are left out: they have the columns id, name", "tenant_lost  failed"]);
    let document = project.run(&["sql", "select * from users", "--format", "json"]).code(10).json();
    assert_eq!(document["targets"][1]["failure"]["class"], "missing-schema");
    assert_eq!(document["answers"][1]["columns"], json!(["id", "name"]));
}

#[tokio::test]
async fn many_rows_are_not_kept() {
    let project = shop().await;
    let sql = "select g, repeat('x', 100) from generate_series(1, 100000) g";
    let answer = project.run(&["sql", sql, "--format", "csv", "--jobs", "3"]).code(0);
    assert_eq!(answer.stdout.lines().count(), 300_001);
    assert!(answer.stdout.lines().nth(100_000).is_some_and(|line| line.starts_with("b,100000,")));
    assert!(answer.stdout.lines().nth(100_001).is_some_and(|line| line.starts_with("a,1,")));
    let text = project.run(&["sql", "select g from generate_series(1, 2500) g"]).code(0);
    assert_eq!(text.stdout.matches("tenant").count(), 1, "one heading over all pages");
    assert_eq!(text.stdout.lines().count(), 7503);
}

#[tokio::test]
async fn time_limits_hold() {
    let project = shop().await;
    project
        .run(&["sql", "select pg_sleep(60)", "--statement-timeout", "50ms", "--tenant", "a"])
        .code(11)
        .says(&["57014"]);
}

#[tokio::test]
async fn csv_is_for_rows() {
    let project = shop().await;
    project.run(&["status", "--format", "csv"]).code(2).complains(&["--format csv is for what `sql` answers"]);
}
