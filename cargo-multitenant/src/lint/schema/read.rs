//! A file of Rust code, read.

use std::ops::Range;
use std::path::Path;

use diesel_table_macro_syntax::TableDecl;
use multitenant_runtime::Tier;
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn2::ext::IdentExt as _;
use syn2::parse::ParseStream;
use syn2::punctuated::Punctuated;
use syn2::spanned::Spanned as _;
use syn2::visit::{self, Visit};
use syn2::{
    Attribute, Ident, ItemEnum, ItemFn, ItemMacro, ItemMod, ItemStruct, ItemUse, Macro, Path as RustPath, Token,
    UseTree,
};

use super::enums;
use super::said;
use super::{Allow, Join, Mark, Printed, RustColumn, RustFile, RustStruct, RustTable, SqlType};
use crate::finding::{FileId, Place};

/// Whether a file may hold anything of interest, by its words.
pub(crate) fn is_concerned(text: &str) -> bool {
    let words = [
        "table!",
        "TenantTable",
        "SharedTable",
        "tenant_tables!",
        "shared_tables!",
        "diesel(",
        "table_name",
        "joinable!",
        "DbEnum",
        "TenantEnum",
        "SharedEnum",
    ];
    words.iter().any(|word| text.contains(word))
}

/// Reads a file; the error is its place and what is wrong.
pub(crate) fn read(file: FileId, path: &Path, text: &str) -> Result<RustFile, (Range<usize>, String)> {
    let parsed = syn2::parse_file(text).map_err(|error| (error.span().byte_range(), error.to_string()))?;
    let found = RustFile { file: Some(file), printed: Printed::by_head(text), ..RustFile::default() };
    let mut reader = Reader { file, modules: modules_of(path), is_other_database: is_other_database(path), found };
    reader.visit_file(&parsed);
    Ok(reader.found)
}

/// The module that a file is, as far as its name tells.
fn modules_of(path: &Path) -> Vec<String> {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let folder = || path.parent()?.file_name().map(|name| name.to_string_lossy().into_owned());
    match stem.as_str() {
        "mod" | "lib" | "main" => folder().into_iter().collect(),
        _ => vec![stem],
    }
}

/// Whether the path says that the code is for another database: a project for several has a schema for each.
fn is_other_database(path: &Path) -> bool {
    let words = path.iter().rev().take(3).map(|part| part.to_string_lossy().trim_end_matches(".rs").to_lowercase());
    words.into_iter().any(|word| matches!(word.as_str(), "mysql" | "sqlite" | "sqlite3" | "mariadb"))
}

struct Reader {
    file: FileId,
    modules: Vec<String>,
    is_other_database: bool,
    found: RustFile,
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        // Tables of tests are nobody's.
        if item.attrs.iter().any(is_test) {
            return;
        }
        self.modules.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.modules.pop();
    }

    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        if !item.attrs.iter().any(is_test) {
            visit::visit_item_fn(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        imports(&item.tree, &mut Vec::new(), &mut self.found.imports);
    }

    fn visit_item_macro(&mut self, item: &'ast ItemMacro) {
        if item.attrs.iter().any(is_test) {
            return;
        }
        let around = self.place(item.span().byte_range());
        let before = self.found.tables.len();
        self.any_macro(&item.mac, &around);
        if self.found.tables.len() > before {
            self.allows(&item.attrs, &around);
        }
    }

    fn visit_macro(&mut self, item: &'ast Macro) {
        let around = self.place(item.span().byte_range());
        self.any_macro(item, &around);
    }

    fn visit_item_struct(&mut self, item: &'ast ItemStruct) {
        self.structure(item);
    }

    fn visit_item_enum(&mut self, item: &'ast ItemEnum) {
        if !self.is_other_database {
            self.found.enums.extend(enums::read(item, self.place(item.ident.span().byte_range())));
        }
    }
}

impl Reader {
    fn place(&self, span: Range<usize>) -> Place {
        Place::new(self.file, span)
    }

