//! The linter: what is wrong with a project's migrations and schema code, found without a database and without
//! compiling anything.
//!
//! `project` reads, `sql/` and `schema/` understand, `catalog/` folds, `rules/` judge, `run` brings them together; what
//! comes out are findings. Deliberately absent: output, and any parser but in `sql/tree.rs` and `schema/read.rs`.

mod baseline;
mod catalog;
mod context;
mod diesel;
pub(crate) mod fix;
pub(crate) mod lock;
pub(crate) mod manual;
mod marking;
mod metadata;
mod migration;
mod naming;
mod options;
mod packages;
mod parallel;
mod paths;
mod project;
mod routine_subject;
mod rule;
mod rules;
mod run;
mod schema;
mod section;
mod selection;
mod settings;
mod since;
mod sink;
mod sql;
mod suppress;
mod table_subject;

#[cfg(test)]
mod settings_tests;
#[cfg(test)]
pub(crate) mod testing;

pub(crate) use baseline::Baseline;
pub use catalog::folded_catalog;
pub(crate) use lock::Lock;
pub(crate) use paths::Paths;
pub(crate) use project::Project;
pub(crate) use rule::Rule;
pub(crate) use rules::{ALL as RULES, find as find_rule};
pub(crate) use run::{Ground, Linted, run};
pub(crate) use section::section_schema;
pub(crate) use selection::{Selection, repository, seen_from};
pub(crate) use settings::{LintSettings, unknown_rule};
pub(crate) use sql::read as read_sql;
#[cfg(feature = "scaffold")]
pub(crate) use {
    catalog::{
        Catalog, CatalogCheck, CatalogColumn, CatalogExtension, CatalogForeignKey, CatalogIndex, CatalogKey, CheckKind,
        ColumnType, Home, Origin, Relation, RelationKind, Space, TypeEntry, TypeKind, brings_its_schema, column_type,
        made_up, of_columns,
    },
    diesel::{column as of_rust, fits, of_type},
    marking::Marking,
    rule::Kind,
    run::made,
    schema::{By, FieldSays, ItemSays, Join, KeySays, Printed, RustColumn, RustEnum, RustTable, Said, TableSays},
    sql::servers_types::{is_servers_column_type, is_servers_type},
    sql::words::is_keyword,
    sql::{
        Action, Column as SqlColumn, Constraint, ConstraintKind, Detail, Ident, Name, Statement, TableDef, Timing,
        called, column_of_expression, fragment, has_name, is_index_item, is_limited_expression, normal, renamed,
        type_of_text, unkept,
    },
};
