//! What of a project is odd, broken or missing: it is told with its place, and the rest is linted all the same.

use crate::project::Project;

/// A migration in which something is found, so that it shows whether the rest is linted.
const BAD: &str = "create table public.orders (id uuid primary key);\n";

/// What is found by a rule: `file:line:column message`.
fn found(project: &Project, rule: &str) -> Vec<String> {
    let answer = project.run(&["lint", "--format", "json"]).json();
    let findings = answer["findings"].as_array().unwrap().iter().filter(|finding| finding["code"] == rule);
    let line = |finding: &serde_json::Value| {
        let text = |key: &str| finding[key].as_str().unwrap().to_owned();
        format!("{}:{}:{} {}", text("file"), finding["line"], finding["column"], text("message"))
    };
    findings.map(line).collect()
}

#[track_caller]
fn is_unreadable(project: &Project, expected: &[&str]) {
    assert_eq!(found(project, "unreadable-file"), expected);
    assert!(!found(project, "tenant-schema-qualified").is_empty(), "the rest is linted");
}

#[test]
fn nothing_at_all_is_an_error_that_says_where_was_looked() {
    let project = Project::on_disk();
    let help = "`cargo multitenant generate tenant NAME`";
    for command in ["lint", "lock"] {
        let nothing = ["nothing to lint", "migrations/shared does not exist", "migrations/tenant does not exist"];
        let answer = project.run(&[command]).code(3).complains(&nothing).complains(&["no Cargo.toml", help]);
        assert_eq!(answer.stdout, "");
    }
    assert!(!project.path("multitenant.lock").exists());

    let project = project
        .file("migrations/tenant/.keep", "")
        .file("Cargo.toml", "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n")
        .file("src/lib.rs", "pub fn nothing() {}\n");
    project.run(&["lint"]).code(3).complains(&["migrations/tenant holds none", "no `table!` is in the code of src"]);
    let project = project.file("src/schema.rs", "diesel::table! { orders { id -> Uuid, } }\n");
    project.run(&["lint"]).code(1).says(&["unmarked-table", "1 schema checked"]);
}

#[test]
fn a_migration_without_a_statement_is_told_as_every_command_refuses_it() {
    let project = Project::on_disk().migration("tenant/1_orders", BAD);
    let up = project.run(&["generate", "tenant", "later"]).code(0).stdout.lines().next().unwrap().to_owned();
    is_unreadable(&project, &[&format!("{up}:1:1 up.sql holds no statement")]);
    let says = ["up.sql", "holds no statement", "write one, or remove the migration's folder"];
    project.run(&["lint"]).code(1).says(&[&["error[unreadable-file]", &up], &says[..]].concat());
    for command in ["migrate", "status", "verify"] {
        project.run(&[command]).code(3).complains(&[&[up.as_str()], &says[1..]].concat());
    }
}

#[test]
fn a_folder_that_is_configured_must_be_there() {
    for (key, help) in [("folder", "generate tenant"), ("shared_folder", "correct migrations.shared_folder")] {
        let project = Project::on_disk()
            .migration("tenant/1_orders", BAD)
            .file("multitenant.toml", &format!("[migrations]\n{key} = \"db/elsewhere\"\n"));
        project.run(&["lint"]).code(3).complains(&["db/elsewhere does not exist", help, "multitenant.toml"]);
    }
}

#[test]
fn what_is_no_utf_8_is_told_where() {
    let project = Project::on_disk()
        .migration("tenant/1_orders", BAD)
        .migration("tenant/2_latin", "select 1;\n")
        .file("Cargo.toml", "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n")
        .file("src/lib.rs", "mod schema;\n");
    std::fs::write(project.path("migrations/tenant/2_latin/up.sql"), b"-- caf\xe9\n").unwrap();
    std::fs::write(project.path("src/schema.rs"), b"// caf\xe9\ndiesel::table! { a { id -> Uuid, } }\n").unwrap();
    std::fs::write(project.path("src/other.rs"), b"// caf\xe9, and nothing about tables\n").unwrap();
    is_unreadable(
        &project,
        &[
            "migrations/tenant/2_latin/up.sql:1:1 the file is not UTF-8 (byte 6)",
            "src/schema.rs:1:1 the file is not UTF-8 (byte 6)",
        ],
    );
}

#[test]
fn a_folder_of_a_file_s_name_and_an_enormous_file_are_told() {
    let project = Project::on_disk()
        .migration("tenant/1_orders", BAD)
        .file("migrations/tenant/2_folder/up.sql/x", "")
        .migration("tenant/3_data", "")
        .file("migrations/tenant/4_none/down.sql", "select 1;\n")
        .file("migrations/tenant/README.md", "no migration\n");
    let data = std::fs::File::create(project.path("migrations/tenant/3_data/up.sql")).unwrap();
    data.set_len(1 << 40).unwrap();
    is_unreadable(
        &project,
        &[
            "migrations/tenant/2_folder/up.sql:1:1 this cannot be read: it is a folder",
            "migrations/tenant/3_data/up.sql:1:1 this cannot be read: it has 1048576 MiB, and at most 32 are",
            "migrations/tenant/4_none:1:1 the migration has no up.sql",
        ],
    );
    project.run(&["lock"]).code(3).complains(&["2_folder/up.sql", "cannot be final"]);
    assert!(!project.path("multitenant.lock").exists());
}

