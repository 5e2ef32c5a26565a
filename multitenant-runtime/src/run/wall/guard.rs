//! The statements of the wall.
//!
//! What a transaction has changed is told by what it alone can have done, so that a release that migrates the
//! shared schema meanwhile is never blamed on a tenant:
//!
//! - it holds the lock of a deletion or a renaming (`AccessExclusiveLock`) on an object that is no relation;
//! - it holds that lock on a relation that is gone;
//! - it holds a lock that changes a relation, and has itself written a row of the catalogue that belongs to it. The
//!   lock is not enough: `DROP TABLE orders` locks the shared tables that `orders` refers to just so, and writes
//!   nothing of theirs. Nor is the row: a first foreign key writes `relhastriggers` of the table that it refers to,
//!   `INHERITS` writes `relhassubclass`, `GRANT` the privileges, and therefore the row itself counts only where
//!   something else in it differs from what it was;
//! - it has written a row of a type or an enum's label, which nothing locks.
//!
//! The statements run under `search_path = pg_catalog`: an operator of the user's must not stand in for one here.

use std::fmt::Write as _;

use super::objects::{MARKER, Wall};

/// What `ALTER` and `TRUNCATE` change of a relation `c` and its columns. Not in it: privileges, statistics, and what
/// foreign keys and heirs of others leave there.
const RELATION: &str = "hashtext(concat_ws('|', c.relname, c.relnamespace, c.relowner, c.relam, c.relfilenode, \
    c.reltablespace, c.relpersistence, c.relkind, c.relispartition, c.relrowsecurity, c.relforcerowsecurity, \
    c.relreplident, c.relchecks, c.relnatts, c.reloptions, c.relpartbound, (SELECT string_agg(concat_ws(',', \
    a.attname, a.atttypid, a.atttypmod, a.attcollation, a.attnotnull, a.atthasdef, a.attidentity, a.attgenerated, \
    a.attstorage, coalesce(a.attstattarget, -1), a.attinhcount, a.attoptions, a.attfdwoptions), ';' \
    ORDER BY a.attnum) FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0)))";

/// The same of a type `t`.
const TYPE: &str = "hashtext(concat_ws('|', t.typname, t.typnamespace, t.typowner, t.typnotnull, t.typdefault))";

/// The same of a schema `n`.
const SCHEMA: &str = "hashtext(concat_ws('|', n.nspname, n.nspowner))";

/// Reads the objects of these schemas: class, OID, name and digest.
///
/// By `pg_depend`, where they are found by an index: a fleet's `pg_class`, `pg_type` and `pg_proc` are long. What an
/// extension owns is left to the extension.
pub(super) fn objects_of(schemas: &str) -> String {
    format!(
        "WITH schemas AS MATERIALIZED (SELECT n.tableoid, n.oid, n.nspname AS name, {SCHEMA} AS digest \
         FROM pg_catalog.pg_namespace n WHERE n.nspname IN ({schemas}) \
         AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'), \
         inside AS MATERIALIZED (SELECT d.classid, d.objid FROM schemas s JOIN pg_catalog.pg_depend d \
         ON d.refclassid = 'pg_catalog.pg_namespace'::regclass AND d.refobjid = s.oid AND d.deptype = 'n' \
         EXCEPT SELECT d.classid, d.objid FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_depend d \
         ON d.refclassid = 'pg_catalog.pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'), \
         types AS MATERIALIZED (SELECT t.tableoid, t.oid, 'type ' || t.typname AS name, {TYPE} AS digest, t.typrelid \
         FROM inside i JOIN pg_catalog.pg_type t ON t.oid = i.objid \
         WHERE i.classid = 'pg_catalog.pg_type'::regclass), \
         tables AS MATERIALIZED (SELECT i.objid FROM inside i WHERE i.classid = 'pg_catalog.pg_class'::regclass \
         UNION ALL SELECT typrelid FROM types WHERE typrelid <> 0), \
         relations AS MATERIALIZED (SELECT c.tableoid, c.oid, c.relname::text AS name, {RELATION} AS digest \
         FROM (SELECT objid FROM tables UNION ALL SELECT x.indexrelid FROM tables \
         JOIN pg_catalog.pg_index x ON x.indrelid = objid) r JOIN pg_catalog.pg_class c ON c.oid = r.objid) \
         SELECT tableoid, oid, 'schema ' || name, digest FROM schemas \
         UNION ALL SELECT tableoid, oid, name, digest FROM types \
         UNION ALL SELECT tableoid, oid, name, digest FROM relations \
         UNION ALL SELECT p.tableoid, p.oid, 'function ' || p.proname, 0 FROM inside i \
         JOIN pg_catalog.pg_proc p ON p.oid = i.objid WHERE i.classid = 'pg_catalog.pg_proc'::regclass \
         UNION ALL SELECT k.tableoid, k.oid, 'constraint ' || k.conname || ' of ' || r.name, 0 FROM relations r \
         JOIN pg_catalog.pg_constraint k ON k.conrelid = r.oid WHERE k.contype IN ('c', 'f') \
         UNION ALL SELECT k.tableoid, k.oid, 'constraint ' || k.conname || ' of ' || t.name, 0 FROM types t \
         JOIN pg_catalog.pg_constraint k ON k.contypid = t.oid \
         UNION ALL SELECT g.tableoid, g.oid, 'trigger ' || g.tgname || ' of ' || r.name, 0 FROM relations r \
         JOIN pg_catalog.pg_trigger g ON g.tgrelid = r.oid WHERE NOT g.tgisinternal \
         UNION ALL SELECT u.tableoid, u.oid, 'rule ' || u.rulename || ' of ' || r.name, 0 FROM relations r \
         JOIN pg_catalog.pg_rewrite u ON u.ev_class = r.oid WHERE u.rulename <> '_RETURN' \
         UNION ALL SELECT p.tableoid, p.oid, 'policy ' || p.polname || ' of ' || r.name, 0 FROM relations r \
         JOIN pg_catalog.pg_policy p ON p.polrelid = r.oid \
         UNION ALL SELECT i.classid, i.objid, pg_catalog.pg_describe_object(i.classid, i.objid, 0), 0 FROM inside i \
         WHERE i.classid::regclass::text IN ('pg_extension', 'pg_collation', 'pg_conversion', 'pg_operator', \
         'pg_opclass', 'pg_opfamily', 'pg_statistic_ext', 'pg_ts_config', 'pg_ts_dict', 'pg_ts_parser', \
         'pg_ts_template')"
    )
}

