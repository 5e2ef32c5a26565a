//! `export`: each format against what reads it, and what is said, chosen and written.

mod compiled;
mod diagrams;
mod files;
mod forms;
mod golden;
mod rows;
mod selection;
mod warnings;

use crate::project::Project;

/// A file of the fixtures.
pub(crate) fn fixture(name: &str) -> String {
    let path = format!("{}/fixtures/export/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The project of the fixtures, without a database.
fn shop() -> Project {
    with_migrations(Project::on_disk().tenants(&["a"]))
}

fn with_migrations(project: Project) -> Project {
    project
        .migration("shared/2026-01-01-000000_all", &fixture("shared.sql"))
        .migration("tenant/2026-01-01-000000_all", &fixture("tenant.sql"))
}
