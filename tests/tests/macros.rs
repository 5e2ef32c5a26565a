//! The macros, compiled: what must build, and what must not, with our words at the right lines.
//!
//! Each case under `ui/` is a program. All are checked by one call of Cargo, in a package that is written below
//! the target folder. What the compiler says is not compared as a whole: only the fragments that a case names
//! by `//~ ERROR`, and no message of ours may come that no case names. So another compiler fails nothing.

#[expect(clippy::expect_used, clippy::panic, reason = "a test fails by it")]
mod compile;

use std::sync::LazyLock;

use compile::{Case, expected};
use multitenant_runtime::{EmbeddedMigrations, RegistryText, SettingsText, embed_migrations};

/// What is wrong with a case, if anything.
fn verdict(case: &Case) -> Vec<String> {
    let mut wrong = Vec::new();
    let expected = expected::of(&case.source);
    for expectation in &expected {
        if !case.errors.iter().any(|error| expectation.is_met_by(error)) {
            wrong.push(format!("line {}: not said: {}", expectation.line, expectation.fragment));
        }
    }
    // Messages without a code are ours: the compiler's own have one, but for its syntax errors.
    for error in case.errors.iter().filter(|error| error.code.is_none()) {
        if !expected.iter().any(|expectation| expectation.is_met_by(error)) {
            wrong.push(format!("not expected, at {:?}: {}", error.lines, error.text));
        }
    }
    if expected.is_empty() && wrong.is_empty() {
        wrong.extend(case.errors.iter().map(|error| format!("does not compile: {}", error.text)));
    }
    // The passwords of the fixtures' database addresses.
    wrong.extend(case.errors.iter().filter(|error| error.text.contains("hunter")).map(|_| "shows a secret".to_owned()));
    wrong.extend(case.warnings.iter().map(|warning| format!("warning: {warning}")));
    wrong
}

/// All cases, checked once for all tests.
static CASES: LazyLock<Vec<Case>> = LazyLock::new(compile::run);

#[test]
fn every_case_says_what_it_should() {
    let mut report = String::new();
    for case in CASES.iter() {
        for wrong in verdict(case) {
            report += &format!("{}: {wrong}\n", case.name);
        }
    }
    assert!(report.is_empty(), "\n{report}");
}

#[test]
fn the_compiler_watches_every_file() {
    assert!(CASES.iter().any(|case| case.name == "embedding"));
    let watched = compile::watched_by("embedding");
    for file in [
        "good/multitenant.toml",
        "good/shared/1_plans/up.sql",
        "good/tenant/2026-11-02-101500_orders/up.sql",
        "good/tenant/2026-11-02-101500_orders/down.sql",
        "good/tenant/2023-05-23-1715-with blanks + signs/metadata.toml",
    ] {
        assert!(watched.contains(file), "{file} is not among the files that the compiler watches: {watched}");
    }
}

const EMBEDDED: EmbeddedMigrations = embed_migrations!(config = "ui/fixtures/good/multitenant.toml");

#[test]
fn embeds_what_lies_in_the_folders() {
    let embedded = format!("{EMBEDDED:?}");
    let mut rest = embedded.as_str();
    // In the order of their versions; hidden entries and plain files are left out.
    for part in [
        r#"shared: Some(EmbeddedSet { folder: "shared", migrations: [EmbeddedMigration { name: "1_plans","#,
        r#"up: "\u{feff}-- The plans.\r\ncreate table plans (id int);\r\n", down: None,"#,
        "run_in_transaction: true, allow_shared_locks: false }] })",
        r#"tenant: EmbeddedSet { folder: "tenant", migrations: [EmbeddedMigration { name: "00000000000000_diesel_initial_setup","#,
        r#"{ name: "2023-05-23-1715-with blanks + signs","#,
        "run_in_transaction: false, allow_shared_locks: true }",
        r#"{ name: "2026-11-02-101500_orders","#,
        r#"down: Some("drop table orders;\n"), run_in_transaction: true, allow_shared_locks: false }] }"#,
    ] {
        let (_, after) = rest.split_once(part).unwrap_or_else(|| panic!("{part} is not in {rest}"));
        rest = after;
    }
    assert_eq!(embedded.matches("EmbeddedMigration {").count(), 4);
}

#[test]
fn embeds_the_settings_that_are_given_and_no_secrets() {
    let expected = SettingsText {
        shared_schema: "app",
        schema_name: "customer_{id}",
        search_path: &["{tenant}", "{shared}", "extensions"],
        role_per_tenant: true,
        role_name: "{schema}@{database}",
        application_role: "app",
        tenant_history: "history",
        registry: RegistryText::Table {
            table: "customers",
            id_column: "id",
            schema_column: None,
            filter: Some("archived_at is null"),
        },
        archived_column: "archived_at",
        archived_schema: "old_{schema}",
        lock_timeout: "500ms",
        statement_timeout: "5m",
        jobs: 8,
        ..SettingsText::DEFAULT
    };
    assert_eq!(EMBEDDED.settings(), expected);

    let secret = ["hunt", "er2"].concat();
    let program = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    assert!(!program.windows(secret.len()).any(|bytes| bytes == secret.as_bytes()));
}

#[test]
fn embeds_every_kind_of_registry() {
    for (embedded, registry) in [
        (
            embed_migrations!(config = "ui/fixtures/registry/query.toml"),
            RegistryText::Query { sql: "select id from t" },
        ),
        (embed_migrations!(config = "ui/fixtures/registry/schemas.toml"), RegistryText::Schemas),
        (embed_migrations!(config = "ui/fixtures/registry/list.toml"), RegistryText::List { ids: &["a b", "c"] }),
        (embed_migrations!(config = "ui/fixtures/registry/defaults.toml"), RegistryText::DEFAULT),
    ] {
        assert_eq!(embedded.settings(), SettingsText { registry, ..SettingsText::DEFAULT });
    }
}
