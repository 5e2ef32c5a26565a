//! What `init` does not do, and that nothing is left of it.

use std::fs;
use std::path::Path;

use super::folder::{contents, init};
use crate::project::Project;

/// The answer complains, and the folder is as it was.
#[track_caller]
fn refused(project: &Project, args: &[&str], code: i32, complaint: &str) {
    let before = contents(&project.path(""));
    let mut all = vec!["init"];
    all.extend(args);
    let answer = project.run(&all).code(code).complains(&[complaint]);
    assert_eq!(answer.stdout, "", "{args:?}");
    assert_eq!(contents(&project.path("")), before, "{args:?}");
}

#[test]
fn without_a_terminal_everything_has_to_be_said() {
    let project = Project::on_disk();
    let unsaid = "there is no terminal to ask on: say --template, --framework, --feature, --database, or take the \
                  defaults with --yes";
    refused(&project, &["app"], 2, unsaid);
    refused(&project, &["app", "--template", "minimal"], 2, "say --database, or");
    refused(&project, &["app", "--template", "full", "--framework", "axum"], 2, "say --feature, --database, or");
}

#[test]
fn what_cannot_be_meant_is_a_usage_error() {
    let project = Project::on_disk();
    for (args, complaint) in [
        (&["app", "--yes", "--name", "../../evil"][..], "\"../../evil\" holds something other than ASCII letters"),
        (&["app", "--yes", "--name", "a\"b"], "holds something other"),
        (&["app", "--yes", "--name", "größe"], "holds something other"),
        (&["app", "--yes", "--name", "fn"], "is taken by Rust"),
        (&["app", "--yes", "--name", "axum"], "a crate that the package depends on"),
        (&["app", "--yes", "--name", ""], "is empty"),
        (&["1 app", "--yes"], "name the package with --name"),
        (&["app", "--yes", "--database", "url"], "--database url needs --database-url"),
        (&["app", "--yes", "--database-url", "mysql://x"], "postgres"),
        (&["app", "--yes", "--database", "compose", "--database-url", "postgres://x/y"], "goes with --database url"),
        (&["app", "--yes", "--feature", "none,shared"], "--feature none stands alone"),
        (&["app", "--yes", "--existing", "tenant"], "no migrations of one schema were found"),
        (&["app", "--yes", "--multitenant-path", "nowhere"], "nowhere is no checkout"),
        (&["app", "--yes", "--config", "x.toml"], "leave --config out"),
        (&["app", "--template", "huge"], "--help"),
    ] {
        refused(&project, args, 2, complaint);
    }
    let long = "a".repeat(65);
    refused(&project, &["app", "--yes", "--name", &long], 2, "is longer than 64 characters");
}

#[test]
fn a_place_where_nothing_can_be_written_is_named() {
    let project = Project::on_disk()
        .file("file", "")
        .file("blocked/src", "this is a file")
        .file("taken/build.rs/x", "")
        .file("broken/Cargo.toml", "[package")
        .file("odd/multitenant.toml", "[migrations")
        .file("old/diesel.toml", "x = ")
        .file("space/Cargo.toml", "[workspace]\nmembers = []\n");
    for (args, complaint) in [
        (&["file", "--yes"][..], "it is a file, and no folder"),
        (&["file/app", "--yes"], "file/app cannot be used"),
        (&["blocked", "--yes"], "one of the folders above it is a file"),
        (&["taken", "--yes"], "taken/build.rs cannot be written: it is a folder"),
        (&["broken", "--yes"], "broken/Cargo.toml cannot be used"),
        (&["odd", "--yes"], "odd/multitenant.toml cannot be used"),
        (&["old", "--yes"], "old/diesel.toml cannot be used"),
        (&["space", "--yes"], "it is a workspace's and no package's"),
    ] {
        refused(&project, args, 3, complaint);
    }
    // Of a workspace's folder the configuration alone is something.
    project.run(&["init", "space", "--template", "minimal", "--database", "manual"]).code(0);
}

/// An application that cannot compile is not written; what is possible all the same is.
#[test]
fn what_does_not_go_with_the_package_is_refused() {
    let package = "[package]\nname = \"shop\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[dependencies]\n";
    for (manifest, complaint) in [
        (format!("{package}axum = \"0.6\"\n"), "it depends on axum 0.6: raise it to 0.8"),
        (format!("{package}tokio = \"0.2\"\n"), "it depends on tokio 0.2"),
        (format!("{package}diesel = {{ version = \"2.3\", optional = true }}\n"), "the dependency diesel is optional"),
        (package.replace("2021", "2018"), "its edition is 2018"),
    ] {
        let project = Project::on_disk().file("app/Cargo.toml", &manifest).file("app/src/lib.rs", "");
        for template in ["full", "enterprise"] {
            refused(&project, &["app", "--template", template, "--framework", "axum", "--yes"], 3, complaint);
        }
    }
    let project = Project::on_disk().file("app/Cargo.toml", &format!("{package}diesel = \"1.4\"\n"));
    init(&project, &["--template", "standard", "--framework", "none", "--yes"])
        .code(0)
        .says(&["in Cargo.toml: it depends on diesel 1.4: raise it to 2.3"]);
    let manifest = fs::read_to_string(project.path("app/Cargo.toml")).unwrap();
    assert!(manifest.contains("diesel = \"1.4\"\n"), "{manifest}");
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_nowhere_is_named() {
    let project = Project::on_disk().file("app/x", "");
    std::os::unix::fs::symlink("nowhere/routes.rs", project.path("app/build.rs")).unwrap();
    let complaint = "app/build.rs cannot be written: it is a link to nowhere/routes.rs, which is not there";
    let answer = init(&project, &["--yes"]).code(3);
    answer.complains(&[complaint]);
}

/// For root too, to whom a read-only folder is none.
#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_takes_no_files_is_left_as_it_is() {
    let project = Project::on_disk();
    let answer = project.run(&["init", "/proc/multitenant-app", "--yes"]).code(3);
    answer.complains(&[
        "/proc/multitenant-app/.env.example cannot be written, and what had been written before was taken back",
    ]);
    assert!(!Path::new("/proc/multitenant-app").exists());
}

#[cfg(unix)]
#[test]
fn a_read_only_manifest_takes_everything_back() {
    use std::os::unix::fs::PermissionsExt as _;
    let project = Project::on_disk().file("app/Cargo.toml", "[package]\nname = \"app2\"\nversion = \"0.1.0\"\n");
    let manifest = project.path("app/Cargo.toml");
    fs::set_permissions(&manifest, fs::Permissions::from_mode(0o444)).unwrap();
    refused(
        &project,
        &["app", "--yes"],
        3,
        "app/Cargo.toml cannot be written, and what had been written before was taken back (it is read-only)",
    );
}

/// Both have the same to write: whoever comes second has nothing to do, or takes nothing of the other's away.
#[test]
fn two_at_once_make_one_project() {
    let project = Project::on_disk();
    let args =
        ["init", "app", "--template", "enterprise", "--framework", "none", "--feature", "none", "--database", "manual"];
    let codes: Vec<_> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4).map(|_| scope.spawn(|| project.run(&args).code)).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    assert!(codes.iter().all(|code| matches!(code, Some(0 | 3))), "{codes:?}");
    init(&project, &args[2..]).code(0);
    init(&project, &args[2..]).code(0).says(&["there is nothing to do"]);
}
