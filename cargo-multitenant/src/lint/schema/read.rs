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
    Ident, ItemEnum, ItemFn, ItemImpl, ItemMacro, ItemMod, ItemStruct, ItemUse, Macro, Path as RustPath, Token,
};

use super::syntax::{imports, is_test, segments, type_of, unraw};
use super::{Join, Mark, Printed, RustColumn, RustFile, RustTable};
use super::{enums, labels};
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
        "ToSql<",
        "FromSql<",
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

pub(super) struct Reader {
    pub(super) file: FileId,
    modules: Vec<String>,
    is_other_database: bool,
    pub(super) found: RustFile,
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

    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        if !self.is_other_database {
            self.found.enums.extend(labels::read(item, self.place(item.impl_token.span.byte_range())));
        }
        visit::visit_item_impl(self, item);
    }
}

impl Reader {
    pub(super) fn place(&self, span: Range<usize>) -> Place {
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
