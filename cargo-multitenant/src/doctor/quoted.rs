//! Names in the statements that a complaint gives.

use multitenant_runtime::Identifier;

/// The name in quotes; as it is where none of that name can be.
pub(crate) fn quoted(name: &str) -> String {
    Identifier::new(name).map_or_else(|_| name.to_owned(), |name| name.quoted())
}

/// The name with its schema, in quotes.
pub(crate) fn qualified(schema: &str, name: &str) -> String {
    format!("{}.{}", quoted(schema), quoted(name))
}
