//! A column as it is asked for: `user_id:bigint:null:unique:default=0:references=users`.

use std::str::FromStr;

use super::name::{Subject, check};
use super::types::{self, ColumnType};

/// A column as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// What was asked for, if anything; where it refers to a table, that column's is taken.
    pub(crate) ty: Option<ColumnType>,
    pub(crate) is_nullable: bool,
    pub(crate) is_unique: bool,
    /// As it stands in SQL.
    pub(crate) default: Option<String>,
    pub(crate) references: Option<Reference>,
}

/// A column of another table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    pub(crate) table: String,
    pub(crate) column: String,
}

impl Column {
    /// A column of which only the name is known.
    pub(crate) fn named(name: &str) -> Self {
        Self { name: name.to_owned(), ty: None, is_nullable: false, is_unique: false, default: None, references: None }
    }
}

impl FromStr for Column {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.split(':');
        let mut column = Self::named(&check(Subject::Column, parts.next().unwrap_or_default())?);
        let mut default = None;
        for (at, part) in parts.enumerate() {
            match part.split_once('=') {
                Some(("references", table)) => column.references = Some(table.parse()?),
                Some(("default", value)) => default = Some(value),
                Some((key, _)) => return Err(unknown(key)),
                None if part == "null" => column.is_nullable = true,
                None if part == "unique" => column.is_unique = true,
                None if at == 0 => column.ty = Some(types::find(part)?),
                None => return Err(unknown(part)),
            }
        }
        if let Some(value) = default {
            let ty = column.ty.ok_or("a default needs a type before it, as in total:int:default=0")?;
            column.default = Some(default_of(ty, value)?);
        }
        Ok(column)
    }
}

impl FromStr for Reference {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (table, column) = text.split_once('.').unwrap_or((text, "id"));
        Ok(Self { table: check(Subject::Table, table)?, column: check(Subject::Column, column)? })
    }
}

fn unknown(part: &str) -> String {
    format!(
        "{part:?} says nothing about a column: after name and type come null, unique, default=VALUE and references=TABLE"
    )
}

/// A default as it stands in SQL. Whatever would have to be escaped is refused.
fn default_of(ty: ColumnType, value: &str) -> Result<String, String> {
    let is_number = !value.is_empty() && value.parse::<f64>().is_ok_and(f64::is_finite);
    let is_plain = value.chars().all(|c| c.is_ascii_alphanumeric() || " _-.+@#%".contains(c));
    match ty.word {
        "smallint" | "int" | "bigint" if value.parse::<i64>().is_ok() => Ok(value.to_owned()),
        "real" | "double precision" | "numeric" if is_number => Ok(value.to_owned()),
        "bool" if matches!(value, "true" | "false") => Ok(value.to_owned()),
        "timestamptz" if value == "now" => Ok("now()".to_owned()),
        "text" if is_plain => Ok(format!("'{value}'")),
        "jsonb" if matches!(value, "{}" | "[]") => Ok(format!("'{value}'")),
        _ => Err(format!(
            "{value:?} is no default that can be written for {}: a number, true or false, `now` for timestamptz, plain \
             words for text, {{}} or [] for jsonb; write any other by hand, with --edit",
            ty.word
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_read() {
        let column: Column = "user_id:bigint:null:unique:references=users".parse().unwrap();
        assert_eq!(column.ty, Some(types::BIGINT));
        assert!(column.is_nullable && column.is_unique);
        let reference = column.references.unwrap();
        assert_eq!((&*reference.table, &*reference.column), ("users", "id"));
        let column: Column = "plan:references=plans.code".parse().unwrap();
        assert_eq!((column.ty, column.references.unwrap().column.as_str()), (None, "code"));
        for (text, default) in [
            ("a:text:default=it is", "'it is'"),
            ("a:int:default=-1", "-1"),
            ("a:numeric:default=0.5", "0.5"),
            ("a:bool:default=false", "false"),
            ("a:timestamptz:default=now", "now()"),
            ("a:jsonb:default={}", "'{}'"),
        ] {
            assert_eq!(text.parse::<Column>().unwrap().default.as_deref(), Some(default));
        }
    }

    #[test]
    fn what_is_no_column_says_why() {
        for (text, why) in [
            ("", "is empty"),
            ("a b:int", "holds ' '"),
            ("a:money", "there is no type \"money\""),
            ("a:int:nul", "\"nul\" says nothing"),
            ("a:int:size=3", "\"size\" says nothing"),
            ("a:int:references=a/b", "is a path"),
            ("a:default=1", "needs a type"),
            ("a:int:default=1; drop", "no default"),
            ("a:text:default='", "no default"),
            ("a:numeric:default=inf", "no default"),
            ("a:uuid:default=x", "no default"),
        ] {
            let error = text.parse::<Column>().unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
