//! What the migrations would have to make.

use std::collections::BTreeSet;

use multitenant_runtime::Tier;

use super::code::{Code, CodeCheck, CodeColumn, CodeEnum, CodeForeignKey, CodeIndex, CodeItem, CodeKey, CodeTable};
use super::matching::{is_check, is_foreign_key, is_index, is_indexed, is_key};
use super::names;
use crate::ddl::name;
use crate::lint::{ColumnType, fits, has_name, normal};
use crate::model::{
    Check, Column, Default, ForeignKey, Generated, Home, Identity, Index, IndexItem, Key, Model, Table, Timing, Type,
    TypeKind, TypeRef, word,
};

/// What is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Wish<'a> {
    /// The tier that is made as the code says; the other one stays as it is.
    pub(crate) tier: Tier,
    /// Whether the code is the whole truth: what it does not say goes.
    pub(crate) exact: bool,
    /// Tables, and columns as `table.column`, that stay though the code does not have them.
    pub(crate) keep: &'a BTreeSet<String>,
}

/// What is wanted.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub(crate) model: Model,
    /// What cannot be done, each with what to do instead.
    pub(crate) refused: Vec<String>,
    /// What is left out.
    pub(crate) hints: Vec<String>,
}

/// The model that the code says, where `before` is what the migrations make.
pub(crate) fn wanted(before: &Model, code: &Code, wish: &Wish<'_>) -> Wanted {
    let refused = code.problems.iter().filter(|(tier, _)| *tier == wish.tier).map(|(_, problem)| problem.clone());
    let mut maker = Maker { code, wish, model: before.clone(), refused: refused.collect(), hints: Vec::new() };
    maker.types();
    for table in maker.tables() {
        match maker.place(&table.name) {
            Some(at) => maker.amend(at, table),
            None => maker.add(table),
        }
    }
    maker.forget();
    for table in maker.tables() {
        maker.foreign_keys(table);
    }
    maker.forget_types();
    let Maker { mut model, mut refused, hints, .. } = maker;
    model.tables.sort_by(|one, other| (one.tier, &one.name).cmp(&(other.tier, &other.name)));
    model.types.sort_by(|one, other| (one.tier, &one.name).cmp(&(other.tier, &other.name)));
    let mut seen = BTreeSet::new();
    refused.retain(|problem| seen.insert(problem.clone()));
    Wanted { model, refused, hints }
}

struct Maker<'a> {
    code: &'a Code,
    wish: &'a Wish<'a>,
    model: Model,
    refused: Vec<String>,
    hints: Vec<String>,
}

