//! What a statement changes.

use std::sync::Arc;

use multitenant_runtime::Tier;

use super::object::TypeKind;
use super::{Catalog, Origin, Relation, RelationKind, RoutineEntry, Space, TypeEntry};
use super::{CatalogColumn, CatalogIndex, ColumnType, Home};
use crate::finding::{FileId, Place};
use crate::lint::sql::{ChangeKind, Class, Column, Detail, IndexDef, Name, Role, Statement, TypeDef, TypeUse, Verb};

/// Where a statement stands, and whose it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Site<'a> {
    pub(super) file: FileId,
    pub(super) tier: Tier,
    pub(super) statement: &'a Statement,
}

impl Site<'_> {
    pub(super) fn origin(&self, span: std::ops::Range<usize>) -> Origin {
        Origin { place: Place::new(self.file, span), around: Place::new(self.file, self.statement.span.clone()) }
    }
}

impl Catalog {
    /// Folds a statement of a migration of this tier.
    ///
    /// A `DO` block folds as if all of it ran; the body of a function does not, since it runs later.
    pub(crate) fn fold(&mut self, statement: &Statement, file: FileId, tier: Tier, text: &str) {
        if statement.runs_its_body() {
            statement.nested.iter().for_each(|inner| self.fold(inner, file, tier, text));
        }
        self.fold_itself(statement, file, tier, text);
    }

    /// Folds a statement without what is nested in it.
    pub(crate) fn fold_itself(&mut self, statement: &Statement, file: FileId, tier: Tier, text: &str) {
        let site = Site { file, tier, statement };
        match statement.verb {
            Verb::Execute | Verb::Control => {
                if matches!(statement.detail, Detail::Dynamic { is_constant: false, is_harmless: false }) {
                    self.own(tier).is_opaque = true;
                }
            }
            Verb::Create => self.create(site, text),
            Verb::Alter => self.alter(site),
            Verb::Drop => self.drop(site),
            Verb::Select | Verb::Call => self.called(site, text),
            _ => {}
        }
    }

    /// The schema that unqualified names are made in.
    fn own(&mut self, tier: Tier) -> &mut Space {
        if tier == Tier::Tenant { &mut self.tenant } else { &mut self.shared }
    }

    /// The schema in which a name is made.
    fn target(&mut self, name: &Name, tier: Tier) -> &mut Space {
        match name.schema() {
            None => self.own(tier),
            Some(schema) if self.home_of(schema) == Home::Shared => &mut self.shared,
            Some(schema) => self.others.entry(schema.to_owned()).or_default(),
        }
    }

    /// The schema in which an existing relation of this name is, to change it there.
    pub(super) fn space_of(&mut self, name: &Name, tier: Tier, has: impl Fn(&Space) -> bool) -> Option<&mut Space> {
        let home = self.path(name, tier).into_iter().find(|(_, space)| has(space)).map(|(home, _)| home)?;
        Some(match home {
            Home::Tenant => &mut self.tenant,
            Home::Shared => &mut self.shared,
            Home::Other => self.others.get_mut(name.schema()?)?,
        })
    }

    pub(super) fn relation_mut(&mut self, name: &Name, tier: Tier) -> Option<&mut Relation> {
        let space = self.space_of(name, tier, |space| space.relations.contains_key(name.name()))?;
        space.relations.get_mut(name.name()).map(Arc::make_mut)
    }

