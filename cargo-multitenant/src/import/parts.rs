//! What of a document a project is to get.

use multitenant_runtime::Tier;
use serde::Serialize;

use crate::error::CliError;
use crate::export::{Wanted, select};
use crate::model::{Default, Home, Model, Table, Type, TypeKind, TypeRef, word};
use crate::print_schema::rust_name;
use crate::scaffold::Known;

/// What is to be made.
#[derive(Debug)]
pub(crate) struct Parts {
    /// All that is new.
    pub(crate) new: Model,
    /// That, and what the project has already.
    pub(crate) all: Model,
    pub(crate) left_out: Vec<LeftOut>,
    /// What is worth a word.
    pub(crate) words: Vec<String>,
}

/// Something that the project has already, and that is the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct LeftOut {
    pub(crate) kind: &'static str,
    pub(crate) tier: &'static str,
    pub(crate) name: String,
    /// Where it is made.
    pub(crate) place: String,
}

/// The part of a document that is wanted.
///
/// # Errors
///
/// [`CliError::NoMatch`] where a table is wanted that the document does not have.
pub(crate) fn chosen(document: &Model, wanted: &Wanted) -> Result<Model, CliError> {
    let (mut part, _) = select(document, wanted)?;
    if !wanted.tables.is_empty() {
        // The numbers that these tables draw are needed.
        let is_drawn = |tier: Tier, name: &str| {
            let mut columns = part.tables.iter().filter(|table| table.tier == tier).flat_map(|table| &table.columns);
            columns.any(|column| matches!(&column.default, Some(Default::Expression(text)) if text.contains(name)))
        };
        part.sequences = document.sequences.iter().filter(|of| is_drawn(of.tier, &of.name)).cloned().collect();
    }
    Ok(part)
}

/// Holds a part of a document against a project.
///
/// # Errors
///
/// [`CliError::Refused`] where a name is another thing in the project, or something is needed that neither of them has.
pub(crate) fn parts(mut part: Model, existing: &Model, known: &Known) -> Result<Parts, CliError> {
    let mut words = Vec::new();
    if part.shared_schema != existing.shared_schema {
        words.push(format!(
            "the document's shared schema is {:?}, and this project's is {:?}: expressions that name the former are taken \
             as they are",
            part.shared_schema, existing.shared_schema
        ));
        part.shared_schema.clone_from(&existing.shared_schema);
    }
    let mut filter = Filter { existing, known, left_out: Vec::new(), refused: Vec::new() };
    let tables: Vec<Table> = std::mem::take(&mut part.tables).into_iter().filter(|table| filter.table(table)).collect();
    part.types.retain(|ty| filter.ty(ty, &mut words));
    part.sequences.retain(|sequence| filter.sequence(sequence));
    part.extensions.retain(|extension| existing.extensions.iter().all(|own| own.name != extension.name));
    part.tables = tables;
    let mut all = existing.clone();
    all.tables.extend(part.tables.iter().cloned());
    all.types.extend(part.types.iter().cloned());
    all.sequences.extend(part.sequences.iter().cloned());
    all.extensions.extend(part.extensions.iter().cloned());
    filter.names(&part);
    filter.needs(&part, &all);
    let Filter { left_out, refused, .. } = filter;
    if !refused.is_empty() {
        return Err(CliError::Refused(format!("nothing was written: {}", refused.join("\n"))));
    }
    said(&part, &all, &mut words);
    Ok(Parts { new: part, all, left_out, words })
}

struct Filter<'a> {
    existing: &'a Model,
    known: &'a Known,
    left_out: Vec<LeftOut>,
    refused: Vec<String>,
}

