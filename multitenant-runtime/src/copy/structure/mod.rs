//! What a schema is made of, as statements that make it anew under another name.
//!
//! The server writes the texts (`pg_get_viewdef` and its like) while the schema alone is the `search_path`: what is its
//! own then has no schema in front, and everything else has. So no name is replaced in any text, and a schema that is
//! called `a`, with a view that calls a table `a`, is no riddle. The statements are put in order by what depends on what
//! (`order`), with the rows in between: types, functions and tables before them; keys, indexes, views, triggers after.
//!
//! The same reading of the copy must give the same statements; that is one half of the proof that they are equal.
//!
//! Deliberately absent: what is called `unsupported`, and refused: foreign tables, operators and their kin, collations,
//! text search, casts, base types, indexes that are not valid. And the rights of a tenant's own role, which every tenant
//! gets anew.

mod code;
mod edges;
mod order;
mod parts;
mod rights;
mod tables;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::connection::{PipelineError, Row, Session};
use crate::ident::{RoleName, SchemaName, literal};
use crate::run::Failure;

use super::own_name::Names;
use order::{Item, ordered};

/// What stands for the schema's own name in a statement that cannot do without: the first of them.
const MARK: &str = ":schema:";

/// What stands for the tenant's own role. No name stands like that without quotes.
const ROLE_MARK: &str = ":role:";

/// One statement that makes a part of a schema, under a `search_path` of that schema alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Statement {
    pub(crate) sql: String,
    /// The `search_path` that a function keeps from its statement; `null` is the schema itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) path: Option<Vec<Option<String>>>,
    /// Whether the schema's own name stands in it, as a mark.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) names_schema: bool,
}

/// A table with rows of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) name: String,
    /// Whether it is partitioned: then its rows are its partitions'.
    pub(crate) is_partitioned: bool,
    /// The tables of the schema that it inherits from.
    pub(crate) parents: Vec<String>,
    /// The columns that are written: not those that the server generates.
    pub(crate) columns: Vec<Column>,
    /// Those that the server generates.
    pub(crate) generated: Vec<String>,
}

/// A column that is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// Its type, as it is seen from the schema.
    pub(crate) kind: String,
    /// The first letter of what kind of type it is, as `pg_type.typcategory` has it; of a domain, its base type's.
    pub(crate) category: char,
    pub(crate) not_null: bool,
    /// Whether a key or an index of this column alone allows a value once only.
    pub(crate) is_unique: bool,
    /// Whether NULL counts as a value there.
    pub(crate) null_is_a_value: bool,
    /// The foreign key that it belongs to, or that refers to it.
    pub(crate) foreign_key: Option<String>,
    /// How many characters it takes, where that is limited.
    pub(crate) length: Option<u32>,
    /// Whether its type is the schema's own.
    pub(crate) is_of_own_type: bool,
}

/// What lies outside of the schema, and is used in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Outside {
    /// Its kind, as `pg_identify_object` calls it.
    pub(crate) kind: String,
    pub(crate) schema: Option<String>,
    /// Its name with its schema, and all quotes that it needs.
    pub(crate) identity: String,
    /// A column of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) column: Option<String>,
}

/// What a schema is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Structure {
    /// What comes before the rows.
    pub(crate) before: Vec<Statement>,
    /// What comes after them.
    pub(crate) after: Vec<Statement>,
    /// What fills the materialised views, where they are filled.
    pub(crate) refresh: Vec<Statement>,
    /// Who else may do what.
    pub(crate) grants: Vec<Statement>,
    pub(crate) tables: Vec<Table>,
    pub(crate) sequences: Vec<String>,
    pub(crate) outside: BTreeSet<Outside>,
    /// Roles that are named.
    pub(crate) roles: BTreeSet<String>,
    pub(crate) names: Names,
}

impl Structure {
    /// The statements that name the tenant's own role.
    pub(crate) fn naming_role(&self) -> impl Iterator<Item = &Statement> {
        [&self.after, &self.before, &self.grants].into_iter().flatten().filter(|statement| statement.names_role())
    }
}

/// Why there is no structure.
#[derive(Debug)]
pub(crate) enum Unreadable {
    Database(tokio_postgres::Error),
    Refused(Failure),
}

impl Statement {
    /// The same for a schema of this name.
    pub(crate) fn sql_in(&self, schema: &SchemaName) -> String {
        if self.names_schema { self.sql.replacen(MARK, &schema.quoted(), 1) } else { self.sql.clone() }
    }

    /// Whether the tenant's own role stands in it, as a mark: as an owner or in a policy at its end, or as who gives
    /// rights by default.
    pub(crate) fn names_role(&self) -> bool {
        self.sql.ends_with(&format!(" {ROLE_MARK}")) || self.sql.starts_with(&by_default_of_own())
    }

    /// The same with a role of this name in the mark's place.
    pub(crate) fn for_role(&self, role: &RoleName) -> Self {
        let by_default = by_default_of_own();
        let sql = if let Some(rest) = self.sql.strip_prefix(&by_default) {
            format!("{}{}{rest}", by_default.trim_end_matches(ROLE_MARK), role.quoted())
        } else if let Some(start) = self.sql.strip_suffix(ROLE_MARK).filter(|_| self.names_role()) {
            format!("{start}{}", role.quoted())
        } else {
            self.sql.clone()
        };
        Self { sql, ..self.clone() }
    }
}

