//! Structs and their attributes: which table, which tier, what is allowed.

use multitenant_runtime::Tier;
use proc_macro2::{TokenStream, TokenTree};
use syn2::parse::ParseStream;
use syn2::punctuated::Punctuated;
use syn2::spanned::Spanned as _;
use syn2::{Attribute, Ident, ItemStruct, Path as RustPath, Token};

use super::read::Reader;
use super::said;
use super::syntax::{segments, unraw};
use super::{Allow, RustStruct, SqlType};
use crate::finding::Place;

impl Reader {
    pub(super) fn structure(&mut self, item: &ItemStruct) {
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
    pub(super) fn allows(&mut self, attributes: &[Attribute], around: &Place) {
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
