//! How `lint`, `explain` and `lock` are called, and what they say to what cannot be meant.

use std::process::Command;

use crate::project::{Project, answer};

const BAD: &str = "create table public.orders (id uuid primary key);\n";
const RULE: &str = "tenant-schema-qualified";

fn shop() -> Project {
    Project::on_disk().migration("tenant/1_orders", BAD).down("tenant/1_orders", "drop table orders;\n")
}

#[test]
fn the_help_says_what_there_is() {
    let project = Project::on_disk();
    let flags = ["--deny", "--fail-on", "--since", "--baseline", "--write-baseline", "--fix", "--list-rules", "sarif"];
    project.run(&["lint", "--help"]).code(0).says(&flags).says(&["Examples:", "explain", "[lint]", "exit code"]);
    project.run(&["explain", "--help"]).code(0).says(&["CODE", "--list-rules"]);
    project.run(&["lock", "--help"]).code(0).says(&["--check", "final", "pipeline"]);
}

#[test]
fn what_cannot_be_meant_is_said_with_what_may_be() {
    let project = shop();
    for (args, code, says) in [
        (&["lint", "-D", "tenant-schema-qualifed"][..], 2, "did you mean `tenant-schema-qualified`?"),
        (&["lint", "-D", "x"], 2, "--list-rules"),
        (&["explain", "tenant_schema_qualified"], 2, "did you mean `tenant-schema-qualified`?"),
        (&["explain", "x"], 2, "--list-rules"),
        (&["explain"], 2, "CODE"),
        (&["lint", "--fail-on", "never"], 2, "info, warn, error"),
        (&["lint", "--write-baseline"], 2, "--baseline"),
        (&["lint", "--fix", "--write-baseline", "--baseline", "b"], 2, "cannot be used with"),
        (&["lint", "--since", "HEAD", "--write-baseline", "--baseline", "b"], 2, "cannot be used with"),
        (&["lint", "migrations/tenant", "--write-baseline", "--baseline", "b"], 2, "cannot be used with"),
        (&["lint", "--baseline", "none.json"], 3, "--write-baseline"),
        (&["lint", "--since", "HEAD"], 2, "not a git repository"),
        (&["lint", "no/such/path"], 4, "no/such/path"),
        (&["lint", "--format", "xml"], 2, "sarif"),
    ] {
        let answer = project.run(args).code(code).complains(&[says]);
        assert_eq!(answer.stdout, "", "{args:?}");
    }
    for (toml, says) in [
        ("[lint.rules]\ntable-namin = \"warn\"\n", "did you mean `table-naming`?"),
        ("[lint.rules]\ntable-naming = \"loud\"\n", "\"off\", \"info\", \"warn\", \"error\""),
        ("[lint]\ntable-naming = \"warn\"\n", "rules stand under [lint.rules]"),
        ("[lint]\nstart_after = \"\"\n", "as in 2026-01-01-000000"),
        ("[lint]\nstart = \"1\"\n", "start_after"),
    ] {
        let project = shop().file("multitenant.toml", toml);
        project.run(&["lint"]).code(3).complains(&[says, "multitenant.toml:2"]);
    }
}

#[test]
fn a_file_that_is_none_of_the_project_s_is_no_error() {
    // A hook gives the files of a commit, whatever they are.
    let project = shop().file("README.md", "# A shop\n");
    project.run(&["lint", "README.md"]).code(0).complains(&["README.md holds no migration and no schema code"]);
    project.run(&["lint", "README.md", "migrations/tenant/1_orders/up.sql"]).code(1).says(&[RULE]);
    project.run(&["lint", "-q", "README.md"]).code(0);
}

#[test]
fn levels_of_the_command_line_win() {
    let project = shop().file("multitenant.toml", &format!("[lint.rules]\n{RULE} = \"info\"\n"));
    project.run(&["lint"]).code(0).says(&["info[tenant-schema-qualified]", "1 note"]);
    project.run(&["lint", "-D", RULE]).code(1).says(&["error[tenant-schema-qualified]", "1 error"]);
    project.run(&["lint", "-W", RULE, "--fail-on", "warn"]).code(1).says(&["1 warning"]);
    project.run(&["lint", "-A", RULE, "--fail-on", "info"]).code(0).says(&["nothing found"]);
    let list = project.run(&["lint", "--list-rules", "-D", RULE, "--format", "json"]).code(0).json();
    let rule = list["rules"].as_array().unwrap().iter().find(|rule| rule["name"] == RULE).unwrap().clone();
    assert_eq!((rule["level"].as_str(), rule["default"].as_str()), (Some("error"), Some("error")));
}

