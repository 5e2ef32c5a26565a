//! What the rules forbid, done: on PostgreSQL it leaks or breaks. The same text is given to the linter, so that a rule
//! and its reason cannot come apart; and the form to use instead passes the linter and does no harm.

mod case;
mod catalog_query_without_schema;
mod code;
mod cross_tenant_reference;
mod drop_cascade;
mod enum_value_used_in_same_migration;
mod extension_in_tenant;
mod extension_without_schema;
mod function_search_path;
mod global_object_in_tenant;
mod identifier_too_long;
mod like_copies_defaults;
mod no_cascade_delete;
mod non_transactional_in_transaction;
mod non_transactional_multi_statement;
mod schema_in_string_literal;
mod security_definer_search_path;
mod set_search_path;
mod shared_references_tenant;
mod shared_table_unqualified;
mod sql_type_schema;
mod tenant_ddl_hits_shared;
mod tenant_drop_falls_through;
mod tenant_enum_type;
mod tenant_schema_qualified;
mod tenant_shadows_shared;
mod tenant_table_qualified;
mod tier_mismatch;
mod transaction_control;
mod type_oid_churn;

use std::collections::BTreeSet;

use crate::project::Project;

/// Every rule about isolation has its failure here.
#[test]
fn no_isolation_rule_is_without_its_failure() {
    let rules = Project::on_disk().run(&["lint", "--list-rules", "--format", "json"]).code(0).json();
    let rules = rules["rules"].as_array().unwrap().iter();
    let isolation = rules.filter(|rule| rule["kind"] == "Isolation").map(|rule| rule["name"].as_str().unwrap());
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/lint/failures");
    let shown: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap().trim_end_matches(".rs").replace('_', "-"))
        .collect();
    let missing: Vec<&str> = isolation.filter(|rule| !shown.contains(*rule)).collect();
    assert_eq!(missing, [] as [&str; 0], "these need a file in {folder}");
}
