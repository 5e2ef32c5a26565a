//! Which files are written, and that a second time there is nothing to do.

use std::fs;

use super::folder::{contents, files, init};
use crate::project::Project;

#[test]
fn minimal_is_the_configuration_alone() {
    let project = Project::on_disk();
    let answer = init(&project, &["--template", "minimal", "--database", "manual"]).code(0);
    answer.says(&["created      multitenant.toml", " 1 file in ", ": 1 new\n"]);
    assert_eq!(files(&project, "app"), ["multitenant.toml"]);
}

#[test]
fn standard_has_folders_that_git_keeps() {
    let project = Project::on_disk();
    init(&project, &["--template", "standard", "--framework", "axum", "--feature", "shared", "--database", "embedded"])
        .code(0);
    let expected = [
        ".gitignore",
        "Cargo.toml",
        "build.rs",
        "migrations/shared/.gitkeep",
        "migrations/tenant/.gitkeep",
        "multitenant.toml",
        "seeds/shared/.gitkeep",
        "seeds/tenant/.gitkeep",
        "src/lib.rs",
    ];
    assert_eq!(files(&project, "app"), expected);
}

/// Not a word of a feature, a framework or a database that was not chosen.
#[test]
fn what_is_not_chosen_leaves_no_trace() {
    let all = |framework: &str, feature: &str, database: &str| {
        let project = Project::on_disk();
        let args = ["--template", "enterprise", "--framework", framework, "--feature", feature, "--database", database];
        init(&project, &args).code(0);
        let texts = contents(&project.path("app")).into_iter();
        let texts: Vec<_> =
            texts.map(|(path, bytes)| format!("{path}\n{}", String::from_utf8(bytes).unwrap())).collect();
        texts.join("\n").to_lowercase()
    };
    let text = all("axum", "none", "manual");
    for trace in
        ["actix", "prometheus", "grafana", "sharedtable", "migrations/shared", "slow_query", "union", "embedded\""]
    {
        assert!(!text.contains(trace), "{trace}");
    }
    let text = all("actix", "shared,debug", "embedded");
    for trace in ["axum", "prometheus", "union", "tower"] {
        assert!(!text.contains(trace), "{trace}");
    }
    let text = all("none", "metrics", "compose");
    for trace in ["axum", "actix", "admin_token", "sharedtable", "slow_query", "projectserver"] {
        assert!(!text.contains(trace), "{trace}");
    }
}

#[test]
fn a_dry_run_writes_nothing_and_says_what_would_be() {
    let project = Project::on_disk();
    let answer = init(&project, &["--yes", "--dry-run"]).code(0);
    answer.says(&["create       src/main.rs", "; nothing was written\n"]);
    let document = init(&project, &["--yes", "--dry-run", "--format", "json"]).code(0).json();
    assert!(!project.path("app").exists());
    assert_eq!(
        (&document["dry_run"], &document["template"], &document["framework"]),
        (&true.into(), &"full".into(), &"axum".into())
    );
    let listed: Vec<_> = document["files"].as_array().unwrap().iter().map(|file| &file["path"]).collect();
    init(&project, &["--yes"]).code(0);
    let written = files(&project, "app");
    // The versions of migrations are the time.
    assert_eq!(listed.len(), written.len());
    assert!(
        listed
            .iter()
            .filter(|path| !path.as_str().unwrap().starts_with("migrations/"))
            .all(|path| written.contains(&path.as_str().unwrap().to_owned()))
    );
}

#[test]
fn a_second_run_changes_nothing() {
    let project = Project::on_disk();
    for template in ["minimal", "standard", "full", "enterprise"] {
        let args =
            ["--template", template, "--framework", "axum", "--feature", "shared,metrics", "--database", "compose"];
        init(&project, &args).code(0);
        let before = contents(&project.path("app"));
        init(&project, &args).code(0).says(&["there is nothing to do"]);
        assert_eq!(contents(&project.path("app")), before, "{template}");
        if template != "full" {
            fs::remove_dir_all(project.path("app")).unwrap();
        }
    }
}

