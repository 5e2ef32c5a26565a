//! The migrations that a kind asks for: one, or several that must not be one.

use multitenant_runtime::Tier;
use serde::Serialize;

use super::batch::NewMigration;
use super::column::{Column, Reference};
use super::known::{Known, word};
use super::name::{Subject, check};
use super::template::{NAMES, Templates};
use super::types::ColumnType;
use crate::error::CliError;

/// What a new table has beside its columns.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct TableOptions {
    pub(crate) uuid: bool,
    pub(crate) timestamps: bool,
    pub(crate) soft_delete: bool,
}

impl TableOptions {
    /// The names of the columns that a table has by them.
    pub(crate) fn columns(self) -> impl Iterator<Item = &'static str> {
        let timestamps = self.timestamps.then_some(["created_at", "updated_at"]).into_iter().flatten();
        ["id"].into_iter().chain(timestamps).chain(self.soft_delete.then_some("deleted_at"))
    }
}

/// A column, ready for a template.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ColumnView {
    pub(crate) name: String,
    #[serde(rename = "type")]
    sql_type: &'static str,
    pub(crate) nullable: bool,
    unique: bool,
    pub(crate) default: Option<String>,
    pub(crate) references: Option<ReferenceView>,
    index: String,
    key: String,
    foreign_key: String,
    #[serde(skip)]
    pub(crate) ty: ColumnType,
}

/// What a column refers to, ready for a template.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ReferenceView {
    pub(crate) table: String,
    column: String,
}

impl From<&Reference> for ReferenceView {
    fn from(reference: &Reference) -> Self {
        Self { table: reference.table.clone(), column: reference.column.clone() }
    }
}

/// What migrations are made from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Draft<'a> {
    pub(crate) tier: Tier,
    pub(crate) name: &'a str,
    pub(crate) table: &'a str,
    pub(crate) known: &'a Known,
    pub(crate) templates: &'a Templates,
}

#[derive(Serialize)]
struct TableValues<'a> {
    tier: &'static str,
    name: &'a str,
    table: &'a str,
    uuid: bool,
    timestamps: bool,
    soft_delete: bool,
    columns: &'a [ColumnView],
}

#[derive(Serialize)]
struct IndexValues<'a> {
    tier: &'static str,
    name: &'a str,
    table: &'a str,
    index: &'a str,
    unique: bool,
    columns: &'a [&'a str],
}

#[derive(Serialize)]
struct KeyValues<'a> {
    tier: &'static str,
    name: &'a str,
    table: &'a str,
    column: &'a str,
    foreign_key: &'a str,
    references: ReferenceView,
}

