//! `explain` knows every code that JSON shows.

use crate::project::Project;

#[test]
fn what_verify_and_drift_find_is_explained() {
    let project = Project::on_disk();
    for code in ["verify-up-fails", "verify-down-fails", "verify-tenants-differ", "verify-schema-code"] {
        project.run(&["explain", code]).code(0).says(&[&format!("# {code}"), "## What it checks", "## What to do"]);
    }
    for code in ["drift-table", "drift-foreign-key", "drift-behind", "drift-not-comparable"] {
        project.run(&["explain", code]).code(0).says(&["drift-*", "## Why is this bad?", "--fix-sql"]);
    }
    project.run(&["explain", "verify-down-fail"]).code(2).complains(&["did you mean `verify-down-fails`?"]);
    project.run(&["explain", "drift-weather"]).code(2);
}
