//! What the parts of a model say of each other.

use multitenant_runtime::Tier;

use super::pointer::{Pointer, Problem};
use crate::lint::is_servers_column_type;
use crate::model::{Home, Model, Table, Type, TypeKind, TypeRef, word};

/// What leads nowhere, or where it cannot.
pub(super) fn check(model: &Model) -> Vec<Problem> {
    let mut links = Links { model, problems: Vec::new() };
    model.tables.iter().for_each(|table| links.table(table));
    model.types.iter().for_each(|ty| links.ty(ty));
    links.problems
}

struct Links<'a> {
    model: &'a Model,
    problems: Vec<Problem>,
}

impl Links<'_> {
    fn table(&mut self, table: &Table) {
        let at = Pointer::of(word(table.tier), &table.name);
        for column in &table.columns {
            let at = at.at("properties").at(&column.name);
            match &column.ty {
                Some(ty) => self.used(table.tier, ty, &at.at("x-type")),
                None => {
                    let message = "nobody knows its type, so that no migration can make it: leave the table out by naming \
                                   the others with --table, or write the type here";
                    self.say(&at.at("x-type"), message);
                }
            }
            let values = [column.default.is_some(), column.identity.is_some(), column.generated.is_some()];
            if values.into_iter().filter(|is_there| *is_there).count() > 1 {
                self.say(&at, "a column has a default, an identity or an expression, and not two of them");
            }
        }
        let keys = table.primary_key.iter().map(|key| (key, at.at("x-primary-key")));
        let uniques = table.uniques.iter().enumerate().map(|(index, key)| (key, at.at("x-uniques").at(index)));
        for (key, at) in keys.chain(uniques).collect::<Vec<_>>() {
            self.columns(table, &key.columns, &at.at("columns"), true);
            self.columns(table, &key.include, &at.at("include"), false);
        }
        for (index, key) in table.indexes.iter().enumerate() {
            let at = at.at("x-indexes").at(index);
            let named: Vec<String> = key.items.iter().filter_map(|item| item.column.clone()).collect();
            self.columns(table, &named, &at.at("items"), false);
            self.columns(table, &key.include, &at.at("include"), false);
            if key.items.is_empty() {
                self.say(&at.at("items"), "an index has at least one item");
            }
        }
        for (index, key) in table.foreign_keys.iter().enumerate() {
            let at = at.at("x-foreign-keys").at(index);
            self.columns(table, &key.columns, &at.at("columns"), true);
            self.columns(table, &key.set_columns, &at.at("set_columns"), false);
            for (action, name) in [(&key.on_delete, "on_delete"), (&key.on_update, "on_update")] {
                if !["NO ACTION", "RESTRICT", "CASCADE", "SET NULL", "SET DEFAULT"].contains(&action.as_str()) {
                    self.say(
                        &at.at(name),
                        format!("{action:?} is no action: CASCADE, RESTRICT, SET NULL, SET DEFAULT and NO ACTION are"),
                    );
                }
            }
            if !key.target.is_empty() && key.target.len() != key.columns.len() {
                self.say(&at.at("target"), "there are not as many columns as the foreign key has");
            }
            match key.home {
                Home::Tenant if table.tier == Tier::Shared => {
                    self.say(&at.at("home"), "a shared table cannot refer to one of many tenants': `explain shared-references-tenant` says more");
                }
                Home::System => self.say(&at.at("home"), "no foreign key leads to a table of PostgreSQL's"),
                Home::Other => {
                    let message = format!(
                        "it leads to {:?}, which no migration makes, so that it cannot be made either: leave the key out",
                        key.table
                    );
                    self.say(&at.at("table"), message);
                }
                home => {
                    let target = self.model.table(home, &key.table);
                    let unknown =
                        target.and_then(|target| key.target.iter().find(|name| target.column(name).is_none()));
                    if let Some(unknown) = unknown {
                        self.say(&at.at("target"), format!("the table {:?} has no column {unknown:?}", key.table));
                    }
                }
            }
        }
        if let Some(part) = &table.part {
            let at = at.at("x-part-of");
            match self.model.table(Home::of(table.tier), &part.of) {
                None => self.say(&at.at("of"), format!("there is no table {:?} that it could be a part of", part.of)),
                Some(parent) if part.partition && parent.partition_by.is_none() => {
                    self.say(
                        &at.at("of"),
                        format!("the table {:?} is not partitioned: x-partition-by says how", part.of),
                    );
                }
                Some(_) if self.is_part_of_itself(table) => self.say(&at.at("of"), "it would be a part of itself"),
                Some(_) => {}
            }
            if part.partition != part.bounds.is_some() {
                self.say(&at.at("bounds"), "a partition has bounds, and nothing else has");
            }
        }
    }

    fn ty(&mut self, ty: &Type) {
        let at = Pointer::of(word(ty.tier), &ty.name).at("x-kind");
        let used: Vec<(Option<&TypeRef>, Pointer)> = match &ty.kind {
            TypeKind::Domain { base, .. } => vec![(base.as_ref(), at.at("domain").at("base"))],
            TypeKind::Composite { fields } => {
                let at = at.at("composite").at("fields");
                fields.iter().enumerate().map(|(index, field)| (field.ty.as_ref(), at.at(index).at("type"))).collect()
            }
            TypeKind::Enum { .. } | TypeKind::Opaque => Vec::new(),
        };
        for (used, at) in used {
            match used {
                Some(used) => self.used(ty.tier, used, &at),
                None => self.say(&at, "nobody knows this type: write it here, or leave the type out"),
            }
        }
        if self.is_made_of_itself(ty) {
            self.say(&at, "the type would be made of itself");
        }
    }

    /// A type where it is used.
    fn used(&mut self, tier: Tier, used: &TypeRef, at: &Pointer) {
        match used.home {
            Home::System if !is_servers_column_type(&used.name) => {
                self.say(
                    &at.at("name"),
                    format!("{:?} is no type of PostgreSQL's: correct it, or its home", used.name),
                );
            }
            Home::Tenant if tier == Tier::Shared => {
                self.say(&at.at("home"), "a shared table cannot have one of many tenants' types");
            }
            _ => {}
        }
        let is_plain = |modifier: &String| {
            let text = modifier.strip_prefix('-').unwrap_or(modifier);
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        };
        if let Some(other) = used.modifiers.iter().position(|modifier| !is_plain(modifier)) {
            let message = "a modifier of a type is a number or a word, as in numeric(10, 2)";
            self.say(&at.at("modifiers").at(other), message);
        }
        if used.home != Home::Other && used.schema.is_some() {
            self.say(&at.at("schema"), "only a type of neither tier has a schema here");
        }
    }

    fn columns(&mut self, table: &Table, columns: &[String], at: &Pointer, is_needed: bool) {
        if is_needed && columns.is_empty() {
            self.say(at, "there is no column, and there must be one");
        }
        for (index, name) in columns.iter().enumerate() {
            if table.column(name).is_none() {
                self.say(&at.at(index), format!("the table {:?} has no column {name:?}", table.name));
            }
        }
    }

    fn is_part_of_itself(&self, table: &Table) -> bool {
        let home = Home::of(table.tier);
        let parents = std::iter::successors(Some(table), |table| self.model.table(home, &table.part.as_ref()?.of));
        parents.skip(1).take(self.model.tables.len()).any(|parent| parent.name == table.name)
    }

    fn is_made_of_itself(&self, ty: &Type) -> bool {
        let mut seen: Vec<&Type> = Vec::new();
        let mut left: Vec<&Type> = self.made_of(ty);
        while let Some(next) = left.pop() {
            if next == ty {
                return true;
            }
            if !seen.contains(&next) {
                seen.push(next);
                left.extend(self.made_of(next));
            }
        }
        false
    }

    fn made_of(&self, ty: &Type) -> Vec<&Type> {
        let used: Vec<&TypeRef> = match &ty.kind {
            TypeKind::Domain { base, .. } => base.iter().collect(),
            TypeKind::Composite { fields } => fields.iter().filter_map(|field| field.ty.as_ref()).collect(),
            TypeKind::Enum { .. } | TypeKind::Opaque => Vec::new(),
        };
        used.into_iter().filter_map(|used| self.model.type_of(used)).collect()
    }

    fn say(&mut self, at: &Pointer, message: impl Into<String>) {
        self.problems.push(Problem::new(at, message));
    }
}
