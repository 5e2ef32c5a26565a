//! Templates of the project's own.

use std::fs;

use super::{files, scaffold};
use crate::project::Project;

const TOML: &str = "[scaffold]\ntemplates = \"templates/multitenant\"\n";

#[test]
fn a_project_begins_with_ours_and_changes_one() {
    let project = Project::on_disk().file("multitenant.toml", TOML);
    scaffold(&project, "migration backfill --type tenant").code(3).complains(&[
        "the folder templates/multitenant does not exist",
        "multitenant.toml:2",
        "scaffold templates --write",
    ]);
    scaffold(&project, "templates --write --dry-run")
        .code(0)
        .says(&["would be created: templates/multitenant/seed/seed.rs"]);
    scaffold(&project, "templates --write seed/seed.sql migration/blank/up.sql").code(0);
    scaffold(&project, "templates --write seed/seed.sql").code(13).complains(&["nothing is overwritten"]);
    scaffold(&project, "templates --write").code(0);
    scaffold(&project, "templates --write").code(0);
    let written = files(&project).into_keys().filter(|name| name.starts_with("templates/") && !name.ends_with('/'));
    assert_eq!(written.count(), 17);
    let document = scaffold(&project, "templates --format json").code(0).json();
    assert_eq!(document["templates"].as_array().unwrap().len(), 17);
    assert_eq!(document["templates"][7]["path"], "templates/multitenant/migration/blank/down.sql");

    let project = project.file("templates/multitenant/migration/blank/up.sql", "-- {{ name }}, ours\n");
    let answer = scaffold(&project, "migration backfill --type tenant").code(0);
    let up = answer.stdout.lines().next().unwrap();
    assert_eq!(fs::read_to_string(project.path(up)).unwrap(), "-- backfill, ours\n");
}

#[test]
fn an_error_in_one_is_shown_at_its_place_and_nothing_is_written() {
    let project = Project::on_disk()
        .file("multitenant.toml", TOML)
        .file("templates/multitenant/migration/blank/down.sql", "-- a\n-- {{ nme }}\n")
        .file("templates/multitenant/migration/blank/dwon.sql", "");
    let before = files(&project);
    scaffold(&project, "migration backfill --type tenant").code(3).complains(&[
        "templates/multitenant/migration/blank/down.sql:2",
        "undefined value",
        "did you mean migration/blank/down.sql?",
    ]);
    let project = project.file("templates/multitenant/seed/seed.sql", "{% if %}\n");
    scaffold(&project, "migration backfill --type tenant").code(3).complains(&["seed/seed.sql:1", "syntax error"]);
    fs::remove_file(project.path("templates/multitenant/seed/seed.sql")).unwrap();
    fs::remove_dir(project.path("templates/multitenant/seed")).unwrap();
    assert_eq!(files(&project), before);
}

#[test]
fn ours_are_listed_with_what_they_are_given() {
    let project = Project::on_disk();
    scaffold(&project, "templates")
        .code(0)
        .says(&["migration/create-table/up.sql\n", "    soft_delete  whether it has deleted_at\n"]);
    scaffold(&project, "templates --write").code(2).complains(&["under [scaffold] in multitenant.toml"]);
    scaffold(&project, "templates --write nothing.sql").code(2);
}
