//! The text itself.

use crate::project::Project;

use super::{configured, fixture, is_golden, read, shop};

#[tokio::test]
async fn a_plain_project_s_is_what_diesel_cli_prints() {
    let project = Project::with_tenants(&["a"]).await.migration("tenant/1_all", &fixture("plain.sql"));
    let project = configured(project, "marks = false");
    let plain = project.run(&["print-schema"]).code(0);
    assert_eq!(plain.stderr, "");
    assert!(plain.stdout == fixture("plain.rs"), "{}", plain.stdout);
    let project = project.file("diesel.toml", &fixture("diesel.toml"));
    let styled = project.run(&["print-schema", "--stdout"]).code(0).stdout;
    assert!(styled == fixture("styled.rs"), "{styled}");
}

#[tokio::test]
async fn both_tiers_are_printed_so_that_the_linter_has_nothing_to_say() {
    let project = configured(shop().await, "file = \"src/schema.rs\"").file("src/lib.rs", "pub mod schema;\n");
    project.run(&["print-schema"]).code(0).says(&["src/schema.rs is written anew"]);
    is_golden(&read(&project, "src/schema.rs"), "tiers/both.rs");
    nothing_is_found(&project);
    // A database that has been migrated says the same as the migrations.
    project.run(&["migrate"]).code(0);
    project.run(&["print-schema", "--tenant", "a", "--check"]).code(0);
    project.run(&["print-schema", "--tenant", "nobody"]).code(4);
}

#[tokio::test]
async fn each_tier_can_have_a_file() {
    let files = "shared_file = \"src/schema/shared.rs\"\ntenant_file = \"src/schema/tenant.rs\"";
    let project = configured(shop().await, files)
        .file("src/lib.rs", "pub mod schema;\n")
        .file("src/schema/mod.rs", "pub mod shared;\npub mod tenant;\n");
    project.run(&["print-schema"]).code(0);
    is_golden(&read(&project, "src/schema/shared.rs"), "tiers/shared.rs");
    is_golden(&read(&project, "src/schema/tenant.rs"), "tiers/tenant.rs");
    nothing_is_found(&project);
}

#[tokio::test]
async fn a_shared_schema_of_another_name_is_written_and_one_that_rust_cannot_name_refused() {
    let project = Project::with_tenants(&["a"])
        .await
        .migration("shared/1_all", "create table plans (id uuid primary key);")
        .migration(
            "tenant/1_all",
            "create table orders (id uuid primary key, plan_id uuid not null references plans);",
        );
    let of = |schema: &str| {
        format!("[database]\nshared_schema = \"{schema}\"\n[tenants]\nsource = \"list\"\nids = [\"a\"]\n")
    };
    let project = project.file("multitenant.toml", &of("Common"));
    project.run(&["print-schema"]).code(0).says(&[
        "    Common.plans (id) {",
        "    orders (id) {",
        "diesel::joinable!(orders -> plans (plan_id));",
        "multitenant_runtime::shared_tables! { plans }",
    ]);
    let project = project.file("multitenant.toml", &of("all-of-us"));
    project.run(&["print-schema"]).code(2).complains(&["cannot name the schema \"all-of-us\""]);
}

/// The linter finds nothing in what was printed: all that it says is about a migration, which makes a type for each tenant.
#[track_caller]
fn nothing_is_found(project: &Project) {
    let lint = project.run(&["lint", "--format", "json"]).json();
    let codes: Vec<_> = lint["findings"].as_array().unwrap().iter().map(|finding| &finding["code"]).collect();
    assert_eq!(codes, ["tenant-enum-type"], "{lint:#}");
    assert!(lint["summary"]["schemas"].as_u64() > Some(0) && lint["summary"]["files"].as_u64() > Some(4), "{lint:#}");
}