    fn create(&mut self, site: Site<'_>, text: &str) {
        let statement = site.statement;
        if statement.flags.temporary {
            return;
        }
        if let Detail::Extension { schema, .. } = &statement.detail {
            let schema = schema.as_ref().map_or_else(|| self.shared_schema().to_owned(), |schema| schema.text.clone());
            self.extension_schemas.push(schema);
            return;
        }
        // An index may have no name of its own; its table has one.
        let on = || statement.objects.iter().find(|object| object.role == Role::On);
        let Some(name) = statement.subject().or_else(on).map(|object| object.name.clone()) else { return };
        let origin = site.origin(name.span());
        match (&statement.detail, statement.class) {
            // It is there already, and IF NOT EXISTS leaves it as it is.
            (Detail::Table(_) | Detail::TableAs(_), _)
                if statement.flags.if_not_exists && self.has_own(&name, site.tier) => {}
            (Detail::Table(definition), _) => {
                let relation = self.table(definition, &site, origin);
                self.insert(&name, site.tier, relation);
            }
            (Detail::TableAs(columns), class) => {
                let kind = match class {
                    Class::View => RelationKind::View,
                    Class::MaterializedView => RelationKind::MaterializedView,
                    _ => RelationKind::Table,
                };
                let mut relation = Relation::new(kind, origin.clone());
                relation.columns = columns.iter().map(|column| CatalogColumn::unknown(&column.text, &origin)).collect();
                relation.is_opaque = true;
                self.insert(&name, site.tier, relation);
            }
            (Detail::Index(index), _) => self.index(index, &name, site, origin),
            (Detail::Type(definition), _) => {
                let kind = match definition {
                    TypeDef::Enum(labels) => TypeKind::Enum(labels.clone()),
                    TypeDef::Composite => TypeKind::Composite,
                    TypeDef::Range => TypeKind::Range,
                    TypeDef::Domain(ty) => TypeKind::Domain(ty.as_ref().map(column_type)),
                    TypeDef::Other => TypeKind::Other,
                };
                let types = &mut self.target(&name, site.tier).types;
                types.entry(name.name.text.clone()).or_insert_with(|| Arc::new(TypeEntry { kind, origin }));
            }
            (Detail::Routine(_), _) => {
                let text = text.get(statement.span.clone()).unwrap_or_default().split_whitespace().collect();
                let routine = Arc::new(RoutineEntry { origin, text, body: statement.nested.clone() });
                self.target(&name, site.tier).routines.insert(name.name.text.clone(), routine);
            }
            (_, Class::Sequence) => self.insert(&name, site.tier, Relation::new(RelationKind::Sequence, origin)),
            (_, Class::Routine) => {
                let routine = RoutineEntry { origin, text: String::new(), body: Vec::new().into() };
                self.target(&name, site.tier).routines.insert(name.name.text.clone(), Arc::new(routine));
            }
            _ => {}
        }
    }

    fn has_own(&mut self, name: &Name, tier: Tier) -> bool {
        self.target(name, tier).relations.contains_key(name.name())
    }

    fn insert(&mut self, name: &Name, tier: Tier, relation: Relation) {
        self.target(name, tier).relations.insert(name.name.text.clone(), Arc::new(relation));
    }

    fn index(&mut self, index: &IndexDef, name: &Name, site: Site<'_>, origin: Origin) {
        let Some(table) = site.statement.objects.iter().find(|object| object.role == Role::On) else { return };
        let table = &table.name;
        let entry = CatalogIndex {
            table: table.name.text.clone(),
            columns: index.columns.iter().map(|column| column.as_ref().map(|column| column.text.clone())).collect(),
            is_unique: index.is_unique,
            is_partial: index.is_partial,
            is_special: index.is_special,
            method: index.method.clone().unwrap_or_else(|| "btree".to_owned()),
        };
        // Where it has none, PostgreSQL makes one of the table's and the columns'.
        let is_named = site.statement.objects.iter().any(|o| o.class == Class::Index && o.role == Role::Subject);
        let index_name = if is_named { name.name.text.clone() } else { default_index_name(&entry.table, index) };
        let is_there = |space: &Space| space.relations.contains_key(table.name());
        // An index is always in its table's schema.
        let space = match self.space_of(table, site.tier, is_there) {
            Some(space) => space,
            None => self.target(table, site.tier),
        };
        let relation = Relation::new(RelationKind::Index(entry), origin);
        space.relations.entry(index_name).or_insert_with(|| Arc::new(relation));
    }

    fn drop(&mut self, site: Site<'_>) {
        let subjects: Vec<_> = site.statement.subjects().cloned().collect();
        for subject in subjects {
            let (name, key) = (&subject.name, subject.name.name.text.clone());
            match subject.class {
                class if class.is_relation() => {
                    if let Some(space) = self.space_of(name, site.tier, |space| space.relations.contains_key(&key)) {
                        space.drop_partitions(&key);
                        let dropped = space.relations.remove(&key);
                        if dropped.is_some_and(|relation| {
                            relation.kind.is_table() || relation.kind == RelationKind::MaterializedView
                        }) {
                            space.forget_indexes(&key);
                        }
                    }
                }
                Class::Type | Class::Domain => {
                    if let Some(space) = self.space_of(name, site.tier, |space| space.types.contains_key(&key)) {
                        space.types.remove(&key);
                    }
                }
                Class::Routine => {
                    if let Some(space) = self.space_of(name, site.tier, |space| space.routines.contains_key(&key)) {
                        space.routines.remove(&key);
                    }
                }
                Class::Schema => {
                    self.others.remove(&key);
                }
                _ => {}
            }
        }
    }