    fn any_macro(&mut self, item: &Macro, around: &Place) {
        let Some(name) = item.path.segments.last().map(|segment| segment.ident.to_string()) else { return };
        match name.as_str() {
            "table" if self.is_other_database => {}
            "table" => match item.parse_body::<TableDecl>() {
                Ok(table) => self.table(&table, around),
                Err(error) if is_diesel_s(item) => {
                    let place = self.place(error.span().byte_range());
                    self.found.malformed.push((place, error.to_string()));
                }
                // Another crate's macro.
                Err(_) => {}
            },
            "joinable" => {
                // Another crate's macro may be called so.
                self.found.joins.extend(item.parse_body_with(|input: ParseStream<'_>| {
                    let child = input.call(RustPath::parse_mod_style)?;
                    input.parse::<Token![->]>()?;
                    let parent = input.call(RustPath::parse_mod_style)?;
                    let content;
                    syn2::parenthesized!(content in input);
                    let column = unraw(&content.call(Ident::parse_any)?);
                    let place = Place::new(self.file, child.span().byte_range());
                    Ok(Join { child: segments(&child), parent: segments(&parent), column, place })
                }));
            }
            "tenant_tables" => self.marks(item, Tier::Tenant),
            "shared_tables" => self.marks(item, Tier::Shared),
            _ if !self.is_other_database && holds_table(item.tokens.clone()) => self.found.hidden.push(around.clone()),
            _ => {}
        }
    }

    fn marks(&mut self, item: &Macro, tier: Tier) {
        let parse = Punctuated::<RustPath, Token![,]>::parse_terminated;
        let Ok(paths) = item.parse_body_with(parse) else { return };
        for path in paths {
            let place = self.place(path.span().byte_range());
            self.found.marks.push(Mark { tier, path: segments(&path), place });
        }
    }

    fn table(&mut self, table: &TableDecl, around: &Place) {
        let name = unraw(&table.table_name);
        let columns: Vec<RustColumn> = table
            .column_defs
            .iter()
            .map(|column| {
                let (ty, is_nullable) = type_of(&column.tpe);
                RustColumn {
                    name: unraw(&column.column_name),
                    sql_name: column.sql_name.clone(),
                    ty,
                    is_nullable,
                    max_length: column.max_length.as_ref().and_then(|length| length.base10_parse().ok()),
                    place: self.place(column.column_name.span().byte_range()),
                }
            })
            .collect();
        // Diesel takes `id` where none is written.
        let key = table.primary_keys.as_ref().map(|keys| keys.keys.iter().map(unraw).collect());
        let schema = table.schema.as_ref();
        self.allows(&table.meta, around);
        self.found.tables.push(RustTable {
            sql_name: table.sql_name.clone(),
            schema: schema.map(|schema| (unraw(schema), self.place(schema.span().byte_range()))),
            modules: self.modules.clone(),
            columns,
            primary_key: key.unwrap_or_else(|| vec!["id".to_owned()]),
            place: self.place(table.table_name.span().byte_range()),
            around: around.clone(),
            name,
        });
    }

    fn structure(&mut self, item: &ItemStruct) {
        let around = self.place(item.span().byte_range());
        let mut found = RustStruct {
            name: item.ident.to_string(),
            place: self.place(item.ident.span().byte_range()),
            tables: Vec::new(),
            names_table: false,
            marks: Vec::new(),
            same_table: false,
            belongs_to: Vec::new(),
            says: said::of_struct(self.file, &item.attrs, &item.fields),
        };
        let mut is_diesel_s = false;
        for attribute in &item.attrs {
            let name = attribute.path().segments.last().map(|segment| segment.ident.to_string());
            match name.as_deref() {
                Some("derive") => is_diesel_s |= self.derives(attribute, &mut found),
                Some("diesel") => {
                    self.diesel(attribute, &mut found);
                    self.sql_type(attribute, &item.ident, &around);
                }
                Some("multitenant") => found.same_table |= says(attribute, "same_table"),
                _ => {}
            }
        }
        self.allows(&item.attrs, &around);
        found.names_table = !found.tables.is_empty();
        if found.tables.is_empty() && (is_diesel_s || !found.marks.is_empty()) {
            found.tables.push((vec![default_table(&found.name)], found.place.clone()));
        }
        if !found.tables.is_empty() {
            self.found.structs.push(found);
        }
    }

    /// Reads a derive; whether it needs a table.
    fn derives(&self, attribute: &Attribute, found: &mut RustStruct) -> bool {
        let parse = Punctuated::<RustPath, Token![,]>::parse_terminated;
        let Ok(paths) = attribute.parse_args_with(parse) else { return false };
        let mut needs_table = false;
        for path in &paths {
            let Some(last) = path.segments.last() else { continue };
            let place = self.place(last.ident.span().byte_range());
            match last.ident.to_string().as_str() {
                "TenantTable" => found.marks.push((Tier::Tenant, place)),
                "SharedTable" => found.marks.push((Tier::Shared, place)),
                "Identifiable" | "Insertable" | "AsChangeset" | "Associations" | "Selectable" => needs_table = true,
                _ => {}
            }
        }
        needs_table
    }

    /// `#[diesel(table_name = …, belongs_to(…))]`.
    fn diesel(&self, attribute: &Attribute, found: &mut RustStruct) {
        // What cannot be read is Diesel's to refuse.
        let _ = attribute.parse_args_with(|input: ParseStream<'_>| {
            while !input.is_empty() {
                if input.peek(Ident) {
                    let name: Ident = input.parse()?;
                    if name == "table_name" && input.peek(Token![=]) {
                        input.parse::<Token![=]>()?;
                        let path = input.call(RustPath::parse_mod_style)?;
                        found.tables.push((segments(&path), self.place(path.span().byte_range())));
                    } else if name == "belongs_to" && input.peek(syn2::token::Paren) {
                        let content;
                        syn2::parenthesized!(content in input);
                        let path = content.call(RustPath::parse_mod_style)?;
                        let parent = segments(&path).pop().unwrap_or_default();
                        found.belongs_to.push((parent, self.place(path.span().byte_range())));
                        content.parse::<TokenStream>()?;
                    }
                }
                skip_to_comma(input)?;
            }
            Ok(())
        });
    }

    /// `#[diesel(postgres_type(name = "…", schema = "…"))]`.
    fn sql_type(&mut self, attribute: &Attribute, item: &Ident, around: &Place) {
        let (mut name, mut schema) = (None, None);
        let _ = attribute.parse_nested_meta(|meta| {
            if !meta.path.is_ident("postgres_type") {
                return Err(meta.error("another attribute"));
            }
            meta.parse_nested_meta(|meta| {
                let literal: syn2::LitStr = meta.value()?.parse()?;
                let place = self.place(literal.span().byte_range());
                if meta.path.is_ident("name") {
                    name = Some((literal.value(), place));
                } else if meta.path.is_ident("schema") {
                    schema = Some((literal.value(), place));
                }
                Ok(())
            })
        });
        if let Some((name, place)) = name {
            let rust_name = unraw(item);
            self.found.sql_types.push(SqlType { rust_name, name, schema, place, around: around.clone() });
        }
    }

    /// `#[multitenant(allow(rule, …))]`.
    fn allows(&mut self, attributes: &[Attribute], around: &Place) {
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("multitenant")) {
            let _ = attribute.parse_nested_meta(|meta| {
                if !meta.path.is_ident("allow") {
                    if meta.input.peek(Token![=]) {
                        meta.value()?.parse::<syn2::Expr>()?;
                    }
                    return Ok(());
                }
                let content;
                syn2::parenthesized!(content in meta.input);
                // Rules are written as in the configuration, `no-cascade-delete`, or as Rust would have it.
                let tokens: TokenStream = content.parse()?;
                for rule in tokens.to_string().split(',') {
                    let rule = rule.replace(char::is_whitespace, "").replace('_', "-");
                    let place = self.place(attribute.span().byte_range());
                    if !rule.is_empty() {
                        self.found.allows.push(Allow { rule, place, around: around.clone() });
                    }
                }
                Ok(())
            });
        }
    }
}