impl Filter<'_> {
    /// Whether a table is new.
    fn table(&mut self, table: &Table) -> bool {
        let (tier, name) = (table.tier, table.name.as_str());
        if let Some(own) = self.existing.table(Home::of(tier), name)
            && let Some((_, place)) = self.known.relation_at(tier, name)
        {
            return self.is_same(same(own) == same(table), "table", tier, name, place);
        }
        if let Some((noun, place)) = self.known.relation_at(tier, name) {
            self.refuse(tier, "table", name, &format!("{place} makes a {noun} of that name"));
        } else if let Some(file) = self.known.declared_in(tier, name) {
            self.refuse(tier, "table", name, &format!("{file} has a `table!` of it, which no migration makes"));
        } else if let Some((noun, place)) = self.known.relation_at(other(tier), name) {
            let what = format!(
                "{place} makes a {noun} of that name in the other tier, and without a schema the name would mean one or the \
                 other"
            );
            self.refuse(tier, "table", name, &what);
        } else if let Some(place) = self.known.type_at(tier, name) {
            self.refuse(tier, "table", name, &format!("{place} makes a type of that name"));
        }
        true
    }

    fn ty(&mut self, ty: &Type, words: &mut Vec<String>) -> bool {
        let (tier, name) = (ty.tier, ty.name.as_str());
        if let Some(place) = self.known.type_at(tier, name) {
            let own = self.existing.types.iter().find(|own| own.tier == tier && own.name == name);
            return self.is_same(own == Some(ty), "type", tier, name, place);
        }
        if let Some((noun, place)) = self.known.relation_at(tier, name) {
            self.refuse(tier, "type", name, &format!("{place} makes a {noun} of that name"));
        }
        if ty.kind == TypeKind::Opaque {
            words.push(format!("the {} type {name} is left out: no more than its name is known", word(tier)));
            return false;
        }
        true
    }

    fn sequence(&mut self, sequence: &crate::model::Sequence) -> bool {
        let (tier, name) = (sequence.tier, sequence.name.as_str());
        let Some((noun, place)) = self.known.relation_at(tier, name) else { return true };
        let own = self.existing.sequences.iter().find(|own| own.tier == tier && own.name == name);
        if own.is_none() {
            self.refuse(tier, "sequence", name, &format!("{place} makes a {noun} of that name"));
            return true;
        }
        self.is_same(own == Some(sequence), "sequence", tier, name, place)
    }

    /// Notes what is there already; whether it is to be made nevertheless, which is refused.
    fn is_same(&mut self, is_same: bool, kind: &'static str, tier: Tier, name: &str, place: String) -> bool {
        if is_same {
            self.left_out.push(LeftOut { kind, tier: word(tier), name: name.to_owned(), place });
        } else {
            self.refuse(tier, kind, name, &format!("{place} makes another one"));
        }
        false
    }

    /// The names of indexes and keys, which tables and sequences must not have.
    fn names(&mut self, part: &Model) {
        for table in &part.tables {
            let keys = table.primary_key.iter().chain(&table.uniques).map(|key| ("key", &key.name));
            let indexes = table.indexes.iter().map(|index| ("index", &index.name));
            for (kind, name) in keys.chain(indexes).collect::<Vec<_>>() {
                if self.known.is_taken(table.tier, name) {
                    let what =
                        format!("the project has something of that name already, and {} would bring it", table.name);
                    self.refuse(table.tier, kind, name, &what);
                }
            }
        }
    }

    /// What is needed must be there, or be made, too.
    fn needs(&mut self, part: &Model, all: &Model) {
        for table in &part.tables {
            for key in table.foreign_keys.iter().filter(|key| matches!(key.home, Home::Shared | Home::Tenant)) {
                let whose = if key.home == Home::Shared { "shared" } else { "tenant" };
                let what = format!("its foreign key {} leads to the {whose} table {}", key.name, key.table);
                match all.table(key.home, &key.table) {
                    None => self.refuse(
                        table.tier,
                        "table",
                        &table.name,
                        &format!("{what}, which is neither there nor imported: import it, too"),
                    ),
                    Some(target) => {
                        if let Some(column) = key.target.iter().find(|column| target.column(column).is_none()) {
                            self.refuse(
                                table.tier,
                                "table",
                                &table.name,
                                &format!("{what}, which has no column {column}"),
                            );
                        }
                    }
                }
            }
            if let Some(of) = table.part.as_ref().map(|part| &part.of)
                && part.table(Home::of(table.tier), of).is_none()
            {
                let what = format!("it is a part of {of}, which is not imported with it: import both");
                self.refuse(table.tier, "table", &table.name, &what);
            }
            for used in table.columns.iter().filter_map(|column| column.ty.as_ref()) {
                self.has_type(table.tier, "table", &table.name, used, all);
            }
        }
        for ty in &part.types {
            let used: Vec<&TypeRef> = match &ty.kind {
                TypeKind::Domain { base, .. } => base.iter().collect(),
                TypeKind::Composite { fields } => fields.iter().filter_map(|field| field.ty.as_ref()).collect(),
                TypeKind::Enum { .. } | TypeKind::Opaque => Vec::new(),
            };
            used.into_iter().for_each(|used| self.has_type(ty.tier, "type", &ty.name, used, all));
        }
    }

    fn has_type(&mut self, tier: Tier, kind: &'static str, name: &str, used: &TypeRef, all: &Model) {
        let is_row = all.table(used.home, &used.name).is_some();
        if matches!(used.home, Home::Shared | Home::Tenant) && all.type_of(used).is_none() && !is_row {
            let what = format!("its type {} is neither there nor can it be imported: make it first", used.name);
            self.refuse(tier, kind, name, &what);
        }
    }

    fn refuse(&mut self, tier: Tier, kind: &str, name: &str, why: &str) {
        let line = format!("the {} {kind} {name:?} cannot be imported: {why}", word(tier));
        if !self.refused.contains(&line) {
            self.refused.push(line);
        }
    }
}

