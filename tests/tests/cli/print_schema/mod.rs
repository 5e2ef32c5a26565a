//! `print-schema`: the text, where it goes, and what is said of what cannot be printed.

mod after_migrate;
mod compiled;
mod files;
mod golden;
mod left_out;

use crate::project::Project;

/// A file of the fixtures.
fn fixture(name: &str) -> String {
    let path = format!("{}/fixtures/print_schema/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What was printed is what the fixture has; `UPDATE=1` lets it have that.
#[track_caller]
fn is_golden(printed: &str, name: &str) {
    if option_env!("UPDATE").is_some() {
        std::fs::write(format!("{}/fixtures/print_schema/{name}", env!("CARGO_MANIFEST_DIR")), printed).unwrap();
    }
    assert!(printed == fixture(name), "it is not {name}, which UPDATE=1 writes anew:\n{printed}");
}

/// A project of both tiers; its tenant `a` has a schema, and nothing in it.
async fn shop() -> Project {
    Project::with_tenants(&["a"])
        .await
        .migration("shared/2026-01-01-000000_all", &fixture("tiers/shared.sql"))
        .down("shared/2026-01-01-000000_all", "drop table tenants; drop table plans; drop type currency;")
        .migration("tenant/2026-01-01-000000_all", &fixture("tiers/tenant.sql"))
        .down("tenant/2026-01-01-000000_all", "drop table invoices; drop table users; drop type mood;")
        .file("Cargo.toml", "[package]\nname = \"shop\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n")
}

/// The project's configuration, with this as `[print_schema]`.
fn configured(project: Project, section: &str) -> Project {
    let text = format!("[tenants]\nsource = \"list\"\nids = [\"a\"]\n[print_schema]\n{section}\n");
    project.file("multitenant.toml", &text)
}

fn read(project: &Project, file: &str) -> String {
    std::fs::read_to_string(project.path(file)).unwrap()
}