#[cfg(unix)]
#[test]
fn links_that_lead_nowhere_and_pipes_are_told() {
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::symlink;

    let project = Project::on_disk()
        .migration("tenant/1_orders", BAD)
        .migration("tenant/4_pipe", "")
        .migration("tenant/5_dangling", "select 1;\n")
        .file("elsewhere/up.sql", "create table public.linked (id uuid primary key);\n");
    let folder = project.path("migrations/tenant");
    symlink(project.path("elsewhere"), folder.join("2_linked")).unwrap();
    symlink(folder.join("3_loop"), folder.join("3_loop")).unwrap();
    std::fs::remove_file(folder.join("4_pipe/up.sql")).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(folder.join("4_pipe/up.sql")).status().unwrap().success());
    symlink("nowhere.sql", folder.join("5_dangling/down.sql")).unwrap();
    let odd = std::ffi::OsStr::from_bytes(b"6_caf\xe9");
    std::fs::create_dir(folder.join(odd)).unwrap();
    let unreadable = found(&project, "unreadable-file");
    let expected = [
        ("3_loop:1:1", "symbolic link"),
        ("4_pipe/up.sql:1:1", "it is no file"),
        ("5_dangling/down.sql:1:1", "a link that leads nowhere"),
        ("6_caf\u{fffd}:1:1", "a name that is not UTF-8"),
    ];
    assert_eq!(unreadable.len(), expected.len(), "{unreadable:#?}");
    for ((place, message), line) in expected.into_iter().zip(&unreadable) {
        assert!(line.starts_with(&format!("migrations/tenant/{place} ")) && line.contains(message), "{line}");
    }
    assert_eq!(found(&project, "tenant-schema-qualified").len(), 2, "what a good link leads to is linted");
}

#[test]
fn a_project_that_links_to_itself_comes_to_an_end() {
    let project = Project::on_disk()
        .migration("tenant/1_orders", BAD)
        .file("Cargo.toml", "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n")
        .file("src/lib.rs", "mod schema;\n")
        .file("src/schema.rs", "diesel::table! { orders { id -> Uuid, } }\n");
    #[cfg(unix)]
    std::os::unix::fs::symlink(project.path("src"), project.path("src/again")).unwrap();
    project.run(&["lint"]).code(1).says(&["1 schema checked"]);
}

#[test]
fn line_ends_and_marks_do_not_move_places() {
    let project = Project::on_disk()
        .migration("tenant/1_unix", "-- a\ncreate table a (id uuid primary key);\nselect 1 from public.b")
        .migration("tenant/2_dos", "-- a\r\ncreate table b (id uuid primary key);\r\nselect 1 from public.b")
        .migration("tenant/3_mark", "\u{feff}-- a\ncreate table c (id uuid primary key);\nselect 1 from public.b")
        .migration("tenant/4_mark", "\u{feff}select 1\n  from public.b;\r\n\r\n");
    let places: Vec<String> = found(&project, "tenant-schema-qualified");
    let places: Vec<&str> = places.iter().filter_map(|line| line.split(' ').next()).collect();
    let expected = ["1_unix/up.sql:3:15", "2_dos/up.sql:3:15", "3_mark/up.sql:3:15", "4_mark/up.sql:2:8"];
    assert_eq!(places, expected.map(|place| format!("migrations/tenant/{place}")));
    assert_eq!(found(&project, "sql-syntax-error"), [] as [&str; 0]);
}

#[test]
fn rust_with_a_mark_is_read_at_its_places() {
    let project = Project::on_disk()
        .file("Cargo.toml", "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n")
        .file("src/lib.rs", "mod schema;\n")
        .file("src/schema.rs", "\u{feff}// a\r\ndiesel::table! { orders { id -> Uuid, } }\r\n");
    let places = found(&project, "unmarked-table");
    assert!(places[0].starts_with("src/schema.rs:2:18 "), "{places:?}");
}

#[test]
fn metadata_and_lock_are_told_at_their_places() {
    let project = Project::on_disk()
        .migration("tenant/1_orders", BAD)
        .file("migrations/tenant/1_orders/metadata.toml", "# why\nrun_in_transaction = \"no\"\n")
        .file("multitenant.lock", "# Migrations that are final.\n<<<<<<< ours\ntenant 1 sha256:00\n");
    is_unreadable(
        &project,
        &[
            "migrations/tenant/1_orders/metadata.toml:2:22 metadata.toml: `run_in_transaction` is neither true nor false",
            "multitenant.lock:2:1 multitenant.lock: line 2 is no `tier version checksum`",
        ],
    );
}
