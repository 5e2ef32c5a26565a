//! Structs of rows, with the mark of their tier.

use multitenant_runtime::Tier;

use super::identifiers::{Identifiers, pascal};
use super::rust::column_names;
use super::rust_enums::{Enums, shown};
use super::rust_says::Says;
use super::rust_types::RustTypes;
use crate::model::{Column, Model, Table, TypeRef};
use crate::scaffold::singular;

/// What structs are made with.
pub(super) struct Structs<'a> {
    pub(super) model: &'a Model,
    pub(super) types: &'a RustTypes,
    pub(super) enums: &'a Enums,
    /// What stands before a table's module.
    pub(super) path: &'a str,
}

/// The structs of a table, or why there are none.
pub(super) struct Written {
    pub(super) text: String,
    /// Columns that they do not have.
    pub(super) left_out: Vec<String>,
    pub(super) is_marked: bool,
}

impl Structs<'_> {
    /// The structs of a table that is called `module` in Rust. Without its whole primary key there are none.
    pub(super) fn of(&self, table: &Table, module: &str, given: &mut Identifiers) -> Written {
        let fields: Vec<(&Column, Option<String>)> =
            table.columns.iter().map(|column| (column, self.field(column))).collect();
        let left_out: Vec<String> =
            fields.iter().filter(|(_, ty)| ty.is_none()).map(|(column, _)| column.name.clone()).collect();
        if table.primary_key.iter().flat_map(|key| &key.columns).any(|column| left_out.contains(column)) {
            return Written { text: String::new(), left_out, is_marked: false };
        }
        let name = given.give_all(&pascal(&singular(&table.name)), &["", "New"]);
        let mark = if table.tier == Tier::Shared { "SharedTable" } else { "TenantTable" };
        let names = column_names(table, module);
        let line = |column: &Column, ty: &str| {
            let field = names.of(&column.name);
            format!("    pub {field}: {ty},\n")
        };
        let says = Says { model: self.model, table, names: &names, left_out: &left_out };
        let all: String = fields
            .iter()
            .filter_map(|(column, ty)| Some(says.on_field(column) + &line(column, ty.as_deref()?)))
            .collect();
        let keys: Vec<String> =
            table.primary_key.iter().flat_map(|key| &key.columns).map(|column| names.of(column)).collect();
        let (what, path) = (shown(&table.name), self.path);
        let mut text = format!(
            "
/// A row of {what}.
#[derive(Debug, Clone, PartialEq, diesel::Identifiable, diesel::Queryable, diesel::Selectable, multitenant_runtime::{mark})]
#[diesel(table_name = {path}{module}, primary_key({keys}), check_for_backend(diesel::pg::Pg))]
{on_struct}pub struct {name} {{
{all}}}
",
            keys = keys.join(", "),
            on_struct = says.on_struct()
        );
        let new: String = fields
            .iter()
            .filter(|(column, _)| !column.is_only_read())
            .filter_map(|(column, ty)| {
                let ty = ty.as_deref()?;
                // `None` leaves the column out, so that the database fills it in.
                let is_filled = self.model.is_optional(column) && !self.model.can_be_null(column);
                Some(line(column, &if is_filled { format!("Option<{ty}>") } else { ty.to_owned() }))
            })
            .collect();
        if !new.is_empty() {
            text += &format!(
                "
/// What a new row of {what} is made of; `None` is what the database puts in.
#[derive(Debug, Clone, PartialEq, diesel::Insertable)]
#[diesel(table_name = {path}{module}, check_for_backend(diesel::pg::Pg))]
pub struct {name}New {{
{new}}}
"
            );
        }
        Written { text, left_out, is_marked: true }
    }

    fn field(&self, column: &Column) -> Option<String> {
        let ty = self.value(column.ty.as_ref()?)?;
        Some(if self.model.can_be_null(column) { format!("Option<{ty}>") } else { ty })
    }

    fn value(&self, ty: &TypeRef) -> Option<String> {
        let beneath = self.model.beneath(ty);
        let Some(name) = self.enums.name(&beneath.element()) else { return self.types.of_value(self.model, ty) };
        Some(if beneath.array { format!("Vec<Option<{name}>>") } else { name.to_owned() })
    }
}
