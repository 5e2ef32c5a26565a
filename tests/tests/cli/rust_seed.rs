//! Seeds in Rust: compiled with the project's library, and in one transaction with the others.

use std::path::Path;

use crate::project::{Answer, Project, answer};

/// A package with a library, or without one, with the profiles and the lock file of ours, so that what is compiled already
/// is used again, and nothing is fetched.
async fn shop(source: &str) -> Project {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let text = std::fs::read_to_string(workspace.join("Cargo.toml")).unwrap();
    let profiles = text.find("\n[profile").map_or("", |at| &text[at..]);
    let manifest = format!(
        "[package]\nname = \"shop-app\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[dependencies]\n\
         diesel = {{ version = \"2\", default-features = false, features = [\"postgres_backend\"] }}\n\
         diesel-async = {{ version = \"0.9\", default-features = false, features = [\"postgres\"] }}\n\
         [workspace]\nresolver = \"3\"\n{profiles}"
    );
    let library = "pub mod schema { diesel::table! { users (id) { id -> Integer, name -> Text, } } }\n\
                   #[must_use] pub fn greeting() -> &'static str { \"from the library\" }\nfn main() {}\n";
    let project = Project::with_tenants(&["a", "b"])
        .await
        .migration("shared/1_plans", "create table plans (id int primary key);")
        .migration("tenant/1_users", "create table users (id int primary key, name text not null);")
        .file("Cargo.toml", &manifest)
        .file("Cargo.lock", &std::fs::read_to_string(workspace.join("Cargo.lock")).unwrap())
        .file(source, library)
        .file("seeds/tenant/01_first.sql", "insert into users values (1, 'SQL');")
        .file("seeds/tenant/02_second.rs", SEED)
        .file("seeds/tenant/03_third.sql", "insert into users select max(id) + 1, 'last' from users;")
        .file("seeds/tenant/04_fourth.rs", SYNCHRONOUS);
    project.run(&["migrate"]).code(0);
    project
}

const SEED: &str = "\
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use shop_app::schema::users;

pub async fn seed(conn: &mut AsyncPgConnection) -> QueryResult<()> {
    let row = (users::id.eq(5), users::name.eq(shop_app::greeting()));
    diesel::insert_into(users::table).values(row).execute(conn).await?;
    Ok(())
}
";

const SYNCHRONOUS: &str = "\
use diesel::connection::LoadConnection;
use diesel::pg::Pg;
use diesel::prelude::*;
use shop_app::schema::users;

pub fn seed(conn: &mut impl LoadConnection<Backend = Pg>) -> QueryResult<()> {
    conn.transaction(|conn| {
        let last: Option<i32> = users::table.select(diesel::dsl::max(users::id)).get_result(conn)?;
        let row = (users::id.eq(last.unwrap_or_default() + 1), users::name.eq(\"synchronous\"));
        diesel::insert_into(users::table).values(row).execute(conn)?;
        Ok(())
    })
}
";

fn run(project: &Project, args: &[&str]) -> Answer {
    let mut command = project.command(args);
    command.env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap());
    answer(command)
}

const NAMES: &str = "select coalesce(string_agg(name, ',' order by id), '') from tenant_b.users";

#[tokio::test]
async fn a_seed_in_rust_uses_the_project_s_library() {
    let project = shop("src/lib.rs").await;
    run(&project, &["seed", "--once"])
        .code(0)
        .says(&[" tenant_a  seeded 4: 01_first.sql to 04_fourth.rs\n", " 2 schemas: 2 seeded ("]);
    assert_eq!(project.texts(NAMES).await, ["SQL,from the library,last,synchronous"]);
    run(&project, &["multitenant", "seed", "--once"]).code(0).says(&["2 schemas: 2 up to date"]);
    let document = run(&project, &["seed", "tenants", "--file", "seeds/tenant/02_second.rs", "--format", "json"]);
    let document = document.code(11).json();
    assert_eq!(document["targets"][0]["failure"]["sqlstate"], "23505", "{document}");
    assert_eq!(document["targets"][0]["failure"]["file"], "02_second.rs");

    // A creation has them too; one that fails leaves nothing, and what does not compile ends before it begins.
    let project = project.tenants(&["a", "b", "c", "d"]);
    run(&project, &["tenant", "create", "c"])
        .code(0)
        .says(&["created, applied 1, seeded 4: 01_first.sql to 04_fourth.rs"]);
    assert_eq!(project.texts(&NAMES.replace("tenant_b", "tenant_c")).await, ["SQL,from the library,last,synchronous"]);
    let project = project.file("seeds/tenant/05_fifth.sql", "insert into users values (5, 'again');");
    let document = run(&project, &["tenant", "create", "d", "--format", "json"]).code(11).json();
    assert_eq!(document["targets"][0]["failure"]["sqlstate"], "23505", "{document}");
    let project = project.file("seeds/tenant/01_first.sql", "insert into users values (5, 'the place of the second');");
    let document = run(&project, &["tenant", "create", "d", "--format", "json"]).code(11).json();
    assert_eq!(document["targets"][0]["failure"]["file"], "02_second.rs", "{document}");

    let project =
        project.file("seeds/tenant/02_second.rs", "pub async fn seed(_: &mut String) -> Result<(), String> { Ok(()) }");
    let answer =
        run(&project, &["seed"]).code(3).complains(&["error: the seeds in Rust do not compile", "pub async fn seed"]);
    assert_eq!(answer.stdout, "");
    run(&project, &["tenant", "create", "d"]).code(3).complains(&["the seeds in Rust do not compile"]);
    assert_eq!(project.count("select count(*) from pg_namespace where nspname = 'tenant_d'").await, 0);
}

#[tokio::test]
async fn on_a_package_that_is_only_a_binary_nothing_can_depend() {
    let project = shop("src/main.rs").await;
    run(&project, &["seed"]).code(3).complains(&[
        "the package shop-app is only a binary, and nothing can depend on it",
        "move the code to src/lib.rs",
        "cargo_multitenant::Application::tenant_seed",
    ]);
    assert_eq!(project.texts(NAMES).await, [""]);
}
