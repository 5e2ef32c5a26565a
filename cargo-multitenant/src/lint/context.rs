//! What rules are given to look at.

use std::collections::HashSet;

use multitenant_runtime::{SchemaTemplate, Tier};

use super::catalog::{Catalog, Relation};
use super::marking::Marking;
use super::project::{Direction, Migration, Project};
use super::sql::{Script, Span, Statement};
use crate::finding::{FileId, Place};

/// The project as a whole.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    pub(crate) project: &'a Project,
    /// What all migrations make.
    pub(crate) catalog: &'a Catalog,
    /// Which tables of the schema code are whose.
    pub(crate) marking: &'a Marking,
    /// How tenants' schemas are called.
    pub(crate) template: &'a SchemaTemplate,
    /// Schemas that a tenant's migration may name, since extensions are there.
    pub(crate) extension_schemas: &'a [String],
    /// The files of the shared migrations.
    pub(crate) shared_files: HashSet<FileId>,
}

impl Context<'_> {
    /// Whether a place is in a shared migration: a tenant's can make things in the shared schema too, astray.
    pub(crate) fn is_shared_migration_s(&self, place: &Place) -> bool {
        self.shared_files.contains(&place.file)
    }
}

/// A statement at its place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct At<'a> {
    pub(crate) cx: &'a Context<'a>,
    pub(crate) migration: &'a Migration,
    pub(crate) script: &'a Script,
    pub(crate) file: FileId,
    pub(crate) direction: Direction,
    pub(crate) statement: &'a Statement,
    /// What there is before it runs.
    pub(crate) before: &'a Catalog,
    /// What there was before its script ran.
    pub(crate) at_start: &'a Catalog,
    /// Whether it stands in a function's body, and so runs later, or never.
    pub(crate) in_function: bool,
    /// Whether it stands in a `DO` block.
    pub(crate) in_block: bool,
}

impl At<'_> {
    pub(crate) fn tier(&self) -> Tier {
        self.migration.tier
    }

    pub(crate) fn is_tenant(&self) -> bool {
        self.migration.tier == Tier::Tenant
    }

    pub(crate) fn place(&self, span: Span) -> Place {
        Place::new(self.file, span)
    }

    /// Whether it runs when the migration does.
    pub(crate) fn runs_now(&self) -> bool {
        !self.in_function
    }

    /// The text of the file.
    pub(crate) fn text(&self, span: Span) -> &str {
        self.cx.project.sources.get(self.file).text.get(span).unwrap_or_default()
    }

    /// Whether a place is in a shared migration.
    pub(crate) fn is_shared_migration_s(&self, place: &Place) -> bool {
        self.cx.is_shared_migration_s(place)
    }

    /// Whether a place is in this migration.
    pub(crate) fn is_same_migration(&self, place: &Place) -> bool {
        self.migration.scripts().any(|(script, _)| script.file == place.file)
    }
}

/// A migration with what there is before and after it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MigrationAt<'a> {
    pub(crate) cx: &'a Context<'a>,
    pub(crate) migration: &'a Migration,
    pub(crate) before: &'a Catalog,
    pub(crate) after: &'a Catalog,
    /// After `up.sql` and then `down.sql`.
    pub(crate) reverted: Option<&'a Catalog>,
}

/// A table as it is in the end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TableAt<'a> {
    pub(crate) cx: &'a Context<'a>,
    pub(crate) tier: Tier,
    pub(crate) name: &'a str,
    pub(crate) relation: &'a Relation,
    /// Whether it is known from schema code only: nothing is known of its constraints and indexes.
    pub(crate) is_rust_only: bool,
}
