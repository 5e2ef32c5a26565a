//! What a project's schema code says.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use multitenant_runtime::Tier;

use super::code::{Code, CodeCheck, CodeColumn, CodeEnum, CodeForeignKey, CodeIndex, CodeItem, CodeKey, CodeTable};
use super::texts::{action, called, method, misplaced, reference};
use super::types::{Types, serial};
use crate::finding::Place;
use crate::lint::{
    By, Catalog, FieldSays, ItemSays, KeySays, Marking, Printed, Project, Relation, RelationKind, RustColumn, RustEnum,
    RustTable, Said, fragment, of_type,
};
use crate::model::{Home, TypeRef, word};

/// Reads it. `catalog` is what the migrations make.
pub(crate) fn read(project: &Project, catalog: &Catalog, marking: &Marking) -> Code {
    let mut code = Code::default();
    let files = project.rust.iter();
    let best_by = files.map(|file| file.printed.by).max().unwrap_or_default();
    let mut chosen: Vec<(Tier, &RustTable)> = Vec::new();
    for (table, marked) in marking.tables(project) {
        let printed = printed(project, table);
        let by = printed.map_or(By::Nobody, |printed| printed.by);
        let Some(tier) = tier_of(catalog, table, marked.tier()) else {
            let schema = table.schema.as_ref().map_or("", |(schema, _)| schema);
            code.hints.push(format!(
                "{}: the schema {schema:?} is neither tier's: the table is left out",
                at(project, &table.place)
            ));
            continue;
        };
        let found = relation(catalog, tier, &table.sql_name);
        let is_table = found.is_none_or(|found| found.kind == RelationKind::Table && !found.is_partition);
        let is_beside = by < best_by && marked.tier().is_none() && found.is_none();
        if !is_table {
            code.left_alone.insert((tier, table.sql_name.clone()));
        } else if is_beside {
            code.hints.push(format!(
                "{}: `{}` is left out: it is neither marked nor in a file that `print-schema` writes",
                at(project, &table.place),
                table.sql_name
            ));
        } else {
            code.problems.extend(choose(project, &mut chosen, tier, table).map(|problem| (tier, problem)));
        }
    }
    unread(project, &mut code);
    let enums = enums(project, catalog, &chosen, &mut code);
    let types = Types::of(project, catalog, enums.iter().map(|of| (of.tier, of.name.as_str())).collect());
    let mut reader = Reader { project, catalog, marking, types, chosen: &chosen, problems: Vec::new() };
    let tables: Vec<CodeTable> = chosen.iter().map(|(tier, table)| reader.table(*tier, table)).collect();
    code.problems.extend(reader.problems);
    code.tables = tables;
    code.enums = enums;
    left_alone(project, catalog, best_by, &mut code);
    code
}

/// Of two declarations of a table the one in the better file; of two as good, none where they differ.
fn choose<'a>(
    project: &Project,
    chosen: &mut Vec<(Tier, &'a RustTable)>,
    tier: Tier,
    table: &'a RustTable,
) -> Option<String> {
    let by = |table: &RustTable| printed(project, table).map_or(By::Nobody, |printed| printed.by);
    let Some((_, other)) = chosen.iter_mut().find(|(of, other)| *of == tier && other.sql_name == table.sql_name) else {
        chosen.push((tier, table));
        return None;
    };
    let difference = difference(other, table);
    match by(other).cmp(&by(table)) {
        Ordering::Less => *other = table,
        Ordering::Equal if difference.is_some() => {
            return Some(format!(
                "{}: the table {} has {} at {}: give both the same, or leave one out",
                at(project, &table.place),
                table.sql_name,
                difference.unwrap_or_default(),
                at(project, &other.place)
            ));
        }
        _ => {}
    }
    None
}

/// What the first of two declarations of a table has that the second has not, in words.
fn difference(one: &RustTable, other: &RustTable) -> Option<&'static str> {
    let columns = |table: &RustTable| -> BTreeSet<(String, String, bool, Option<u64>)> {
        // Diesel has several words for a type.
        let ty = |column: &RustColumn| of_type(&column.ty).map_or_else(|| column.ty.clone(), str::to_owned);
        let of = table.columns.iter();
        of.map(|column| (column.sql_name.clone(), ty(column), column.is_nullable, column.max_length)).collect()
    };
    let key = |table: &RustTable| table.primary_key.iter().cloned().collect::<BTreeSet<_>>();
    if columns(one) != columns(other) {
        return Some("other columns");
    }
    (key(one) != key(other)).then_some("another primary key")
}