impl<'a> Maker<'a> {
    fn tables(&self) -> Vec<&'a CodeTable> {
        self.code.tables.iter().filter(|table| table.tier == self.wish.tier).collect()
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.model.tables.iter().position(|table| table.tier == self.wish.tier && table.name == name)
    }

    fn refuse(&mut self, place: &str, message: &str) {
        self.refused.push(format!("{place}: {message}"));
    }

    fn types(&mut self) {
        for of in self.code.enums.iter().filter(|of| of.tier == self.wish.tier) {
            let CodeEnum { tier, name: own, place, labels } = of;
            if let Some(message) = self.impossible(of) {
                self.refuse(place, &message);
                continue;
            }
            let at = self.model.types.iter().position(|ty| ty.tier == *tier && ty.name == *own);
            let Some(at) = at else {
                if self.is_used(*tier, own) {
                    let kind = TypeKind::Enum { labels: labels.clone() };
                    self.model.types.push(Type {
                        tier: *tier,
                        name: own.clone(),
                        comment: None,
                        kind,
                        is_complete: true,
                    });
                }
                continue;
            };
            let is_complete = self.model.types[at].is_complete;
            match &self.model.types[at].kind {
                TypeKind::Enum { labels: there } if there == labels || !is_complete => {}
                TypeKind::Enum { labels: there } => {
                    let gone: Vec<&str> =
                        there.iter().filter(|label| !labels.contains(label)).map(String::as_str).collect();
                    let mut rest = labels.iter();
                    let in_order = there.iter().all(|label| rest.any(|other| other == label));
                    if !gone.is_empty() {
                        let gone = gone.join(", ");
                        self.refuse(place, &format!(
                            "the type {own} has labels that the code has not ({gone}), and PostgreSQL removes none: keep them in \
                             the code, or write a migration that makes another type and moves the columns to it"
                        ));
                    } else if in_order {
                        self.model.types[at].kind = TypeKind::Enum { labels: labels.clone() };
                    } else {
                        let order = there.join(", ");
                        self.refuse(place, &format!(
                            "the labels of the type {own} are in another order in the migrations ({order}), and PostgreSQL moves \
                             none: write them in that order, new ones wherever they belong"
                        ));
                    }
                }
                _ => self.refuse(
                    place,
                    &format!("the migrations make {own}, and it is no enum: give the type another name"),
                ),
            }
        }
    }

    /// Why an enum can be no type, if so.
    fn impossible(&self, of: &CodeEnum) -> Option<String> {
        let CodeEnum { tier, name: own, labels, .. } = of;
        if let Some(long) = labels.iter().find(|label| label.len() > 63) {
            return Some(format!("the label {long:?} of the type {own} has {} bytes: at most 63", long.len()));
        }
        if let Some((_, twice)) = labels.iter().enumerate().find(|(at, label)| labels[..*at].contains(label)) {
            return Some(format!("the type {own} has the label {twice:?} twice"));
        }
        // A table is a type too.
        self.code.table(Home::of(*tier), own).map(|table| {
            format!("a type and a table cannot both be called {own}: the table is at {}; say `type_name`", table.place)
        })
    }

    /// Whether a column of the code is of a type.
    fn is_used(&self, tier: Tier, name: &str) -> bool {
        let is_it = |ty: &TypeRef| ty.home == Home::of(tier) && ty.name == name;
        self.code.tables.iter().flat_map(|table| &table.columns).any(|column| column.ty.as_ref().is_ok_and(is_it))
    }

    fn add(&mut self, code: &CodeTable) {
        let mut table = Table {
            tier: code.tier,
            name: code.name.clone(),
            comment: None,
            columns: Vec::new(),
            primary_key: None,
            uniques: Vec::new(),
            foreign_keys: Vec::new(),
            indexes: Vec::new(),
            checks: Vec::new(),
            partition_by: None,
            part: None,
            is_complete: true,
        };
        if name(&code.name) == "\"\"" {
            return self.refuse(&code.place, &format!("{:?} cannot be a table's name: at most 63 bytes", code.name));
        }
        if names::is_relation(&self.model, code.tier, &code.name) {
            let message = format!(
                "the migrations make an index or a sequence called {0}, and a table cannot be called so too: rename one of them",
                code.name
            );
            return self.refuse(&code.place, &message);
        }
        for column in &code.columns {
            if let Some(made) = self.column(column) {
                let is_key = code.primary_key.contains(&column.name);
                table.columns.push(Column { is_nullable: made.is_nullable && !is_key, ..made });
            }
        }
        if let Some(missing) = code.primary_key.iter().find(|key| code.column(key).is_none()) {
            self.refuse(
                &code.place,
                &format!("`table!` of {} has no column {missing:?} for its primary key", code.name),
            );
        } else {
            let name = names::relation(&self.model, &table, &[], "pkey");
            table.primary_key = Some(key(name, &code.primary_key));
        }
        self.model.tables.push(table);
        self.keys(self.model.tables.len() - 1, code);
    }

    /// A new column.
    fn column(&mut self, code: &CodeColumn) -> Option<Column> {
        let ty = match &code.ty {
            Ok(ty) => ty.clone(),
            Err(message) => {
                self.refuse(&code.place, message);
                return None;
            }
        };
        if name(&code.name) == "\"\"" {
            self.refuse(&code.place, &format!("{:?} cannot be a column's name: at most 63 bytes", code.name));
            return None;
        }
        if let Home::Shared | Home::Tenant = ty.home
            && self
                .model
                .type_of(&ty)
                .is_none_or(|ty| matches!(&ty.kind, TypeKind::Enum { labels } if labels.is_empty()))
            && !self.code.enums.iter().any(|of| Home::of(of.tier) == ty.home && of.name == ty.name)
        {
            self.refuse(&code.place, &format!("no migration makes the type {}, and no enum says its labels", ty.name));
        }
        if ty.home == Home::Other && ty.schema.is_none() && !OF_EXTENSIONS.contains(&ty.name.as_str()) {
            self.refuse(&code.place, &format!(
                "no migration makes the type {0}: derive TenantEnum or SharedEnum on the enum that stands for it, or write \
                 CREATE TYPE {0} in a migration",
                ty.name
            ));
        }
        let default = match (&code.default, code.is_serial) {
            (Some(text), _) => Some(Default::Expression(text.clone())),
            (None, true) => Some(Default::Serial),
            (None, false) => None,
        };
        Some(Column {
            name: code.name.clone(),
            ty: Some(ty),
            diesel: None,
            is_nullable: code.is_nullable && code.identity.is_none(),
            default,
            identity: code.identity.map(|always| Identity { always, options: None }),
            generated: code.generated.clone().map(|expression| Generated { expression, stored: true }),
            collation: None,
            comment: None,
        })
    }

    /// Makes a table that is there what the code says.
    fn amend(&mut self, at: usize, code: &CodeTable) {
        if self.model.tables[at].part.is_some() {
            return;
        }
        let table = &self.model.tables[at];
        let gone: Vec<String> = table
            .columns
            .iter()
            .filter(|column| {
                code.column(&column.name).is_none() && table.is_complete && !code.removed.contains(&column.name)
            })
            .filter(|column| !self.wish.keep.contains(&format!("{}.{}", table.name, column.name)))
            .map(|column| column.name.clone())
            .collect();
        self.primary_key(at, code, &gone);
        gone.iter().for_each(|column| self.drop_column(at, column));
        for column in &code.columns {
            match self.model.tables[at].columns.iter().position(|of| of.name == column.name) {
                Some(of) => self.amend_column(at, of, column),
                None => {
                    let Some(made) = self.column(column) else { continue };
                    let is_key = code.primary_key.contains(&column.name);
                    let is_filled = made.is_nullable
                        || made.default.is_some()
                        || made.identity.is_some()
                        || made.generated.is_some();
                    if !is_filled {
                        let of = &self.model.tables[at].name;
                        let message = format!(
                            "the new column `{of}.{0}` is not nullable, and rows that are there have nothing to put in: say one by \
                             `#[multitenant(default = \"…\")]`, or make it Nullable first",
                            column.name
                        );
                        self.refuse(&column.place, &message);
                    }
                    self.model.tables[at].columns.push(Column { is_nullable: made.is_nullable && !is_key, ..made });
                }
            }
        }
        self.keys(at, code);
    }

    fn primary_key(&mut self, at: usize, code: &CodeTable, gone: &[String]) {
        let table = &self.model.tables[at];
        let there: BTreeSet<&String> = table.primary_key.iter().flat_map(|key| &key.columns).collect();
        let said: BTreeSet<&String> = code.primary_key.iter().collect();
        // Diesel wants a key of every table: where the database has none, it is only a way to speak.
        if there == said || there.is_empty() {
            return;
        }
        if let Some(missing) = code.primary_key.iter().find(|key| code.column(key).is_none()) {
            return self.refuse(
                &code.place,
                &format!("`table!` of {} has no column {missing:?} for its primary key", code.name),
            );
        }
        let own = table.name.clone();
        let there: Vec<String> = table.primary_key.iter().flat_map(|key| key.columns.clone()).collect();
        let home = Home::of(table.tier);
        let leads = |key: &ForeignKey| key.home == home && key.table == own && key.target == there;
        let others: Vec<&str> = self
            .model
            .tables
            .iter()
            .filter(|other| other.foreign_keys.iter().any(leads))
            .map(|other| other.name.as_str())
            .collect();
        // With a column of the key, foreign keys to it go.
        let goes = there.iter().any(|column| gone.contains(column));
        if !others.is_empty() && !goes {
            let message = format!(
                "the primary key of {own} cannot become ({}): foreign keys of {} lead to the old one; write the migration by hand",
                code.primary_key.join(", "),
                others.join(", ")
            );
            return self.refuse(&code.place, &message);
        }
        let table = &mut self.model.tables[at];
        let name = table.primary_key.as_ref().map(|key| key.name.clone()).unwrap_or_default();
        table.primary_key = Some(key(name, &code.primary_key));
    }

    /// Takes a column away, and with it what PostgreSQL takes away.
    fn drop_column(&mut self, at: usize, column: &str) {
        let table = &mut self.model.tables[at];
        let (tier, own) = (table.tier, table.name.clone());
        table.columns.retain(|of| of.name != column);
        let has = |columns: &[String]| columns.iter().any(|of| of == column);
        table.uniques.retain(|key| !has(&key.columns) && !has(&key.include));
        table.foreign_keys.retain(|key| !has(&key.columns));
        table.checks.retain(|check| !has_name(&check.text, column));
        table.indexes.retain(|index| {
            let items =
                index.items.iter().any(|item| item.column.as_deref() == Some(column) || has_name(&item.text, column));
            !items && !has(&index.include) && !index.predicate.as_ref().is_some_and(|text| has_name(text, column))
        });
        let leads = |key: &ForeignKey| {
            key.home == Home::of(tier) && key.table == own && key.target.iter().any(|of| of == column)
        };
        self.unlink(tier, &leads, &format!("the column {own}.{column}"));
    }

    /// Takes foreign keys away that lead to what goes; those of the other tier are not ours to change.
    fn unlink(&mut self, tier: Tier, leads: &dyn Fn(&ForeignKey) -> bool, what: &str) {
        let mut refused = Vec::new();
        for table in &mut self.model.tables {
            if table.tier == tier {
                table.foreign_keys.retain(|key| !leads(key));
            } else if table.foreign_keys.iter().any(leads) {
                refused.push(format!(
                    "{what} goes, and the {} table {} refers to it: take that foreign key away first, by `generate {} NAME \
                     --from-schema`",
                    word(table.tier),
                    table.name,
                    word(table.tier)
                ));
            }
        }
        self.refused.extend(refused);
    }

    fn amend_column(&mut self, at: usize, of: usize, code: &CodeColumn) {
        let table = &self.model.tables[at];
        let column = &table.columns[of];
        let shown = format!("{}.{}", table.name, column.name);
        let is_key = table.is_in_key(&column.name);
        let mut made = column.clone();
        if let Some(ty) = &column.ty
            && !self.is_fitting(code, ty)
        {
            match &code.ty {
                Ok(ty) => made.ty = Some(ty.clone()),
                Err(message) => return self.refuse(&code.place, message),
            }
        }
        let is_nullable = code.is_nullable && !is_key && code.identity.is_none();
        if self.model.can_be_null(column) != is_nullable && !(code.is_nullable && !column.is_nullable && is_key) {
            // A domain that says NOT NULL is not asked.
            let by_domain = column.is_nullable && is_nullable;
            if !by_domain {
                made.is_nullable = is_nullable;
            }
        }
        match (&code.default, &column.default) {
            (Some(said), Some(Default::Expression(there))) if normal(said) == normal(there) => {}
            (Some(said), _) => made.default = Some(Default::Expression(said.clone())),
            (None, Some(Default::Expression(_))) if self.wish.exact => made.default = None,
            _ => {}
        }
        match (code.identity, &column.identity) {
            (Some(always), Some(there)) if always == there.always => {}
            (Some(always), Some(there)) => made.identity = Some(Identity { always, options: there.options.clone() }),
            (Some(_), None) if column.default == Some(Default::Serial) => {
                let message = format!(
                    "`{shown}` draws from a sequence already, as a serial: leave `identity` out, or write the change by hand"
                );
                return self.refuse(&code.place, &message);
            }
            (Some(always), None) => {
                made.identity = Some(Identity { always, options: None });
                made.default = None;
            }
            (None, Some(_)) if self.wish.exact => made.identity = None,
            _ => {}
        }
        let there = column.generated.as_ref().map(|generated| normal(&generated.expression));
        if let Some(said) = &code.generated
            && there != Some(normal(said))
        {
            let message = format!(
                "`{shown}` is there, and PostgreSQL does not change what a column is computed from: drop it with one migration \
                 and add it with the next"
            );
            return self.refuse(&code.place, &message);
        }
        self.model.tables[at].columns[of] = made;
    }

    /// Whether a column's type will do, so that it is left as it is.
    fn is_fitting(&self, code: &CodeColumn, ty: &TypeRef) -> bool {
        let beneath = self.model.beneath(ty);
        if code.is_exact {
            let is_said = |of: &TypeRef| code.ty.as_ref().is_ok_and(|said| is_same(said, of));
            return is_said(ty) || is_said(&beneath);
        }
        let of = |ty: &TypeRef| ColumnType {
            schema: None,
            name: ty.name.clone(),
            is_array: ty.array,
            modifiers: ty.modifiers.clone(),
        };
        if !fits(&code.diesel, &of(&beneath)) && !fits(&code.diesel, &of(ty)) {
            return false;
        }
        // Two types of one's own are told apart by their names.
        let is_own = |ty: &TypeRef| matches!(ty.home, Home::Shared | Home::Tenant);
        match &code.ty {
            Ok(said) if is_own(said) && is_own(&beneath) => said.name == beneath.name || said.name == ty.name,
            Ok(said) if is_own(said) => beneath.home == Home::Other && said.name == beneath.name,
            _ => true,
        }
    }

    /// Unique constraints, indexes and conditions.
    fn keys(&mut self, at: usize, code: &CodeTable) {
        self.uniques(at, code);
        self.indexes(at, code);
        self.checks(at, code);
    }

    fn uniques(&mut self, at: usize, code: &CodeTable) {
        if self.wish.exact {
            self.model.tables[at].uniques.retain(|key| code.uniques.iter().any(|said| is_key(said, key)));
        }
        for said in &code.uniques {
            let CodeKey { name, columns } = said;
            let table = &self.model.tables[at];
            let as_index = |index: &Index| {
                let items: Option<Vec<&String>> = index.items.iter().map(|item| item.column.as_ref()).collect();
                index.unique
                    && index.predicate.is_none()
                    && items.is_some_and(|items| items.iter().eq(&columns.iter().collect::<Vec<_>>()))
            };
            let is_there = table.uniques.iter().any(|key| is_key(said, key))
                || (name.is_none() && table.indexes.iter().any(as_index))
                || (name.is_none() && table.primary_key.as_ref().is_some_and(|key| key.columns == *columns));
            if is_there {
                continue;
            }
            let name = name.clone().unwrap_or_else(|| names::relation(&self.model, table, columns, "key"));
            let table = &mut self.model.tables[at];
            table.uniques.retain(|key| key.name != name);
            table.uniques.push(key(name, columns));
        }
    }

    fn indexes(&mut self, at: usize, code: &CodeTable) {
        if self.wish.exact {
            let table = &mut self.model.tables[at];
            let of_keys: Vec<&[String]> = code.foreign_keys.iter().map(|key| key.columns.as_slice()).collect();
            table.indexes.retain(|index| {
                // A foreign key brings an index.
                let items: Option<Vec<String>> = index.items.iter().map(|item| item.column.clone()).collect();
                let of_key = !index.unique && items.is_some_and(|items| of_keys.contains(&items.as_slice()));
                let as_unique = |said: &CodeKey| {
                    let items = index.items.iter().map(|item| item.column.as_ref());
                    index.unique && items.eq(said.columns.iter().map(Some))
                };
                of_key || code.indexes.iter().any(|said| is_index(said, index)) || code.uniques.iter().any(as_unique)
            });
        }
        for said in &code.indexes {
            let table = &self.model.tables[at];
            if table.indexes.iter().any(|index| is_index(said, index)) {
                continue;
            }
            let made = index(&self.model, table, said);
            let table = &mut self.model.tables[at];
            table.indexes.retain(|index| index.name != made.name);
            table.indexes.push(made);
        }
    }

    fn checks(&mut self, at: usize, code: &CodeTable) {
        let table = &mut self.model.tables[at];
        if self.wish.exact {
            table.checks.retain(|check| check.exclude || code.checks.iter().any(|said| is_check(said, check)));
        }
        for said in &code.checks {
            if table.checks.iter().any(|check| is_check(said, check)) {
                continue;
            }
            let CodeCheck { name, column, text } = said;
            let columns: Vec<String> = column.iter().cloned().collect();
            let name = name.clone().unwrap_or_else(|| names::constraint(table, &columns, "check"));
            table.checks.retain(|check| check.name != name);
            table.checks.push(Check {
                name,
                exclude: false,
                text: text.clone(),
                no_inherit: false,
                not_valid: false,
                timing: Timing::Immediate,
            });
        }
    }

    /// Tables that the code does not have.
    fn forget(&mut self) {
        let gone: Vec<String> = self
            .model
            .tables
            .iter()
            .filter(|table| table.tier == self.wish.tier && table.part.is_none() && table.partition_by.is_none())
            .filter(|table| self.code.table(Home::of(table.tier), &table.name).is_none())
            .filter(|table| !self.code.left_alone.contains(&(table.tier, table.name.clone())))
            .filter(|table| table.primary_key.is_some() && !self.wish.keep.contains(&table.name))
            .map(|table| table.name.clone())
            .collect();
        for own in gone {
            let tier = self.wish.tier;
            if let Some(hidden) = self.code.hidden.first() {
                let message = format!(
                    "no `table!` that can be read is of {own}, and the macro here may make one: give --keep {own}, or drop it by a \
                     migration of your own"
                );
                self.refuse(hidden, &message);
                continue;
            }
            self.model.tables.retain(|table| table.tier != tier || table.name != own);
            let leads = |key: &ForeignKey| key.home == Home::of(tier) && key.table == own;
            self.unlink(tier, &leads, &format!("the table {own}"));
        }
    }

    /// Types that nothing is of any more, where the code is the whole truth.
    fn forget_types(&mut self) {
        if !self.wish.exact {
            return;
        }
        let used: Vec<TypeRef> =
            self.model.tables.iter().flat_map(|table| &table.columns).filter_map(|column| column.ty.clone()).collect();
        let tier = self.wish.tier;
        self.model.types.retain(|ty| {
            let is_enum = matches!(ty.kind, TypeKind::Enum { .. });
            !is_enum || ty.tier != tier || used.iter().any(|of| of.home == Home::of(tier) && of.name == ty.name)
        });
    }

    fn foreign_keys(&mut self, code: &CodeTable) {
        let Some(at) = self.place(&code.name) else { return };
        let mut said: Vec<(&CodeForeignKey, Vec<String>)> = Vec::new();
        for key in &code.foreign_keys {
            if let Some(target) = self.target(at, key) {
                said.push((key, target));
            }
        }
        if self.wish.exact {
            let table = &mut self.model.tables[at];
            table.foreign_keys.retain(|key| said.iter().any(|(said, target)| is_foreign_key(said, target, key)));
        }
        let mut doubted: BTreeSet<&Vec<String>> = BTreeSet::new();
        for (said, target) in said {
            let CodeForeignKey { name, columns, home, table: to, on_delete, on_update, .. } = said;
            let table = &mut self.model.tables[at];
            let there = table.foreign_keys.iter_mut().find(|key| is_foreign_key(said, &target, key));
            if let Some(there) = there {
                there.on_delete = on_delete.clone().unwrap_or_else(|| there.on_delete.clone());
                there.on_update = on_update.clone().unwrap_or_else(|| there.on_update.clone());
                continue;
            }
            if said.is_doubtful {
                if !table.foreign_keys.iter().any(|key| key.columns == *columns) && doubted.insert(columns) {
                    self.hints.push(format!(
                        "{}: several `joinable!` stand at `{}.{}`, and none makes a foreign key: say one by \
                         `#[multitenant(references = \"…\")]`",
                        said.place,
                        code.name,
                        columns.join(", ")
                    ));
                }
                continue;
            }
            let name = name.clone().unwrap_or_else(|| names::constraint(table, columns, "fkey"));
            let nothing = || "NO ACTION".to_owned();
            table.foreign_keys.retain(|key| key.name != name);
            table.foreign_keys.push(ForeignKey {
                name,
                columns: columns.clone(),
                home: *home,
                schema: None,
                table: to.clone(),
                target,
                on_delete: on_delete.clone().unwrap_or_else(nothing),
                on_update: on_update.clone().unwrap_or_else(nothing),
                set_columns: Vec::new(),
                match_full: false,
                not_valid: false,
                timing: Timing::Immediate,
                crosses_tiers: Home::of(code.tier) != *home,
            });
            if !is_indexed(&self.model.tables[at], columns) {
                let items = columns.iter().map(|column| CodeItem::Column(column.clone())).collect();
                let said =
                    CodeIndex { name: None, items, unique: false, method: None, filter: None, include: Vec::new() };
                let made = index(&self.model, &self.model.tables[at], &said);
                self.model.tables[at].indexes.push(made);
            }
        }
    }

    /// The columns that a foreign key leads to, if it can.
    fn target(&mut self, at: usize, said: &CodeForeignKey) -> Option<Vec<String>> {
        let table = &self.model.tables[at];
        let own = table.name.clone();
        // A shared table may be the next migration's.
        let of_code = self.code.table(said.home, &said.table);
        let of_model = self.model.table(said.home, &said.table);
        let key = of_model
            .and_then(|table| table.primary_key.as_ref().map(|key| key.columns.clone()))
            .or_else(|| of_code.map(|table| table.primary_key.clone()))
            .unwrap_or_default();
        let target = if said.target.is_empty() { key } else { said.target.clone() };
        if of_model.is_none() {
            let message = format!(
                "the shared table {0} that {own} refers to is in no migration yet: run `generate shared NAME --from-schema` first",
                said.table
            );
            self.refuse(&said.place, &message);
            return None;
        }
        if target.len() != said.columns.len() {
            let message = format!(
                "{own}({}) cannot refer to {}({}): as many columns on both sides",
                said.columns.join(", "),
                said.table,
                target.join(", ")
            );
            self.refuse(&said.place, &message);
            return None;
        }
        let to = of_model?;
        let mut wrong = None;
        for (column, to_column) in said.columns.iter().zip(&target) {
            match (table.column(column), to.column(to_column)) {
                (_, None) => wrong = Some(format!("{} has no column {to_column:?}", said.table)),
                (Some(Column { ty: Some(one), .. }), Some(Column { ty: Some(other), .. })) => {
                    let (one, other) = (self.model.beneath(one), self.model.beneath(other));
                    if !is_comparable(&one, &other) {
                        wrong = Some(format!(
                            "`{own}.{column}` is {}, and `{}.{to_column}` is {}: give both the same type",
                            one.sql(),
                            said.table,
                            other.sql()
                        ));
                    }
                }
                _ => {}
            }
        }
        let is_key =
            |columns: &[String]| columns.len() == target.len() && columns.iter().all(|column| target.contains(column));
        let indexes = to.indexes.iter().filter(|index| index.unique && index.predicate.is_none());
        let indexes: Vec<Vec<String>> =
            indexes.filter_map(|index| index.items.iter().map(|item| item.column.clone()).collect()).collect();
        let mut keys = to.primary_key.iter().chain(&to.uniques).map(|key| &key.columns).chain(&indexes);
        if wrong.is_none() && !keys.any(|columns| is_key(columns)) {
            wrong = Some(format!(
                "{own} cannot refer to {0}({1}): nothing makes it unique there; say `unique({1})` on the struct of {0}",
                said.table,
                target.join(", ")
            ));
        }
        match wrong {
            None => Some(target),
            Some(message) if said.is_join => {
                self.hints.push(format!("{}: `joinable!` makes no foreign key: {message}", said.place));
                None
            }
            Some(message) => {
                self.refuse(&said.place, &message);
                None
            }
        }
    }
}

