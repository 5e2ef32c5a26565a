//! Tables as schema code has them.

use multitenant_runtime::{SchemaName, Settings, Tier};

use super::inspect::{ColumnFact, KeyFact};
use super::joins::{self, Join};
use super::names::{ColumnNames, is_identifier, rust_name};
use super::style::{Sorting, Style};
use super::types::SqlType;

/// What a database holds, of one tenant and of what all share.
#[derive(Debug, Default)]
pub(crate) struct Model {
    /// The shared ones first, each tier by name.
    pub(super) tables: Vec<Table>,
    pub(super) joins: Vec<Join>,
    /// What could not be printed.
    pub(crate) warnings: Vec<String>,
}

/// A table.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) tier: Tier,
    pub(super) name: String,
    pub(super) rust_name: String,
    /// The schema that stands before the name; tenants' tables have none.
    pub(super) schema: Option<String>,
    pub(super) comment: Option<String>,
    /// The columns of the primary key, as Rust has them.
    pub(super) primary_key: Vec<String>,
    pub(super) columns: Vec<Column>,
}

/// A column.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) rust_name: String,
    pub(super) ty: SqlType,
    pub(super) is_array: bool,
    pub(super) is_nullable: bool,
    pub(super) max_length: Option<u64>,
    pub(super) comment: Option<String>,
}

impl Model {
    /// The table with most columns, and how many it has.
    pub(crate) fn widest(&self) -> Option<(String, usize)> {
        let table = self.tables.iter().max_by_key(|table| table.columns.len())?;
        Some((table.full_name(), table.columns.len()))
    }

    /// Whether a tier has any table.
    pub(super) fn has_tables_of(&self, tier: Tier) -> bool {
        self.tables.iter().any(|table| table.tier == tier)
    }
}

impl Table {
    /// A column's name in Rust.
    pub(super) fn column(&self, name: &str) -> Option<&str> {
        self.columns.iter().find(|column| column.name == name).map(|column| column.rust_name.as_str())
    }

    /// The name in the database, with the schema where that is written.
    pub(super) fn full_name(&self) -> String {
        match &self.schema {
            Some(schema) => format!("{schema}.{}", self.name),
            None => self.name.clone(),
        }
    }
}

impl Column {
    /// The type in schema code.
    pub(super) fn diesel_type(&self) -> String {
        diesel_type(&self.ty, self.is_array, self.is_nullable)
    }
}

/// A type in schema code.
pub(crate) fn diesel_type(ty: &SqlType, is_array: bool, is_nullable: bool) -> String {
    let name = &ty.rust_name;
    let ty = if is_array { format!("Array<Nullable<{name}>>") } else { name.clone() };
    if is_nullable { format!("Nullable<{ty}>") } else { ty }
}

/// The tables of both tiers, as Diesel CLI would have them.
pub(super) fn model(
    settings: &Settings,
    tenant: &SchemaName,
    style: &Style,
    facts: Vec<(Tier, Vec<ColumnFact>)>,
    keys: &[KeyFact],
) -> Model {
    let mut model = Model::default();
    for (tier, facts) in facts {
        let schema = (tier == Tier::Shared).then(|| settings.shared_schema.as_str());
        for facts in facts.chunk_by(|one, next| one.table == next.table) {
            match facts.first() {
                Some(first) if style.filter.wants(&first.table) => {
                    let table = table(tier, schema, tenant, style, first, facts);
                    if table.primary_key.is_empty() {
                        let name = table.full_name();
                        model
                            .warnings
                            .push(format!("the table {name} is left out: Diesel needs a primary key, and it has none"));
                    } else {
                        model.tables.push(table);
                    }
                }
                _ => {}
            }
        }
    }
    model.tables.sort_by(|one, other| (one.tier, &one.name).cmp(&(other.tier, &other.name)));
    model.joins = joins::safe(&model.tables, keys, settings.shared_schema.as_str(), tenant.as_str());
    model
}

fn table(
    tier: Tier,
    schema: Option<&str>,
    tenant: &SchemaName,
    style: &Style,
    first: &ColumnFact,
    facts: &[ColumnFact],
) -> Table {
    let rust = rust_name(&first.table, None);
    let names = ColumnNames::new(facts.iter().map(|fact| fact.name.as_str()), &rust);
    let mut key: Vec<&ColumnFact> = facts.iter().filter(|fact| fact.in_key.is_some()).collect();
    key.sort_by_key(|fact| fact.in_key);
    let mut columns: Vec<Column> = facts
        .iter()
        .map(|fact| Column {
            name: fact.name.clone(),
            rust_name: names.of(&fact.name),
            ty: sql_type(fact, tenant, style),
            is_array: fact.is_array && !is_own_domain(fact, style),
            is_nullable: fact.is_nullable,
            max_length: fact.max_length,
            comment: fact.comment.clone(),
        })
        .collect();
    if style.sorting == Sorting::Name {
        columns.sort_by(|one, other| one.name.cmp(&other.name));
    }
    Table {
        tier,
        name: first.table.clone(),
        schema: schema.map(str::to_owned),
        comment: first.table_comment.clone(),
        primary_key: key.iter().map(|fact| names.of(&fact.name)).collect(),
        columns,
        rust_name: rust,
    }
}

/// A tenant's own type is looked for along the path, so that each tenant's is found; what an extension has put into
/// `public` is written as Diesel CLI does it; everything else is where it is.
fn sql_type(fact: &ColumnFact, tenant: &SchemaName, style: &Style) -> SqlType {
    let (name, schema) = match &fact.domain {
        Some((name, schema)) if is_own_domain(fact, style) => (name, schema),
        _ => (&fact.ty, &fact.type_schema),
    };
    let is_by_path = schema == tenant.as_str() || fact.is_extension_s && schema == "public";
    SqlType::new(name, (!is_by_path).then(|| schema.clone()))
}

fn is_own_domain(fact: &ColumnFact, style: &Style) -> bool {
    fact.domain.as_ref().is_some_and(|(name, _)| style.domains.iter().any(|pattern| pattern.is_match(name)))
}

/// Whether `table!` can name the schema.
pub(super) fn can_be_named(schema: &str) -> bool {
    is_identifier(schema)
}
