//! Marks of tables: `#[derive(TenantTable)]`, `#[derive(SharedTable)]`, `tenant_tables!`, `shared_tables!`.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Ident, Path};

use crate::args;
use crate::errors::Errors;
use crate::says::{self, Says};

/// What a table is marked as.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Tier {
    Tenant,
    Shared,
}

impl Tier {
    /// The type of the runtime that stands for it.
    fn name(self) -> Ident {
        Ident::new(if matches!(self, Self::Tenant) { "Tenant" } else { "Shared" }, Span::call_site())
    }
}

/// What a derive found out about its struct.
struct Model {
    tables: Vec<Path>,
    same_table: bool,
    /// Columns that its attributes name.
    columns: Vec<Ident>,
}

/// The derives.
pub(crate) fn derive(tier: Tier, input: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let mut errors = Errors::default();
    let model = model(&input, &mut errors);
    if let Some(errors) = errors.into_compile_errors() {
        return errors;
    }
    let expand = if model.same_table { assertion } else { mark };
    // The derive's own name is what the compiler underlines, since the struct's path may be another derive's too.
    let marks = model.tables.iter().map(|table| expand(tier, table, Span::call_site()));
    marks.chain(model.tables.iter().map(|table| named(table, &model.columns))).collect()
}

/// `tenant_tables!` and `shared_tables!`.
pub(crate) fn list(tier: Tier, input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let is_empty = input.is_empty();
    let tables = args::read(input, &mut errors, args::tables);
    if is_empty {
        errors.push(Span::call_site(), "no table is named: write the tables' names, separated by commas");
    }
    for table in &tables {
        check(table, &mut errors);
        check_home(table, &mut errors);
    }
    if let Some(errors) = errors.into_compile_errors() {
        return errors;
    }
    tables.iter().map(|table| mark(tier, table, Span::call_site().located_at(table.span()))).collect()
}

fn model(input: &DeriveInput, errors: &mut Errors) -> Model {
    if !matches!(input.data, Data::Struct(_)) {
        errors.push(
            input.ident.span(),
            "only a struct stands for a table: derive this on the struct of its rows, or use `tenant_tables!` or \
             `shared_tables!`",
        );
    }
    fields(&input.data).for_each(|field| says::of_field(field, errors));
    let Says { same_table, columns } = says::of_struct(&input.attrs, errors);
    let mut tables = args::table_names(&input.attrs, errors);
    if tables.is_empty() {
        tables.push(Ident::new(&default_table_name(&input.ident.to_string()), input.ident.span()).into());
    }
    for table in &tables {
        check(table, errors);
        if !same_table {
            check_home(table, errors);
        }
    }
    Model { tables, same_table, columns }
}

fn fields(data: &Data) -> impl Iterator<Item = &syn::Field> {
    let fields = if let Data::Struct(data) = data { Some(&data.fields) } else { None };
    fields.into_iter().flatten()
}

/// Refuses paths that cannot be right, whatever they lead to.
fn check(table: &Path, errors: &mut Errors) {
    if table.segments.len() > 1 && table.segments.last().is_some_and(|last| last.ident == "table") {
        errors.push(table.span(), "name the table's module, not the type in it: leave out `::table`");
    }
}

/// Refuses to mark another crate's table, which Rust would refuse with fewer words (E0117).
fn check_home(table: &Path, errors: &mut Errors) {
    if table.leading_colon.is_some() {
        errors.push(
            table.span(),
            "only the crate that declares a table can mark it: use `tenant_tables!` or `shared_tables!` there, and \
             `#[multitenant(same_table)]` on the structs here",
        );
    }
}

/// The one implementation that marks a table.
fn mark(tier: Tier, table: &Path, span: Span) -> TokenStream {
    let tier = tier.name();
    let alias = quote! { type MarkedTable = #table::table; };
    quote_spanned! {span=>
        #[allow(non_local_definitions, unused_qualifications)]
        const _: () = {
            #alias
            #[automatically_derived]
            impl ::multitenant_runtime::__private::Marked for MarkedTable {
                type Tier = ::multitenant_runtime::__private::#tier;
            }
        };
    }
}

/// What `#[multitenant(same_table)]` stands for: no mark, but a promise that there is one.
fn assertion(tier: Tier, table: &Path, _span: Span) -> TokenStream {
    let assert = match tier {
        Tier::Tenant => quote!(assert_tenant),
        Tier::Shared => quote!(assert_shared),
    };
    quote_spanned! {table.span()=>
        #[allow(unused_qualifications)]
        const _: () = ::multitenant_runtime::__private::#assert::<#table::table>();
    }
}

/// Names the columns that attributes name, so that Rust tells where there is no such column.
fn named(table: &Path, columns: &[Ident]) -> TokenStream {
    if columns.is_empty() {
        return TokenStream::new();
    }
    let names = columns.iter().map(|column| quote_spanned! {column.span()=> let _ = #table::#column; });
    quote! {
        #[allow(unused_qualifications)]
        const _: () = { #(#names)* };
    }
}

/// The table's name that Diesel takes where there is no `table_name`: snake case and an `s`.
///
/// It is Diesel's `infer_table_name`, with its behaviour on runs of capitals (`APIKey` is `a_p_i_keys`).
fn default_table_name(struct_name: &str) -> String {
    let struct_name = struct_name.strip_prefix("r#").unwrap_or(struct_name);
    let mut name = String::with_capacity(struct_name.len() + 4);
    for (i, c) in struct_name.chars().enumerate() {
        if i > 0 && c.is_uppercase() {
            name.push('_');
        }
        name.extend(c.to_lowercase());
    }
    name.push('s');
    name
}

#[cfg(test)]
mod tests {
    use super::default_table_name;

    #[test]
    fn default_names_are_those_of_diesel() {
        for (name, table) in [
            ("Foo", "foos"),
            ("UserOrder", "user_orders"),
            ("FooBarBaz", "foo_bar_bazs"),
            ("APIKey", "a_p_i_keys"),
            ("Category", "categorys"),
            ("user", "users"),
            ("User2", "user2s"),
            ("Foo_Bar", "foo__bars"),
        ] {
            assert_eq!(default_table_name(name), table);
        }
    }
}
