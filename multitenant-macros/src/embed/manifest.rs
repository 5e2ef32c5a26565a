//! What a binary embeds, as a text that can be found in it: for tools that look into binaries.
//!
//! `multitenant-runtime` has the same digests, in `migration/manifest.rs`; a test compares the two.

use std::fs;

use sha2::{Digest, Sha256};

use super::config::Config;
use super::folder::Migration;
use super::registry::Registry;
use super::{Model, Set};

/// By which it is found.
const HEAD: &str = "cargo-multitenant embeds, format 1:\n";
/// By which it is known to be whole.
const END: &str = "end of what cargo-multitenant embeds\n";

/// A line for each migration and each value that is configured.
pub(crate) fn text(model: &Model) -> String {
    let mut text = HEAD.to_owned();
    for (tier, set) in [("shared", &model.shared), ("tenant", &model.tenant)] {
        text.extend(set.iter().flat_map(|set| lines(tier, set)));
    }
    for (key, value) in settings(&model.config) {
        text += &format!("set {key} {}\n", value.escape_default());
    }
    text + END
}

fn lines(tier: &str, set: &Set) -> Vec<String> {
    let mut lines = vec![format!("tier {tier}\n")];
    lines.extend(set.migrations.iter().map(|migration| line(tier, migration)));
    lines
}

fn line(tier: &str, migration: &Migration) -> String {
    let digest = |path| fs::read_to_string(path).map_or_else(|_| "-".to_owned(), |text| digest(&text));
    let up = digest(&migration.up.path);
    let down = migration.down.as_ref().map_or_else(|| "-".to_owned(), |down| digest(&down.path));
    let flag = |is_set| if is_set { 't' } else { 'f' };
    let flags = [flag(migration.metadata.run_in_transaction), flag(migration.metadata.allow_shared_locks)];
    let [transaction, locks] = flags;
    format!("{tier} {up} {down} {transaction}{locks} {}\n", migration.name.escape_default())
}

/// The first half of the SHA-256, with CRLF read as LF and without a byte order mark.
fn digest(text: &str) -> String {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
    Sha256::digest(text.as_bytes()).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

fn settings(config: &Config) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    for (key, value) in [
        ("database.shared_schema", &config.shared_schema),
        ("isolation.schema_name", &config.schema_name),
        ("isolation.role_name", &config.role_name),
        ("isolation.application_role", &config.application_role),
        ("migrations.shared_table", &config.shared_table),
        ("migrations.table", &config.table),
        ("migrations.state_schema", &config.state_schema),
        ("migrations.lock_timeout", &config.lock_timeout),
        ("migrations.statement_timeout", &config.statement_timeout),
        ("migrations.out_of_order", &config.out_of_order),
    ] {
        found.extend(value.iter().map(|value| (key, value.value.clone())));
    }
    found.extend(config.search_path.iter().map(|path| ("isolation.search_path", path.value.join("\n"))));
    found.extend(config.role_per_tenant.iter().map(|flag| ("isolation.role_per_tenant", flag.value.to_string())));
    found.extend(config.jobs.iter().map(|jobs| ("migrations.jobs", jobs.value.to_string())));
    match &config.registry {
        Some(Registry::Table { table, id_column, schema_column, filter }) => {
            for (key, value) in [
                ("tenants.table", table),
                ("tenants.id_column", id_column),
                ("tenants.schema_column", schema_column),
                ("tenants.filter", filter),
            ] {
                found.extend(value.iter().map(|value| (key, value.value.clone())));
            }
        }
        Some(Registry::Query(sql)) => {
            found.extend([("tenants.source", "query".to_owned()), ("tenants.query", sql.value.clone())]);
        }
        Some(Registry::Schemas) => found.push(("tenants.source", "schemas".to_owned())),
        Some(Registry::List(ids)) => {
            found.extend([("tenants.source", "list".to_owned()), ("tenants.ids", ids.value.join("\n"))]);
        }
        None => {}
    }
    found
}