/// Whether a `table!` that cannot be read is meant for Diesel: by its path, or by a block at its end, as behind
/// `orders (id)`.
fn is_diesel_s(item: &Macro) -> bool {
    let is_said = item.path.segments.first().is_some_and(|first| first.ident == "diesel");
    let is_group = |token: &TokenTree, of| matches!(token, TokenTree::Group(group) if group.delimiter() == of);
    let tokens: Vec<TokenTree> = item.tokens.clone().into_iter().collect();
    let is_alike = match tokens.as_slice() {
        [.., before, last] if is_group(last, Delimiter::Brace) => {
            matches!(before, TokenTree::Ident(_)) || is_group(before, Delimiter::Parenthesis)
        }
        _ => false,
    };
    is_said || is_alike
}

/// Whether a `table!` stands somewhere among the tokens of another macro.
fn holds_table(tokens: TokenStream) -> bool {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let is_table = tokens.windows(3).any(|three| match three {
        [TokenTree::Ident(name), TokenTree::Punct(mark), TokenTree::Group(_)] => {
            name == "table" && mark.as_char() == '!'
        }
        _ => false,
    });
    is_table || tokens.into_iter().any(|token| matches!(token, TokenTree::Group(group) if holds_table(group.stream())))
}

/// `#[cfg(test)]`, and `#[test]` of whatever crate.
fn is_test(attribute: &Attribute) -> bool {
    let path = attribute.path();
    if !path.is_ident("cfg") {
        return path.segments.last().is_some_and(|segment| segment.ident == "test");
    }
    let condition = attribute.meta.require_list().map(|list| list.tokens.to_string()).unwrap_or_default();
    let mut words = condition.split(|c: char| !c.is_alphanumeric() && c != '_');
    condition == "test"
        || (condition.starts_with("all") && !condition.contains("not") && words.any(|word| word == "test"))
}

