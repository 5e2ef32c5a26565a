//! What a binary embeds, against folders and configuration. The binary is this test's own.

use std::fs;
use std::path::{Path, PathBuf};

use multitenant_runtime::migration::Manifest;
use multitenant_runtime::{EmbeddedMigrations, MigrationSet, Tier, embed_migrations};

use super::{detail, finds, found, state};
use crate::project::{Project, answer};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!(config = "fixtures/embedded/multitenant.toml");

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/embedded")
}

/// A project with the files that this binary embeds, on disk alone.
fn project() -> Project {
    // So that it gets into this binary.
    MigrationSet::embedded(&MIGRATIONS).unwrap();
    let mut project = Project::on_disk();
    for file in files(&fixture()) {
        let name = file.strip_prefix(fixture()).unwrap().to_str().unwrap().to_owned();
        project = project.file(&name, &fs::read_to_string(&file).unwrap());
    }
    project
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// What the doctor says of the project; there is no database.
fn examined(project: &Project, flags: &[&str]) -> serde_json::Value {
    let nowhere = ["doctor", "--format", "json", "--database-url", "postgres://127.0.0.1:1/nowhere"];
    let mut command = project.command(&[&nowhere, flags].concat());
    command.env_remove("CARGO_TARGET_DIR").env_remove("CARGO_BUILD_TARGET_DIR");
    answer(command).json()
}

fn of_this(project: &Project) -> serde_json::Value {
    let this = std::env::current_exe().unwrap();
    examined(project, &["--binary", this.to_str().unwrap()])
}

#[test]
fn macro_and_folder_have_the_same_digests() {
    let manifest = Manifest::parse(MIGRATIONS.manifest()).unwrap();
    let set = |tier, folder: &str| MigrationSet::from_folder(tier, &fixture().join(folder)).unwrap().manifest();
    assert_eq!(manifest.tenant, set(Tier::Tenant, "migrations/tenant"));
    assert_eq!(manifest.shared, Some(set(Tier::Shared, "migrations/shared")));
    let settings: Vec<(&str, &str)> =
        manifest.settings.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    assert_eq!(
        settings,
        [
            ("isolation.schema_name", "customer_{id}"),
            ("migrations.jobs", "2"),
            ("tenants.ids", "acme\\nglobex"),
            ("tenants.source", "list"),
        ]
    );
}

#[test]
fn a_binary_that_embeds_what_there_is_is_in_order() {
    let document = of_this(&project());
    assert_eq!(state(&document, "embedded").as_deref(), Some("good"), "{document:#}");
    assert!(detail(&document, "embedded").starts_with("3 migrations in "), "{document:#}");
    assert_eq!(detail(&document, "tenant-migrations"), "2 files, 2 embedded");
    assert_eq!(detail(&document, "shared-migrations"), "1 file, 1 embedded");
    // Line ends of another system are no edit.
    let users = "create table users (id int primary key);\r\n";
    let document = of_this(&project().migration("tenant/2026-01-05-100000_users", users));
    assert_eq!(state(&document, "embedded").as_deref(), Some("good"), "{document:#}");
}

#[test]
fn each_difference_is_named() {
    let built = |project: Project| of_this(&project);
    let document = built(project().migration("tenant/2026-02-01-000000_new", "select 1;"));
    finds(&document, "embedded", "warning", "2 of 3 tenant migrations", "build again");
    finds(&document, "embedded", "warning", "not in it: 2026-02-01-000000_new", "build again");
    assert_eq!(detail(&document, "tenant-migrations"), "3 files, 2 embedded");

    let changed = project();
    fs::remove_dir_all(changed.path("migrations/tenant/2026-01-05-100000_users")).unwrap();
    finds(&built(changed), "embedded", "warning", "that have no folder: 2026-01-05-100000_users", "build again");

    let users = "tenant/2026-01-05-100000_users";
    for changed in [
        project().migration(users, "create table users (id bigint primary key);"),
        project().down(users, "drop table users cascade;"),
        project().file(&format!("migrations/{users}/metadata.toml"), "run_in_transaction = false\n"),
    ] {
        let document = built(changed);
        finds(&document, "embedded", "warning", "other files of these tenant migrations", "build again");
        assert_eq!(found(&document, "embedded").len(), 1, "{document:#}");
    }

    let toml = fs::read_to_string(fixture().join("multitenant.toml")).unwrap();
    let document = built(project().file("multitenant.toml", &toml.replace("customer_", "tenant_")));
    finds(
        &document,
        "embedded",
        "warning",
        "isolation.schema_name = \"customer_{id}\", and it is \"tenant_{id}\" now",
        "",
    );
    // The default is a value like another.
    let document = built(project().file("multitenant.toml", &toml.replace("jobs = 2", "")));
    finds(&document, "embedded", "warning", "migrations.jobs = \"2\", and it is \"4\" now", "");
    let document =
        built(project().file("multitenant.toml", &toml.replace("jobs = 2", "jobs = 2\nout_of_order = \"apply\"")));
    assert_eq!(state(&document, "embedded").as_deref(), Some("good"), "{document:#}");
}

#[test]
fn a_binary_that_embeds_nothing_says_so() {
    let project = project().file("app", "no program");
    let document = examined(&project, &["--binary", "app"]);
    assert_eq!(state(&document, "embedded").as_deref(), Some("not-run"), "{document:#}");
    assert!(detail(&document, "embedded").contains("no migrations are embedded in it"), "{document:#}");
    let document = examined(&project, &["--binary", "missing"]);
    assert!(detail(&document, "embedded").contains("cannot be read"), "{document:#}");
    // No package: nothing to look into.
    assert_eq!(state(&examined(&project, &[]), "embedded"), None);
}

#[test]
fn the_newest_binary_of_the_package_is_looked_into() {
    let manifest = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[dependencies]\nmultitenant-runtime = \"0.1\"\n";
    let project = project()
        .file("Cargo.toml", manifest)
        .file("src/main.rs", "const M: E = multitenant_runtime::embed_migrations!();\nfn main() {}\n")
        .file("build.rs", "fn main() { println!(\"cargo:rerun-if-changed=migrations\"); }\n");
    let document = examined(&project, &[]);
    assert_eq!(detail(&document, "embedded"), "nothing that embeds is built yet", "{document:#}");
    assert_eq!(state(&document, "embedding").as_deref(), Some("good"), "{document:#}");
    let binary = project.path(&format!("target/debug/app{}", std::env::consts::EXE_SUFFIX));
    fs::create_dir_all(binary.parent().unwrap()).unwrap();
    fs::copy(std::env::current_exe().unwrap(), binary).unwrap();
    let document = examined(&project, &[]);
    assert!(detail(&document, "embedded").starts_with("3 migrations in target/debug/app"), "{document:#}");
    let project = project.migration("shared/2026-02-01-000000_new", "select 1;");
    finds(
        &examined(&project, &[]),
        "embedded",
        "warning",
        "1 of 2 shared migrations are in target/debug/app",
        "cargo build",
    );
}
