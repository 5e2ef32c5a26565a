//! The checks: one file each, and the one list of them, in the order in which they run and are shown.
//!
//! A check's file has its documentation in a fixed form (`## What it checks`, `## Why is this bad?`, `## What to do`), its
//! name, title, level and area, and its function. To add one: a file, its `mod` line, its place in the list, and a test
//! in `tests/tests/cli/doctor/` that makes it fire on a real server and one that keeps it silent. A test keeps files and
//! list equal.

// Project.
mod configuration;
mod embedded;
mod embedding;
mod shared_migrations;
mod tenant_migrations;

// Database.
mod connection;
mod lock_table;
mod locks_held;
mod long_transactions;
mod pool_size;
mod pooler;
mod role_rights;
mod search_path_defaults;
mod server_version;
mod superuser;
mod tls;

// Tenants.
mod cross_tenant_objects;
mod cross_tenant_read;
mod history_tables;
mod invalid_indexes;
mod missing_schemas;
mod object_owners;
mod orphan_schemas;
mod pending_migrations;
mod registry;
mod schema_grants;
mod tenant_named_in_function;
mod tenant_roles;

// Traps.
mod extensions;
mod security_definer;
mod sequence_exhaustion;
mod tables_in_both_tiers;
mod tenant_types;

use super::check::{Check, check};

/// All checks.
pub(crate) const ALL: &[&Check] = &[
    // Project.
    &configuration::CHECK,
    &embedding::CHECK,
    &tenant_migrations::CHECK,
    &shared_migrations::CHECK,
    &embedded::CHECK,
    // Database.
    &connection::CHECK,
    &tls::CHECK,
    &server_version::CHECK,
    &role_rights::CHECK,
    &superuser::CHECK,
    &search_path_defaults::CHECK,
    &pool_size::CHECK,
    &pooler::CHECK,
    &lock_table::CHECK,
    &long_transactions::CHECK,
    &locks_held::CHECK,
    // Tenants.
    &registry::CHECK,
    &missing_schemas::CHECK,
    &orphan_schemas::CHECK,
    &pending_migrations::CHECK,
    &history_tables::CHECK,
    &invalid_indexes::CHECK,
    &object_owners::CHECK,
    &tenant_roles::CHECK,
    &cross_tenant_read::CHECK,
    &schema_grants::CHECK,
    &cross_tenant_objects::CHECK,
    &tenant_named_in_function::CHECK,
    // Traps.
    &extensions::CHECK,
    &tenant_types::CHECK,
    &tables_in_both_tiers::CHECK,
    &security_definer::CHECK,
    &sequence_exhaustion::CHECK,
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::ALL;

    #[test]
    fn every_file_is_in_the_list_once() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/doctor/checks");
        let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let names = files.map(|file| file.file_stem().unwrap().to_str().unwrap().replace('_', "-"));
        let files: BTreeSet<String> = names.filter(|name| name != "mod").collect();
        let listed: BTreeSet<String> = ALL.iter().map(|check| check.name.to_owned()).collect();
        assert_eq!(files, listed);
        assert_eq!(ALL.len(), listed.len());
        assert!(ALL.is_sorted_by_key(|check| check.area), "the areas stand together");
    }

    #[cfg(feature = "lint")]
    #[test]
    fn no_check_has_the_name_of_a_rule() {
        assert!(ALL.iter().all(|check| crate::lint::find_rule(check.name).is_none()));
    }
}
