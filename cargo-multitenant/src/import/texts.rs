//! Texts of SQL, which must be what they say and nothing more.
//!
//! Each is read where it would stand, by the reader that made it when it was exported: what comes out must be that one text
//! and nothing beside it. So nothing can end the place that it stands in, and a comment, which is never exported, is another
//! text already.

use super::pointer::{Pointer, Problem};
use crate::ddl::type_text;
use crate::lint::{Constraint, ConstraintKind, Detail, SqlColumn, Statement, TableDef, fragment, read_sql};
use crate::model::{Check, Column, Default, Index, Model, Table, Type, TypeKind, TypeRef, word};

/// What is wrong with the texts of a model.
pub(super) fn check(model: &Model) -> Vec<Problem> {
    let mut texts = Texts { model, problems: Vec::new() };
    model.tables.iter().for_each(|table| texts.table(table));
    model.types.iter().for_each(|ty| texts.ty(ty));
    for sequence in &model.sequences {
        let at = Pointer::default().at("$defs").at(word(sequence.tier)).at("x-sequences").at(&sequence.name);
        if let Some(options) = &sequence.options {
            let is_it = |statement: &Statement| matches!(&statement.detail, Detail::Sequence(Some(read)) if **read == **options);
            texts.one(&format!("CREATE SEQUENCE s {options}"), is_it, "options of a sequence", &at.at("options"));
        }
    }
    texts.problems
}

struct Texts<'a> {
    model: &'a Model,
    problems: Vec<Problem>,
}

