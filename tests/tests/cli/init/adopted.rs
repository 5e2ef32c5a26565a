//! Diesel projects of a single schema, with a past.

use std::path::Path;

use multitenant_runtime::testing::TestDatabase;

use super::folder::{contents, init};
use crate::project::{Project, answer};

/// Forty migrations, as Diesel CLI lays them out.
fn shop(folder: &str, package: &str) -> Project {
    let mut project = Project::on_disk()
        .file(&format!("{folder}Cargo.toml"), &format!("[package]\nname = \"{package}\"\nversion = \"1.0.0\"\nedition = \"2024\"\n\n[dependencies]\ndiesel = {{ version = \"2.3\", features = [\"postgres\"] }} # libpq\n"))
        .file(&format!("{folder}diesel.toml"), "[print_schema]\nfile = \"src/schema.rs\"\n\n[migrations_directory]\ndir = \"migrations\"\n")
        .file(&format!("{folder}src/main.rs"), "mod schema;\nfn main() {}\n")
        .file(&format!("{folder}src/schema.rs"), "diesel::table! { t1 (id) { id -> Int4, } }\n")
        .file(&format!("{folder}migrations/00000000000000_diesel_initial_setup/up.sql"), "select 1;\n")
        .file(&format!("{folder}migrations/00000000000000_diesel_initial_setup/down.sql"), "");
    for i in 1..40 {
        let migration = format!("{folder}migrations/2024-01-01-0000{i:02}_t{i}");
        project = project
            .file(&format!("{migration}/up.sql"), &format!("CREATE TABLE t{i} (id int PRIMARY KEY);\r\n"))
            .file(&format!("{migration}/down.sql"), &format!("DROP TABLE t{i};\n"));
    }
    project
}

/// Every byte that was there is there, but for the dependencies that were added.
#[track_caller]
fn nothing_is_lost(before: &std::collections::BTreeMap<String, Vec<u8>>, folder: &Path) {
    let after = contents(folder);
    for (path, bytes) in before {
        if path == "Cargo.toml" {
            let (before, after) = (String::from_utf8_lossy(bytes), String::from_utf8_lossy(&after[path]));
            let (before, after): (Vec<_>, Vec<_>) = (before.lines().collect(), after.lines().collect());
            assert!(before.iter().all(|line| after.contains(line)), "{after:?}");
        } else {
            assert_eq!(after.get(path), Some(bytes), "{path}");
        }
    }
}

const FULL: [&str; 8] = ["--template", "full", "--framework", "none", "--feature", "shared", "--database", "manual"];

#[tokio::test]
async fn forty_migrations_stay_where_they_have_been_applied() {
    let project = shop("app/", "shop");
    let before = contents(&project.path("app"));
    // Without a word about them nobody is asked.
    init(&project, &FULL).code(2).complains(&["say --existing, or"]);
    let mut args = FULL.to_vec();
    args.push("--yes");
    let answered = init(&project, &args).code(0);
    answered.says(&[
        "migrations, which diesel.toml names, has 40 migrations of one schema: they stay the shared schema's",
        "--existing tenant makes them each tenant's",
        "shared_tables! {",
        "created      migrations-tenant/.gitkeep",
        "created      src/db.rs",
    ]);
    nothing_is_lost(&before, &project.path("app"));
    init(&project, &args).code(0).says(&["there is nothing to do"]);

    // What Diesel's own tools have made of them, with data.
    let database = TestDatabase::empty().await.unwrap();
    let client = database.connect().await.unwrap();
    let mut sql = "CREATE TABLE __diesel_schema_migrations (version varchar(50) PRIMARY KEY, run_on timestamp NOT NULL DEFAULT now());\
                   INSERT INTO __diesel_schema_migrations (version) VALUES ('00000000000000');"
        .to_owned();
    for i in 1..40 {
        sql += &format!(
            "CREATE TABLE t{i} (id int PRIMARY KEY); INSERT INTO t{i} VALUES ({i});\
             INSERT INTO __diesel_schema_migrations (version) VALUES ('202401010000{i:02}');"
        );
    }
    client.batch_execute(&sql).await.unwrap();
    let run = |args: &[&str]| {
        let mut command = project.command(args);
        command.current_dir(project.path("app")).env("DATABASE_URL", database.url());
        answer(command)
    };
    run(&["migrate"]).code(0).says(&["public  applied 20"]);
    run(&["migrate"]).code(0).says(&["1 schema: 1 up to date"]);
    let orders = project.path("app/migrations-tenant/2026-01-01-000000_create_orders");
    std::fs::create_dir(&orders).unwrap();
    std::fs::write(orders.join("up.sql"), "CREATE TABLE orders (id uuid PRIMARY KEY);\n").unwrap();
    std::fs::write(orders.join("down.sql"), "DROP TABLE orders;\n").unwrap();
    run(&["tenant", "create", "acme"]).code(0).says(&["tenant_acme  created"]);
    run(&["status", "--check"]).code(0);
    let kept: i64 = client.query_one("select count(*) from t39", &[]).await.unwrap().get(0);
    assert_eq!(kept, 1);
    run(&["lint", "migrations", "migrations-tenant"]).code(0);
}

