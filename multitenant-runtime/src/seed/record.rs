//! What was seeded once: a table beside the history, in the target's own schema.
//!
//! It goes where the rows go: with a schema that is renamed, dumped or restored, and with one that is dropped.

use crate::ident::literal;
use crate::migration::Migration;
use crate::run::Frame;

/// The table's name, in each schema that was seeded with `--once`.
pub const TABLE: &str = "__multitenant_seeds";

/// The table of one target, always named with its schema.
#[derive(Clone, Copy)]
pub(super) struct Record<'a> {
    frame: Frame<'a>,
}

/// How a seed stands in the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    New,
    Done,
    /// It was done with another text.
    Edited,
}

impl<'a> Record<'a> {
    pub(super) fn of(frame: Frame<'a>) -> Self {
        Self { frame }
    }

    fn qualified(self) -> String {
        format!("{}.{TABLE}", self.frame.target.schema().quoted())
    }

    /// An expression: `t` where the table is there.
    pub(super) fn exists(self) -> String {
        format!(
            "(SELECT CASE WHEN pg_catalog.to_regclass({}) IS NULL THEN 'f' ELSE 't' END)",
            literal(&self.qualified())
        )
    }

    /// An expression: a letter for each seed, in their order.
    pub(super) fn standings(self, seeds: &[Migration]) -> String {
        let rows = seeds.iter().enumerate().map(|(i, seed)| {
            let checksum = checksum(seed);
            format!("({i}, {}, {checksum})", literal(seed.name()))
        });
        format!(
            "(SELECT pg_catalog.string_agg(CASE WHEN done.name IS NULL THEN 'n' WHEN done.checksum <> its.checksum THEN 'e' \
             ELSE 'd' END, '' ORDER BY its.place) FROM (VALUES {}) its (place, name, checksum) \
             LEFT JOIN {} done ON done.name = its.name)",
            rows.collect::<Vec<_>>().join(", "),
            self.qualified()
        )
    }

    pub(super) fn create(self) -> String {
        format!(
            "CREATE TABLE {} (name text PRIMARY KEY, checksum text, format integer NOT NULL, \
             seeded_at timestamptz NOT NULL DEFAULT now())",
            self.qualified()
        )
    }

    /// Takes from others what default privileges have given them of the new table: where each tenant has a role, it would
    /// be the tenant's to write to.
    pub(super) fn withhold(self) -> String {
        let table = literal(&self.qualified());
        let body = format!(
            "DECLARE its record; BEGIN \
             FOR its IN SELECT DISTINCT g.rolname AS holder FROM pg_catalog.pg_class t \
             CROSS JOIN LATERAL pg_catalog.aclexplode(t.relacl) x JOIN pg_catalog.pg_roles g ON g.oid = x.grantee \
             WHERE t.oid = pg_catalog.to_regclass({table})::pg_catalog.oid AND x.grantee <> t.relowner LOOP \
             EXECUTE pg_catalog.format('REVOKE ALL ON TABLE %s FROM %I', {table}, its.holder); \
             END LOOP; END"
        );
        format!("DO {}", literal(&body))
    }

    pub(super) fn note(self, seed: &Migration) -> String {
        let (name, checksum) = (literal(seed.name()), checksum(seed));
        format!("INSERT INTO {} (name, checksum, format) VALUES ({name}, {checksum}, {FORMAT})", self.qualified())
    }
}

/// The format of the rows.
const FORMAT: u32 = 1;

/// A function's is not known.
fn checksum(seed: &Migration) -> String {
    seed.checksum().map_or("NULL::text".to_owned(), |checksum| literal(&checksum.to_string()))
}

/// What the letters mean.
pub(super) fn read(letters: &str) -> impl Iterator<Item = Standing> {
    letters.chars().map(|letter| match letter {
        'n' => Standing::New,
        'e' => Standing::Edited,
        _ => Standing::Done,
    })
}
