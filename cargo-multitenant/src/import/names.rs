//! Names that PostgreSQL keeps, that mean what they say, and that are no paths.

use std::collections::BTreeMap;

use multitenant_runtime::{Identifier, Tier};

use super::pointer::{Pointer, Problem};
use crate::lint::is_servers_type;
use crate::model::{Home, Model, Table, Type, TypeKind, word};
use crate::print_schema::rust_name;

/// What a name is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    Table,
    Column,
    Type,
    Sequence,
    /// An index, a constraint, a field.
    Other,
}

/// The columns that PostgreSQL gives every table.
const SYSTEM_COLUMNS: &[&str] = &["cmax", "cmin", "ctid", "tableoid", "xmax", "xmin"];

/// Tables that belong to the tool itself.
const OURS: &[&str] = &["__diesel_schema_migrations"];

/// What is wrong with the names of a model.
pub(super) fn check(model: &Model) -> Vec<Problem> {
    let mut names = Names { problems: Vec::new(), relations: BTreeMap::new() };
    names.one(Of::Other, &model.shared_schema, &Pointer::default().at("x-shared-schema"));
    names.extensions(model);
    for table in &model.tables {
        names.table(table);
    }
    for ty in &model.types {
        names.ty(model, ty);
    }
    for sequence in &model.sequences {
        let at = Pointer::default().at("$defs").at(word(sequence.tier)).at("x-sequences").at(&sequence.name);
        names.one(Of::Sequence, &sequence.name, &at);
        names.relation(sequence.tier, &sequence.name, &at);
    }
    names.problems
}

struct Names {
    problems: Vec<Problem>,
    /// Tables, indexes and sequences, which share one space of names, and where each is.
    relations: BTreeMap<(Tier, String), Pointer>,
}

impl Names {
    fn extensions(&mut self, model: &Model) {
        for (index, extension) in model.extensions.iter().enumerate() {
            let at = Pointer::default().at("x-extensions").at(index);
            self.one(Of::Other, &extension.name, &at.at("name"));
            if let Some(schema) = &extension.schema {
                self.one(Of::Other, schema, &at.at("schema"));
            }
            if model.extensions[..index].iter().any(|other| other.name == extension.name) {
                self.say(&at.at("name"), format!("the extension {:?} is there twice: leave one out", extension.name));
            }
        }
    }

    fn table(&mut self, table: &Table) {
        let at = Pointer::of(word(table.tier), &table.name);
        self.one(Of::Table, &table.name, &at);
        self.relation(table.tier, &table.name, &at);
        let mut rust: BTreeMap<String, &str> = BTreeMap::new();
        let module = rust_name(&table.name, None);
        for column in &table.columns {
            let at = at.at("properties").at(&column.name);
            self.one(Of::Column, &column.name, &at);
            let name = rust_name(&column.name, Some(&module));
            if let Some(other) = rust.insert(name.clone(), &column.name) {
                let own = &column.name;
                self.say(&at, format!("the columns {other:?} and {own:?} would both be `{name}` in Rust: rename one"));
            }
            if let Some(schema) = column.ty.as_ref().and_then(|ty| ty.schema.as_ref()) {
                self.one(Of::Other, schema, &at.at("x-type").at("schema"));
            }
        }
        let mut constraints: BTreeMap<&str, ()> = BTreeMap::new();
        let keys = table.primary_key.iter().map(|key| (key, at.at("x-primary-key")));
        let uniques = table.uniques.iter().enumerate().map(|(index, key)| (key, at.at("x-uniques").at(index)));
        let keys: Vec<_> = keys.chain(uniques).collect();
        for (key, at) in &keys {
            self.one(Of::Other, &key.name, &at.at("name"));
            self.relation(table.tier, &key.name, &at.at("name"));
        }
        for (index, key) in table.indexes.iter().enumerate() {
            let at = at.at("x-indexes").at(index);
            self.one(Of::Other, &key.name, &at.at("name"));
            self.one(Of::Other, &key.method, &at.at("method"));
            self.relation(table.tier, &key.name, &at.at("name"));
        }
        let keys = keys.into_iter().map(|(key, at)| (key.name.as_str(), at));
        let foreign = table.foreign_keys.iter().enumerate();
        let foreign = foreign.map(|(index, key)| (key.name.as_str(), at.at("x-foreign-keys").at(index)));
        let checks = table.checks.iter().enumerate();
        let checks = checks.map(|(index, check)| (check.name.as_str(), at.at("x-checks").at(index)));
        for (name, at) in keys.chain(foreign).chain(checks) {
            self.one(Of::Other, name, &at.at("name"));
            if constraints.insert(name, ()).is_some() {
                self.say(&at.at("name"), format!("the table has two constraints {name:?}: rename one"));
            }
        }
        for (index, key) in table.foreign_keys.iter().enumerate() {
            let at = at.at("x-foreign-keys").at(index);
            self.one(Of::Other, &key.table, &at.at("table"));
            if let Some(schema) = &key.schema {
                self.one(Of::Other, schema, &at.at("schema"));
            }
            for (column, name) in key.target.iter().enumerate() {
                self.one(Of::Other, name, &at.at("target").at(column));
            }
        }
    }