/// Whether this transaction, or a part of it (`SAVEPOINT`, a block with `EXCEPTION`), has written the row whose
/// `xmin` this is.
///
/// The row is visible: then whoever wrote it has committed, or is this transaction. Of a transaction that is as new as
/// this one or newer, the server says that it is in progress: it is this one. From the snapshot's end on none has
/// committed at all. `pg_xact_status` refuses a number that was never given out, which a row frozen four thousand
/// million transactions ago may seem to have; hence the order, and the limit.
fn is_ours(xmin: &str) -> String {
    const SUBTRANSACTIONS: u32 = 1 << 20;
    let full = format!("(pg_current_xact_id()::text::int8 - age({xmin}))");
    let end = "pg_snapshot_xmax(pg_current_snapshot())::text::int8";
    format!(
        "CASE WHEN age({xmin}) > 0 THEN false \
         WHEN {full} < {end} THEN pg_xact_status({full}::text::xid8) IS NOT DISTINCT FROM 'in progress' \
         ELSE {full} < {end} + {SUBTRANSACTIONS} END"
    )
}

/// Where it is noted what migrations that may do so have changed already.
const ALLOWED: &str = "multitenant.wall_allowed";

impl Wall {
    /// A statement that fails, naming the objects, where this transaction has changed one of them.
    ///
    /// `None` where there is nothing behind the wall. It needs `search_path = pg_catalog`.
    pub(crate) fn guard(&self) -> Option<String> {
        self.changed()
            .map(|changed| format!("{changed} SELECT ('{MARKER}' || {LIST})::int FROM changed HAVING count(*) > 0"))
    }

    /// Notes what the transaction has changed by now, for [`guard_from_there`](Self::guard_from_there).
    pub(crate) fn note(&self) -> Option<String> {
        self.changed()
            .map(|changed| format!("{changed} SELECT set_config('{ALLOWED}', coalesce({LIST}, ''), true) FROM changed"))
    }

    /// The guard, for what was not changed already when that was noted.
    pub(crate) fn guard_from_there(&self) -> Option<String> {
        self.changed().map(|changed| {
            format!(
                "{changed} SELECT ('{MARKER}' || {LIST})::int FROM changed WHERE {ADDRESS} <> ALL \
                 (string_to_array(coalesce(current_setting('{ALLOWED}', true), ''), ',')) HAVING count(*) > 0"
            )
        })
    }