/// What a `use` brings in; `*` stands for all that is there.
fn imports(tree: &UseTree, above: &mut Vec<String>, found: &mut Vec<(String, Vec<String>)>) {
    let mut add = |name: String, last: String| found.push((name, above.iter().cloned().chain([last]).collect()));
    match tree {
        UseTree::Path(path) => {
            above.push(unraw(&path.ident));
            imports(&path.tree, above, found);
            above.pop();
        }
        UseTree::Name(name) => add(unraw(&name.ident), unraw(&name.ident)),
        UseTree::Rename(rename) => add(unraw(&rename.rename), unraw(&rename.ident)),
        UseTree::Glob(_) => add("*".to_owned(), "*".to_owned()),
        UseTree::Group(group) => group.items.iter().for_each(|item| imports(item, above, found)),
    }
}

fn says(attribute: &Attribute, word: &str) -> bool {
    let mut found = false;
    let _ = attribute.parse_nested_meta(|meta| {
        found |= meta.path.is_ident(word);
        if meta.input.peek(syn2::token::Paren) {
            let content;
            syn2::parenthesized!(content in meta.input);
            content.parse::<TokenStream>()?;
        }
        Ok(())
    });
    found
}

fn skip_to_comma(input: ParseStream<'_>) -> syn2::Result<()> {
    while !input.is_empty() {
        if input.peek(Token![,]) {
            input.parse::<Token![,]>()?;
            return Ok(());
        }
        input.parse::<TokenTree>()?;
    }
    Ok(())
}

fn segments(path: &RustPath) -> Vec<String> {
    path.segments.iter().map(|segment| unraw(&segment.ident)).collect()
}

pub(super) fn unraw(ident: &Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").map(str::to_owned).unwrap_or(text)
}

/// A column's type without `Nullable`, and whether it had it.
fn type_of(path: &syn2::TypePath) -> (String, bool) {
    let Some(last) = path.path.segments.last() else { return (String::new(), false) };
    let inner = match &last.arguments {
        syn2::PathArguments::AngleBracketed(arguments) => arguments.args.iter().find_map(|argument| match argument {
            syn2::GenericArgument::Type(syn2::Type::Path(inner)) => Some(type_of(inner)),
            _ => None,
        }),
        _ => None,
    };
    match (last.ident.to_string(), inner) {
        (name, Some((inner, _))) if name == "Nullable" => (inner, true),
        (name, Some((inner, _))) => (format!("{name}<{inner}>"), false),
        (name, None) => (name, false),
    }
}

/// The table that Diesel takes for a struct that names none.
fn default_table(name: &str) -> String {
    let mut table = String::new();
    for (at, c) in name.char_indices() {
        if c.is_uppercase() && at > 0 {
            table.push('_');
        }
        table.extend(c.to_lowercase());
    }
    table.push('s');
    table
}