/// Types of extensions, which no migration makes by CREATE TYPE.
const OF_EXTENSIONS: &[&str] = &[
    "citext",
    "hstore",
    "ltree",
    "lquery",
    "ltxtquery",
    "vector",
    "halfvec",
    "sparsevec",
    "geometry",
    "geography",
    "cube",
    "isn",
];

fn key(name: String, columns: &[String]) -> Key {
    Key { name, columns: columns.to_vec(), include: Vec::new(), nulls_not_distinct: false, timing: Timing::Immediate }
}

fn index(model: &Model, table: &Table, said: &CodeIndex) -> Index {
    let items: Vec<IndexItem> = said
        .items
        .iter()
        .map(|item| match item {
            CodeItem::Column(column) => IndexItem { column: Some(column.clone()), text: name(column) },
            CodeItem::Text(text) => {
                // A column with an order behind it is a column all the same.
                let column = table.columns.iter().find(|column| normal(text) == normal(&name(&column.name)));
                let word = text.split_whitespace().next().unwrap_or_default();
                let ordered = table
                    .columns
                    .iter()
                    .find(|column| normal(word) == normal(&name(&column.name)) && !text.contains('('));
                let column = column.or(ordered).map(|column| column.name.clone());
                // An expression that is no call stands in parentheses.
                IndexItem { column, text: text.clone() }
            }
        })
        .collect();
    let labels: Vec<String> =
        items.iter().map(|item| item.column.clone().unwrap_or_else(|| "expr".to_owned())).collect();
    Index {
        name: said.name.clone().unwrap_or_else(|| names::relation(model, table, &labels, "idx")),
        method: said.method.clone().unwrap_or_else(|| "btree".to_owned()),
        unique: said.unique,
        items,
        include: said.include.clone(),
        predicate: said.filter.clone(),
        nulls_not_distinct: false,
    }
}

/// Whether two types are the same; modifiers count where the first has any.
fn is_same(said: &TypeRef, of: &TypeRef) -> bool {
    said.name == of.name && said.array == of.array && said.modifiers == of.modifiers
}

/// Whether a foreign key can lead from one type to another.
fn is_comparable(one: &TypeRef, other: &TypeRef) -> bool {
    const FAMILIES: [&[&str]; 3] = [
        &["int2", "int4", "int8", "numeric", "float4", "float8"],
        &["text", "varchar", "bpchar", "citext", "name"],
        &["timestamp", "timestamptz", "date"],
    ];
    let family = |ty: &TypeRef| FAMILIES.iter().position(|family| family.contains(&ty.name.as_str()));
    one.array == other.array && (one.name == other.name || (family(one).is_some() && family(one) == family(other)))
}
