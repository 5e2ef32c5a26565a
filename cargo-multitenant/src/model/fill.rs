//! The model, from what the linter folds.

use multitenant_runtime::Tier;

use super::type_refs::type_ref;
use super::value::{
    Check, Column, Default, Extension, Field, ForeignKey, Generated, Home, Identity, Index, IndexItem, Key, Model,
    NamedCheck, Part, Sequence, Table, Timing, Type, TypeKind, TypeRef,
};
use crate::lint::{
    self, Catalog, CatalogCheck, CatalogColumn, CatalogExtension, CatalogForeignKey, CatalogIndex, CatalogKey,
    CheckKind, Relation, RelationKind, RustTable, Space,
};
use crate::print_schema::{SqlType, diesel_type};

/// What a catalogue holds of both tiers. `declared` are the tables of schema code, each with its tier: they stand in for
/// what the migrations leave open.
pub(crate) fn fill(catalog: &Catalog, declared: &[(Tier, &RustTable)]) -> Model {
    let filler = Filler { catalog };
    let mut model = Model {
        shared_schema: catalog.shared_schema().to_owned(),
        tables: Vec::new(),
        types: Vec::new(),
        sequences: Vec::new(),
        extensions: catalog.extensions.iter().map(extension).collect(),
    };
    for (tier, space) in [(Tier::Shared, &catalog.shared), (Tier::Tenant, &catalog.tenant)] {
        let tables = space.relations.iter().filter(|(_, relation)| relation.kind == RelationKind::Table);
        model.tables.extend(tables.map(|(name, relation)| filler.table(tier, space, name, relation)));
        model.types.extend(space.types.iter().map(|(name, entry)| filler.ty(tier, name, entry)));
        let sequences = space.relations.iter().filter(|(_, relation)| relation.kind == RelationKind::Sequence);
        model.sequences.extend(sequences.map(|(name, relation)| Sequence {
            tier,
            name: name.clone(),
            options: text(relation.options.as_ref()),
            comment: text(relation.comment.as_ref()),
        }));
    }
    filler.stand_in(&mut model, declared);
    // The names in Rust follow from all that is known.
    let names: Vec<Option<String>> = model
        .tables
        .iter()
        .flat_map(|table| &table.columns)
        .map(|column| column.ty.as_ref().map(|ty| of_rust(&model, ty, model.can_be_null(column))))
        .collect();
    let columns = model.tables.iter_mut().flat_map(|table| &mut table.columns);
    columns.zip(names).for_each(|(column, name)| column.diesel = name);
    model
}

/// What `table!` calls a type: of a domain, what it is made of.
fn of_rust(model: &Model, ty: &TypeRef, is_nullable: bool) -> String {
    let beneath = model.beneath(ty);
    diesel_type(&sql_type(&model.shared_schema, &beneath), beneath.array, is_nullable)
}

/// A type as schema code names it: a tenant's own is looked for along the path.
pub(crate) fn sql_type(shared_schema: &str, ty: &TypeRef) -> SqlType {
    let schema = match ty.home {
        Home::Tenant => None,
        Home::Shared => Some(shared_schema.to_owned()),
        Home::System => Some("pg_catalog".to_owned()),
        Home::Other => ty.schema.clone(),
    };
    SqlType::new(&ty.name, schema)
}

struct Filler<'a> {
    catalog: &'a Catalog,
}