/// Reads the schema, in the transaction that is open; its path is `pg_catalog` afterwards. `own` is an SQL
/// expression for the name that the tenant's role has or would have.
///
/// Eleven statements, however much there is.
pub(crate) async fn read(
    session: &Session,
    schema: &SchemaName,
    own: &str,
    major: u32,
) -> Result<Structure, Unreadable> {
    let scope = scope(schema);
    let queries = [
        edges::unsupported(&scope),
        tables::items(&scope, major),
        code::items(&scope, major),
        parts::items(&scope, own, major),
        rights::items(&scope, own),
        edges::aliases(&scope, major),
        edges::edges(&scope),
        rights::grants(&scope, own),
        tables::rows(&scope),
        tables::sequences(&scope),
        tables::names(&scope),
        rights::by_default(&scope, own),
    ];
    let mut statements = vec![TRUSTED_PATH];
    for query in &queries {
        statements.extend([query.as_str(), TRUSTED_PATH]);
    }
    let answers = session.pipeline_rows(&statements).await?;
    let mut answers = answers.into_iter().skip(1).step_by(2);
    let mut next = || answers.next().unwrap_or_default();
    let texts = |rows: &[Row]| rows.iter().filter_map(|row| row.get(0)).map(str::to_owned).collect::<Vec<_>>();
    let unsupported = texts(&next());
    if !unsupported.is_empty() {
        return Err(Unreadable::Refused(not_known(schema, &unsupported)));
    }
    let mut items: Vec<Item> = Vec::new();
    for _ in 0..4 {
        items.extend(next().iter().filter_map(Item::of));
    }
    let (aliases, edges, grants) = (next(), next(), next());
    let (tables, sequences) = (tables::tables(&next()), texts(&next()));
    let names = tables::names_of(&next());
    let mut roles: BTreeSet<String> = items.iter().flat_map(|item| item.roles.iter().flatten().cloned()).collect();
    roles.extend(grants.iter().filter_map(|row| row.get(2)).map(str::to_owned));
    roles.extend(texts(&next()));
    let outside = edges::outside(&edges);
    let ordered = ordered(items, &edges::pairs(&aliases), &edges::pairs(&edges)).map_err(|circle| {
        let message =
            format!("{:?} cannot be copied: its objects depend on each other in a circle: {circle}", schema.as_str());
        Unreadable::Refused(Failure::refused(message).with_hint(
            "take one of them apart: a default instead of a generated column, a function with its body in quotes",
        ))
    })?;
    let grants = grants.iter().filter_map(|row| Some(plain(row.get(0)?, row.get(1) == Some("t")))).collect();
    Ok(Structure {
        before: ordered.before,
        after: ordered.after,
        refresh: ordered.refresh,
        grants,
        tables,
        sequences,
        outside,
        roles,
        names,
    })
}

/// What takes away the rights that others got on new objects by themselves, by default privileges of the database.
pub(crate) async fn rights_by_default(
    session: &Session,
    schema: &SchemaName,
) -> Result<Vec<String>, tokio_postgres::Error> {
    let query = rights::revocations(&scope(schema));
    let answers = session.pipeline_rows(&[TRUSTED_PATH, &query, TRUSTED_PATH]).await.map_err(|error| error.error)?;
    Ok(answers.get(1).into_iter().flatten().filter_map(|row| row.get(0)).map(str::to_owned).collect())
}

const TRUSTED_PATH: &str = "SET LOCAL search_path = pg_catalog";

/// What all queries begin with. They are parsed while `pg_catalog` is the path, so that no operator of the schema's own
/// is taken; what they call sees the schema, from the first row on.
fn scope(schema: &SchemaName) -> String {
    let path = format!("{}, pg_temp", schema.quoted());
    format!(
        "WITH path AS MATERIALIZED (SELECT set_config('search_path', {}, true) AS set), \
         s AS MATERIALIZED (SELECT n.* FROM path, pg_namespace n WHERE n.nspname = {} AND path.set IS NOT NULL), \
         rel AS MATERIALIZED (SELECT c.* FROM s JOIN pg_class c ON c.relnamespace = s.oid), \
         typ AS MATERIALIZED (SELECT t.* FROM s JOIN pg_type t ON t.typnamespace = s.oid), \
         fun AS MATERIALIZED (SELECT p.* FROM s JOIN pg_proc p ON p.pronamespace = s.oid WHERE NOT EXISTS (SELECT FROM pg_depend d \
         WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'i')), \
         con AS MATERIALIZED (SELECT k.* FROM s JOIN pg_constraint k ON k.connamespace = s.oid)",
        literal(&path),
        literal(schema.as_str()),
    )
}

fn not_known(schema: &SchemaName, what: &[String]) -> Failure {
    const SHOWN: usize = 5;
    let more = what.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let named = what.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    Failure::refused(format!("{:?} holds what a copy cannot make anew: {named}{more}", schema.as_str()))
        .with_hint("move it to the shared schema, or drop it; an index that is not valid: reindex or drop it")
}

fn by_default_of_own() -> String {
    format!("ALTER DEFAULT PRIVILEGES FOR ROLE {ROLE_MARK}")
}

fn plain(sql: &str, names_schema: bool) -> Statement {
    Statement { sql: sql.to_owned(), path: None, names_schema }
}

impl From<tokio_postgres::Error> for Unreadable {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Database(error)
    }
}

impl From<PipelineError> for Unreadable {
    fn from(error: PipelineError) -> Self {
        Self::Database(error.error)
    }
}
