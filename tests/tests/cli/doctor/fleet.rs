//! A whole fleet: silent where it is healthy, and asked no more often where it is large.

use multitenant_runtime::embedded::EmbeddedServer;
use serde_json::Value;

use super::schemas::shop;
use super::{examine, found, state};
use crate::project::Project;

const ALWAYS: [&str; 15] = [
    "registry",
    "missing-schemas",
    "orphan-schemas",
    "pending-migrations",
    "history-tables",
    "invalid-indexes",
    "object-owners",
    "schema-grants",
    "cross-tenant-objects",
    "tenant-named-in-function",
    "extensions",
    "tenant-types",
    "tables-in-both-tiers",
    "security-definer",
    "sequence-exhaustion",
];
const WITH_ROLES: [&str; 2] = ["tenant-roles", "cross-tenant-read"];

#[tokio::test]
async fn a_healthy_fleet_has_nothing_to_say() {
    let project = shop().await;
    let document = examine(&project);
    for check in ALWAYS {
        assert_eq!(state(&document, check).as_deref(), Some("good"), "{check}: {document:#}");
    }
    for check in WITH_ROLES {
        assert_eq!(state(&document, check), None, "{check}: {document:#}");
    }
    let project = project.file("multitenant.toml", "[isolation]\nrole_per_tenant = true\n");
    project.run(&["migrate"]).code(0);
    let document = examine(&project);
    for check in ALWAYS.iter().chain(&WITH_ROLES) {
        assert_eq!(state(&document, check).as_deref(), Some("good"), "{check}: {document:#}");
    }
}

/// A fleet of so many tenants with roles, the statements that the doctor sends to its server, and what it says.
fn asked(tenants: usize) -> (usize, Value) {
    let server =
        EmbeddedServer::builder().setting("log_statement", "all").setting("log_line_prefix", "%a|").start().unwrap();
    let url = |application: &str| {
        let url = server.url("postgres");
        let separator = if url.contains('?') { '&' } else { '?' };
        format!("{url}{separator}application_name={application}")
    };
    let ids: Vec<String> = (0..tenants).map(|i| format!("t{i}")).collect();
    let config = format!("[isolation]\nrole_per_tenant = true\n[tenants]\nsource = \"list\"\nids = {ids:?}\n");
    let project = Project::on_disk()
        .file("multitenant.toml", &config)
        .migration("tenant/1_users", "create table users (id serial primary key); create type mood as enum ('glad');");
    project.run(&["migrate", "--create-schemas", "--database-url", &url("migrate")]).code(0);
    let document = project.run(&["doctor", "--format", "json", "--database-url", &url("doctor")]).json();
    let log = std::fs::read_to_string(server.folder().join("log")).unwrap();
    let sent = log.lines().filter(|line| line.starts_with("doctor|") && line.contains("LOG:  statement:"));
    (sent.count(), document)
}

#[test]
fn a_large_fleet_is_asked_no_more_than_a_small_one_and_named_in_full() {
    let ((few, _), (many, document)) = (asked(3), asked(60));
    assert!(few > 50, "{few}");
    assert_eq!(few, many, "{document:#}");
    for check in ALWAYS.iter().chain(&WITH_ROLES).filter(|check| **check != "tenant-types") {
        assert_eq!(state(&document, check).as_deref(), Some("good"), "{check}: {document:#}");
    }
    let messages = found(&document, "tenant-types");
    assert_eq!(messages.len(), 1, "one for the cause, not one for each tenant");
    assert!(messages[0].contains("60 tenants") && messages[0].ends_with(" and 55 more"), "{messages:?}");
    let finding = super::finding(&document, "tenant-types");
    assert_eq!(finding["tenants"].as_array().unwrap().len(), 60);
}