impl Filler<'_> {
    fn table(&self, tier: Tier, space: &Space, name: &str, relation: &Relation) -> Table {
        let indexes = space.indexes(name).map(|(name, index)| index_of(name, index));
        let part = relation.parent.as_ref().map(|of| Part {
            of: of.clone(),
            partition: relation.is_partition,
            bounds: text(relation.bounds.as_ref()),
        });
        Table {
            tier,
            name: name.to_owned(),
            comment: text(relation.comment.as_ref()),
            columns: relation.columns.iter().map(|column| self.column(tier, column)).collect(),
            primary_key: relation.primary_key.as_ref().map(key),
            uniques: relation.uniques.iter().map(key).collect(),
            foreign_keys: relation.foreign_keys.iter().map(|key| self.foreign_key(tier, key)).collect(),
            indexes: indexes.collect(),
            checks: relation.checks.iter().map(check).collect(),
            partition_by: text(relation.partition_by.as_ref()),
            part,
            is_complete: !relation.is_opaque,
        }
    }

    fn column(&self, tier: Tier, column: &CatalogColumn) -> Column {
        let default = match &column.default {
            Some(expression) => Some(Default::Expression(expression.to_string())),
            None => column.is_serial.then_some(Default::Serial),
        };
        let identity = column
            .identity
            .as_ref()
            .map(|identity| Identity { always: identity.is_always, options: text(identity.options.as_ref()) });
        let generated = column.generated.as_ref();
        Column {
            name: column.name.clone(),
            ty: column.ty.as_ref().map(|ty| type_ref(self.catalog, tier, ty)),
            diesel: None,
            is_nullable: !column.not_null,
            default,
            identity,
            sequence: column.own_sequence.clone(),
            generated: generated
                .map(|(expression, stored)| Generated { expression: expression.to_string(), stored: *stored }),
            collation: text(column.collation.as_ref()),
            comment: text(column.comment.as_ref()),
        }
    }

    fn foreign_key(&self, tier: Tier, key: &CatalogForeignKey) -> ForeignKey {
        let home = match self.catalog.relation(&key.table, tier).map(|found| found.home) {
            Some(lint::Home::Tenant) => Home::Tenant,
            Some(lint::Home::Shared) => Home::Shared,
            Some(lint::Home::Other) | None => Home::Other,
        };
        let action = |action: &Option<(lint::Action, _)>| {
            action.as_ref().map_or(lint::Action::Nothing, |(action, _)| *action).words().to_owned()
        };
        ForeignKey {
            name: key.name.clone().unwrap_or_default(),
            columns: key.columns.clone(),
            home,
            schema: key.table.schema().filter(|_| home == Home::Other).map(str::to_owned),
            table: key.table.name().to_owned(),
            target: key.target.clone(),
            on_delete: action(&key.on_delete),
            on_update: action(&key.on_update),
            set_columns: key.set_columns.clone(),
            match_full: key.match_full,
            not_valid: key.not_valid,
            timing: timing(key.timing),
            crosses_tiers: matches!(home, Home::Shared | Home::Tenant) && home != Home::of(tier),
        }
    }

    fn ty(&self, tier: Tier, name: &str, entry: &lint::TypeEntry) -> Type {
        let used = |ty: &Option<lint::ColumnType>| ty.as_ref().map(|ty| type_ref(self.catalog, tier, ty));
        let kind = match &entry.kind {
            lint::TypeKind::Enum(labels) => TypeKind::Enum { labels: labels.clone() },
            lint::TypeKind::Composite(fields) => TypeKind::Composite {
                fields: fields.iter().map(|(name, ty)| Field { name: name.clone(), ty: used(ty) }).collect(),
            },
            lint::TypeKind::Domain(domain) => TypeKind::Domain {
                base: used(&domain.ty),
                not_null: domain.not_null,
                default: text(domain.default.as_ref()),
                checks: domain
                    .checks
                    .iter()
                    .map(|(name, text)| NamedCheck { name: name.clone(), expression: text.to_string() })
                    .collect(),
            },
            lint::TypeKind::Range | lint::TypeKind::Other => TypeKind::Opaque,
        };
        let is_complete = !entry.is_opaque && kind != TypeKind::Opaque;
        Type { tier, name: name.to_owned(), comment: text(entry.comment.as_ref()), kind, is_complete }
    }

    /// Takes from schema code what the migrations leave open: the columns of tables that are not all known, and whole
    /// tables where nobody can know which there are.
    fn stand_in(&self, model: &mut Model, declared: &[(Tier, &RustTable)]) {
        for (tier, table) in declared {
            let space = match tier {
                Tier::Shared => &self.catalog.shared,
                Tier::Tenant => &self.catalog.tenant,
            };
            let columns = || table.columns.iter().map(|column| lint::of_rust(column, &table.around));
            let at = model.tables.iter().position(|known| known.tier == *tier && known.name == table.sql_name);
            match at {
                Some(at) => {
                    let known = &mut model.tables[at];
                    for column in columns().map(|column| self.column(*tier, &column)) {
                        match known.columns.iter_mut().find(|of| of.name == column.name) {
                            Some(of) if of.ty.is_none() => {
                                (of.ty, of.is_nullable) = (column.ty, column.is_nullable);
                            }
                            Some(_) => {}
                            None if !known.is_complete => known.columns.push(column),
                            None => {}
                        }
                    }
                }
                None if space.is_opaque && !space.relations.contains_key(&table.sql_name) => {
                    let key = |name: &String| {
                        let found = table.columns.iter().find(|column| column.name == *name);
                        found.map_or_else(|| name.clone(), |column| column.sql_name.clone())
                    };
                    model.tables.push(Table {
                        columns: columns().map(|column| self.column(*tier, &column)).collect(),
                        primary_key: Some(Key {
                            name: format!("{}_pkey", table.sql_name),
                            columns: table.primary_key.iter().map(key).collect(),
                            include: Vec::new(),
                            nulls_not_distinct: false,
                            timing: Timing::Immediate,
                        }),
                        is_complete: false,
                        ..Table::new(*tier, &table.sql_name)
                    });
                }
                None => {}
            }
        }
        model.tables.sort_by(|one, other| (one.tier, &one.name).cmp(&(other.tier, &other.name)));
    }
}

fn extension(extension: &CatalogExtension) -> Extension {
    Extension { name: extension.name.clone(), schema: extension.schema.clone() }
}

fn key(key: &CatalogKey) -> Key {
    Key {
        name: key.name.clone().unwrap_or_default(),
        columns: key.columns.clone(),
        include: key.options.include.clone(),
        nulls_not_distinct: key.options.nulls_not_distinct,
        timing: timing(key.timing),
    }
}

fn index_of(name: &str, index: &CatalogIndex) -> Index {
    let items = index.columns.iter().zip(&index.items);
    Index {
        name: name.to_owned(),
        method: index.method.clone(),
        unique: index.is_unique,
        items: items.map(|(column, text)| IndexItem { column: column.clone(), text: text.to_string() }).collect(),
        include: index.include.clone(),
        predicate: text(index.predicate.as_ref()),
        nulls_not_distinct: index.nulls_not_distinct,
    }
}

fn check(check: &CatalogCheck) -> Check {
    let (exclude, text, no_inherit) = match &check.kind {
        CheckKind::Check { expression, no_inherit } => (false, expression, *no_inherit),
        CheckKind::Exclude { text, .. } => (true, text, false),
    };
    Check {
        name: check.name.clone().unwrap_or_default(),
        exclude,
        text: text.to_string(),
        no_inherit,
        not_valid: check.not_valid,
        timing: timing(check.timing),
    }
}

fn timing(timing: lint::Timing) -> Timing {
    match timing {
        lint::Timing::Immediate => Timing::Immediate,
        lint::Timing::Deferrable => Timing::Deferrable,
        lint::Timing::Deferred => Timing::Deferred,
    }
}

fn text(text: Option<&std::sync::Arc<str>>) -> Option<String> {
    text.map(ToString::to_string)
}