#[tokio::test]
async fn forty_migrations_become_each_tenant_s() {
    let project = shop("app/", "shop");
    let before = contents(&project.path("app"));
    let mut args = FULL.to_vec();
    args.extend(["--existing", "tenant"]);
    init(&project, &args)
        .code(0)
        .says(&["has 40 migrations of one schema: they become each tenant's", "migrations-shared/"]);
    nothing_is_lost(&before, &project.path("app"));
    init(&project, &args[..8]).code(0).says(&["there is nothing to do"]);

    let database = TestDatabase::empty().await.unwrap();
    let run = |args: &[&str]| {
        let mut command = project.command(args);
        command.current_dir(project.path("app")).env("DATABASE_URL", database.url());
        answer(command)
    };
    run(&["migrate"]).code(0);
    run(&["tenant", "create", "acme", "globex"]).code(0).says(&["created, applied 40"]);
    let client = database.connect().await.unwrap();
    for schema in ["tenant_acme", "tenant_globex"] {
        let tables = format!("select count(*) from pg_tables where schemaname = '{schema}' and tablename like 't%'");
        let tables: i64 = client.query_one(&tables, &[]).await.unwrap().get(0);
        assert_eq!(tables, 39);
    }
    run(&["status", "--check"]).code(0);
}

/// In a member of a workspace, with the migrations and diesel.toml beside the workspace's manifest.
#[test]
fn a_member_s_migrations_may_lie_above_it() {
    let project = shop("", "root")
        .file("Cargo.toml", "[workspace]\nmembers = [\"app\"]\nresolver = \"3\"\n")
        .file("app/Cargo.toml", "[package]\nname = \"member\"\nversion = \"0.1.0\"\nedition = \"2024\"\n")
        .file("app/src/lib.rs", "// ours\n");
    let before = contents(&project.path(""));
    let args = [
        "--template",
        "standard",
        "--framework",
        "none",
        "--feature",
        "shared",
        "--database",
        "manual",
        "--existing",
        "shared",
    ];
    init(&project, &args).code(0).says(&["../migrations, which ../diesel.toml names, has 40 migrations"]);
    let after = contents(&project.path(""));
    assert!(before.iter().all(|(path, bytes)| path.ends_with("Cargo.toml") || after[path] == *bytes));
    let configuration = String::from_utf8_lossy(&after["app/multitenant.toml"]).into_owned();
    assert!(configuration.contains("shared_folder = \"../migrations\""), "{configuration}");
    assert!(configuration.contains("start_after = \"2024-01-01-000039\""), "{configuration}");
}