/// What looks like a table and is not read: what it is, and whose, nobody knows.
fn unread(project: &Project, code: &mut Code) {
    for (place, message) in project.rust.iter().flat_map(|file| &file.malformed) {
        let problem = format!("{}: this `table!` cannot be read: {message}", at(project, place));
        code.problems.extend([Tier::Shared, Tier::Tenant].map(|tier| (tier, problem.clone())));
    }
    for place in project.rust.iter().flat_map(|file| &file.hidden) {
        let place = at(project, place);
        code.hints.push(format!("{place}: the `table!` in this macro is not read: what it makes is not compared"));
        code.hidden.push(place);
    }
}

fn printed<'a>(project: &'a Project, table: &RustTable) -> Option<&'a Printed> {
    project.rust.iter().find(|file| file.file == Some(table.place.file)).map(|file| &file.printed)
}

/// Whose a table is: as it is marked, else as the migrations have it; `None` for one in a schema of neither.
fn tier_of(catalog: &Catalog, table: &RustTable, marked: Option<Tier>) -> Option<Tier> {
    let names_shared = match &table.schema {
        Some((schema, _)) if schema != catalog.shared_schema() => return None,
        schema => schema.is_some(),
    };
    let has = |tier| relation(catalog, tier, &table.sql_name).is_some();
    Some(marked.unwrap_or_else(|| match (has(Tier::Tenant), has(Tier::Shared)) {
        (true, false) => Tier::Tenant,
        (false, true) => Tier::Shared,
        _ if names_shared => Tier::Shared,
        _ => Tier::Tenant,
    }))
}

fn relation<'a>(catalog: &'a Catalog, tier: Tier, name: &str) -> Option<&'a Relation> {
    let space = match tier {
        Tier::Shared => &catalog.shared,
        Tier::Tenant => &catalog.tenant,
    };
    space.relations.get(name).map(std::sync::Arc::as_ref)
}

/// Tables that no code need name: what `diesel.toml` leaves out of its files, and what has no primary key.
fn left_alone(project: &Project, catalog: &Catalog, best_by: By, code: &mut Code) {
    let files: Vec<&Printed> = project
        .rust
        .iter()
        .map(|file| &file.printed)
        .filter(|file| file.by == best_by && best_by != By::Nobody)
        .collect();
    for (tier, space) in [(Tier::Shared, &catalog.shared), (Tier::Tenant, &catalog.tenant)] {
        for (name, relation) in space.tables() {
            let is_filtered = !files.is_empty() && !files.iter().any(|file| file.wants(name));
            if is_filtered || relation.primary_key.is_none() || relation.parent.is_some() || relation.is_partitioned {
                code.left_alone.insert((tier, name.clone()));
            }
        }
    }
}

/// The enums that stand for types, each with its tier; where the code does not say it, that of the migrations, or of the
/// tables that use it.
fn enums(project: &Project, catalog: &Catalog, chosen: &[(Tier, &RustTable)], code: &mut Code) -> Vec<CodeEnum> {
    let mut found: Vec<CodeEnum> = Vec::new();
    let types: BTreeMap<&str, (&str, Option<&str>)> = project
        .rust
        .iter()
        .flat_map(|file| &file.sql_types)
        .map(|ty| (ty.rust_name.as_str(), (ty.name.as_str(), ty.schema.as_ref().map(|(schema, _)| schema.as_str()))))
        .collect();
    for of in project.rust.iter().flat_map(|file| &file.enums) {
        let Some(labels) = of.labels.clone() else { continue };
        let own = of.sql_type.as_deref().and_then(|name| types.get(name));
        let name = type_name(of, own.map(|(name, _)| *name));
        let used_by = |tier: Tier| {
            let rust = of.sql_type.as_deref().unwrap_or(&of.name);
            let is_it = |ty: &str| ty == rust || ty == format!("Array<{rust}>") || ty == format!("{}Mapping", of.name);
            chosen.iter().any(|(of, table)| *of == tier && table.columns.iter().any(|column| is_it(&column.ty)))
        };
        let tier = of.tier.unwrap_or_else(|| {
            let names_shared = own.is_some_and(|(_, schema)| *schema == Some(catalog.shared_schema()));
            match (catalog.tenant.types.contains_key(&name), catalog.shared.types.contains_key(&name)) {
                (true, false) => Tier::Tenant,
                (false, true) => Tier::Shared,
                _ if names_shared || (used_by(Tier::Shared) && !used_by(Tier::Tenant)) => Tier::Shared,
                _ if used_by(Tier::Shared) => Tier::Shared,
                _ => Tier::Tenant,
            }
        });
        let place = at(project, &of.place);
        match found.iter().find(|other| other.tier == tier && other.name == name) {
            Some(other) if other.labels != labels => code.problems.push((
                tier,
                format!("{place}: the type {name} has other labels at {}: give both the same", other.place),
            )),
            Some(_) => {}
            None => found.push(CodeEnum { tier, name, place, labels }),
        }
    }
    found
}

