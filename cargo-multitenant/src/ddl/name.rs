//! Names and texts as they stand in statements.

use multitenant_runtime::{Identifier, Tier};

use crate::lint::is_keyword;
use crate::model::{Home, Model};

/// A name: as it is where PostgreSQL reads it so, else in quotes.
pub(crate) fn name(name: &str) -> String {
    let starts_well = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
    let is_plain = starts_well && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    match Identifier::new(name) {
        Ok(_) if is_plain && !is_keyword(name) => name.to_owned(),
        Ok(identifier) => identifier.quoted(),
        // No name that the server would take, and so it says; whoever has a model from outside checks it before.
        Err(_) => "\"\"".to_owned(),
    }
}

/// Names with commas between them.
pub(crate) fn listed(names: &[String]) -> String {
    names.iter().map(|one| name(one)).collect::<Vec<_>>().join(", ")
}

/// What a statement of a tier calls something: with the shared schema where that is not its own.
pub(crate) fn in_tier(model: &Model, tier: Tier, home: Home, schema: Option<&str>, of: &str) -> String {
    let schema = match home {
        Home::Shared if tier == Tier::Tenant => Some(model.shared_schema.as_str()),
        Home::Other => schema,
        Home::Shared | Home::Tenant | Home::System => None,
    };
    schema.map(|schema| format!("{}.", name(schema))).unwrap_or_default() + &name(of)
}

/// A text as a literal.
pub(crate) fn literal(text: &str) -> String {
    multitenant_runtime::literal(text).trim_start().to_owned()
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_have_quotes_where_they_need_them() {
        for (name, expected) in [
            ("orders", "orders"),
            ("_a1", "_a1"),
            ("order", "\"order\""),
            ("user", "\"user\""),
            ("Orders", "\"Orders\""),
            ("1st", "\"1st\""),
            ("größe", "\"größe\""),
            ("a\"; drop table b; --", "\"a\"\"; drop table b; --\""),
            ("", "\"\""),
            ("a\0b", "\"\""),
        ] {
            assert_eq!(super::name(name), expected);
        }
        assert_eq!(super::literal("it's"), "'it''s'");
        assert_eq!(super::literal("a\\"), "E'a\\\\'");
    }
}