impl Texts<'_> {
    fn table(&mut self, table: &Table) {
        let at = Pointer::of(word(table.tier), &table.name);
        for column in &table.columns {
            self.column(table, column, &at.at("properties").at(&column.name));
        }
        for (index, check) in table.checks.iter().enumerate() {
            self.check(check, &at.at("x-checks").at(index).at("text"));
        }
        for (index, key) in table.indexes.iter().enumerate() {
            self.index(key, &at.at("x-indexes").at(index));
        }
        if let Some(by) = &table.partition_by {
            let is_it =
                of_table(|table| table.columns.len() == 1 && table.partition_by.as_deref() == Some(by.as_str()));
            self.one(
                &format!("CREATE TABLE t (a int) PARTITION BY {by}"),
                is_it,
                "RANGE, LIST or HASH with columns",
                &at.at("x-partition-by"),
            );
        }
        if let Some(bounds) = table.part.as_ref().and_then(|part| part.bounds.as_ref()) {
            let is_it = of_table(|table| table.columns.is_empty() && table.bounds.as_deref() == Some(bounds.as_str()));
            self.one(
                &format!("CREATE TABLE t PARTITION OF p {bounds}"),
                is_it,
                "bounds of a partition",
                &at.at("x-part-of").at("bounds"),
            );
        }
    }

    fn column(&mut self, table: &Table, column: &Column, at: &Pointer) {
        if let Some(ty) = &column.ty {
            self.ty_of(&type_text(self.model, table.tier, ty), ty, &at.at("x-type"));
        }
        if let Some(Default::Expression(text)) = &column.default {
            self.expression(text, &at.at("x-default").at("expression"));
        }
        if let Some(generated) = &column.generated {
            self.expression(&generated.expression, &at.at("x-generated").at("expression"));
        }
        if let Some(options) = column.identity.as_ref().and_then(|identity| identity.options.as_ref()) {
            let is_it = of_column(|column| match &column.constraints[..] {
                [Constraint { kind: ConstraintKind::Identity(identity), .. }] => {
                    !options.is_empty() && identity.options.as_deref() == Some(options.as_str())
                }
                _ => false,
            });
            let text = format!("CREATE TABLE t (c int GENERATED ALWAYS AS IDENTITY ({options}))");
            self.one(&text, is_it, "options of a sequence", &at.at("x-identity").at("options"));
        }
        if let Some(collation) = &column.collation {
            let is_it = of_column(|column| {
                column.constraints.is_empty() && column.collation.as_deref() == Some(collation.as_str())
            });
            self.one(
                &format!("CREATE TABLE t (c text COLLATE {collation})"),
                is_it,
                "a collation's name",
                &at.at("x-collation"),
            );
        }
    }

    fn check(&mut self, check: &Check, at: &Pointer) {
        if !check.exclude {
            return self.expression(&check.text, at);
        }
        let is_it = of_table(|table| match &table.constraints[..] {
            [Constraint { kind: ConstraintKind::Exclude { text, .. }, name: Some(_), .. }] => {
                table.columns.is_empty() && **text == *check.text
            }
            _ => false,
        });
        self.one(&format!("CREATE TABLE t (CONSTRAINT c {})", check.text), is_it, "EXCLUDE with its items", at);
    }

    fn index(&mut self, index: &Index, at: &Pointer) {
        for (number, item) in index.items.iter().enumerate() {
            let is_it = |statement: &Statement| match &statement.detail {
                Detail::Index(read) => {
                    let columns: Vec<Option<&str>> =
                        read.columns.iter().map(|column| column.as_ref().map(|column| column.text.as_str())).collect();
                    columns == [item.column.as_deref()]
                        && read.items.len() == 1
                        && *read.items[0] == *item.text
                        && (read.include.is_empty() && read.predicate.is_none() && !read.nulls_not_distinct)
                }
                _ => false,
            };
            let what = "one item of an index, about the column that it names";
            self.one(
                &format!("CREATE INDEX i ON t ({})", item.text),
                is_it,
                what,
                &at.at("items").at(number).at("text"),
            );
        }
        if let Some(predicate) = &index.predicate {
            self.expression(predicate, &at.at("predicate"));
        }
    }

    fn ty(&mut self, ty: &Type) {
        let at = Pointer::of(word(ty.tier), &ty.name).at("x-kind");
        match &ty.kind {
            TypeKind::Domain { base, default, checks, .. } => {
                let at = at.at("domain");
                if let Some(base) = base {
                    self.ty_of(&type_text(self.model, ty.tier, base), base, &at.at("base"));
                }
                if let Some(default) = default {
                    self.expression(default, &at.at("default"));
                }
                for (index, check) in checks.iter().enumerate() {
                    self.expression(&check.expression, &at.at("checks").at(index).at("expression"));
                }
            }
            TypeKind::Composite { fields } => {
                for (index, field) in fields.iter().enumerate() {
                    if let Some(used) = &field.ty {
                        let at = at.at("composite").at("fields").at(index).at("type");
                        self.ty_of(&type_text(self.model, ty.tier, used), used, &at);
                    }
                }
            }
            TypeKind::Enum { .. } | TypeKind::Opaque => {}
        }
    }

    /// An expression: in the parentheses of a condition, and as it stands by itself.
    fn expression(&mut self, text: &str, at: &Pointer) {
        let is_it = of_column(|column| match &column.constraints[..] {
            [
                Constraint {
                    kind: ConstraintKind::Check { expression, no_inherit: false, .. }, not_valid: false, ..
                },
            ] => **expression == *text,
            _ => false,
        });
        self.one(&format!("CREATE TABLE t (c int CHECK ({text}))"), is_it, "one expression", at);
        let has_problem = self.problems.last().is_some_and(|last| Problem::new(at, last.message.clone()) == *last);
        if !has_problem && fragment(text).is_err() {
            self.problems
                .push(Problem::new(at, "this is not one expression and nothing more: correct it, or leave it out"));
        }
    }

    fn ty_of(&mut self, text: &str, ty: &TypeRef, at: &Pointer) {
        let is_it = of_column(|column| {
            let read = column.ty.as_ref();
            column.constraints.is_empty()
                && column.collation.is_none()
                && read.is_some_and(|read| {
                    (&read.name, read.is_array, &read.modifiers) == (&ty.name, ty.array, &ty.modifiers)
                })
        });
        self.one(&format!("CREATE TABLE t (c {text})"), is_it, "a type with its modifiers", at);
    }

    /// Reads a statement with a text in it; it must be one, and what the text says must be all of it.
    fn one(&mut self, sql: &str, is_it: impl Fn(&Statement) -> bool, what: &str, at: &Pointer) {
        let script = read_sql(sql);
        if let Some((_, message)) = &script.excess {
            let message = format!("it cannot be read as SQL ({message}): simplify it");
            return self.problems.push(Problem::new(at, message));
        }
        let is_whole = script.errors.is_empty() && script.comments.is_empty() && script.placeholders.is_empty();
        let is_one = is_whole && script.statements.len() == 1 && script.statements.iter().all(is_it);
        if !is_one && self.problems.last().is_none_or(|last| Problem::new(at, last.message.clone()) != *last) {
            let why = script.errors.first().map(|(_, message)| format!(" ({message})")).unwrap_or_default();
            self.problems.push(Problem::new(
                at,
                format!("this is not {what} and nothing more{why}: correct it, or leave it out"),
            ));
        }
    }
}

fn of_table(is_it: impl Fn(&TableDef) -> bool) -> impl Fn(&Statement) -> bool {
    move |statement| match &statement.detail {
        Detail::Table(table) => table.likes.is_empty() && table.inherits.is_empty() && is_it(table),
        _ => false,
    }
}

fn of_column(is_it: impl Fn(&SqlColumn) -> bool) -> impl Fn(&Statement) -> bool {
    of_table(move |table| match &table.columns[..] {
        [column] => table.constraints.is_empty() && is_it(column),
        _ => false,
    })
}