fn type_name(of: &RustEnum, own: Option<&str>) -> String {
    use heck::ToSnakeCase as _;
    of.type_name.clone().or_else(|| own.map(str::to_owned)).unwrap_or_else(|| of.name.to_snake_case())
}

/// A place in words.
fn at(project: &Project, place: &Place) -> String {
    let source = project.sources.get(place.file);
    format!("{}:{}", source.path, source.point(place.span.start).line)
}

struct Reader<'a> {
    project: &'a Project,
    catalog: &'a Catalog,
    marking: &'a Marking,
    types: Types<'a>,
    chosen: &'a [(Tier, &'a RustTable)],
    problems: Vec<(Tier, String)>,
}

impl<'a> Reader<'a> {
    fn problem(&mut self, tier: Tier, place: &Place, message: &str) {
        self.problems.push((tier, format!("{}: {message}", at(self.project, place))));
    }

    fn table(&mut self, tier: Tier, table: &'a RustTable) -> CodeTable {
        let columns = |names: &[String]| -> Vec<String> {
            let name = |of: &String| {
                let found = table.columns.iter().find(|column| column.name == *of);
                found.map_or_else(|| of.clone(), |column| column.sql_name.clone())
            };
            names.iter().map(name).collect()
        };
        let mut made = CodeTable {
            tier,
            name: table.sql_name.clone(),
            place: at(self.project, &table.place),
            columns: Vec::new(),
            primary_key: columns(&table.primary_key),
            uniques: Vec::new(),
            indexes: Vec::new(),
            checks: Vec::new(),
            foreign_keys: Vec::new(),
            removed: BTreeSet::new(),
        };
        if let Some(printed) = printed(self.project, table) {
            let known = relation(self.catalog, tier, &table.sql_name).map(|relation| relation.columns.as_slice());
            let names = known.unwrap_or_default().iter().map(|column| &column.name);
            made.removed = names.filter(|name| printed.removes(name)).cloned().collect();
        }
        let says: Vec<_> = self
            .project
            .rust
            .iter()
            .flat_map(|file| &file.structs)
            .filter(|item| {
                let of = |path: &[String], place| self.marking.table_of(self.project, path, place);
                item.tables.iter().any(|(path, place)| of(path, place).is_some_and(|of| std::ptr::eq(of, table)))
            })
            .map(|item| &item.says)
            .collect();
        let mut fields: BTreeMap<&str, FieldSays> = BTreeMap::new();
        for said in &says {
            for (place, message) in &said.problems {
                self.problem(tier, place, message);
            }
            for field in &said.fields {
                if let Some(message) = merge(&mut fields, field) {
                    self.problem(tier, &field.place, &message);
                }
            }
        }
        for column in &table.columns {
            let said = fields.remove(column.name.as_str());
            let text = |said: Option<&Said>| said.map(|said| said.text.clone());
            let of = said.as_ref();
            let said_type = of.and_then(|of| of.sql_type.as_ref());
            let (ty, is_exact) = self.types.of_column(tier, column, said_type.map(|said| said.text.as_str()));
            if let (Some(said), Err(message)) = (said_type, &ty) {
                self.problem(tier, &said.place, message);
            }
            let place = at(self.project, &column.place);
            for said in of.iter().flat_map(|of| [&of.default, &of.generated]).flatten() {
                self.sql(tier, said);
            }
            if let (Some(of), Ok(ty)) = (of, &ty)
                && let Some(message) = contradiction(of, ty, column.is_nullable)
            {
                self.problem(tier, &of.place, &message);
            }
            made.columns.push(CodeColumn {
                name: column.sql_name.clone(),
                place: place.clone(),
                diesel: column.ty.clone(),
                ty,
                is_exact,
                is_nullable: column.is_nullable,
                is_serial: matches!(column.ty.as_str(), "Serial" | "BigSerial" | "SmallSerial")
                    || said_type.is_some_and(|said| serial(&said.text).is_some()),
                default: text(of.and_then(|of| of.default.as_ref())),
                identity: of.and_then(|of| of.identity),
                generated: text(of.and_then(|of| of.generated.as_ref())),
            });
            let Some(of) = said else { continue };
            let name = column.sql_name.clone();
            if of.unique {
                made.uniques.push(CodeKey { name: None, columns: vec![name.clone()] });
            }
            if of.index {
                let items = vec![CodeItem::Column(name.clone())];
                made.indexes.push(CodeIndex {
                    name: None,
                    items,
                    unique: false,
                    method: None,
                    filter: None,
                    include: Vec::new(),
                });
            }
            if let Some(check) = &of.check
                && self.sql(tier, check)
            {
                made.checks.push(CodeCheck { name: None, column: Some(name.clone()), text: check.text.clone() });
            }
            if let Some(references) = &of.references {
                let actions = [of.on_delete.as_ref(), of.on_update.as_ref()];
                made.foreign_keys.extend(self.foreign_key(tier, None, vec![name], references, actions));
            }
        }
        for field in fields.values() {
            self.problem(
                tier,
                &field.place,
                &format!("`table!` of {} has no column `{}`", table.sql_name, field.column),
            );
        }
        for said in &says {
            for key in &said.uniques {
                let (name, columns) = (self.name(tier, key), self.columns(tier, table, key));
                made.uniques.push(CodeKey { name, columns });
            }
            for key in &said.indexes {
                made.indexes.extend(self.index(tier, table, key));
            }
            for (name, text) in &said.checks {
                if self.sql(tier, text) {
                    let name = name.as_ref().and_then(|name| self.called(tier, name));
                    made.checks.push(CodeCheck { name, column: None, text: text.text.clone() });
                }
            }
            for key in &said.foreign_keys {
                let (name, columns) = (self.name(tier, key), self.columns(tier, table, key));
                match &key.references {
                    Some(references) => {
                        let actions = [key.on_delete.as_ref(), key.on_update.as_ref()];
                        made.foreign_keys.extend(self.foreign_key(tier, name, columns, references, actions));
                    }
                    None => self.problem(
                        tier,
                        &key.place,
                        "`foreign_key` leads nowhere: add `references = \"table(column)\"`",
                    ),
                }
            }
        }
        self.joins(tier, table, &mut made);
        dedup(&mut made.uniques);
        dedup(&mut made.indexes);
        dedup(&mut made.checks);
        made
    }