    fn alter(&mut self, site: Site<'_>) {
        let Some(subject) = site.statement.subject().cloned() else { return };
        let Detail::Changes(changes) = &site.statement.detail else { return };
        for change in changes {
            match (&change.kind, subject.class) {
                (ChangeKind::RenameTo(to), class) => self.rename(&subject.name, class, &to.text, site.tier),
                (ChangeKind::SetSchema(schema), class) => self.move_to(&subject.name, class, &schema.text, site.tier),
                (ChangeKind::AddValue(label), Class::Type) => self.labels(&subject.name, site.tier, |labels| {
                    labels.push(label.clone());
                }),
                (ChangeKind::RenameValue { from, to }, Class::Type) => {
                    self.labels(&subject.name, site.tier, |labels| {
                        labels.iter_mut().filter(|label| *label == from).for_each(|label| label.clone_from(to));
                    });
                }
                (kind, class) if class.is_relation() => self.alter_table(&subject.name, kind, &site),
                _ => {}
            }
        }
    }

    fn labels(&mut self, name: &Name, tier: Tier, change: impl Fn(&mut Vec<String>)) {
        let has = |space: &Space| space.types.contains_key(name.name());
        let Some(space) = self.space_of(name, tier, has) else { return };
        if let Some(entry) = space.types.get_mut(name.name())
            && let TypeKind::Enum(labels) = &mut Arc::make_mut(entry).kind
        {
            change(labels);
        }
    }

    fn rename(&mut self, name: &Name, class: Class, to: &str, tier: Tier) {
        let old = name.name();
        let has = |space: &Space| space.has(class, old);
        let Some(space) = self.space_of(name, tier, has) else { return };
        match class {
            Class::Type | Class::Domain => move_key(&mut space.types, old, to),
            Class::Routine => move_key(&mut space.routines, old, to),
            _ => {
                move_key(&mut space.relations, old, to);
                for relation in space.relations.values_mut() {
                    if let RelationKind::Index(index) = &relation.kind
                        && index.table == old
                    {
                        let index = CatalogIndex { table: to.to_owned(), ..index.clone() };
                        Arc::make_mut(relation).kind = RelationKind::Index(index);
                    }
                }
                self.follow_rename(old, to, class);
            }
        }
        if matches!(class, Class::Type | Class::Domain) {
            self.follow_type_rename(old, to);
        }
    }

    /// Foreign keys and partitions follow their table.
    fn follow_rename(&mut self, old: &str, to: &str, class: Class) {
        if !matches!(class, Class::Table | Class::ForeignTable) {
            return;
        }
        for relation in [&mut self.tenant, &mut self.shared].into_iter().flat_map(|space| space.relations.values_mut())
        {
            let leads_there = relation.foreign_keys.iter().any(|key| key.table.name() == old);
            if leads_there || relation.parent.as_deref() == Some(old) {
                let relation = Arc::make_mut(relation);
                for key in relation.foreign_keys.iter_mut().filter(|key| key.table.name() == old) {
                    to.clone_into(&mut key.table.name.text);
                }
                if relation.parent.as_deref() == Some(old) {
                    relation.parent = Some(to.to_owned());
                }
            }
        }
    }

    /// Columns follow their type.
    fn follow_type_rename(&mut self, old: &str, to: &str) {
        for relation in [&mut self.tenant, &mut self.shared].into_iter().flat_map(|space| space.relations.values_mut())
        {
            let uses = |column: &CatalogColumn| column.ty.as_ref().is_some_and(|ty| ty.name == old);
            if relation.columns.iter().any(uses) {
                for column in &mut Arc::make_mut(relation).columns {
                    if let Some(ty) = column.ty.as_mut().filter(|ty| ty.name == old) {
                        to.clone_into(&mut ty.name);
                    }
                }
            }
        }
    }

