//! Names that need no quotes in SQL and none in Rust.

use multitenant_runtime::Identifier;

use super::keywords::reserved;

/// What a name is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    Table,
    Column,
    Migration,
    Seed,
    Index,
}

impl Subject {
    fn noun(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Column => "column",
            Self::Migration => "migration",
            Self::Seed => "seed",
            Self::Index => "index or constraint",
        }
    }

    fn example(self) -> &'static str {
        match self {
            Self::Table => "orders",
            Self::Column => "total",
            Self::Migration => "create_orders",
            Self::Seed => "orders or 10_orders",
            Self::Index => "orders_total_idx",
        }
    }
}

/// The name, if it is lower-case snake case that PostgreSQL keeps and nobody reserves.
pub(crate) fn check(subject: Subject, name: &str) -> Result<String, String> {
    let refused = |why: &str| {
        Err(format!(
            "the {} name {name:?} {why}: use lower-case letters, digits and `_`, as in {}",
            subject.noun(),
            subject.example()
        ))
    };
    if name.is_empty() {
        return refused("is empty");
    }
    // Seeds run in the order of their names, so a number may come first.
    let word = match subject {
        Subject::Seed => name.trim_start_matches(|c: char| c.is_ascii_digit()),
        _ => name,
    };
    let word = if word.len() < name.len() { word.strip_prefix('_').unwrap_or("") } else { word };
    if name.contains(['/', '\\']) || name.contains("..") {
        return refused("is a path");
    }
    if let Some(c) = name.chars().find(|c| !c.is_ascii_lowercase() && !c.is_ascii_digit() && *c != '_') {
        return refused(&format!("holds {c:?}"));
    }
    if !word.starts_with(|c: char| c.is_ascii_lowercase()) {
        return refused(match subject {
            Subject::Seed => "has no letter after its number and a `_`",
            _ => "does not begin with a letter",
        });
    }
    if word.ends_with('_') || word.contains("__") {
        return refused("has two `_` in a row, or one at its end");
    }
    // 63 bytes are what PostgreSQL keeps of a name, and a folder's or a file's is no longer either.
    if Identifier::new(name).is_err() {
        return refused(&format!("has {} bytes, and PostgreSQL keeps 63", name.len()));
    }
    if word.starts_with("pg_") && subject == Subject::Table {
        return refused("begins as PostgreSQL's own do");
    }
    let is_column = subject == Subject::Column;
    match reserved(word, is_column) {
        Some(why) if matches!(subject, Subject::Table | Subject::Column) => Err(format!(
            "the {} name {name:?} is {why}: use another, as in {}",
            subject.noun(),
            if is_column { format!("{name}_value") } else { format!("{name}_rows") },
        )),
        _ => Ok(name.to_owned()),
    }
}

/// The name of an environment, which is one folder's.
pub(crate) fn environment(name: &str) -> Result<String, String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.len() <= 63 && name.chars().all(fits) && name.starts_with(|c: char| c != '-') {
        return Ok(name.to_owned());
    }
    Err(format!("{name:?} is no name of an environment: use up to 63 letters, digits, `_` and `-`, as in dev"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_need_quotes_or_leave_its_folder_is_refused() {
        let long = "a".repeat(64);
        for (subject, name, why) in [
            (Subject::Table, "", "is empty"),
            (Subject::Table, "../../evil", "is a path"),
            (Subject::Table, "a/b", "is a path"),
            (Subject::Table, r"a\b", "is a path"),
            (Subject::Table, "a\"b", "holds '\"'"),
            (Subject::Table, "a b", "holds ' '"),
            (Subject::Table, "a.b", "holds '.'"),
            (Subject::Table, "Orders", "holds 'O'"),
            (Subject::Table, "bücher", "holds 'ü'"),
            (Subject::Table, "a\nb", r"holds '\n'"),
            (Subject::Table, "a\0b", r"holds '\0'"),
            (Subject::Table, "-orders", "holds '-'"),
            (Subject::Table, "1orders", "does not begin with a letter"),
            (Subject::Table, "_orders", "does not begin with a letter"),
            (Subject::Table, "a__b", "two `_`"),
            (Subject::Table, "orders_", "two `_`"),
            (Subject::Table, long.as_str(), "has 64 bytes"),
            (Subject::Table, "pg_orders", "PostgreSQL's own"),
            (Subject::Table, "order", "reserved word of SQL"),
            (Subject::Table, "match", "reserved word of Rust"),
            (Subject::Column, "type", "reserved word of Rust"),
            (Subject::Column, "star", "Diesel's `table!`"),
            (Subject::Column, "xmin", "PostgreSQL gives every table"),
            (Subject::Seed, "10", "has no letter"),
            (Subject::Seed, "10orders", "has no letter"),
            (Subject::Seed, "orders.sql", "holds '.'"),
            (Subject::Migration, "10_orders", "does not begin with a letter"),
        ] {
            let error = check(subject, name).unwrap_err();
            assert!(error.contains(why) && error.contains(": use "), "{name:?}: {error}");
        }
        let longest = "a".repeat(63);
        for (subject, name) in [
            (Subject::Table, "orders"),
            (Subject::Table, "orders2_x"),
            (Subject::Table, longest.as_str()),
            (Subject::Seed, "10_orders"),
            (Subject::Seed, "order"),
            (Subject::Migration, "create_orders"),
        ] {
            assert_eq!(check(subject, name).as_deref(), Ok(name));
        }
    }

    #[test]
    fn an_environment_is_one_folder() {
        for name in ["", "..", "a/b", "-x", "a b", "é"] {
            assert!(environment(name).is_err(), "{name:?}");
        }
        assert_eq!(environment("dev-2").as_deref(), Ok("dev-2"));
    }
}
