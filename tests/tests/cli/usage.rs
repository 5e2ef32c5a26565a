//! How the command line is called, and what is no call at all.

use crate::project::Project;

#[test]
fn every_way_to_call_it_works() {
    let project = Project::on_disk();
    for args in [&["--version"][..], &["multitenant", "--version"]] {
        project.run(args).code(0).says(&["cargo-multitenant 0."]);
    }
    for args in [
        &["--help"][..],
        &["-h"],
        &["migrate", "--help"],
        &["multitenant", "status", "-h"],
        &["rollback", "--help"],
        &["redo", "-h"],
        &["repair", "-h"],
    ] {
        project.run(args).code(0).says(&["Usage: cargo multitenant", "--format", "Examples:"]);
    }
}

#[test]
fn what_cannot_be_understood_is_a_usage_error() {
    let project = Project::on_disk().migration("tenant/1_a", "select 1;");
    for args in [
        &[][..],
        &["multitenant"],
        &["redo", "all"],
        &["rollback", "--steps", "0"],
        &["rollback", "--steps", "1", "--to", "1"],
        &["rollback", "--sql", "x.sql"],
        &["migrate", "--to", ""],
        &["migrate", "--match", ""],
        &["migrate", "--match", "a*", "--tenant", "a"],
        &["migrate", "--canary", "a", "--canary-percent", "5"],
        &["migrate", "--canary-percent", "0"],
        &["migrate", "--canary-percent", "101"],
        &["migrate", "--max-failures", "0"],
        &["migrate", "--max-failures", "101%"],
        &["migrate", "--on-error", "ignore"],
        &["migrate", "--mark-applied", "--create-schemas"],
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
    for (args, says) in [
        (&["migrate", "--pause", "5m"][..], "--canary"),
        (&["migrate", "--on-error", "stop", "--max-failures", "3"], "--max-failures"),
        (&["status", "shared", "--match", "a*"], "--match"),
    ] {
        project.run(args).code(2).complains(&[says]);
    }
    project.run(&["migrat"]).code(2).complains(&["'migrate'"]);
}
