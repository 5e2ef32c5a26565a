//! What `table!` cannot say, as attributes, so that `generate --from-schema` makes the same again.

use crate::ddl::{name, type_text};
use crate::lint::{made_up, of_columns};
use crate::model::{Column, Default, ForeignKey, Home, Index, Key, Model, Table};
use crate::print_schema::{ColumnNames, literal};

/// A table whose attributes are written, with the names of its columns in Rust, and those that its struct has.
pub(super) struct Says<'a> {
    pub(super) model: &'a Model,
    pub(super) table: &'a Table,
    pub(super) names: &'a ColumnNames,
    /// Columns without a field.
    pub(super) left_out: &'a [String],
}

impl Says<'_> {
    /// The attribute of the struct; empty where there is nothing to say.
    pub(super) fn on_struct(&self) -> String {
        let table = self.table;
        let mut parts: Vec<String> = Vec::new();
        for key in table.uniques.iter().filter(|key| self.of_field(&key.columns, &key.name, "key").is_none()) {
            parts.push(self.key("unique", &key.columns, self.other_name(&key.columns, &key.name, "key"), ""));
        }
        for index in table.indexes.iter().filter(|index| !self.is_on_field(index)) {
            parts.push(self.index(index));
        }
        for check in table.checks.iter().filter(|check| !check.exclude) {
            parts.push(format!("check(name = {}, {})", literal(&check.name), literal(&check.text)));
        }
        for key in table.foreign_keys.iter().filter(|key| key.home != Home::Other) {
            if self.of_field(&key.columns, &key.name, "fkey").is_none() {
                let name = self.other_name(&key.columns, &key.name, "fkey");
                parts.push(self.key("foreign_key", &key.columns, name, &references(self.model, key)));
            }
        }
        attribute("", &parts, ",\n    ")
    }

    /// The attribute of a column's field.
    pub(super) fn on_field(&self, column: &Column) -> String {
        let table = self.table;
        let mut parts: Vec<String> = Vec::new();
        parts.extend(self.sql_type(column).map(|ty| format!("sql_type = {}", literal(&ty))));
        if let Some(generated) = column.generated.as_ref().filter(|generated| generated.stored) {
            parts.push(format!("generated = {}", literal(&generated.expression)));
        } else if let Some(identity) = &column.identity {
            parts.push(if identity.always { "identity = \"always\"" } else { "identity" }.to_owned());
        } else if let Some(Default::Expression(text)) = &column.default {
            parts.push(format!("default = {}", literal(text)));
        }
        let is_of =
            |columns: &[String], of: &str, label| self.of_field(columns, of, label) == Some(column.name.as_str());
        if table.uniques.iter().any(|key: &Key| is_of(&key.columns, &key.name, "key")) {
            parts.push("unique".to_owned());
        }
        let is_plain = |index: &&Index| self.is_on_field(index) && index.items[0].column.as_ref() == Some(&column.name);
        if table.indexes.iter().any(|index| is_plain(&index)) {
            parts.push("index".to_owned());
        }
        // Of two keys of one column the others stand on the struct.
        let mut keys = table.foreign_keys.iter().filter(|key| key.home != Home::Other);
        if let Some(key) = keys.find(|key| is_of(&key.columns, &key.name, "fkey")) {
            parts.push(references(self.model, key).trim_start_matches(", ").to_owned());
        }
        attribute("    ", &parts, ", ")
    }

    /// The column whose field says it all, where one can.
    fn of_field<'k>(&self, columns: &'k [String], name: &str, label: &str) -> Option<&'k str> {
        let [column] = columns else { return None };
        let is_default = made_up(&self.table.name, column, label, |_| false) == name;
        (is_default && !self.left_out.contains(column)).then_some(column.as_str())
    }

    fn is_on_field(&self, index: &Index) -> bool {
        let columns: Option<Vec<String>> = index.items.iter().map(|item| item.column.clone()).collect();
        let is_plain =
            !index.unique && index.method == "btree" && index.predicate.is_none() && index.include.is_empty();
        is_plain
            && index.items.iter().all(|item| item.column.as_ref().is_some_and(|column| is_column(&item.text, column)))
            && columns.is_some_and(|columns| self.of_field(&columns, &index.name, "idx").is_some())
    }

    /// The name, where it is not the one that PostgreSQL would make.
    fn other_name<'k>(&self, columns: &[String], name: &'k str, label: &str) -> Option<&'k str> {
        let made = made_up(&self.table.name, &of_columns(columns.iter().map(String::as_str)), label, |_| false);
        (made != name).then_some(name)
    }

    fn key(&self, word: &str, columns: &[String], name: Option<&str>, more: &str) -> String {
        let columns: Vec<String> = columns.iter().map(|column| self.column(column)).collect();
        let columns = columns.join(", ");
        let name = name.map(|name| format!(", name = {}", literal(name))).unwrap_or_default();
        if name.is_empty() && more.is_empty() {
            format!("{word}({columns})")
        } else {
            format!("{word}(columns({columns}){name}{more})")
        }
    }

    fn index(&self, index: &Index) -> String {
        let items: Vec<String> = index
            .items
            .iter()
            .map(|item| match &item.column {
                Some(column) if is_column(&item.text, column) => self.column(column),
                _ => literal(&item.text),
            })
            .collect();
        let mut text = format!("index(columns({}), name = {}", items.join(", "), literal(&index.name));
        if index.unique {
            text += ", unique";
        }
        if index.method != "btree" {
            text += &format!(", method = {}", literal(&index.method));
        }
        if let Some(predicate) = &index.predicate {
            text += &format!(", filter = {}", literal(predicate));
        }
        if !index.include.is_empty() {
            let columns: Vec<String> = index.include.iter().map(|column| self.column(column)).collect();
            text += &format!(", include({})", columns.join(", "));
        }
        text + ")"
    }

    fn column(&self, column: &str) -> String {
        self.names.of(column)
    }

    /// The type, where `table!` does not say all of it.
    fn sql_type(&self, column: &Column) -> Option<String> {
        let ty = column.ty.as_ref()?;
        if column.default == Some(Default::Serial) {
            return match ty.name.as_str() {
                "int2" => Some("smallserial".to_owned()),
                "int4" => Some("serial".to_owned()),
                "int8" => Some("bigserial".to_owned()),
                _ => None,
            };
        }
        let has_length = matches!(ty.name.as_str(), "varchar" | "bpchar");
        let is_domain = self.model.beneath(ty) != *ty;
        let is_said = is_domain || (!ty.modifiers.is_empty() && !has_length);
        is_said.then(|| type_text(self.model, self.table.tier, ty))
    }
}

fn is_column(text: &str, column: &str) -> bool {
    text == column || text == name(column)
}

/// `, references = "plans(id)", on_delete = "cascade"`.
fn references(model: &Model, key: &ForeignKey) -> String {
    let schema = match key.home {
        Home::Shared => format!("{}.", model.shared_schema),
        _ => String::new(),
    };
    let columns = if key.target.is_empty() { String::new() } else { format!("({})", key.target.join(", ")) };
    let mut text = format!(", references = {}", literal(&format!("{schema}{}{columns}", key.table)));
    for (word, action) in [("on_delete", &key.on_delete), ("on_update", &key.on_update)] {
        if action != "NO ACTION" {
            text += &format!(", {word} = {}", literal(&action.to_lowercase()));
        }
    }
    text
}

fn attribute(indent: &str, parts: &[String], between: &str) -> String {
    match parts {
        [] => String::new(),
        [one] => format!("{indent}#[multitenant({one})]\n"),
        parts if between.contains('\n') => format!("{indent}#[multitenant(\n    {},\n)]\n", parts.join(between)),
        parts => format!("{indent}#[multitenant({})]\n", parts.join(between)),
    }
}
