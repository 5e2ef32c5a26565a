//! `scaffold schema`: which files it finds, and that they keep what they hold.

use std::fs;

use insta::assert_snapshot;

use super::{files, package, scaffold, shown};
use crate::project::Project;

#[test]
fn a_new_package_gets_its_modules() {
    let project = package();
    scaffold(&project, "schema plans --type shared code:text:unique --uuid").code(0);
    let line =
        "schema orders --type tenant total:numeric at:timestamptz:default=now plan_id:references=plans --timestamps";
    scaffold(&project, line).code(0);
    assert_snapshot!(shown(&project, "src/"));
}

#[test]
fn code_goes_where_the_project_has_it_and_keeps_every_byte() {
    let users = "diesel::table! {\n    users (id) {\n        id -> BigInt,\n    }\n}\n";
    let user = "#[derive(multitenant_runtime::TenantTable)]\n#[diesel(table_name = X::users)]\npub struct User;\n";
    for (there, tables, models) in [
        // Nothing of ours: what is usual.
        (
            &[("src/schema/tenant.rs", "// t\r\n"), ("src/models/tenant.rs", "// m")][..],
            "src/schema/tenant.rs",
            "src/models/tenant.rs",
        ),
        (&[("src/schema/mod.rs", "// s"), ("src/models.rs", "")], "src/schema/mod.rs", "src/models.rs"),
        (
            &[("diesel.toml", "[print_schema]\nfile = \"src/db/tables.rs\"\n"), ("src/db/tables.rs", "")],
            "src/db/tables.rs",
            "src/models.rs",
        ),
        // Where the tier's tables are.
        (
            &[("src/schema.rs", "// others"), ("src/db/ours.rs", users), ("src/db/rows.rs", user)],
            "src/db/ours.rs",
            "src/db/rows.rs",
        ),
    ] {
        let mut project = package();
        for (path, text) in there {
            project = project.file(path, text);
        }
        let before = files(&project);
        scaffold(&project, "schema orders --type tenant total:int").code(0);
        let after = files(&project);
        for (path, text) in &before {
            assert!(after[path].starts_with(text.as_str()), "{path} is not what it was");
        }
        let holds = |path: &str, what: &str| assert!(after[path].contains(what), "{path}:\n{}", after[path]);
        holds(tables, "orders (id) {");
        holds(models, "pub struct Order {");
        if there[0].1.ends_with("\r\n") {
            assert_eq!(after[tables].matches('\n').count(), after[tables].matches("\r\n").count());
        }
        scaffold(&project, "schema orders --type tenant").code(13);
    }
}

#[test]
fn each_struct_in_its_own_file_where_all_are() {
    let project = package()
        .file("src/lib.rs", "pub mod models;\npub mod schema;\n")
        .file(
            "src/schema.rs",
            "diesel::table! { users { id -> BigInt, } }\ndiesel::table! { carts { id -> BigInt, } }\n",
        )
        .file("src/models/mod.rs", "mod cart;\nmod user;\n");
    let mark = |table: &str, name: &str| {
        format!(
            "#[derive(multitenant_runtime::TenantTable)]\n#[diesel(table_name = crate::schema::{table})]\npub struct {name};\n"
        )
    };
    let project =
        project.file("src/models/user.rs", &mark("users", "User")).file("src/models/cart.rs", &mark("carts", "Cart"));
    scaffold(&project, "schema orders --type tenant n:int").code(0);
    assert_eq!(
        fs::read_to_string(project.path("src/models/mod.rs")).unwrap(),
        "mod cart;\nmod user;\npub mod order;\n"
    );
    assert!(fs::read_to_string(project.path("src/models/order.rs")).unwrap().starts_with("/// A row of `orders`."));
    assert_eq!(fs::read_to_string(project.path("src/lib.rs")).unwrap(), "pub mod models;\npub mod schema;\n");
}

#[test]
fn files_and_names_can_be_said() {
    let project = package();
    let line = "schema people --type tenant --model Person --tables src/db/people.rs --models src/db/person.rs";
    scaffold(&project, line).code(0);
    assert_snapshot!(shown(&project, "src/db"));
    assert!(fs::read_to_string(project.path("src/lib.rs")).unwrap().ends_with("\npub mod db;\n"));
    for line in [
        "schema carts --type tenant --tables ../evil.rs",
        "schema carts --type tenant --tables Cargo.toml",
        "schema carts --type tenant --model self",
    ] {
        scaffold(&project, line).code(2);
    }
    scaffold(&project, "schema carts --type tenant --model Person --models src/db/person.rs")
        .code(13)
        .complains(&["src/db/person.rs has a `Person` already"]);
}

#[test]
fn several_references_to_one_table_join_by_none() {
    let project = package();
    scaffold(&project, "schema users --type tenant").code(0);
    let answer = scaffold(&project, "schema orders --type tenant a_id:references=users b_id:references=users").code(0);
    answer.complains(&["several columns refer to `users`, so that `joinable!` is left out"]);
    let schema = fs::read_to_string(project.path("src/schema.rs")).unwrap();
    assert!(!schema.contains("joinable!"));
    assert_eq!(schema.matches("allow_tables_to_appear_in_same_query!(orders, users);").count(), 1);
}

#[test]
fn of_several_packages_the_configuration_s_own_is_taken() {
    let member = |name: &str| format!("[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n");
    let both = Project::on_disk()
        .file("Cargo.toml", "[workspace]\nresolver = \"3\"\nmembers = [\"a\", \"b\"]\n")
        .file("a/Cargo.toml", &member("a"))
        .file("a/src/lib.rs", "")
        .file("b/Cargo.toml", &member("b"))
        .file("b/src/main.rs", "fn main() {}\n")
        .file("multitenant.toml", "");
    scaffold(&both, "schema orders --type tenant").code(3).complains(&["it may be a, b or another package"]);
    let both = both.file("b/multitenant.toml", "");
    let mut command = both.command(&["scaffold", "schema", "orders", "--type", "tenant"]);
    command.current_dir(both.path("b"));
    crate::project::answer(command).code(3).complains(&[
        "cargo add --package b diesel --no-default-features --features postgres_backend",
        "cargo add --package b multitenant-runtime@",
    ]);
}
