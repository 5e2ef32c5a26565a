//! Enums that stand for types with labels: our own derives, and `diesel-derive-enum`'s.

use heck::{ToKebabCase as _, ToLowerCamelCase as _, ToPascalCase as _, ToShoutySnakeCase as _, ToSnakeCase as _};
use multitenant_runtime::Tier;
use syn2::punctuated::Punctuated;
use syn2::{Attribute, Expr, ExprLit, ItemEnum, Lit, Meta, Token};

use super::said;
use super::syntax::unraw;
use crate::finding::Place;

/// An enum that stands for a type.
#[derive(Debug, Clone)]
pub(crate) struct RustEnum {
    pub(crate) name: String,
    /// `TenantEnum`, `SharedEnum`.
    pub(crate) tier: Option<Tier>,
    /// The type's name in the database, where that is said.
    pub(crate) type_name: Option<String>,
    /// The type's name in Rust, where that is said.
    pub(crate) sql_type: Option<String>,
    /// In their order; `None` where they stand in code.
    pub(crate) labels: Option<Vec<String>>,
    /// Whether the labels are those that code writes or reads, in whatever order.
    pub(crate) is_by_hand: bool,
    pub(crate) place: Place,
}

/// Reads an enum; `None` where it has nothing to do with the database.
pub(super) fn read(item: &ItemEnum, place: Place) -> Option<RustEnum> {
    let metas = metas(&item.attrs);
    let derives: Vec<String> = metas.iter().flat_map(derived).collect();
    let has = |name: &str| derives.iter().any(|derived| derived == name);
    let tier = match (has("TenantEnum"), has("SharedEnum")) {
        (true, _) => Some(Tier::Tenant),
        (_, true) => Some(Tier::Shared),
        _ => None,
    };
    let sql_type = metas.iter().find_map(sql_type);
    let mut found = RustEnum {
        name: unraw(&item.ident),
        tier,
        type_name: said::value_of(&item.attrs, "type_name"),
        sql_type,
        labels: None,
        is_by_hand: false,
        place,
    };
    if tier.is_some() {
        let label = |variant: &syn2::Variant| {
            said::value_of(&variant.attrs, "label").unwrap_or_else(|| unraw(&variant.ident).to_snake_case())
        };
        found.labels = Some(item.variants.iter().map(label).collect());
        return Some(found);
    }
    if has("DbEnum") {
        let style = metas.iter().find_map(|meta| text(meta, &["DbValueStyle", "value_style"]));
        let pg_type = metas.iter().find_map(|meta| text(meta, &["PgType", "DbType", "pg_type"]));
        found.type_name = pg_type;
        let label = |variant: &syn2::Variant| {
            let renamed = self::metas(&variant.attrs).iter().find_map(|meta| text(meta, &["db_rename", "rename"]));
            renamed.unwrap_or_else(|| styled(&unraw(&variant.ident), style.as_deref()))
        };
        found.labels = Some(item.variants.iter().map(label).collect());
        return Some(found);
    }
    found.sql_type.is_some().then_some(found)
}

/// As `diesel-derive-enum` writes a variant's name.
fn styled(name: &str, style: Option<&str>) -> String {
    match style {
        Some("camelCase") => name.to_lower_camel_case(),
        Some("kebab-case") => name.to_kebab_case(),
        Some("PascalCase") => name.to_pascal_case(),
        Some("SCREAMING_SNAKE_CASE") => name.to_shouty_snake_case(),
        Some("verbatim") => name.to_owned(),
        _ => name.to_snake_case(),
    }
}

/// All attributes, those among them that stand in a `cfg_attr`, or in `db_enum(…)`.
fn metas(attributes: &[Attribute]) -> Vec<Meta> {
    let mut found = Vec::new();
    for attribute in attributes {
        let inner = |meta: &Meta, skip: usize| -> Vec<Meta> {
            let parse = Punctuated::<Meta, Token![,]>::parse_terminated;
            let list = meta.require_list().ok().and_then(|list| list.parse_args_with(parse).ok());
            list.into_iter().flatten().skip(skip).collect()
        };
        if attribute.path().is_ident("cfg_attr") {
            found.extend(inner(&attribute.meta, 1));
        } else if attribute.path().is_ident("db_enum") {
            found.extend(inner(&attribute.meta, 0));
        } else {
            found.push(attribute.meta.clone());
        }
    }
    found
}

/// The last parts of the paths of a derive.
fn derived(meta: &Meta) -> Vec<String> {
    if !meta.path().is_ident("derive") {
        return Vec::new();
    }
    let parse = Punctuated::<syn2::Path, Token![,]>::parse_terminated;
    let paths = meta.require_list().ok().and_then(|list| list.parse_args_with(parse).ok());
    paths.into_iter().flatten().filter_map(|path| Some(path.segments.last()?.ident.to_string())).collect()
}

/// The type in Rust: `#[diesel(sql_type = …)]`, `#[ExistingTypePath = "…"]`.
fn sql_type(meta: &Meta) -> Option<String> {
    if let Some(path) = text(meta, &["ExistingTypePath", "existing_type_path"]) {
        return path.rsplit("::").next().map(|last| last.trim().to_owned());
    }
    if !meta.path().is_ident("diesel") {
        return None;
    }
    let parse = Punctuated::<Meta, Token![,]>::parse_terminated;
    let inner = meta.require_list().ok()?.parse_args_with(parse).ok()?;
    inner.into_iter().find_map(|meta| match meta {
        Meta::NameValue(pair) if pair.path.is_ident("sql_type") => match pair.value {
            Expr::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
            _ => None,
        },
        _ => None,
    })
}

/// The text of `#[name = "…"]`, for any of these names.
fn text(meta: &Meta, names: &[&str]) -> Option<String> {
    let Meta::NameValue(pair) = meta else { return None };
    match &pair.value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) if names.iter().any(|name| pair.path.is_ident(name)) => {
            Some(text.value())
        }
        _ => None,
    }
}
