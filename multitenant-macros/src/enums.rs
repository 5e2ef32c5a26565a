//! Enums that stand for types of the database: `#[derive(TenantEnum)]`, `#[derive(SharedEnum)]`.

use proc_macro2::TokenStream;
use syn::{Data, DeriveInput};

use crate::errors::Errors;
use crate::item::{Item, items};
use crate::says::shown;

/// Checks what the attributes say; nothing is written, for they are read by `cargo multitenant` only.
pub(crate) fn derive(input: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let mut errors = Errors::default();
    value(&items(&input.attrs, &mut errors), "type_name", &mut errors);
    match &input.data {
        Data::Enum(data) => {
            let mut labels: Vec<String> = Vec::new();
            for variant in &data.variants {
                if !variant.fields.is_empty() {
                    errors.push(variant.ident.span(), "a label holds nothing: leave the variant's fields out");
                }
                let label = value(&items(&variant.attrs, &mut errors), "label", &mut errors);
                let label = label.unwrap_or_else(|| snake_case(&variant.ident.to_string()));
                if labels.contains(&label) {
                    errors.push(variant.ident.span(), format!("the label {label:?} is there twice"));
                }
                labels.push(label);
            }
            if labels.is_empty() {
                errors.push(input.ident.span(), "the enum has no variant, and so the type no label");
            }
        }
        _ => errors.push(input.ident.span(), "only an enum stands for a type with labels: derive this on an enum"),
    }
    errors.into_compile_errors().unwrap_or_default()
}

/// The one option that there is.
fn value(items: &[Item], option: &str, errors: &mut Errors) -> Option<String> {
    let mut found = None;
    for item in items {
        match item {
            Item::List(name, _) if name == "allow" => {}
            Item::Value(name, text) if name == option => {
                let text_s = text.value();
                if text_s.is_empty() || text_s.len() > 63 || text_s.contains('\0') {
                    errors.push(text.span(), format!("`{option}` is a name of at most 63 bytes"));
                }
                if found.is_some() {
                    errors.push(name.span(), format!("`{option}` is given twice: remove one"));
                }
                found = Some(text_s);
            }
            other => errors.push(
                other.span(),
                format!("unknown option {}: here `multitenant` knows `{option} = \"…\"`", shown(other)),
            ),
        }
    }
    found
}

/// As `diesel-derive-enum` has it by default.
fn snake_case(name: &str) -> String {
    let name = name.strip_prefix("r#").unwrap_or(name);
    let mut snake = String::new();
    let characters: Vec<char> = name.chars().collect();
    for (at, c) in characters.iter().enumerate() {
        let after_small = at > 0 && (characters[at - 1].is_lowercase() || characters[at - 1].is_ascii_digit());
        let before_small =
            at > 0 && characters[at - 1].is_uppercase() && characters.get(at + 1).is_some_and(|c| c.is_lowercase());
        if c.is_uppercase() && (after_small || before_small) {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::snake_case;

    #[test]
    fn labels_are_in_snake_case() {
        for (name, label) in [("Glad", "glad"), ("SoSo", "so_so"), ("HTTPError", "http_error"), ("V2Beta", "v2_beta")] {
            assert_eq!(snake_case(name), label);
        }
    }
}
