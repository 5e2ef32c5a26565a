//! What is refused, with a remedy, and leaves nothing behind.

use std::fs;

use super::{files, package, scaffold, with_package};
use crate::project::Project;

#[test]
fn names_that_would_need_quotes_or_leave_their_folder() {
    let project = package();
    let before = files(&project);
    let long = "a".repeat(64);
    for name in ["../../evil", "", "a/b", "a\"b", "a;b", "Ü", "bücher", "1a", "order", "type", "a b", "a\nb", &long] {
        for kind in ["schema", "seed", "migration"] {
            let answer = project.run(&["scaffold", kind, "--type", "tenant", "--", name]);
            // A seed or a migration may be called as a table may not.
            if !(kind == "migration" && ["order", "type"].contains(&name)) {
                answer.code(2).complains(&["error: ", "use "]);
            }
        }
    }
    for column in ["../x:int", "order:int", "a:money", "a:int:unqiue", "a\"b:int", "id:int", "ctid:int", "orders:int"] {
        project.run(&["scaffold", "schema", "orders", "--type", "tenant", column]).code(2);
    }
    scaffold(&project, "schema orders --type tenant a:txt")
        .code(2)
        .complains(&["there is no type \"txt\": did you mean text? the types are text, smallint, int, bigint"]);
    scaffold(&project, "schema orders --type tenant a:int a:text").code(2).complains(&["given twice"]);
    scaffold(&project, "schema orders --type tenant created_at:date --timestamps").code(2).complains(&["leave one"]);
    scaffold(&project, "schema orders").code(2).complains(&["--type"]);
    scaffold(&project, "seed orders --type tenant --env ../x").code(2).complains(&["no name of an environment"]);
    for folder in ["migrations", "seeds", "src/schema.rs", "src/models.rs"] {
        let made = project.path(folder).exists();
        assert!(!made || folder == "migrations", "{folder} was made");
    }
    // The two migrations of innocent names are all that there is.
    let made: Vec<_> = files(&project).into_keys().filter(|name| !before.contains_key(name)).collect();
    assert_eq!(made.iter().filter(|name| name.ends_with("up.sql")).count(), 2, "{made:?}");
}

#[test]
fn tables_that_are_there_or_not() {
    let project = package()
        .migration("shared/1_plans", "create table plans (id uuid primary key, code text);")
        .migration("tenant/1_users", "create table users (id bigint primary key);");
    let before = files(&project);
    for (line, complaint) in [
        ("schema users --type tenant", "the tenants' migrations make the table `users` already"),
        ("schema users --type shared", "without a schema the name would mean one or the other"),
        ("migration create_plans --type shared", "make the table `plans` already"),
        ("migration add_x_to_plans --type tenant x:int", "`plans` is a shared table: give --type shared"),
        ("migration add_x_to_orders --type tenant x:int", "make no table `orders`: correct the name"),
        ("migration add_id_to_users --type tenant id:int", "has a column `id` already"),
        ("migration add_index_on_users_name --type tenant", "has no column `name`: it has id"),
        ("schema orders --type tenant plan_id:bigint:references=plans", "`plans.id` is uuid"),
        ("schema orders --type tenant x_id:references=xs", "no migration makes the table `xs`"),
        ("schema orders --type shared user_id:references=users", "a shared table cannot refer to one of many"),
        ("seed orders --type tenant", "make no table `orders`"),
    ] {
        scaffold(&project, line).code(13).complains(&[complaint]);
    }
    for (line, complaint) in [
        ("migration add_x_to_users --type tenant x:int:unique:default=1", "would have the same value in every row"),
        ("migration add_x_to_users --type tenant x:bigint:default=1:references=users", "must be looked up"),
        ("migration add_x_to_users --type tenant x:int --uuid", "are for new tables"),
        ("migration backfill --type tenant x:int", "of no use"),
        ("migration add_index_on_users --type tenant", "which column is not said"),
        ("migration add_fk_users_id --type tenant --template add-column", "which table is not said"),
    ] {
        scaffold(&project, line).code(2).complains(&[complaint]);
    }
    assert_eq!(files(&project), before);
}

#[test]
fn a_package_without_what_the_types_need() {
    let project = with_package(Project::on_disk(), &["chrono"]);
    let before = files(&project);
    scaffold(&project, "schema orders --type tenant a:uuid b:jsonb c:timestamptz").code(3).complains(&[
        "nothing was written",
        "\n  cargo add --package shop diesel --features uuid\n",
        "\n  cargo add --package shop diesel --features serde_json\n",
    ]);
    assert_eq!(files(&project), before);
    let project = Project::on_disk();
    scaffold(&project, "schema orders --type tenant").code(3).complains(&["there is no Cargo.toml"]);
    assert_eq!(files(&project).len(), 0);
}

