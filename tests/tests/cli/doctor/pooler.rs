//! A pooler, found by what it does.

use multitenant_runtime::embedded::EmbeddedServer;
use multitenant_tests::pooler::Pooler;

use super::{detail, examine, finds, state};
use crate::project::{Project, answer};

fn project(url: &str) -> Project {
    let toml = format!("[database]\nurl = \"{url}\"\n[tenants]\nsource = \"list\"\nids = [\"a\"]\n");
    Project::on_disk().file("multitenant.toml", &toml).migration("tenant/1_users", "create table users (id int);")
}

#[tokio::test]
async fn a_pooler_in_transaction_mode_is_found_and_a_way_past_it_asked_for() {
    let Some(pooler) = Pooler::start(EmbeddedServer::start().unwrap(), "transaction", 5).await else { return };
    let project = project(&pooler.url());
    let document = examine(&project);
    finds(
        &document,
        "pooler",
        "warning",
        "database.url leads to a pooler in transaction mode",
        "migrate_url = \"postgres://…\"",
    );
    assert!(detail(&document, "pool-size").contains("before a pooler"), "{document:#}");

    let project = project
        .migration("tenant/2_index", "create index concurrently users_id on users (id);")
        .file("migrations/tenant/2_index/metadata.toml", "run_in_transaction = false\n");
    finds(&examine(&project), "pooler", "error", "are refused: 2_index", "migrate_url");

    let command = |migrate_url: &str| {
        let mut command = project.command(&["doctor", "--format", "json"]);
        command.env("MULTITENANT_MIGRATE_URL", migrate_url);
        answer(command).json()
    };
    let document = command(&pooler.direct_url());
    assert_eq!(state(&document, "pooler").as_deref(), Some("good"), "{document:#}");
    assert!(detail(&document, "pooler").contains("transaction mode before the application"), "{document:#}");
    finds(&command(&pooler.alias_url()), "pooler", "error", "database.migrate_url leads to", "not the pooler's");
}

#[tokio::test]
async fn a_pooler_in_session_mode_is_none_in_transaction_mode() {
    let Some(pooler) = Pooler::start(EmbeddedServer::start().unwrap(), "session", 5).await else { return };
    let document = examine(&project(&pooler.url()));
    finds(&document, "pooler", "warning", "a pooler that drops what a connection begins with", "migrate_url");
}

#[tokio::test]
async fn without_a_pooler_there_is_none() {
    let server = EmbeddedServer::start().unwrap();
    let document = examine(&project(&server.url("postgres")));
    assert_eq!(detail(&document, "pooler"), "none", "{document:#}");
}
