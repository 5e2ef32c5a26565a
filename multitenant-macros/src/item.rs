//! What `#[multitenant(…)]` is made of: words, `name = "text"`, and lists of these.

use proc_macro2::{Ident, Span, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{Attribute, LitStr, Token};

use crate::args::each;
use crate::errors::Errors;

/// One thing between commas.
pub(crate) enum Item {
    /// `unique`, or a column's name.
    Word(Ident),
    /// `"lower(email)"`
    Text(LitStr),
    /// `default = "now()"`
    Value(Ident, LitStr),
    /// `columns(a, b)`
    List(Ident, Vec<Item>),
}

impl Item {
    /// Where it begins.
    pub(crate) fn span(&self) -> Span {
        match self {
            Self::Word(name) | Self::Value(name, _) | Self::List(name, _) => name.span(),
            Self::Text(text) => text.span(),
        }
    }
}

impl Parse for Item {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(LitStr) {
            return input.parse().map(Self::Text);
        }
        let name = input.call(Ident::parse_any)?;
        // For the linter, which knows its rules; they may hold hyphens.
        if name == "allow" && input.peek(syn::token::Paren) {
            input.parse::<TokenTree>()?;
            return Ok(Self::List(name, Vec::new()));
        }
        if input.peek(syn::token::Paren) {
            let content;
            syn::parenthesized!(content in input);
            let items = content.parse_terminated(Self::parse, Token![,])?;
            return Ok(Self::List(name, items.into_iter().collect()));
        }
        if !input.peek(Token![=]) {
            return Ok(Self::Word(name));
        }
        input.parse::<Token![=]>()?;
        let value = input.parse::<LitStr>().map_err(|error| {
            let message = if name == "same_table" {
                "`same_table` takes no value: write `#[multitenant(same_table)]`".to_owned()
            } else {
                format!("`{name}` is written as a text: `{name} = \"…\"`")
            };
            syn::Error::new(error.span(), message)
        })?;
        Ok(Self::Value(name, value))
    }
}

/// All that stands in the `#[multitenant(…)]` of something.
pub(crate) fn items(attributes: &[Attribute], errors: &mut Errors) -> Vec<Item> {
    let mut items = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("multitenant")) {
        let read = attribute.parse_args_with(|input: ParseStream<'_>| {
            if input.is_empty() {
                return Err(syn::Error::new(attribute.span(), "`multitenant()` says nothing: remove it"));
            }
            each(input, errors, |input, _| {
                items.push(input.parse()?);
                Ok(())
            });
            Ok(())
        });
        if let Err(error) = read {
            errors.add(error);
        }
    }
    items
}
