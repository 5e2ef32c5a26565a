//! How the command line is called, and what is no call at all.

use crate::project::Project;

#[test]
fn every_way_to_call_it_works() {
    let project = Project::on_disk();
    for args in [&["--version"][..], &["multitenant", "--version"]] {
        project.run(args).code(0).says(&["cargo-multitenant 0."]);
    }
    for args in [&["--help"][..], &["-h"], &["migrate", "--help"], &["multitenant", "status", "-h"]] {
        project.run(args).code(0).says(&["Usage: cargo multitenant", "--format", "Examples:"]);
    }
}

#[test]
fn what_cannot_be_understood_is_a_usage_error() {
    let project = Project::on_disk().migration("tenant/1_a", "select 1;");
    for args in [
        &[][..],
        &["multitenant"],
        &["rollback"],
        &["migrate", "everything"],
        &["migrate", "--jobs", "0"],
        &["migrate", "--wait", "soon"],
        &["migrate", "--wait", "5"],
        &["migrate", "--tenant", ""],
        &["migrate", "--format", "xml"],
        &["migrate", "-q", "-v"],
        &["status", "--to", "1"],
        &["generate", "tenant"],
    ] {
        let answer = project.run(args).code(2);
        assert_eq!(answer.stdout, "", "{args:?}");
        assert!(answer.stderr.contains("--help"), "{args:?}: {}", answer.stderr);
    }
    project.run(&["migrat"]).code(2).complains(&["'migrate'"]);
}
