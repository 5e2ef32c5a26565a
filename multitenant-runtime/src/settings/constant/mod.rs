//! The rules of [`Settings`](super::Settings), once more, for the compiler.
//!
//! `embed_migrations!` has the values when the application is compiled; a value that could not start must
//! not build. Only what a `const fn` can do is here, and a test holds both versions of each rule together.

mod rules;

use super::RegistryText;

/// A value, and the rule that it must keep.
#[derive(Debug, Clone, Copy)]
pub enum Rule<'a> {
    /// The name of a table or a column.
    Identifier(&'a str),
    /// The name of the shared schema.
    SharedSchema(&'a str),
    /// The name of the state table's schema; empty for none.
    StateSchema(&'a str),
    /// A schema template.
    Template(&'a str),
    /// A `search_path`.
    SearchPath(&'a [&'a str]),
    /// A template of roles.
    RoleTemplate(&'a str),
    /// The name of the role that the application logs in as; empty for none.
    ApplicationRole(&'a str),
    /// A duration.
    Duration(&'a str),
    /// What to do with migrations that are out of order.
    OutOfOrder(&'a str),
    /// A number of workers.
    Jobs(usize),
    /// An SQL text that may not be empty.
    Sql(&'a str),
    /// The name of the registry's column that says who is archived; empty for none.
    ArchivedColumn(&'a str),
    /// A template of archived schemas.
    ArchiveTemplate(&'a str),
    /// The ids of a fixed list of tenants.
    TenantIds(&'a [&'a str]),
}

/// Stops the compiler with a message that names the place (`multitenant.toml:5:9`) and the key.
///
/// # Panics
///
/// Where the value breaks its rule; in a constant, that is a compile error.
#[track_caller]
#[expect(clippy::panic, reason = "a panic in a constant is how a compile error is made")]
pub const fn check(place: &str, key: &str, rule: Rule<'_>) {
    if let Some(problem) = rules::problem(rule) {
        let message = Message::new().and(place).and(": ").and(key).and(": ").and(problem);
        panic!("{}", message.as_str());
    }
}

/// `source = "table"`, with the defaults for the keys that are not given.
#[must_use]
pub const fn registry_table(
    table: Option<&'static str>,
    id_column: Option<&'static str>,
    schema_column: Option<&'static str>,
    filter: Option<&'static str>,
) -> RegistryText<'static> {
    let (default_table, default_column) = match RegistryText::DEFAULT {
        RegistryText::Table { table, id_column, .. } => (table, id_column),
        _ => ("tenants", "id"),
    };
    RegistryText::Table {
        table: match table {
            Some(table) => table,
            None => default_table,
        },
        id_column: match id_column {
            Some(id_column) => id_column,
            None => default_column,
        },
        schema_column,
        filter,
    }
}

/// `source = "query"`.
#[must_use]
pub const fn registry_query(sql: &'static str) -> RegistryText<'static> {
    RegistryText::Query { sql }
}

/// `source = "schemas"`.
#[must_use]
pub const fn registry_schemas() -> RegistryText<'static> {
    RegistryText::Schemas
}

/// `source = "list"`.
#[must_use]
pub const fn registry_list(ids: &'static [&'static str]) -> RegistryText<'static> {
    RegistryText::List { ids }
}

/// A text that grows in a constant, where nothing can be allocated.
struct Message {
    bytes: [u8; 1024],
    length: usize,
}

impl Message {
    const fn new() -> Self {
        Self { bytes: [0; 1024], length: 0 }
    }

    /// Appends a text, or nothing where it does not fit whole.
    const fn and(mut self, text: &str) -> Self {
        let text = text.as_bytes();
        if self.length + text.len() <= self.bytes.len() {
            let mut i = 0;
            while i < text.len() {
                self.bytes[self.length] = text[i];
                self.length += 1;
                i += 1;
            }
        }
        self
    }

    const fn as_str(&self) -> &str {
        match std::str::from_utf8(self.bytes.split_at(self.length).0) {
            Ok(text) => text,
            Err(_) => "a value of multitenant.toml cannot be used",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_names_place_key_and_problem() {
        let caught = std::panic::catch_unwind(|| check("multitenant.toml:1:2", "migrations.jobs", Rule::Jobs(0)));
        let message = caught.unwrap_err();
        assert_eq!(
            message.downcast_ref::<String>().map(String::as_str),
            Some("multitenant.toml:1:2: migrations.jobs: 0 workers would do nothing: use 1 or more"),
        );
    }
}