    /// `joinable!` of a table, where no attribute says the same key.
    fn joins(&mut self, tier: Tier, table: &'a RustTable, made: &mut CodeTable) {
        for join in self.project.rust.iter().flat_map(|file| &file.joins) {
            let of = |path: &[String]| self.marking.table_of(self.project, path, &join.place);
            if !of(&join.child).is_some_and(|of| std::ptr::eq(of, table)) {
                continue;
            }
            let Some(column) = table.columns.iter().find(|column| column.name == join.column) else { continue };
            let parent = of(&join.parent);
            let found = self.chosen.iter().find(|(_, other)| parent.is_some_and(|parent| std::ptr::eq(parent, *other)));
            // A view, or a table of nobody: a join, and no key.
            let Some((of_tier, parent)) = found else { continue };
            let columns = vec![column.sql_name.clone()];
            let is_said = |key: &CodeForeignKey| key.columns == columns && key.table == parent.sql_name;
            // What the shared schema has cannot lead to one tenant's.
            let is_backwards = tier == Tier::Shared && *of_tier == Tier::Tenant;
            if parent.primary_key.len() == 1 && !is_backwards && !made.foreign_keys.iter().any(is_said) {
                made.foreign_keys.push(CodeForeignKey {
                    name: None,
                    place: at(self.project, &join.place),
                    columns,
                    home: Home::of(*of_tier),
                    table: parent.sql_name.clone(),
                    target: Vec::new(),
                    on_delete: None,
                    on_update: None,
                    is_join: true,
                    is_doubtful: false,
                });
            }
        }
        // One column leads to one table; where several are joined by it, which one a key leads to is not said.
        let said: BTreeSet<Vec<String>> =
            made.foreign_keys.iter().filter(|key| !key.is_join).map(|key| key.columns.clone()).collect();
        made.foreign_keys.retain(|key| !key.is_join || !said.contains(&key.columns));
        let joined: Vec<Vec<String>> =
            made.foreign_keys.iter().filter(|key| key.is_join).map(|key| key.columns.clone()).collect();
        for key in made.foreign_keys.iter_mut().filter(|key| key.is_join) {
            key.is_doubtful = joined.iter().filter(|columns| **columns == key.columns).count() > 1;
        }
    }

