//! The rules: one file each, and the one list of them.
//!
//! A rule's file has its documentation in a fixed form (`## What it does`, `## Why is this bad?`, `## Example`, and
//! `## Use instead` where there is something), its name, level and kind, its check, and a test that fires and one that
//! stays silent. To add one: a file, its `mod` line, and its place in the list. A test keeps the three equal.

mod bad_version;
mod catalog_query_without_schema;
mod column_naming;
mod constraint_not_valid;
mod cross_tenant_reference;
mod down_not_inverse;
mod drop_cascade;
mod duplicate_index;
mod duplicate_version;
mod edited_migration;
mod empty_down;
mod enum_value_used_in_same_migration;
mod extension_in_tenant;
mod extension_without_schema;
mod function_search_path;
mod global_object_in_tenant;
mod identifier_too_long;
mod index_foreign_keys;
mod index_not_concurrent;
mod like_copies_defaults;
mod missing_down;
mod no_cascade_delete;
mod non_transactional_in_transaction;
mod non_transactional_multi_statement;
mod not_backward_compatible;
mod out_of_order_version;
mod prefer_uuid_pk;
mod require_primary_key;
mod require_soft_delete;
mod require_timestamps;
mod schema_in_string_literal;
mod schema_rs_drift;
mod security_definer_search_path;
mod set_search_path;
mod shared_references_tenant;
mod shared_table_unqualified;
mod sql_syntax_error;
mod sql_type_schema;
mod table_naming;
mod template_placeholder;
mod tenant_ddl_hits_shared;
mod tenant_drop_falls_through;
mod tenant_enum_type;
mod tenant_object_budget;
mod tenant_schema_qualified;
mod tenant_shadows_shared;
mod tenant_table_qualified;
mod tier_mismatch;
mod transaction_control;
mod type_oid_churn;
mod unmarked_table;
mod unnamed_constraint;
mod unreadable_file;
mod unused_suppression;

#[cfg(test)]
mod tests;

use super::rule::Rule;

/// All rules, as the manual lists them.
pub(crate) const ALL: &[&Rule] = &[
    &tenant_schema_qualified::RULE,
    &tenant_ddl_hits_shared::RULE,
    &tenant_drop_falls_through::RULE,
    &tenant_shadows_shared::RULE,
    &shared_references_tenant::RULE,
    &cross_tenant_reference::RULE,
    &set_search_path::RULE,
    &extension_in_tenant::RULE,
    &extension_without_schema::RULE,
    &global_object_in_tenant::RULE,
    &like_copies_defaults::RULE,
    &catalog_query_without_schema::RULE,
    &function_search_path::RULE,
    &security_definer_search_path::RULE,
    &tenant_enum_type::RULE,
    &sql_type_schema::RULE,
    &type_oid_churn::RULE,
    &schema_in_string_literal::RULE,
    &unmarked_table::RULE,
    &shared_table_unqualified::RULE,
    &tenant_table_qualified::RULE,
    &tier_mismatch::RULE,
    &schema_rs_drift::RULE,
    &require_primary_key::RULE,
    &prefer_uuid_pk::RULE,
    &require_timestamps::RULE,
    &require_soft_delete::RULE,
    &index_foreign_keys::RULE,
    &duplicate_index::RULE,
    &no_cascade_delete::RULE,
    &table_naming::RULE,
    &column_naming::RULE,
    &identifier_too_long::RULE,
    &unnamed_constraint::RULE,
    &unused_suppression::RULE,
    &sql_syntax_error::RULE,
    &unreadable_file::RULE,
    &template_placeholder::RULE,
    &missing_down::RULE,
    &empty_down::RULE,
    &down_not_inverse::RULE,
    &bad_version::RULE,
    &duplicate_version::RULE,
    &out_of_order_version::RULE,
    &edited_migration::RULE,
    &non_transactional_in_transaction::RULE,
    &non_transactional_multi_statement::RULE,
    &transaction_control::RULE,
    &enum_value_used_in_same_migration::RULE,
    &not_backward_compatible::RULE,
    &index_not_concurrent::RULE,
    &constraint_not_valid::RULE,
    &drop_cascade::RULE,
    &tenant_object_budget::RULE,
];

/// The rule of a name.
pub(crate) fn find(name: &str) -> Option<&'static Rule> {
    ALL.iter().find(|rule| rule.name == name).copied()
}
