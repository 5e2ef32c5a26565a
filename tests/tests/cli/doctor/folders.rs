//! The folders of migrations, without a database.

use super::{detail, finds, found, state};
use crate::project::Project;

fn project() -> Project {
    Project::on_disk()
        .file("multitenant.toml", "[database]\nurl = \"postgres://127.0.0.1:1/nowhere\"\n")
        .migration("shared/2026-01-01-000000_a", "select 1;")
        .down("shared/2026-01-01-000000_a", "select 1;")
        .migration("tenant/2026-01-01-000000_a", "select 1;")
        .down("tenant/2026-01-01-000000_a", "select 1;")
}

fn examined(project: &Project) -> serde_json::Value {
    project.run(&["doctor", "--format", "json"]).json()
}

#[test]
fn folders_in_order_are_counted() {
    let document = examined(&project().file("migrations/tenant/.keep", "").file("migrations/tenant/README.md", ""));
    for check in ["tenant-migrations", "shared-migrations"] {
        assert_eq!(state(&document, check).as_deref(), Some("good"), "{document:#}");
        assert_eq!(detail(&document, check), "1 file");
    }
    // Numbers of one length sort as numbers.
    let numbered = Project::on_disk().migration("tenant/01_a", "select 1;").migration("tenant/10_b", "select 1;");
    let numbered = numbered.down("tenant/01_a", "select 1;").down("tenant/10_b", "select 1;");
    assert_eq!(state(&examined(&numbered), "tenant-migrations").as_deref(), Some("good"));
}

#[test]
fn a_set_that_cannot_be_used_names_each_problem_and_stops_nothing() {
    let project = project()
        .file("migrations/tenant/2026-01-02-000000_empty/up.sql", "-- nothing\n")
        .file("migrations/tenant/2026-01-03-000000_none/down.sql", "select 1;")
        .migration("tenant/2026-01-01-000000_again", "select 1;")
        .migration("tenant/2026-01-04-000000_meta", "select 1;")
        .file("migrations/tenant/2026-01-04-000000_meta/metadata.toml", "run_in_transation = true\n");
    let document = examined(&project);
    for says in ["holds no statement", "has no up.sql", "has the version 20260101000000", "unknown field"] {
        finds(&document, "tenant-migrations", "error", says, "correct it");
    }
    assert_eq!(found(&document, "tenant-migrations").len(), 4, "{document:#}");
    assert_eq!(state(&document, "shared-migrations").as_deref(), Some("good"), "{document:#}");
    project.run(&["doctor"]).says(&["✗ tenant migrations", "4 problems"]);
}

#[test]
fn what_is_not_read_and_what_sorts_oddly_are_warnings() {
    let document = examined(&project().file("migrations/tenant/2026-01-01-000000_a/metadata.tml", "x"));
    finds(
        &document,
        "tenant-migrations",
        "warning",
        "2026-01-01-000000_a/metadata.tml is not read",
        "did you mean metadata.toml?",
    );
    let document = examined(&project().file("migrations/tenant/2026-01-01-000000_a/other.sql", "x"));
    finds(&document, "tenant-migrations", "warning", "other.sql is not read", "move it elsewhere");
    let document = examined(&project().file("migrations/shared/2026-01-02-000000_b.sql", "x"));
    finds(&document, "shared-migrations", "warning", "_b.sql is not read", "cargo multitenant generate shared NAME");
    let document = examined(&project().migration("tenant/2_b", "select 1;").down("tenant/2_b", "select 1;"));
    finds(&document, "tenant-migrations", "warning", "more than one form", "timestamp");
    let numbered = Project::on_disk().migration("tenant/2_a", "select 1;").migration("tenant/10_b", "select 1;");
    finds(&examined(&numbered), "tenant-migrations", "warning", "the last one is 2_a", "timestamp");
    let document = examined(&project().migration("tenant/2026-01-05-000000_b", "select 1;"));
    finds(&document, "tenant-migrations", "info", "no down.sql that can be run: 2026-01-05-000000_b", "down.sql");
}

#[test]
fn a_folder_that_is_not_there_is_named_with_what_makes_it() {
    let project = Project::on_disk().file("multitenant.toml", "[database]\nurl = \"postgres://127.0.0.1:1/nowhere\"\n");
    finds(
        &examined(&project),
        "tenant-migrations",
        "error",
        "does not exist",
        "cargo multitenant generate tenant NAME",
    );
    let project = project.migration("tenant/2026-01-01-000000_a", "select 1;");
    let document = examined(&project);
    finds(
        &document,
        "shared-migrations",
        "warning",
        "no migrations of the shared schema",
        "set [migrations] shared_folder",
    );
    project.run(&["doctor"]).says(&["⚠ shared migrations", "folder not configured"]);
    let toml = "[migrations]\nshared_folder = \"missing\"\n";
    finds(
        &examined(&project.file("multitenant.toml", toml)),
        "shared-migrations",
        "error",
        "missing does not exist",
        "create it",
    );
    let empty = Project::on_disk().file("migrations/tenant/.keep", "");
    finds(&examined(&empty), "tenant-migrations", "info", "holds no migration", "generate tenant NAME");
}
