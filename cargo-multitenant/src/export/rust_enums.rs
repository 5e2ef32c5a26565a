//! Enums of the database as enums of Rust.

use std::collections::BTreeMap;

use heck::ToSnakeCase as _;
use multitenant_runtime::Tier;

use super::identifiers::{Identifiers, pascal};
use crate::model::sql_type;
use crate::model::{Home, Model, Table, Type, TypeKind, TypeRef};
use crate::print_schema::{Style, is_defined, literal};

/// The enums that have been written, by where their types are.
pub(super) struct Enums {
    names: BTreeMap<(u8, String), String>,
    pub(super) text: String,
}

impl Enums {
    /// Those of the types of a model that columns of these tables use, and whose types in Rust are defined with them, in
    /// the module `path`.
    pub(super) fn of(model: &Model, tables: &[&Table], style: &Style, path: &str, given: &mut Identifiers) -> Self {
        let mut enums = Self { names: BTreeMap::new(), text: String::new() };
        let used: Vec<TypeRef> = tables
            .iter()
            .flat_map(|table| &table.columns)
            .filter_map(|column| column.ty.as_ref())
            .map(|ty| model.beneath(ty).element())
            .collect();
        let mut types: Vec<String> = Vec::new();
        for ty in &model.types {
            let (TypeKind::Enum { labels }, true) = (&ty.kind, ty.is_complete) else { continue };
            let Some(one) = used.iter().find(|used| model.type_of(used) == Some(ty)) else { continue };
            let sql = sql_type(&model.shared_schema, one);
            // Of two types with one name in Rust the first is defined.
            if labels.is_empty() || !is_defined(&sql, style) || types.contains(&sql.rust_name) {
                continue;
            }
            let name = given.give(&sql.rust_name);
            enums.text += &written(ty, labels, &name, &format!("{path}{}::{}", style.types_module(), sql.rust_name));
            enums.names.insert(key(one), name);
            types.push(sql.rust_name);
        }
        enums
    }

    /// The enum for a type, if there is one.
    pub(super) fn name(&self, ty: &TypeRef) -> Option<&str> {
        self.names.get(&key(ty)).map(String::as_str)
    }
}

fn key(ty: &TypeRef) -> (u8, String) {
    let home = match ty.home {
        Home::Shared => 0,
        Home::Tenant => 1,
        Home::System => 2,
        Home::Other => 3,
    };
    (home, ty.name.clone())
}

fn written(ty: &Type, labels: &[String], name: &str, sql: &str) -> String {
    let mut given = Identifiers::without(&["Self"]).camel();
    let variants: Vec<String> = labels.iter().map(|label| given.give(&pascal(label))).collect();
    let lines = |line: &dyn Fn(&str, &str) -> String| -> String {
        variants.iter().zip(labels).map(|(variant, label)| line(variant, &literal(label))).collect()
    };
    let of_label = lines(&|variant, label| format!("            Self::{variant} => {label},\n"));
    let of_text = lines(&|variant, label| format!("            {label} => Ok(Self::{variant}),\n"));
    let label_of = |variant: &str, label: &str| {
        let is_default = literal(&variant.to_snake_case()) == label;
        if is_default { String::new() } else { format!("    #[multitenant(label = {label})]\n") }
    };
    let variants = lines(&|variant, label| format!("{}    {variant},\n", label_of(variant, label)));
    let derive = if ty.tier == Tier::Shared { "SharedEnum" } else { "TenantEnum" };
    let type_name = literal(&ty.name);
    let what = literal(&format!("no label of the type {}: ", ty.name));
    format!(
        "
/// The type {shown}.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, diesel::expression::AsExpression, diesel::deserialize::FromSqlRow, multitenant_runtime::{derive})]
#[diesel(sql_type = {sql})]
#[multitenant(type_name = {type_name})]
pub enum {name} {{
{variants}}}

impl diesel::serialize::ToSql<{sql}, diesel::pg::Pg> for {name} {{
    fn to_sql<'b>(&'b self, out: &mut diesel::serialize::Output<'b, '_, diesel::pg::Pg>) -> diesel::serialize::Result {{
        let label = match self {{
{of_label}        }};
        std::io::Write::write_all(out, label.as_bytes())?;
        Ok(diesel::serialize::IsNull::No)
    }}
}}

impl diesel::deserialize::FromSql<{sql}, diesel::pg::Pg> for {name} {{
    fn from_sql(value: diesel::pg::PgValue<'_>) -> diesel::deserialize::Result<Self> {{
        match std::str::from_utf8(value.as_bytes())? {{
{of_text}            other => Err(format!(\"{{}}{{other}}\", {what}).into()),
        }}
    }}
}}
",
        shown = shown(&ty.name),
    )
}

/// A name in a comment of one line.
pub(super) fn shown(name: &str) -> String {
    format!("`{}`", name.chars().map(|c| if c.is_control() || c == '`' { ' ' } else { c }).collect::<String>())
}
