//! What the catalogue says of the tables of a schema, and of the foreign keys between some.
//!
//! The catalogue itself is asked, and not `information_schema`, which hides from a role what it may not read.

use multitenant_runtime::inspection::{Given, Inspector, Row};
use multitenant_runtime::{Failure, SchemaName, Settings, Tier};

/// A column of a table, with what there is to know of its table.
#[derive(Debug)]
pub(super) struct ColumnFact {
    pub(super) table: String,
    pub(super) table_comment: Option<String>,
    pub(super) name: String,
    pub(super) comment: Option<String>,
    pub(super) is_nullable: bool,
    /// What it is an array of, where it is one.
    pub(super) ty: String,
    pub(super) type_schema: String,
    pub(super) is_array: bool,
    pub(super) is_extension_s: bool,
    pub(super) max_length: Option<u64>,
    /// The name and the schema of the domain, where it is one; the type is what the domain is made of.
    pub(super) domain: Option<(String, String)>,
    /// The place in the primary key, where it belongs to it.
    pub(super) in_key: Option<usize>,
}

/// A foreign key, with the schemas of its tables.
#[derive(Debug)]
pub(crate) struct KeyFact {
    pub(crate) child: (String, String),
    pub(crate) parent: (String, String),
    /// The columns, of the child and of the parent, where it is one each.
    pub(crate) columns: Option<(String, String)>,
}

/// The columns of a schema's tables, in the order of the tables' names and of their places. Our own tables are left out.
pub(super) async fn columns(
    inspector: &Inspector,
    settings: &Settings,
    tier: Tier,
    schema: &SchemaName,
) -> Result<Vec<ColumnFact>, Failure> {
    let own = settings.own_tables(tier, schema);
    let rows = inspector.rows(COLUMNS, &[Given::Text(schema.as_str()), Given::Texts(&own)]).await?;
    Ok(rows.iter().filter_map(column).collect())
}

/// The foreign keys within these schemas.
pub(super) async fn keys(inspector: &Inspector, schemas: &[&str]) -> Result<Vec<KeyFact>, Failure> {
    let rows = inspector.rows(KEYS, &[Given::Texts(schemas)]).await?;
    Ok(rows.iter().filter_map(key).collect())
}

/// Whether there is a schema of this name.
pub(super) async fn exists(inspector: &Inspector, schema: &SchemaName) -> Result<bool, Failure> {
    let sql = "SELECT FROM pg_namespace WHERE nspname = $1";
    Ok(!inspector.rows(sql, &[Given::Text(schema.as_str())]).await?.is_empty())
}

fn column(row: &Row) -> Option<ColumnFact> {
    let text = |at: usize| row.get(at).map(str::to_owned);
    let flag = |at: usize| row.get(at) == Some("t");
    Some(ColumnFact {
        table: text(0)?,
        table_comment: text(1),
        name: text(2)?,
        comment: text(3),
        is_nullable: flag(4),
        ty: text(5)?,
        type_schema: text(6)?,
        is_array: flag(7),
        is_extension_s: flag(8),
        max_length: row.get(9).and_then(|length| length.parse().ok()),
        domain: text(10).zip(text(11)),
        in_key: row.get(12).and_then(|place| place.parse().ok()),
    })
}

fn key(row: &Row) -> Option<KeyFact> {
    let text = |at: usize| row.get(at).map(str::to_owned);
    Some(KeyFact { child: (text(0)?, text(1)?), parent: (text(2)?, text(3)?), columns: text(4).zip(text(5)) })
}

/// Of a domain, what it is made of. What is an array is told by its element, since the name of the array's type says
/// nothing for sure. The length is that of `varchar(n)`, `char(n)` and `bit(n)`.
const COLUMNS: &str = "\
WITH tables AS (SELECT c.oid, c.relname FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid \
WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND NOT c.relispartition \
AND left(c.relname, 2) <> '__' AND c.relname <> ALL ($2) \
AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid \
AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e')) \
SELECT t.relname, obj_description(t.oid, 'pg_class'), a.attname, col_description(t.oid, a.attnum), \
NOT (a.attnotnull OR y.typtype = 'd' AND y.typnotnull), e.typname, s.nspname, e.oid <> b.oid, \
EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_type'::regclass AND d.objid = e.oid \
AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'), \
CASE WHEN m.modifier = -1 THEN NULL WHEN b.oid IN ('varchar'::regtype, 'bpchar'::regtype) THEN m.modifier - 4 \
WHEN b.oid IN ('bit'::regtype, 'varbit'::regtype) THEN m.modifier END, \
CASE WHEN y.typtype = 'd' THEN y.typname END, CASE WHEN y.typtype = 'd' THEN ys.nspname END, \
array_position(k.conkey, a.attnum) \
FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped \
JOIN pg_type y ON y.oid = a.atttypid JOIN pg_namespace ys ON ys.oid = y.typnamespace \
JOIN pg_type b ON b.oid = CASE WHEN y.typtype = 'd' THEN y.typbasetype ELSE y.oid END \
LEFT JOIN pg_type x ON x.oid = b.typelem AND x.typarray = b.oid \
JOIN pg_type e ON e.oid = coalesce(x.oid, b.oid) JOIN pg_namespace s ON s.oid = e.typnamespace \
LEFT JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype = 'p', \
LATERAL (SELECT CASE WHEN y.typtype = 'd' THEN y.typtypmod ELSE a.atttypmod END AS modifier) m \
ORDER BY t.relname, a.attnum";

const KEYS: &str = "\
SELECT cs.nspname, c.relname, ps.nspname, p.relname, \
CASE WHEN cardinality(k.conkey) = 1 THEN ca.attname END, CASE WHEN cardinality(k.conkey) = 1 THEN pa.attname END \
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace cs ON cs.oid = c.relnamespace \
JOIN pg_class p ON p.oid = k.confrelid JOIN pg_namespace ps ON ps.oid = p.relnamespace \
JOIN pg_attribute ca ON ca.attrelid = c.oid AND ca.attnum = k.conkey[1] \
JOIN pg_attribute pa ON pa.attrelid = p.oid AND pa.attnum = k.confkey[1] \
WHERE k.contype = 'f' AND cs.nspname = ANY ($1) AND ps.nspname = ANY ($1)";