    fn ty(&mut self, model: &Model, ty: &Type) {
        let at = Pointer::of(word(ty.tier), &ty.name);
        self.one(Of::Type, &ty.name, &at);
        if model.table(Home::of(ty.tier), &ty.name).is_some() {
            self.say(&at, "a table of this name is there, too, and its row is a type of the name: rename one");
        }
        let kind = at.at("x-kind");
        match &ty.kind {
            TypeKind::Enum { labels } => {
                for (index, label) in labels.iter().enumerate() {
                    let at = kind.at("enum").at("labels").at(index);
                    if label.len() > 63 || label.contains('\0') {
                        self.say(&at, "a label has at most 63 bytes, and none of them is NUL: shorten it");
                    }
                    if labels[..index].contains(label) {
                        self.say(&at, format!("the label {label:?} is there twice: leave one out"));
                    }
                }
            }
            TypeKind::Composite { fields } => {
                for (index, field) in fields.iter().enumerate() {
                    let at = kind.at("composite").at("fields").at(index).at("name");
                    self.one(Of::Other, &field.name, &at);
                    if fields[..index].iter().any(|other| other.name == field.name) {
                        self.say(&at, "a field of this name is there already: rename one");
                    }
                }
            }
            TypeKind::Domain { checks, .. } => {
                for (index, check) in checks.iter().enumerate() {
                    self.one(Of::Other, &check.name, &kind.at("domain").at("checks").at(index).at("name"));
                }
            }
            TypeKind::Opaque => {}
        }
    }

    fn relation(&mut self, tier: Tier, name: &str, at: &Pointer) {
        if self.relations.insert((tier, name.to_owned()), at.clone()).is_some() {
            let message = format!(
                "another table, index or sequence is called {name:?}, and they share one space of names: rename one"
            );
            self.say(at, message);
        }
    }

    fn one(&mut self, of: Of, name: &str, at: &Pointer) {
        if let Some(why) = wrong(of, name) {
            self.say(at, format!("the name {name:?} {why}"));
        }
    }

    fn say(&mut self, at: &Pointer, message: impl Into<String>) {
        self.problems.push(Problem::new(at, message));
    }
}

fn wrong(of: Of, name: &str) -> Option<String> {
    if let Err(error) = Identifier::new(name) {
        return Some(format!("is none that PostgreSQL keeps ({error}): give it another one"));
    }
    let is_named = matches!(of, Of::Table | Of::Type | Of::Sequence);
    let why = if name.chars().any(char::is_control) {
        "holds a control character: leave it out"
    } else if of == Of::Table && (name.contains(['/', '\\']) || name.starts_with('.')) {
        "could be read as a path: tables have files in Rust, so give it another one"
    } else if is_named && name.starts_with("pg_") {
        "begins with `pg_`, and would mean what PostgreSQL has of that name: give it another one"
    } else if of == Of::Table && OURS.contains(&name) {
        "is that of a table that belongs to the migrations themselves: leave it out by naming the others with --table"
    } else if of == Of::Type && is_servers_type(name) {
        "is that of a type of PostgreSQL's, which would be meant instead: give it another one"
    } else if of == Of::Column && SYSTEM_COLUMNS.contains(&name) {
        "is that of a column that PostgreSQL gives every table: give it another one"
    } else {
        return None;
    };
    Some(why.to_owned())
}