    fn foreign_key(
        &mut self,
        tier: Tier,
        name: Option<String>,
        columns: Vec<String>,
        references: &Said,
        actions: [Option<&Said>; 2],
    ) -> Option<CodeForeignKey> {
        let (schema, table, target) = match reference(&references.text) {
            Ok(reference) => reference,
            Err(message) => {
                self.problem(tier, &references.place, &message);
                return None;
            }
        };
        let is_shared_s = schema.as_deref() == Some(self.catalog.shared_schema());
        let has = |of: Tier| {
            self.chosen.iter().any(|(tier, other)| *tier == of && other.sql_name == table)
                || relation(self.catalog, of, &table).is_some()
        };
        let home = match schema {
            Some(schema) if !is_shared_s => {
                self.problem(tier, &references.place, &format!("the schema {schema:?} is neither tier's"));
                return None;
            }
            None if tier == Tier::Tenant && has(Tier::Tenant) => Home::Tenant,
            _ if has(Tier::Shared) => Home::Shared,
            _ => {
                let other = if has(Tier::Tenant) { ": a shared table cannot refer to one tenant's" } else { "" };
                let message = format!("there is no {} table {table:?} to refer to{other}", word(tier));
                self.problem(tier, &references.place, &message);
                return None;
            }
        };
        let [on_delete, on_update] = actions.map(|said| {
            let said = said?;
            match action(&said.text) {
                Ok(action) => Some(action),
                Err(message) => {
                    self.problem(tier, &said.place, &message);
                    None
                }
            }
        });
        let place = at(self.project, &references.place);
        Some(CodeForeignKey {
            name,
            place,
            columns,
            home,
            table,
            target,
            on_delete,
            on_update,
            is_join: false,
            is_doubtful: false,
        })
    }

    fn index(&mut self, tier: Tier, table: &RustTable, key: &KeySays) -> Option<CodeIndex> {
        let mut items = Vec::new();
        for item in &key.items {
            items.push(match item {
                ItemSays::Column(column) => CodeItem::Column(self.column(tier, table, column, &key.place)?),
                ItemSays::Expression(said) => {
                    // It may have an order and an operator class behind it: what it is, the whole statement tells.
                    let statement = format!("CREATE INDEX i ON t ({}\n);", said.text);
                    let is_one = super::matching::is_one_item(&said.text, &statement);
                    if !is_one {
                        self.problem(tier, &said.place, &format!("{:?} is no item of an index", said.text));
                        return None;
                    }
                    CodeItem::Text(said.text.clone())
                }
            });
        }
        let filter = match &key.filter {
            Some(filter) if !self.sql(tier, filter) => return None,
            filter => filter.as_ref().map(|filter| filter.text.clone()),
        };
        let method = key.method.as_ref().and_then(|said| match method(&said.text) {
            Ok(method) => Some(method),
            Err(message) => {
                self.problem(tier, &said.place, &message);
                None
            }
        });
        let mut include = Vec::new();
        for column in &key.include {
            include.push(self.column(tier, table, column, &key.place)?);
        }
        Some(CodeIndex { name: self.name(tier, key), items, unique: key.is_unique, method, filter, include })
    }

