//! Several errors at once, each at its own place in the source.

use std::fmt::Display;

use proc_macro2::{Span, TokenStream};

/// The errors of one macro call, in the order in which they were found.
#[derive(Debug, Default)]
pub(crate) struct Errors {
    all: Option<syn::Error>,
}

impl Errors {
    /// Adds an error that underlines `span`.
    pub(crate) fn push(&mut self, span: Span, message: impl Display) {
        self.add(syn::Error::new(span, message));
    }

    /// Adds an error that has its place already.
    pub(crate) fn add(&mut self, error: syn::Error) {
        match &mut self.all {
            Some(all) => all.combine(error),
            None => self.all = Some(error),
        }
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_none()
    }

    /// What the compiler shows, where there is any error.
    pub(crate) fn into_compile_errors(self) -> Option<TokenStream> {
        self.all.map(|all| all.to_compile_error())
    }
}