#[test]
fn a_baseline_hides_what_is_known_until_it_is_gone() {
    let project = shop();
    project.run(&["lint", "--baseline", "known.json", "--write-baseline"]).code(0).complains(&["1 finding is known"]);
    project.run(&["lint", "--baseline", "known.json"]).code(0).says(&["1 in the baseline"]);
    let project = project.file("multitenant.toml", "[lint]\nbaseline = \"known.json\"\n");
    project.run(&["lint"]).code(0).says(&["1 in the baseline"]);
    let project =
        project.migration("tenant/2_more", &BAD.replace("orders", "more")).down("tenant/2_more", "drop table more;\n");
    project.run(&["lint"]).code(1).says(&["2_more", "1 error, 1 in the baseline"]);

    let project = project.migration("tenant/1_orders", &BAD.replace("public.", ""));
    project.run(&["lint"]).code(1).complains(&["1 finding of the baseline", "is gone", "--write-baseline"]);
    project.run(&["lint", "--write-baseline"]).code(0).complains(&["1 finding is known"]);
    project.run(&["lint"]).code(0);
    for nonsense in ["", "[]", "{\"format\": 1}", "{\"format\": 99, \"findings\": []}"] {
        let project = shop().file("known.json", nonsense);
        let answer = project.run(&["lint", "--baseline", "known.json"]).code(3);
        answer.complains(&["the baseline known.json cannot be used", "--write-baseline"]);
    }
}

#[test]
fn paths_are_those_of_whoever_reads_them() {
    let project = shop().file("multitenant.toml", "[lint]\nbaseline = \"known.json\"\n").file("shop/.keep", "");
    // For a person and a program from here, for a forge from the repository's folder, in a baseline from the project's.
    let from = |folder: &str, args: &[&str]| {
        let mut command = project.command(&[]);
        command.current_dir(project.path(folder)).args(args);
        answer(command)
    };
    let up = "migrations/tenant/1_orders/up.sql";
    from("shop", &["lint", "--write-baseline"]).code(0);
    let known = std::fs::read_to_string(project.path("known.json")).unwrap();
    assert!(known.contains(&format!("\"{up}\"")), "{known}");
    for folder in ["", "shop", "migrations/tenant"] {
        from(folder, &["lint"]).code(0).says(&["1 in the baseline"]);
    }
    std::fs::write(project.path("multitenant.toml"), "").unwrap();
    from("migrations", &["lint"]).code(1).says(&["--> tenant/1_orders/up.sql:1:14"]);
    from("migrations", &["lint", "--format", "github"]).code(1).says(&["file=tenant/1_orders/up.sql,"]);
    std::fs::create_dir(project.path(".git")).unwrap();
    from("migrations", &["lint", "--format", "github"]).code(1).says(&[&format!("file={up},")]);
    from("migrations", &["lint", "--format", "sarif"]).code(1).says(&[&format!("\"uri\": \"{up}\"")]);
    from("migrations", &["lint", "--fix", "--format", "github"]).code(0);
}

#[test]
fn since_a_revision_only_what_is_new_counts_and_is_mended() {
    let project = shop();
    let git = |args: &[&str]| {
        let identity = ["-c", "user.name=t", "-c", "user.email=t@localhost", "-c", "commit.gpgsign=false"];
        let mut command = Command::new("git");
        assert!(command.arg("-C").arg(project.path("")).args(identity).args(args).status().unwrap().success());
    };
    git(&["init", "-q"]);
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "one"]);
    git(&["tag", "base"]);
    project.run(&["lint", "--since", "base"]).code(0).says(&["nothing found"]);
    let more = project.path("migrations/tenant/2_more");
    std::fs::create_dir(&more).unwrap();
    std::fs::write(more.join("up.sql"), BAD.replace("orders", "more")).unwrap();
    project.run(&["lint", "--since", "base"]).code(1).says(&["2_more", "1 error"]);
    project.run(&["lint", "--since", "base", "--fix"]).code(0);
    assert!(!std::fs::read_to_string(more.join("up.sql")).unwrap().contains("public."));
    let old = std::fs::read_to_string(project.path("migrations/tenant/1_orders/up.sql")).unwrap();
    assert_eq!(old, BAD, "what is older is not touched");
    for reference in ["no-such", "--help", "", "HEAD:migrations"] {
        project.run(&["lint", &format!("--since={reference}")]).code(2).complains(&["--since"]);
    }
}

#[test]
fn older_migrations_are_not_judged_by_how_they_are_written() {
    let project = Project::on_disk()
        .migration("tenant/2026-01-01-000000_a", BAD)
        .migration("tenant/2026-01-02-000000_b", &BAD.replace("orders", "more"))
        .file("multitenant.toml", "[lint]\nstart_after = \"2026-01-01-000000\"\n");
    let answer = project.run(&["lint"]).code(1).says(&["2 errors", "1 warning"]);
    assert_eq!(answer.stdout.matches("missing-down").count(), 1);
}

#[test]
fn the_lock_says_what_has_changed() {
    let project = shop();
    project.run(&["lock", "--check"]).code(1).says(&["is not up to date", "tenant 1: new"]);
    assert!(!project.path("multitenant.lock").exists());
    project.run(&["lock"]).code(0).says(&["multitenant.lock is written: 1 migration\n"]);
    project.run(&["lock", "--check"]).code(0).says(&["is up to date: 1 migration\n"]);
    let project = project.migration("tenant/1_orders", "select 1;\n").migration("shared/1_users", "select 2;\n");
    project.run(&["lint"]).code(1).says(&["edited-migration"]);
    let answer = project.run(&["lock", "--check", "--format", "json"]).code(1).json();
    assert_eq!((&answer["new"][0], &answer["edited"][0]), (&"shared 1".into(), &"tenant 1".into()));
    std::fs::remove_dir_all(project.path("migrations/tenant/1_orders")).unwrap();
    project.run(&["lock"]).code(0).says(&["tenant 1: final, and not there any more"]);
}
