//! `generate`: a folder, a version, and nothing overwritten.

use std::fs;

use crate::project::Project;

#[test]
fn makes_a_migration_that_is_later_than_all() {
    let project = Project::on_disk();
    let first = project.run(&["generate", "tenant", "create_orders"]).code(0);
    let second = project.run(&["generate", "tenant", "create_orders", "--format", "json"]).code(0).json();
    let up = first.stdout.lines().next().unwrap();
    assert!(up.starts_with("migrations/tenant/") && up.ends_with("_create_orders/up.sql"), "{up}");
    assert!(fs::read_to_string(project.path(up)).unwrap().starts_with("-- "));
    let folder = second["folder"].as_str().unwrap();
    assert!(folder > up.strip_suffix("/up.sql").unwrap(), "{folder} is later than {up}");
    assert_eq!(second["files"][1], format!("{folder}/down.sql"));
    assert!(project.path(folder).join("down.sql").exists());
    project.run(&["generate", "shared", "create_plans"]).code(0).says(&["migrations/shared/"]);
}

#[test]
fn configured_folders_are_used() {
    let toml = "[migrations]\nfolder = \"db/t\"\nshared_folder = \"db/s\"\n";
    let project = Project::on_disk().file("multitenant.toml", toml);
    project.run(&["generate", "tenant", "a"]).code(0).says(&["db/t/"]);
    project.run(&["generate", "shared", "a"]).code(0).says(&["db/s/"]);
}

#[test]
fn versions_that_are_no_dates_are_respected() {
    let project = Project::on_disk().migration("tenant/0001_a", "select 1;");
    project.run(&["generate", "tenant", "b"]).code(0);
    let project = project.migration("tenant/5_c", "select 1;");
    project.run(&["generate", "tenant", "d"]).code(3).complains(&["migrations/tenant has the version 5"]);
}

#[test]
fn a_name_cannot_leave_the_folder() {
    let project = Project::on_disk();
    for name in ["../../evil", "/abs", "a/b", "..", ".hidden", "", "a\nb", r"a\b"] {
        project.run(&["generate", "tenant", "--", name]).code(2);
    }
    assert_eq!(fs::read_dir(project.path(".")).unwrap().count(), 0);
}
