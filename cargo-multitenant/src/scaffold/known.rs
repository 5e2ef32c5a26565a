//! What the project's migrations make, and what its code declares, as the linter reads them.

use std::path::Path;

use multitenant_runtime::Tier;

use super::column::{Column, Reference};
use super::types::{self, ColumnType};
use crate::config::Config;
use crate::error::CliError;
use crate::lint::{Catalog, LintSettings, Marking, Paths, Project, RustTable, made};

/// What there is already.
#[derive(Debug)]
pub(crate) struct Known {
    catalog: Catalog,
    /// Whether a migration could not be read, so that there may be more.
    is_partial: bool,
    pub(crate) project: Project,
    pub(super) marking: Marking,
}

/// A column that migrations make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KnownColumn {
    pub(crate) name: String,
    /// Where it is one of ours.
    pub(crate) ty: Option<ColumnType>,
    /// Whether it has to be written.
    pub(crate) is_required: bool,
    /// The table and column that it refers to.
    pub(crate) references: Option<(String, String)>,
}

impl Known {
    /// Reads a project.
    pub(crate) fn read(config: &Config, here: &Path) -> Self {
        let project = Project::read(&Paths::that_are_there(config, here));
        let (settings, _) = LintSettings::parse(config.text());
        Self {
            catalog: made(&project, config.settings.shared_schema.as_str()),
            is_partial: project.unreadable.iter().any(|unreadable| unreadable.is_migration),
            marking: Marking::of(&project, &settings),
            project,
        }
    }

    /// Whether migrations make a table of this name, in whichever tier.
    pub(crate) fn is_table(&self, name: &str) -> bool {
        [Tier::Tenant, Tier::Shared].into_iter().any(|tier| self.has(tier, name))
    }

    /// Refuses a table that is there, in this tier or in the other one, where each name would mean the other.
    pub(crate) fn is_free(&self, tier: Tier, table: &str) -> Result<(), CliError> {
        let noun = |tier| self.space(tier).relations.get(table).map(|relation| relation.kind.noun());
        if let Some(noun) = noun(tier) {
            let whose = whose(tier);
            let message = format!(
                "{whose} migrations make the {noun} `{table}` already: take another name, or change it with \
                 `scaffold migration add_…_to_{table}`"
            );
            return Err(CliError::Refused(message));
        }
        match noun(other(tier)) {
            Some(noun) => Err(CliError::Refused(format!(
                "{} {noun} is called `{table}`, and without a schema the name would mean one or the other: take another \
                 name (`explain tenant-shadows-shared` says more)",
                whose(other(tier))
            ))),
            None => Ok(()),
        }
    }

    /// Refuses to change a table that this tier's migrations do not make, as far as that can be known.
    pub(crate) fn must_have(&self, tier: Tier, table: &str) -> Result<(), CliError> {
        if self.has(tier, table) || self.is_unsure(tier) {
            return Ok(());
        }
        let message = if self.has(other(tier), table) {
            format!("`{table}` is {} table: give --type {}", a(other(tier)), word(other(tier)))
        } else {
            format!(
                "{} migrations make no table `{table}`: correct the name, give it with --table, or begin with \
                 `scaffold migration create_{table} --type {}`",
                whose(tier),
                word(tier)
            )
        };
        Err(CliError::Refused(message))
    }

    /// Refuses a column that a table has, or has not, as far as that can be known.
    pub(crate) fn column_is(
        &self,
        tier: Tier,
        table: &str,
        column: &str,
        is_there: bool,
    ) -> Result<Option<KnownColumn>, CliError> {
        let Some(relation) = self.space(tier).relations.get(table).filter(|_| self.has(tier, table)) else {
            return Ok(None);
        };
        let found = self.columns(tier, table).into_iter().find(|known| known.name == column);
        match found {
            Some(_) if !is_there => Err(CliError::Refused(format!(
                "the table `{table}` has a column `{column}` already: take another name"
            ))),
            None if is_there && !relation.is_opaque && !self.is_unsure(tier) => {
                let names: Vec<&str> = relation.columns.iter().map(|column| column.name.as_str()).collect();
                let message = format!("the table `{table}` has no column `{column}`: it has {}", names.join(", "));
                Err(CliError::Refused(message))
            }
            found => Ok(found),
        }
    }