/// A table without what follows from the rest.
fn same(table: &Table) -> Table {
    let mut table = table.clone();
    table.columns.iter_mut().for_each(|column| (column.diesel, column.sequence) = (None, None));
    table.foreign_keys.iter_mut().for_each(|key| key.crosses_tiers = false);
    table
}

fn said(part: &Model, all: &Model, words: &mut Vec<String>) {
    for table in part.tables.iter().filter(|table| !table.is_complete) {
        words.push(format!("{}: not all of its columns are known, and those that are known are imported", table.name));
    }
    for ty in part.types.iter().filter(|ty| !ty.is_complete) {
        words.push(format!("the type {}: not all of it is known, and what is known is imported", ty.name));
    }
    let used = part.tables.iter().flat_map(|table| &table.columns).filter_map(|column| column.ty.as_ref());
    let mut foreign: Vec<String> = used.filter(|ty| ty.home == Home::Other).map(TypeRef::sql).collect();
    foreign.sort();
    foreign.dedup();
    let names =
        |model: &Model| model.extensions.iter().map(|extension| extension.name.as_str()).collect::<Vec<_>>().join(", ");
    if !part.extensions.is_empty() {
        words.push(format!(
            "the shared migration makes the extensions {}: the server must have them, and the role must be allowed to",
            names(part)
        ));
    }
    if !foreign.is_empty() {
        let or_made = if all.extensions.is_empty() { String::new() } else { format!(", or come with {}", names(all)) };
        words.push(format!(
            "{} must be there before{or_made}: an extension's types are made by CREATE EXTENSION in a shared migration",
            foreign.join(", ")
        ));
    }
    let mut modules: Vec<(String, &Table)> = Vec::new();
    for table in &part.tables {
        let module = rust_name(&table.name, None);
        if let Some((_, other)) = modules.iter().find(|(of, other)| *of == module && other.name == table.name) {
            words.push(format!(
                "{} is a table of both tiers, the {} one and the {} one: a tenant's migration means its own",
                table.name,
                word(other.tier),
                word(table.tier)
            ));
        }
        modules.push((module, table));
    }
}

fn other(tier: Tier) -> Tier {
    match tier {
        Tier::Shared => Tier::Tenant,
        Tier::Tenant => Tier::Shared,
    }
}