    fn column(&mut self, tier: Tier, table: &RustTable, name: &str, place: &Place) -> Option<String> {
        let found = table.columns.iter().find(|column| column.name == *name).map(|column| column.sql_name.clone());
        if found.is_none() {
            self.problem(tier, place, &format!("`table!` of {} has no column `{name}`", table.sql_name));
        }
        found
    }

    fn columns(&mut self, tier: Tier, table: &RustTable, key: &KeySays) -> Vec<String> {
        let mut columns = Vec::new();
        for item in &key.items {
            match item {
                ItemSays::Column(column) => columns.extend(self.column(tier, table, column, &key.place)),
                ItemSays::Expression(said) => {
                    self.problem(tier, &said.place, "a constraint has columns, and no expressions");
                }
            }
        }
        columns
    }

    fn name(&mut self, tier: Tier, key: &KeySays) -> Option<String> {
        let name = key.name.as_ref()?;
        self.called(tier, name)
    }

    fn called(&mut self, tier: Tier, name: &Said) -> Option<String> {
        match called(&name.text) {
            Ok(name) => Some(name),
            Err(message) => {
                self.problem(tier, &name.place, &message);
                None
            }
        }
    }

    /// Whether a text is an expression; what is none is told.
    fn sql(&mut self, tier: Tier, said: &Said) -> bool {
        let wrong = fragment(&said.text).err().or_else(|| misplaced(&said.text).map(str::to_owned));
        if let Some(wrong) = &wrong {
            self.problem(tier, &said.place, &format!("{:?} {wrong}", said.text));
        }
        wrong.is_none()
    }
}

/// Puts together what several structs say of a column; the message where they disagree.
fn merge<'a>(fields: &mut BTreeMap<&'a str, FieldSays>, field: &'a FieldSays) -> Option<String> {
    let Some(known) = fields.get_mut(field.column.as_str()) else {
        fields.insert(&field.column, field.clone());
        return None;
    };
    known.unique |= field.unique;
    known.index |= field.index;
    let mut wrong = None;
    for (name, known, more) in [
        ("default", &mut known.default, &field.default),
        ("sql_type", &mut known.sql_type, &field.sql_type),
        ("generated", &mut known.generated, &field.generated),
        ("check", &mut known.check, &field.check),
        ("references", &mut known.references, &field.references),
        ("on_delete", &mut known.on_delete, &field.on_delete),
        ("on_update", &mut known.on_update, &field.on_update),
    ] {
        match (&known, more) {
            (Some(one), Some(other)) if one.text != other.text => {
                wrong = Some(format!("another struct of the table says another `{name}` of `{}`", field.column));
            }
            (None, Some(_)) => known.clone_from(more),
            _ => {}
        }
    }
    if known.identity.is_some() && field.identity.is_some() && known.identity != field.identity {
        wrong = Some(format!("another struct of the table says another `identity` of `{}`", field.column));
    }
    known.identity = known.identity.or(field.identity);
    wrong
}

/// What a column cannot be together.
fn contradiction(says: &FieldSays, ty: &TypeRef, is_nullable: bool) -> Option<String> {
    let column = &says.column;
    let is_null = |said: &Said| said.text.trim().eq_ignore_ascii_case("null");
    let is_integer = !ty.array && matches!(ty.name.as_str(), "int2" | "int4" | "int8") || ty.home != Home::System;
    let sources = [says.default.is_some(), says.identity.is_some(), says.generated.is_some()];
    if sources.iter().filter(|is_said| **is_said).count() > 1 {
        Some(format!("`{column}` has one of `default`, `identity` and `generated`, and not several"))
    } else if says.identity.is_some() && !is_integer {
        Some(format!("`{column}` is {}, and `identity` is for smallint, integer and bigint", ty.sql()))
    } else if !is_nullable && says.default.as_ref().is_some_and(is_null) {
        Some(format!("`{column}` is not Nullable, and its default is null"))
    } else {
        None
    }
}

fn dedup<T: PartialEq>(items: &mut Vec<T>) {
    let mut at = 0;
    while at < items.len() {
        if items[..at].contains(&items[at]) {
            items.remove(at);
        } else {
            at += 1;
        }
    }
}