    /// Whether an index begins with a column.
    pub(crate) fn is_indexed(&self, tier: Tier, table: &str, column: &str) -> bool {
        let space = self.space(tier);
        let keys = space.relations.get(table).into_iter().flat_map(|relation| {
            let keys = relation.primary_key.iter().chain(&relation.uniques);
            keys.filter_map(|key| key.columns.first().cloned()).collect::<Vec<_>>()
        });
        let indexes = space.indexes(table).filter(|(_, index)| !index.is_partial);
        let firsts = indexes.filter_map(|(_, index)| index.columns.first().cloned().flatten());
        keys.chain(firsts).any(|first| first == column)
    }

    /// Whether no two rows of a table can have the same in these columns.
    pub(crate) fn is_key(&self, tier: Tier, table: &str, columns: &[&str]) -> bool {
        let space = self.space(tier);
        let Some(relation) = space.relations.get(table) else { return false };
        let keys = relation.primary_key.iter().chain(&relation.uniques).map(|key| key.columns.clone());
        let indexes = space.indexes(table).filter(|(_, index)| index.is_unique && !index.is_partial);
        let indexes = indexes.filter_map(|(_, index)| index.columns.iter().cloned().collect::<Option<Vec<_>>>());
        keys.chain(indexes).any(|key| key.iter().all(|column| columns.contains(&column.as_str())))
    }

    /// The columns of a table, in order.
    pub(crate) fn columns(&self, tier: Tier, table: &str) -> Vec<KnownColumn> {
        let Some(relation) = self.space(tier).relations.get(table) else { return Vec::new() };
        let references = |column: &str| {
            let key = relation.foreign_keys.iter().find(|key| key.columns == [column])?;
            Some((key.table.name().to_owned(), key.target.first().cloned().unwrap_or_else(|| "id".to_owned())))
        };
        let columns = relation.columns.iter().map(|column| KnownColumn {
            references: references(&column.name),
            name: column.name.clone(),
            ty: column.ty.as_ref().filter(|ty| !ty.is_array).and_then(|ty| types::of_internal(&ty.name)),
            is_required: column.not_null
                && !(column.has_default || column.is_identity || column.is_generated || column.is_serial),
        });
        columns.collect()
    }

    /// Refuses a name that an index or another relation of the tier has, or one of the table's constraints.
    pub(super) fn is_free_name(&self, tier: Tier, table: &str, name: &str) -> Result<(), CliError> {
        if let Some(relation) = self.space(tier).relations.get(name) {
            let noun = relation.kind.noun();
            return Err(taken(&format!("{} {noun} is called `{name}` already", whose(tier))));
        }
        let Some(relation) = self.space(tier).relations.get(table) else { return Ok(()) };
        let keys = relation.primary_key.iter().chain(&relation.uniques).filter_map(|key| key.name.as_deref());
        let foreign = relation.foreign_keys.iter().filter_map(|key| key.name.as_deref());
        if keys
            .chain(foreign)
            .chain(relation.checks.iter().filter_map(|check| check.name.as_deref()))
            .any(|taken| taken == name)
        {
            return Err(taken(&format!("the table `{table}` has a constraint `{name}` already")));
        }
        Ok(())
    }

    /// The type of a column, which is the referenced one's where it refers to one. Refuses what cannot be referred to.
    pub(crate) fn type_of(&self, tier: Tier, table: &str, column: &Column) -> Result<Option<ColumnType>, CliError> {
        let Some(reference) = &column.references else { return Ok(column.ty) };
        // A table's own id is made with it.
        if reference.table == table && !self.is_table(table) {
            return Ok(column.ty);
        }
        let found = self.referenced(tier, reference)?;
        match (column.ty, found) {
            (Some(asked), Some(found)) if asked != found => Err(CliError::Refused(format!(
                "`{}` is {}, and `{}.{}` is {}: give it that type, or none, which takes the same",
                column.name, asked.word, reference.table, reference.column, found.word
            ))),
            (asked, found) => Ok(asked.or(found)),
        }
    }

