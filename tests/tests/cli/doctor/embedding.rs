//! The package that embeds: its features and its build script.

use super::{finds, state};
use crate::project::{Project, answer};

const WATCHES: &str = "fn main() { println!(\"cargo:rerun-if-changed=migrations\"); }\n";

fn project(dependency: &str) -> Project {
    let manifest = format!(
        "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[dependencies]\nmultitenant-runtime = {dependency}\n"
    );
    Project::on_disk()
        .file("Cargo.toml", &manifest)
        .file(
            "src/main.rs",
            "use multitenant_runtime::*;\nconst M: EmbeddedMigrations = embed_migrations!();\nfn main() {}\n",
        )
        .file("multitenant.toml", "[tenants]\nsource = \"list\"\nids = []\n")
        .migration("shared/1_a", "select 1;")
        .migration("tenant/1_a", "select 1;")
}

fn examined(project: &Project) -> serde_json::Value {
    let args = ["doctor", "--format", "json", "--database-url", "postgres://127.0.0.1:1/nowhere"];
    answer(project.command(&args)).json()
}

#[test]
fn a_package_that_is_as_it_should_be_is_in_order() {
    for dependency in [
        "\"0.1\"",
        "{ version = \"0.1\", features = [\"pool\"] }",
        "{ version = \"0.1\", default-features = false, features = [\"macros\", \"migrations\"] }",
        "{ version = \"0.1\", default-features = false, features = [\"macros\", \"axum\"] }",
    ] {
        let document = examined(&project(dependency).file("build.rs", WATCHES));
        assert_eq!(state(&document, "embedding").as_deref(), Some("good"), "{dependency}: {document:#}");
    }
}

#[test]
fn missing_features_are_an_error() {
    for (features, missing) in
        [("[]", "macros,migrations"), ("[\"migrations\"]", "macros"), ("[\"macros\"]", "migrations")]
    {
        let dependency = format!("{{ version = \"0.1\", default-features = false, features = {features} }}");
        let document = examined(&project(&dependency).file("build.rs", WATCHES));
        finds(
            &document,
            "embedding",
            "error",
            "asks multitenant-runtime for no feature",
            &format!("--features {missing} "),
        );
    }
}

#[test]
fn a_build_script_must_watch_the_folders() {
    let document = examined(&project("\"0.1\""));
    let line = "write build.rs: fn main() { println!(\"cargo:rerun-if-changed=migrations/tenant\"); println!(\"cargo:rerun-if-changed=migrations/shared\"); }";
    finds(&document, "embedding", "warning", "has no build.rs", line);
    let half = "fn main() { println!(\"cargo:rerun-if-changed=migrations/tenant\"); }\n";
    let document = examined(&project("\"0.1\"").file("build.rs", half));
    finds(&document, "embedding", "warning", "does not watch migrations/shared", "rerun-if-changed=migrations/shared");
}

#[test]
fn who_embeds_nothing_is_not_asked() {
    let plain = |main: &str| project("\"0.1\"").file("src/main.rs", main);
    for project in [
        plain("fn main() {}\n"),
        plain(
            "use diesel_migrations::embed_migrations;\nconst M: EmbeddedMigrations = embed_migrations!();\nfn main() {}\n",
        ),
        Project::on_disk().migration("tenant/1_a", "select 1;"),
    ] {
        let document = examined(&project);
        assert_eq!(state(&document, "embedding"), None, "{document:#}");
        assert_eq!(state(&document, "embedded"), None, "{document:#}");
    }
}

#[test]
fn a_configuration_for_a_workspace_is_each_member_s() {
    let member = "[package]\nname = \"server\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[dependencies]\nmultitenant-runtime = \"0.1\"\n";
    let project = Project::on_disk()
        .file("Cargo.toml", "[workspace]\nmembers = [\"server\"]\nresolver = \"3\"\n")
        .file("server/Cargo.toml", member)
        .file("server/src/main.rs", "const M: E = multitenant_runtime::embed_migrations!();\nfn main() {}\n")
        .file("server/build.rs", WATCHES)
        .file("multitenant.toml", "")
        .migration("tenant/1_a", "select 1;");
    let help = "rerun-if-changed=../migrations/tenant";
    finds(&examined(&project), "embedding", "warning", "the build script of server does not watch", help);
    let watches = "fn main() { println!(\"cargo:rerun-if-changed=../migrations\"); }\n";
    let document = examined(&project.file("server/build.rs", watches));
    assert_eq!(state(&document, "embedding").as_deref(), Some("good"), "{document:#}");
}