/// What somebody has made of it stays theirs, and what they have taken away comes back.
#[test]
fn edited_files_are_kept_unless_forced() {
    let project = Project::on_disk();
    init(&project, &["--yes"]).code(0);
    let theirs = "// mine\n";
    let project = project
        .file("app/src/routes.rs", theirs)
        .file("app/multitenant.toml", "# mine\n[migrations]\nfolder = \"migrations/tenant\"\n");
    fs::remove_file(project.path("app/src/notes.rs")).unwrap();
    let before = contents(&project.path("app"));
    init(&project, &["--template", "full", "--yes"])
        .code(0)
        .says(&["created      src/notes.rs", "kept         src/routes.rs  (it is there already)"]);
    let mut after = contents(&project.path("app"));
    after.remove("src/notes.rs").unwrap();
    assert_eq!(after, before);
    let answer = init(&project, &["--template", "full", "--yes", "--force"]).code(0);
    answer.says(&["overwritten  src/routes.rs", "overwritten  multitenant.toml"]);
    assert_ne!(fs::read_to_string(project.path("app/src/routes.rs")).unwrap(), theirs);
}

/// A new package's main is kept, and what is left to do is told.
#[test]
fn a_package_that_is_there_is_kept() {
    let manifest = "# ours\n[package] # why\nname = 'shop'\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
                    [dependencies] # all\nserde = \"1\" # pinned\n\n# fast\n[profile.dev]\nopt-level = 1\n";
    let project = Project::on_disk()
        .file("app/Cargo.toml", manifest)
        .file("app/src/main.rs", "fn main() {}\n")
        .file("app/build.rs", "fn main() { println!(\"x\"); }\n")
        .file("app/.gitignore", "target");
    let before = contents(&project.path("app"));
    let args = ["--template", "full", "--framework", "axum", "--feature", "shared", "--database", "manual"];
    init(&project, &args).code(0).says(&[
        "changed      Cargo.toml  (multitenant-runtime added;",
        "serde: derive added to its features",
        "changed      .gitignore  (added: /.env, /.multitenant)",
        "kept         build.rs",
        "add to build.rs: println!(\"cargo:rerun-if-changed=migrations\");",
        "src/main.rs is kept: let its main be `fn main() -> std::process::ExitCode { shop::main() }`",
    ]);
    let after = contents(&project.path("app"));
    for path in ["src/main.rs", "build.rs"] {
        assert_eq!(after[path], before[path]);
    }
    assert_eq!(String::from_utf8_lossy(&after[".gitignore"]), "target\n/.env\n/.multitenant\n");
    let edited = String::from_utf8_lossy(&after["Cargo.toml"]);
    for line in ["# ours", "[package] # why", "name = 'shop'", "[dependencies] # all", "# fast", "opt-level = 1"] {
        assert!(edited.lines().any(|edited| edited == line), "{line} in\n{edited}");
    }
    assert!(edited.contains("serde = { version = \"1\", features = [\"derive\"] } # pinned\n"), "{edited}");
    init(&project, &args).code(0).says(&["there is nothing to do"]);
    assert_eq!(contents(&project.path("app")), after);
}

/// Cargo would refuse a package in a workspace that does not name it.
#[test]
fn a_workspace_gets_to_know_its_new_member() {
    let manifest = "# all of it\n[workspace]\nresolver = \"3\"\nmembers = [\n    \"other\", # the first\n]\n";
    let project = Project::on_disk().file("Cargo.toml", manifest).file("other/Cargo.toml", "");
    init(&project, &["--yes"]).code(0).says(&["changed      ../Cargo.toml  (added: the member app)"]);
    let edited = fs::read_to_string(project.path("Cargo.toml")).unwrap();
    assert_eq!(edited, manifest.replace("first\n", "first\n    \"app\",\n"));
    init(&project, &["--yes"]).code(0).says(&["there is nothing to do"]);
}