impl Draft<'_> {
    /// A new table.
    pub(crate) fn create_table(
        &self,
        columns: &[ColumnView],
        options: TableOptions,
    ) -> Result<Vec<NewMigration>, CliError> {
        let TableOptions { uuid, timestamps, soft_delete } = options;
        let Self { name, table, .. } = *self;
        let values = TableValues { tier: word(self.tier), name, table, uuid, timestamps, soft_delete, columns };
        Ok(vec![self.from("create-table", name, &values)?])
    }

    /// New columns, and a migration for each index that they need.
    pub(crate) fn add_columns(&self, columns: &[ColumnView]) -> Result<Vec<NewMigration>, CliError> {
        let Self { name, table, .. } = *self;
        for column in columns.iter().filter(|column| column.default.is_some()) {
            let why = if column.unique {
                "would have the same value in every row, and is unique"
            } else if column.references.is_some() {
                "has a value in every row, and they must be looked up while nobody writes"
            } else {
                continue;
            };
            return Err(CliError::Usage(format!(
                "the new column `{}` {why}: leave the default out, or add the column first, and the index or foreign key \
                 by a `scaffold migration` of its own",
                column.name
            )));
        }
        let values = TableValues {
            tier: word(self.tier),
            name,
            table,
            uuid: false,
            timestamps: false,
            soft_delete: false,
            columns,
        };
        for column in columns.iter().filter(|column| column.references.is_some()) {
            self.known.is_free_name(self.tier, table, &column.foreign_key)?;
        }
        let mut made = vec![self.from("add-column", name, &values)?];
        for column in columns {
            if column.unique {
                made.push(self.index(&column.key, &[&column.name], true)?);
            } else if column.references.is_some() {
                made.push(self.index(&column.index, &[&column.name], false)?);
            }
        }
        Ok(made)
    }

    /// An index, built while others write.
    pub(crate) fn add_index(&self, columns: &[&str], is_unique: bool) -> Result<Vec<NewMigration>, CliError> {
        let label = if is_unique { "key" } else { "idx" };
        let index = made_up(self.table, &columns.join("_"), label)?;
        Ok(vec![NewMigration { name: self.name.to_owned(), ..self.index(&index, columns, is_unique)? }])
    }

    /// A foreign key that is validated by the migration after it, and the index that it needs, where there is none.
    pub(crate) fn add_foreign_key(&self, column: &str, references: &Reference) -> Result<Vec<NewMigration>, CliError> {
        let mut made = Vec::new();
        if !self.known.is_indexed(self.tier, self.table, column) {
            made.push(self.index(&made_up(self.table, column, "idx")?, &[column], false)?);
        }
        let Self { name, table, .. } = *self;
        let foreign_key = made_up(table, column, "fkey")?;
        self.known.is_free_name(self.tier, table, &foreign_key)?;
        let values = KeyValues {
            tier: word(self.tier),
            name,
            table,
            column,
            foreign_key: &foreign_key,
            references: references.into(),
        };
        made.push(self.from("add-foreign-key", name, &values)?);
        made.push(self.from("validate-foreign-key", &format!("validate_{foreign_key}"), &values)?);
        Ok(made)
    }

    /// What the user has to write.
    pub(crate) fn blank(&self) -> Result<Vec<NewMigration>, CliError> {
        let values = serde_json::json!({ "tier": word(self.tier), "name": self.name });
        Ok(vec![self.from("blank", self.name, &values)?])
    }

    /// The columns, ready for templates. Those that are added to a table that is there may be null without a default.
    pub(crate) fn views(&self, columns: &[Column], is_new_table: bool) -> Result<Vec<ColumnView>, CliError> {
        let mut views: Vec<ColumnView> = Vec::with_capacity(columns.len());
        for column in columns {
            if views.iter().any(|view| view.name == column.name) {
                return Err(CliError::Usage(format!("the column `{}` is given twice: give it once", column.name)));
            }
            let ty = self.known.type_of(self.tier, self.table, column)?.ok_or_else(|| {
                CliError::Usage(format!("the column `{0}` has no type: give one, as in {0}:text", column.name))
            })?;
            let made_up = |label| made_up(self.table, &column.name, label);
            views.push(ColumnView {
                name: column.name.clone(),
                sql_type: ty.word,
                nullable: column.is_nullable || !(is_new_table || column.default.is_some()),
                unique: column.is_unique,
                default: column.default.clone(),
                references: column.references.as_ref().map(ReferenceView::from),
                index: made_up("idx")?,
                key: made_up("key")?,
                foreign_key: made_up("fkey")?,
                ty,
            });
        }
        Ok(views)
    }

    fn index(&self, index: &str, columns: &[&str], unique: bool) -> Result<NewMigration, CliError> {
        self.known.is_free_name(self.tier, self.table, index)?;
        let name = format!("add_{index}");
        let values = IndexValues { tier: word(self.tier), name: &name, table: self.table, index, unique, columns };
        self.from("add-index", &name, &values)
    }

    fn from(&self, kind: &str, name: &str, values: &impl Serialize) -> Result<NewMigration, CliError> {
        let mut files = Vec::new();
        // up.sql first, as people read them.
        for file in ["up.sql", "down.sql", "metadata.toml"] {
            let template = format!("migration/{kind}/{file}");
            if NAMES.contains(&template.as_str()) {
                files.push((file, self.templates.render(&template, values)?));
            }
        }
        Ok(NewMigration { name: name.to_owned(), files })
    }
}

/// The name that PostgreSQL would make for an index or a constraint, if it is not too long.
fn made_up(table: &str, columns: &str, label: &str) -> Result<String, CliError> {
    check(Subject::Index, &format!("{table}_{columns}_{label}")).map_err(CliError::Usage)
}