    /// The table `changed`: class and OID of each object that this transaction has changed.
    fn changed(&self) -> Option<String> {
        if self.objects.is_empty() {
            return None;
        }
        let [mut classes, mut oids, mut digests] = [const { String::new() }; 3];
        for (i, (address, object)) in self.objects.iter().enumerate() {
            let comma = if i > 0 { "," } else { "" };
            // Writing to a String cannot fail.
            let _ = write!(classes, "{comma}{}", address.class);
            let _ = write!(oids, "{comma}{}", address.oid);
            let _ = write!(digests, "{comma}{}", object.digest);
        }
        let is_ours = is_ours("w.xmin");
        Some(format!(
            "WITH walled AS MATERIALIZED (SELECT * FROM \
             unnest('{{{classes}}}'::oid[], '{{{oids}}}'::oid[], '{{{digests}}}'::int4[]) w (classid, objid, digest)), \
             held AS MATERIALIZED (SELECT classid, objid, bool_or(mode = 'AccessExclusiveLock') AS exclusive, \
             bool_or(mode IN ('AccessExclusiveLock', 'ShareUpdateExclusiveLock')) AS alters FROM (SELECT \
             CASE locktype WHEN 'relation' THEN 'pg_class'::regclass::oid ELSE classid END AS classid, \
             CASE locktype WHEN 'relation' THEN relation ELSE objid END AS objid, mode FROM pg_locks \
             WHERE pid = pg_backend_pid() AND granted AND locktype IN ('relation', 'object') \
             AND mode NOT IN ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock')) l GROUP BY 1, 2), \
             hit AS MATERIALIZED (SELECT w.*, h.exclusive, h.alters FROM held h JOIN walled w USING (classid, objid)), \
             relation AS MATERIALIZED (SELECT * FROM hit WHERE classid = 'pg_class'::regclass), \
             changed AS (SELECT classid, objid FROM hit WHERE exclusive AND classid <> 'pg_class'::regclass \
             UNION ALL SELECT classid, objid FROM relation r WHERE exclusive \
             AND NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = r.objid) \
             UNION ALL SELECT w.classid, w.objid FROM ({WRITTEN} OFFSET 0) w WHERE {is_ours})",
            WRITTEN = written(),
        ))
    }
}

const ADDRESS: &str = "classid || '/' || objid";
const LIST: &str = "string_agg(DISTINCT classid || '/' || objid, ',')";

/// The catalogue's rows that only a change of a walled object writes: class and OID of the object, and their `xmin`.
fn written() -> String {
    let rows_of_a_relation = [
        format!("SELECT c.xmin FROM pg_class c WHERE c.oid = r.objid AND r.alters AND r.digest <> {RELATION}"),
        // `GRANT` on a column leaves privileges.
        format!(
            "SELECT b.xmin FROM pg_attribute b JOIN pg_class c ON c.oid = b.attrelid WHERE b.attrelid = r.objid \
             AND b.attnum > 0 AND r.alters AND (b.attacl IS NULL OR r.digest <> {RELATION})"
        ),
        "SELECT xmin FROM pg_attrdef WHERE adrelid = r.objid".to_owned(),
        "SELECT xmin FROM pg_constraint WHERE conrelid = r.objid".to_owned(),
        // A foreign key that refers to the table brings triggers of its own, and with them its constraint.
        "SELECT xmin FROM pg_trigger g WHERE tgrelid = r.objid AND NOT (tgisinternal AND EXISTS \
         (SELECT FROM pg_constraint k WHERE k.oid = g.tgconstraint AND age(k.xmin) <= 0))"
            .to_owned(),
        "SELECT xmin FROM pg_index WHERE indrelid = r.objid".to_owned(),
        "SELECT xmin FROM pg_index WHERE indexrelid = r.objid".to_owned(),
        "SELECT xmin FROM pg_rewrite WHERE ev_class = r.objid".to_owned(),
        "SELECT xmin FROM pg_policy WHERE polrelid = r.objid".to_owned(),
        "SELECT xmin FROM pg_sequence WHERE seqrelid = r.objid".to_owned(),
        "SELECT xmin FROM pg_statistic_ext WHERE stxrelid = r.objid".to_owned(),
        // A partition changes what its parent holds; an heir that is none is the tenant's own affair.
        "SELECT h.xmin FROM pg_inherits h JOIN pg_class c ON c.oid = h.inhrelid \
         WHERE h.inhparent = r.objid AND c.relispartition"
            .to_owned(),
    ]
    .join(" UNION ALL ");
    format!(
        "SELECT r.classid, r.objid, x.xmin FROM relation r CROSS JOIN LATERAL ({rows_of_a_relation}) x (xmin) \
         UNION ALL SELECT w.classid, w.objid, t.xmin FROM walled w JOIN pg_type t ON t.oid = w.objid \
         WHERE w.classid = 'pg_type'::regclass AND (t.typacl IS NULL OR w.digest <> {TYPE}) \
         UNION ALL SELECT w.classid, w.objid, e.xmin FROM walled w JOIN pg_enum e ON e.enumtypid = w.objid \
         WHERE w.classid = 'pg_type'::regclass \
         UNION ALL SELECT w.classid, w.objid, k.xmin FROM walled w JOIN pg_constraint k ON k.contypid = w.objid \
         WHERE w.classid = 'pg_type'::regclass \
         UNION ALL SELECT w.classid, w.objid, n.xmin FROM walled w JOIN pg_namespace n ON n.oid = w.objid \
         WHERE w.classid = 'pg_namespace'::regclass AND w.digest <> {SCHEMA}"
    )
}