    fn referenced(&self, tier: Tier, reference: &Reference) -> Result<Option<ColumnType>, CliError> {
        let Reference { table, column } = reference;
        let lies_in = if self.has(tier, table) { tier } else { Tier::Shared };
        if self.has(lies_in, table) {
            return Ok(self.column_is(lies_in, table, column, true)?.and_then(|column| column.ty));
        }
        if tier == Tier::Shared && self.has(Tier::Tenant, table) {
            return Err(CliError::Refused(format!(
                "`{table}` is the tenants', and a shared table cannot refer to one of many: \
                 `explain shared-references-tenant` says more"
            )));
        }
        if self.is_unsure(tier) || self.is_unsure(Tier::Shared) {
            return Ok(None);
        }
        Err(CliError::Refused(format!(
            "no migration makes the table `{table}` that is to be referred to: correct the name, or make it first, with \
             `scaffold migration create_{table} --type {}`",
            word(tier)
        )))
    }

    /// The `table!` of a table, marked as this tier's where marks are used, and as it stands in which file.
    pub(super) fn declared(&self, tier: Tier, table: &str) -> Option<(&RustTable, &str)> {
        let mut tables = self.marking.tables(&self.project).filter(|(found, _)| found.sql_name == table);
        let (found, _) = tables.find(|(_, marked)| marked.tier().is_none_or(|marked| marked == tier))?;
        Some((found, self.project.sources.get(found.place.file).path.as_str()))
    }

    /// The file with the `table!` of a table.
    pub(crate) fn declared_in(&self, tier: Tier, table: &str) -> Option<&str> {
        self.declared(tier, table).map(|(_, file)| file)
    }

    /// The module path of the `table!` of a table below that of its file, and the file.
    pub(crate) fn declared_at(&self, tier: Tier, table: &str) -> Option<(&str, Vec<String>)> {
        self.declared(tier, table).map(|(declared, file)| (file, declared.modules.iter().skip(1).cloned().collect()))
    }

    /// What of a name there is among tables, indexes and sequences, and where it is made.
    pub(crate) fn relation_at(&self, tier: Tier, name: &str) -> Option<(&'static str, String)> {
        let relation = self.space(tier).relations.get(name)?;
        Some((relation.kind.noun(), self.place(&relation.named_at().place)))
    }

    /// Where the type of a name is made.
    pub(crate) fn type_at(&self, tier: Tier, name: &str) -> Option<String> {
        self.space(tier).types.get(name).map(|entry| self.place(&entry.origin.place))
    }

    /// Whether an index or a constraint cannot have this name.
    pub(crate) fn is_taken(&self, tier: Tier, name: &str) -> bool {
        self.space(tier).is_taken(name)
    }

    fn place(&self, place: &crate::finding::Place) -> String {
        let source = self.project.sources.get(place.file);
        format!("{}:{}", source.path, source.point(place.span.start).line)
    }

    /// The tier whose table a reference of this tier means.
    pub(super) fn tier_of(&self, tier: Tier, table: &str) -> Tier {
        if self.has(tier, table) || !self.has(Tier::Shared, table) { tier } else { Tier::Shared }
    }

    fn has(&self, tier: Tier, table: &str) -> bool {
        self.space(tier).relations.get(table).is_some_and(|relation| relation.kind.is_table())
    }

    fn is_unsure(&self, tier: Tier) -> bool {
        self.is_partial || self.space(tier).is_opaque
    }

    fn space(&self, tier: Tier) -> &crate::lint::Space {
        match tier {
            Tier::Shared => &self.catalog.shared,
            Tier::Tenant => &self.catalog.tenant,
        }
    }
}

/// Of a name that scaffold makes, which nobody can choose.
fn taken(what: &str) -> CliError {
    CliError::Refused(format!(
        "{what}, and this migration would make another one: leave it out, or drop or rename that one first, by a blank \
         migration"
    ))
}

fn other(tier: Tier) -> Tier {
    match tier {
        Tier::Shared => Tier::Tenant,
        Tier::Tenant => Tier::Shared,
    }
}

/// The tier as `--type` takes it.
pub(super) fn word(tier: Tier) -> &'static str {
    match tier {
        Tier::Shared => "shared",
        Tier::Tenant => "tenant",
    }
}

fn whose(tier: Tier) -> &'static str {
    match tier {
        Tier::Shared => "the shared schema's",
        Tier::Tenant => "the tenants'",
    }
}

fn a(tier: Tier) -> &'static str {
    match tier {
        Tier::Shared => "a shared",
        Tier::Tenant => "a tenant's",
    }
}
