//! What stands between the parentheses of a macro or an attribute.

use proc_macro2::{Ident, TokenTree};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Attribute, Expr, ExprLit, Lit, LitStr, Meta, MetaNameValue, Path, Token};

use crate::errors::Errors;

/// `embed_migrations!(config = "…")` or `embed_migrations!(shared = "…", tenant = "…")`.
#[derive(Default)]
pub(crate) struct EmbedArgs {
    pub(crate) config: Option<LitStr>,
    pub(crate) shared: Option<LitStr>,
    pub(crate) tenant: Option<LitStr>,
}

impl EmbedArgs {
    /// Reads the arguments; what cannot be read is skipped up to the next comma.
    pub(crate) fn parse(input: ParseStream<'_>, errors: &mut Errors) -> Self {
        let mut args = Self::default();
        each(input, errors, |input, errors| {
            if input.peek(LitStr) {
                return Err(input.error("arguments have names: write `tenant = \"…\"` for the tenants' folder"));
            }
            let name = input.call(Ident::parse_any)?;
            let slot = match name.to_string().as_str() {
                "config" => &mut args.config,
                "shared" => &mut args.shared,
                "tenant" => &mut args.tenant,
                other => {
                    let message = format!("unknown argument `{other}`: expected `config`, `shared` or `tenant`");
                    return Err(syn::Error::new(name.span(), message));
                }
            };
            input.parse::<Token![=]>()?;
            let value: LitStr = input.parse().map_err(|error| {
                syn::Error::new(error.span(), format!("`{name}` is a path: write it as a text, `{name} = \"…\"`"))
            })?;
            if value.value().is_empty() {
                errors.push(value.span(), format!("`{name}` is empty: write a path, or remove the argument"));
            } else if slot.is_some() {
                errors.push(name.span(), format!("`{name}` is given twice: remove one"));
            } else {
                *slot = Some(value);
            }
            Ok(())
        });
        args
    }
}

/// The paths of `tenant_tables! { users, schema::orders }`.
pub(crate) fn tables(input: ParseStream<'_>, errors: &mut Errors) -> Vec<Path> {
    let mut tables = Vec::new();
    each(input, errors, |input, _| {
        tables.push(input.call(Path::parse_mod_style)?);
        Ok(())
    });
    tables
}

/// Every `table_name` of a struct's `#[diesel(…)]`; all else there is Diesel's business, its errors included.
pub(crate) fn table_names(attributes: &[Attribute], errors: &mut Errors) -> Vec<Path> {
    let mut names = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("diesel")) {
        let read = attribute.parse_args_with(|input: ParseStream<'_>| {
            while !input.is_empty() {
                if input.peek(syn::Ident) && input.peek2(Token![=]) && input.parse::<Ident>()? == "table_name" {
                    input.parse::<Token![=]>()?;
                    names.push(input.call(Path::parse_mod_style).map_err(|error| {
                        syn::Error::new(error.span(), "the table is a path: write `table_name = users`, without quotes")
                    })?);
                }
                skip_to_comma(input)?;
            }
            Ok(())
        });
        if let Err(error) = read {
            errors.add(error);
        }
    }
    names.extend(attributes.iter().filter_map(deprecated_table_name));
    names
}

/// `#[table_name = "users"]`, which Diesel still reads; what is wrong with it, Diesel says.
fn deprecated_table_name(attribute: &Attribute) -> Option<Path> {
    let Meta::NameValue(MetaNameValue { path, value: Expr::Lit(ExprLit { lit: Lit::Str(name), .. }), .. }) =
        &attribute.meta
    else {
        return None;
    };
    path.is_ident("table_name").then(|| name.parse_with(Path::parse_mod_style).ok())?
}

/// Reads what stands between commas, one after the other; an error costs its own part only.
pub(crate) fn each(
    input: ParseStream<'_>,
    errors: &mut Errors,
    mut read: impl FnMut(ParseStream<'_>, &mut Errors) -> syn::Result<()>,
) {
    while !input.is_empty() {
        let complete = match read(input, errors) {
            Ok(()) if input.is_empty() || input.peek(Token![,]) => true,
            Ok(()) => {
                errors.add(input.error("expected `,`"));
                false
            }
            Err(error) => {
                errors.add(error);
                false
            }
        };
        let skipped =
            if complete && !input.is_empty() { input.parse::<Token![,]>().map(drop) } else { skip_to_comma(input) };
        if let Err(error) = skipped {
            errors.add(error);
            return;
        }
    }
}

/// Goes behind the next comma that stands on this level.
fn skip_to_comma(input: ParseStream<'_>) -> syn::Result<()> {
    while !input.is_empty() {
        if input.peek(Token![,]) {
            return input.parse::<Token![,]>().map(drop);
        }
        input.parse::<TokenTree>()?;
    }
    Ok(())
}

/// Runs one of the readers above on a macro's whole input.
pub(crate) fn read<T: Default>(
    input: proc_macro2::TokenStream,
    errors: &mut Errors,
    reader: impl FnOnce(ParseStream<'_>, &mut Errors) -> T,
) -> T {
    let parser = |input: ParseStream<'_>| Ok(reader(input, errors));
    // The readers consume everything, so that there is nothing left to complain about.
    syn::parse::Parser::parse2(parser, input).unwrap_or_default()
}