/// A secret goes where nobody commits it, and is told to nobody.
#[test]
fn the_url_of_a_database_is_a_secret() {
    let project = Project::on_disk();
    let args = ["--yes", "--database-url", "postgres://u:se'cret@localhost/d"];
    let answer = init(&project, &args).code(0);
    let json =
        init(&project, &["--yes", "--format", "json", "--database-url", "postgres://u:se'cret@localhost/d"]).code(0);
    assert!(![&answer.stdout, &answer.stderr, &json.stdout].iter().any(|text| text.contains("cret")), "{answer:?}");
    for (path, bytes) in contents(&project.path("app")) {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert_eq!(text.contains("se%27cret"), path == ".env", "{path}");
    }
    assert!(fs::read_to_string(project.path("app/.gitignore")).unwrap().contains("/.env\n"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(project.path("app/.env")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    // A `.env` that is there stays as it is, forced or not.
    let project = project.file("app/.env", "X=1\n");
    init(&project, &["--yes", "--force", "--database-url", "postgres://localhost/other"])
        .code(0)
        .says(&["add DATABASE_URL to .env"]);
    assert_eq!(fs::read_to_string(project.path("app/.env")).unwrap(), "X=1\n");
}

/// What is said of an application that is not ours, and of a workspace that Docker has to see.
#[test]
fn a_deployment_claims_only_what_there_is() {
    let project = Project::on_disk()
        .file("Cargo.toml", "[workspace]\nmembers = [\"app\"]\n")
        .file("app/Cargo.toml", "[package]\nname = \"shop\"\nversion = \"0.1.0\"\nedition = \"2024\"\n")
        .file("app/src/main.rs", "mod db;\nfn main() {}\n")
        .file("app/src/lib.rs", "// theirs\n");
    let args =
        ["--template", "enterprise", "--framework", "axum", "--feature", "shared,metrics", "--database", "compose"];
    init(&project, &args).code(0).says(&[
        "the image is built from the workspace, which has Cargo.lock: `docker build -f app/Dockerfile .`",
        "add its ports, probes and what Prometheus asks",
        "docker compose up -d --wait postgres",
        "with a tag of its own for each release",
    ]);
    let texts = contents(&project.path("app"));
    let text = |path: &str| String::from_utf8_lossy(&texts[path]).into_owned();
    for trace in ["livez", "STARTUP", "LISTEN_ADDR", "prometheus.io", "3000"] {
        for path in ["k8s/deployment.yaml", "Dockerfile", "docker-compose.yml"] {
            assert!(!text(path).contains(trace), "{trace} in {path}");
        }
    }
    assert!(!texts.contains_key("k8s/service.yaml") && !text("k8s/kustomization.yaml").contains("service"));
    assert!(text("docker-compose.yml").contains("      context: ..\n      dockerfile: app/Dockerfile\n"));
    assert!(texts.contains_key("Dockerfile.dockerignore"));
    assert!(text("Dockerfile").ends_with("CMD [\"app\"]\n"));
    assert!(text(".github/workflows/ci.yml").contains(concat!("--version ", env!("CARGO_PKG_VERSION"), " --locked")));
}

/// Prometheus comes to a port of its own, which nothing publishes; without a framework there is one for it and for probes.
#[test]
fn metrics_have_a_port_of_their_own() {
    for (framework, port) in [("axum", "9090"), ("actix", "9090"), ("none", "3000")] {
        let project = Project::on_disk();
        let args = [
            "--template",
            "enterprise",
            "--framework",
            framework,
            "--feature",
            "health,metrics",
            "--database",
            "compose",
        ];
        init(&project, &args).code(0);
        let texts = contents(&project.path("app"));
        let text = |path: &str| String::from_utf8_lossy(&texts[path]).into_owned();
        assert!(text("observability/prometheus.yml").contains(&format!("[\"app:{port}\"]")), "{framework}");
        assert!(text("k8s/deployment.yaml").contains(&format!("prometheus.io/port: \"{port}\"")), "{framework}");
        let own = format!("            - name: metrics\n              containerPort: {port}\n");
        let is_own = framework != "none";
        assert_eq!(text("k8s/deployment.yaml").contains(&own), is_own, "{framework}");
        for path in ["k8s/deployment.yaml", "Dockerfile", "docker-compose.yml"] {
            assert_eq!(text(path).contains("METRICS_ADDR"), is_own, "{framework}: {path}");
        }
        assert!(!text("k8s/service.yaml").contains("9090") && !text("docker-compose.yml").contains("\"127.0.0.1:9090"));
        assert_eq!(text(".env.example").contains("# METRICS_ADDR=127.0.0.1:9090"), is_own, "{framework}");
    }
}
