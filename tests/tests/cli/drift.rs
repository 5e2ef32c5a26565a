//! `drift`: what it prints, as text, JSON and SQL, and its exit codes.

use serde_json::Value;

use crate::project::Project;

async fn shop() -> Project {
    let project = Project::with_tenants(&["acme", "globex", "initech"])
        .await
        .migration("shared/1_plans", "create table plans (id int primary key);")
        .migration("tenant/1_users", "create table users (id int primary key, name text, plan int references plans);");
    project.run(&["migrate"]).code(0);
    project
}

#[tokio::test]
async fn equal_schemas_are_told_in_one_line() {
    let project = shop().await;
    let answer = project.run(&["drift"]).code(0);
    assert!(answer.stdout.starts_with(" 4 schemas: 4 equal, 0 differ (0 differences), 0 behind; "), "{answer:?}");
    let document = project.run(&["drift", "--format", "json"]).code(0).json();
    assert_eq!((&document["format"], &document["findings"]), (&Value::from(1), &Value::from([] as [i32; 0])));
    assert_eq!((&document["summary"]["targets"], &document["summary"]["equal"]), (&Value::from(4), &Value::from(4)));
}

#[tokio::test]
async fn schemas_that_differ_in_the_same_are_shown_together() {
    let project = shop().await;
    for tenant in ["acme", "globex"] {
        project
            .sql(&format!("alter table tenant_{tenant}.users add column age int, alter name type varchar(20)"))
            .await;
    }
    project.run(&["drift"]).code(1).says(&[
        " 2 schemas: tenant_acme, tenant_globex\n",
        "   column users.age should not be there: integer\n",
        "   column users.name: type is character varying(20), expected text\n",
        " 4 schemas: 2 equal, 2 differ (4 differences), 0 behind; compared with the migrations, replayed in a transaction",
    ]);
    let document = project.run(&["drift", "--tenant", "globex", "--format", "json"]).code(1).json();
    let finding = &document["findings"][1];
    for (field, expected) in [
        ("code", "drift-column"),
        ("level", "error"),
        ("tenant", "globex"),
        ("schema", "tenant_globex"),
        ("object", "users.name"),
        ("facet", "type"),
        ("expected", "text"),
        ("found", "character varying(20)"),
        ("fix", "ALTER TABLE \"tenant_globex\".\"users\" ALTER COLUMN \"name\" TYPE text;"),
    ] {
        assert_eq!(finding[field], expected, "{finding}");
    }
    assert_eq!((&finding["file"], &finding["destructive"]), (&Value::Null, &Value::from(false)));
    project.run(&["drift", "--ignore", "column:users.*"]).code(0).says(&["4 equal", "4 differences ignored"]);
    project.run(&["drift", "tenants", "--reference", "acme"]).code(1).says(&[
        " tenant_initech\n",
        "column users.age is missing: integer",
        "with the tenant acme",
    ]);
    let project = project.file(
        "multitenant.toml",
        "[tenants]\nsource = \"list\"\nids = [\"acme\", \"globex\", \"initech\"]\n[drift]\nignore = [\"column:users.*\"]\n",
    );
    project.run(&["drift"]).code(0);
}

#[tokio::test]
async fn the_script_mends_and_leaves_to_a_person_what_would_lose_data() {
    let project = shop().await;
    project.sql("alter table tenant_acme.users add column age int, drop column name; create index more on tenant_acme.users (plan)").await;
    let script = project.run(&["drift", "--fix-sql"]).code(1).says(&[
        "\n-- tenant_acme: 3 differences\n",
        "-- destructive: ALTER TABLE \"tenant_acme\".\"users\" DROP COLUMN \"age\";\n",
        "ALTER TABLE \"tenant_acme\".\"users\" ADD COLUMN \"name\" text;\n",
        "DROP INDEX CONCURRENTLY \"tenant_acme\".\"more\";\n",
    ]);
    let file = project.path("mend.sql");
    std::fs::write(&file, &script.stdout).unwrap();
    let mut psql = std::process::Command::new("psql");
    psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f"]).arg(&file).arg(project.url());
    let output = psql.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    project.run(&["drift"]).code(1).says(&["column users.age should not be there", "(1 difference)"]);
}

#[tokio::test]
async fn who_is_behind_is_no_drift_and_who_cannot_be_compared_is_a_failure() {
    let project = shop().await.migration("tenant/2_more", "create table more (id int);");
    project.run(&["drift", "tenants"]).code(0).says(&["behind: 1 migration pending", "3 behind"]);
    project.run(&["migrate", "--tenant", "acme"]).code(0);
    project.sql("drop schema tenant_globex cascade").await;
    project
        .run(&["drift", "tenants"])
        .code(10)
        .says(&["not comparable: the schema does not exist", "1 not comparable"]);
}

#[tokio::test]
async fn a_pattern_or_a_flag_that_cannot_be_used_is_an_error() {
    let project = shop().await;
    project.run(&["drift", "--ignore", "tabel:x"]).code(2).complains(&["\"tabel\" is no kind of object"]);
    project.run(&["drift", "--fix-sql", "--format", "json"]).code(2);
    project.run(&["drift", "tenants", "--reference", "nobody"]).code(4);
    let project = project.file("multitenant.toml", "[drift]\nignore = [\"x\"]\n");
    project.run(&["drift"]).code(3).complains(&["`drift.ignore`", "write a kind, a colon and a name"]);
}