#[test]
fn structs_that_would_hide_what_their_file_needs() {
    let project = package();
    let before = files(&project);
    for (table, name) in [
        ("options", "Option"),
        ("strings", "String"),
        ("vecs", "Vec"),
        ("results", "Result"),
        ("boxes", "Box"),
        ("defaults", "Default"),
        ("queryables", "Queryable"),
    ] {
        let called = format!("the struct would be called `{name}`");
        scaffold(&project, &format!("schema {table} --type tenant")).code(2).complains(&[&called, "--model"]);
    }
    scaffold(&project, "schema carts --type tenant --model Vec").code(2).complains(&["--model VecRow"]);
    assert_eq!(files(&project), before);
    scaffold(&project, "schema options --type tenant --model Choice").code(0);
    assert!(fs::read_to_string(project.path("src/models.rs")).unwrap().contains("pub struct Choice {"));
}

#[test]
fn tables_wider_than_diesel_is_told_to_have() {
    let project = package();
    let columns = |count: usize| (1..count).map(|i| format!(" c{i}:int")).collect::<String>();
    let line = |count| format!("schema wide --type tenant{}", columns(count));
    let before = files(&project);
    scaffold(&project, &line(33))
        .code(3)
        .complains(&["nothing was written", "\n  cargo add --package shop diesel --features 64-column-tables\n"]);
    scaffold(&project, &line(129)).code(2).complains(&["129 columns, and Diesel has none of more than 128"]);
    assert_eq!(files(&project), before);
    // By default Diesel has tables of 32.
    scaffold(&project, &line(32)).code(0);
}

#[test]
fn a_program_beside_the_library() {
    let project = package().file("src/main.rs", "fn main() {}\n");
    let before = files(&project);
    for flag in ["--models", "--tables"] {
        scaffold(&project, &format!("schema orders --type tenant {flag} src/main.rs"))
            .code(2)
            .complains(&["src/main.rs is a crate of its own beside src/lib.rs", "--models"]);
    }
    assert_eq!(files(&project), before);
}

#[test]
fn nothing_is_left_where_it_fails_half_way() {
    // The code is written before the migration, whose folder cannot be made.
    let project = package().file("migrations", "a file\n").file("src/schema.rs", "// mine, without an end");
    let before = files(&project);
    scaffold(&project, "schema orders --type tenant total:int").code(3).complains(&["nothing was written"]);
    assert_eq!(files(&project), before);
    let project = package().file("src/models.rs", "fn broken( {\n");
    let before = files(&project);
    scaffold(&project, "schema orders --type tenant").code(3).complains(&["src/models.rs:1: this is no Rust"]);
    assert_eq!(files(&project), before);
}

#[test]
fn twice_at_once_loses_nothing() {
    let project = package();
    let tables = ["orders", "users", "items", "carts", "plans", "books"];
    let (codes, said): (Vec<_>, Vec<_>) = std::thread::scope(|scope| {
        let project = &project;
        let threads =
            tables.map(|table| scope.spawn(move || scaffold(project, &format!("schema {table} --type tenant n:int"))));
        threads.into_iter().map(|thread| thread.join().unwrap()).map(|answer| (answer.code, answer.stderr)).unzip()
    });
    let said = said.concat();
    let schema = fs::read_to_string(project.path("src/schema.rs")).unwrap();
    let models = fs::read_to_string(project.path("src/models.rs")).unwrap();
    let made = files(&project).into_keys().filter(|name| name.ends_with("up.sql")).collect::<Vec<_>>();
    for (table, code) in tables.iter().zip(&codes) {
        let is_there = *code == Some(0);
        assert!(is_there || matches!(code, Some(3 | 13)), "{table}: {code:?}");
        assert_eq!(schema.contains(&format!("    {table} (id)")), is_there, "{table} {code:?}\n{schema}");
        assert_eq!(models.contains(&format!("of `{table}`.\n")), is_there, "{table} {code:?}\n{models}");
        assert_eq!(made.iter().any(|name| name.ends_with(&format!("create_{table}/up.sql"))), is_there);
    }
    assert!(codes.contains(&Some(0)));
    // Who comes second is told to try again, and not to look for permissions.
    assert!(!said.contains("permissions"), "{said}");
    assert!(codes.iter().all(|code| *code == Some(0)) || said.contains("try again"), "{said}");
}
