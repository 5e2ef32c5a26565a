use std::collections::{BTreeMap, HashMap};

use multitenant_runtime::SchemaName;
use multitenant_runtime::inspection::{Given, Row};

use super::check;
use crate::doctor::check::{Blocked, Verdict};
use crate::doctor::ground::Ground;
use crate::doctor::names::{listed, statements};
use crate::doctor::quoted::{qualified, quoted};
use crate::finding::Level;
use crate::output::counted;

check! {
    /// ## What it checks
    /// How far the sequences of the shared schema and of the tenants are from the last value that they, or the column
    /// that takes it, can hold: a warning from 80 %, an error from 95 %. Sequences that begin again (`CYCLE`) do not
    /// count, nor those of a `bigint`.
    ///
    /// ## Why is this bad?
    /// A `serial` column ends at 2,147,483,647. Then every insert into the table fails, in the largest tenant first, and
    /// turning the column into a `bigint` rewrites the table under a lock that keeps everybody out.
    ///
    /// ## What to do
    /// Make the column a `bigint` while there is time, in a migration for all tenants: small tenants take no time, for a
    /// large one plan a window, or fill a second column beside it.
    "sequence-exhaustion": Warning, Traps, "sequences", look
}

/// From how many percent on.
const WARN_FROM: u32 = 80;
const FAIL_FROM: u32 = 95;

/// How many sequences are read at once: each is locked until the answer is there, and the server's lock table is finite.
const CHUNK: usize = 1000;

/// Those that can end: with a limit of their own, or the column's that owns them.
const CANDIDATES: &str = "\
SELECT n.nspname, c.relname, t.relname, a.attname, c.oid, least(s.seqmax, CASE a.atttypid \
WHEN 'int2'::regtype THEN 32767 WHEN 'int4'::regtype THEN 2147483647 ELSE s.seqmax END) \
FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0 \
AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i') \
LEFT JOIN pg_class t ON t.oid = d.refobjid \
LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid \
WHERE n.nspname = ANY ($1) AND NOT s.seqcycle AND s.seqincrement > 0 AND s.seqmax > 0 \
AND (s.seqmax < 9223372036854775807 OR a.atttypid IN ('int2'::regtype, 'int4'::regtype)) \
AND CASE WHEN c.relkind = 'S' THEN has_sequence_privilege(c.oid, 'SELECT, USAGE') END ORDER BY 1, 2";

const VALUES: &str = "\
SELECT x.oid, floor(100 * pg_sequence_last_value(x.oid::oid::regclass)::numeric / x.most::numeric)::int \
FROM ROWS FROM (unnest($1), unnest($2)) AS x (oid, most)";

/// Whether there is time left, the sequence, and the column that owns it, with its table.
type Cause<'r> = (bool, &'r str, Option<(&'r str, &'r str)>);

async fn look(ground: &Ground) -> Result<Verdict, Blocked> {
    let (fleet, settings, inspector) = (ground.fleet()?, &ground.config()?.settings, ground.inspector()?);
    let mut all = fleet.all();
    all.extend(settings.search_path.after_tenant().iter().map(SchemaName::as_str));
    let candidates = inspector.rows(CANDIDATES, &[Given::Texts(&all)]).await?;
    let mut percents: HashMap<String, u32> = HashMap::new();
    for chunk in candidates.chunks(CHUNK) {
        let column = |column| chunk.iter().map(|row| row.get(column).unwrap_or_default()).collect::<Vec<_>>();
        let values = inspector.rows(VALUES, &[Given::Texts(&column(4)), Given::Texts(&column(5))]).await?;
        percents.extend(values.iter().filter_map(|row| Some((row.get(0)?.to_owned(), row.get(1)?.parse().ok()?))));
    }
    let percent = |row: &Row| row.get(4).and_then(|oid| percents.get(oid)).copied().unwrap_or_default();
    let rows: Vec<&Row> = candidates.iter().filter(|row| percent(row) >= WARN_FROM).collect();
    let mut causes: BTreeMap<Cause<'_>, Vec<&Row>> = BTreeMap::new();
    for row in &rows {
        let key = (percent(row) < FAIL_FROM, row.get(1).unwrap_or_default(), row.get(2).zip(row.get(3)));
        causes.entry(key).or_default().push(row);
    }
    let complaints = causes.iter().map(|((is_early, sequence, column), rows)| {
        let schemas: Vec<&str> = rows.iter().filter_map(|row| row.get(0)).collect();
        let each = rows.iter().map(|row| format!("{} ({} %)", row.get(0).unwrap_or_default(), percent(row)));
        let message = format!("the sequence {sequence} comes to its end: {}", listed(each));
        let mut complaint = fleet.about(CHECK.complaint(message).object(*sequence), &schemas);
        complaint.level = if *is_early { Level::Warning } else { Level::Error };
        let one = |schema: &&str| {
            let longer = format!("ALTER SEQUENCE {} AS bigint", qualified(schema, sequence));
            column.map_or(longer.clone(), |(table, column)| {
                format!(
                    "ALTER TABLE {} ALTER COLUMN {} TYPE bigint; {longer}",
                    qualified(schema, table),
                    quoted(column)
                )
            })
        };
        complaint.help(format!(
            "in a migration, at a quiet time (it rewrites the table):\n{}",
            statements(schemas.iter().map(one))
        ))
    });
    let complaints: Vec<_> = complaints.collect();
    let bad = format!("{} near the end", counted(rows.len(), "sequence is", "sequences are"));
    Ok(Verdict::of("none near the end", bad, complaints))
}