    fn move_to(&mut self, name: &Name, class: Class, schema: &str, tier: Tier) {
        let old = name.name().to_owned();
        let Some(space) = self.space_of(name, tier, |space| space.has(class, &old)) else { return };
        let (relation, ty, routine) = match class {
            Class::Type | Class::Domain => (None, space.types.remove(&old), None),
            Class::Routine => (None, None, space.routines.remove(&old)),
            _ => (space.relations.remove(&old), None, None),
        };
        let space = match self.home_of(schema) {
            Home::Shared => &mut self.shared,
            _ => self.others.entry(schema.to_owned()).or_default(),
        };
        space.relations.extend(relation.map(|relation| (old.clone(), relation)));
        space.types.extend(ty.map(|ty| (old.clone(), ty)));
        space.routines.extend(routine.map(|routine| (old.clone(), routine)));
    }

    /// What the functions of ours do that a statement calls.
    fn called(&mut self, site: Site<'_>, text: &str) {
        let names = site.statement.objects.iter().filter(|object| object.role == Role::Call);
        let found = names.filter_map(|object| self.routine(&object.name, site.tier));
        let bodies: Vec<_> = found.map(|found| (found.entry.body.clone(), found.entry.origin.place.file)).collect();
        if self.depth >= MAX_DEPTH {
            return;
        }
        self.depth += 1;
        for (body, file) in &bodies {
            body.iter().for_each(|statement| self.fold(statement, *file, site.tier, text));
        }
        self.depth -= 1;
    }
}

/// How deep functions that call functions are followed; some call themselves.
const MAX_DEPTH: u8 = 4;

impl Space {
    fn has(&self, class: Class, name: &str) -> bool {
        match class {
            Class::Type | Class::Domain => self.types.contains_key(name),
            Class::Routine => self.routines.contains_key(name),
            _ => self.relations.contains_key(name),
        }
    }

    /// Partitions go with their table.
    fn drop_partitions(&mut self, table: &str) {
        let is_part = |relation: &Relation| relation.is_partition && relation.parent.as_deref() == Some(table);
        let parts = self.relations.iter().filter(|(_, relation)| is_part(relation)).map(|(name, _)| name.clone());
        for part in parts.collect::<Vec<_>>() {
            self.relations.remove(&part);
            self.drop_partitions(&part);
            self.forget_indexes(&part);
        }
    }

    fn forget_indexes(&mut self, table: &str) {
        self.relations
            .retain(|_, relation| !matches!(&relation.kind, RelationKind::Index(index) if index.table == table));
    }
}

fn move_key<T>(map: &mut std::collections::BTreeMap<String, T>, old: &str, to: &str) {
    if let Some(entry) = map.remove(old) {
        map.insert(to.to_owned(), entry);
    }
}

/// As PostgreSQL names an index without a name, before it makes the name unique.
fn default_index_name(table: &str, index: &IndexDef) -> String {
    let labels = index.labels.iter().map(String::as_str);
    let parts: Vec<&str> = std::iter::once(table).chain(labels).chain(["idx"]).collect();
    parts.join("_")
}

/// A type as the catalogue keeps it.
pub(super) fn column_type(ty: &TypeUse) -> ColumnType {
    ColumnType {
        schema: ty.schema.clone(),
        name: ty.name.clone(),
        is_array: ty.is_array,
        modifiers: ty.modifiers.clone(),
    }
}

impl Relation {
    /// One without columns.
    pub(crate) fn new(kind: RelationKind, origin: Origin) -> Self {
        Self {
            kind,
            origin,
            columns: Vec::new(),
            primary_key: None,
            uniques: Vec::new(),
            foreign_keys: Vec::new(),
            constraints: Vec::new(),
            parent: None,
            is_partition: false,
            is_partitioned: false,
            is_opaque: false,
        }
    }

    /// The column of a name.
    pub(crate) fn column(&self, name: &str) -> Option<&CatalogColumn> {
        self.columns.iter().find(|column| column.name == name)
    }
}

impl CatalogColumn {
    /// A column of which only the name is known.
    pub(super) fn unknown(name: &str, origin: &Origin) -> Self {
        Self {
            name: name.to_owned(),
            ty: None,
            not_null: false,
            has_default: false,
            sequence: None,
            is_serial: false,
            is_identity: false,
            is_generated: false,
            origin: origin.clone(),
        }
    }

    /// A column as its definition has it, without what concerns the table.
    pub(super) fn of(column: &Column, site: &Site<'_>) -> Self {
        let origin = Origin {
            place: Place::new(site.file, column.name.span.clone()),
            around: Place::new(site.file, column.span.clone()),
        };
        Self { ty: column.ty.as_ref().map(column_type), ..Self::unknown(&column.name.text, &origin) }
    }
}
