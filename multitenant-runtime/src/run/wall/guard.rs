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

use std::collections::BTreeMap;

use super::objects::{MARKER, RELATIONS, SCHEMAS, TYPES, Wall};

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
/// committed at all, and only subtransactions of this one are left; hence the limit, beyond which lie rows frozen so
/// long ago that their numbers seem to be ahead. `pg_xact_status` is not asked about those: it refuses a number that
/// was never given out.
pub(crate) fn is_ours(xmin: &str) -> String {
    const SUBTRANSACTIONS: u32 = 1 << 16;
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
        let mut classes: BTreeMap<u32, (Vec<String>, Vec<String>)> = BTreeMap::new();
        for (address, object) in &self.objects {
            let (oids, digests) = classes.entry(address.class).or_default();
            oids.push(address.oid.to_string());
            digests.push(object.digest.to_string());
        }
        let array = |values: &[String], of: &str| format!("'{{{}}}'::{of}[]", values.join(","));
        let none = (Vec::new(), Vec::new());
        let (oids, digests) = classes.get(&RELATIONS).unwrap_or(&none);
        let (oids, digests) = (array(oids, "oid"), array(digests, "int4"));
        let mut changed =
            vec![format!("SELECT {RELATIONS}::oid, objid FROM relation WHERE exclusive AND relkind IS NULL")];
        let mut written = vec![WRITTEN_OF_A_RELATION.to_owned()];
        for (class, (oids, digests)) in &classes {
            let oids = array(oids, "oid");
            if *class != RELATIONS {
                changed.push(format!(
                    "SELECT classid, objid FROM held WHERE exclusive AND classid = {class} AND objid = ANY ({oids})"
                ));
            }
            let digests = array(digests, "int4");
            let walled = format!("unnest({oids}, {digests}) w (objid, digest)");
            match *class {
                TYPES => written.push(format!(
                    "SELECT {TYPES}::oid, w.objid, x.xmin FROM {walled} CROSS JOIN LATERAL (\
                     SELECT t.xmin FROM pg_type t WHERE t.oid = w.objid AND (t.typacl IS NULL OR w.digest <> {TYPE}) \
                     UNION ALL SELECT e.xmin FROM pg_enum e WHERE e.enumtypid = w.objid \
                     UNION ALL SELECT k.xmin FROM pg_constraint k WHERE k.contypid = w.objid OFFSET 0) x (xmin)"
                )),
                SCHEMAS => written.push(format!(
                    "SELECT {SCHEMAS}::oid, n.oid, n.xmin FROM {walled} JOIN pg_namespace n ON n.oid = w.objid \
                     WHERE w.digest <> {SCHEMA}"
                )),
                _ => {}
            }
        }
        Some(format!(
            "WITH held AS MATERIALIZED (SELECT classid, objid, bool_or(mode = 'AccessExclusiveLock') AS exclusive, \
             bool_or(mode IN ('AccessExclusiveLock', 'ShareUpdateExclusiveLock')) AS alters FROM (SELECT \
             CASE locktype WHEN 'relation' THEN {RELATIONS}::oid ELSE classid END AS classid, \
             CASE locktype WHEN 'relation' THEN relation ELSE objid END AS objid, mode FROM pg_locks \
             WHERE pid = pg_backend_pid() AND granted AND locktype IN ('relation', 'object') \
             AND mode NOT IN ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock')) l GROUP BY 1, 2), \
             relation AS MATERIALIZED (SELECT h.objid, h.exclusive, h.alters, c.relkind, w.digest, \
             CASE WHEN h.alters THEN {RELATION} END AS now FROM held h \
             JOIN unnest({oids}, {digests}) w (objid, digest) USING (objid) \
             LEFT JOIN pg_class c ON c.oid = h.objid WHERE h.classid = {RELATIONS}), \
             changed (classid, objid) AS ({changed} \
             UNION ALL SELECT w.* FROM (SELECT classid, objid FROM ({written} OFFSET 0) w (classid, objid, xmin) \
             WHERE {is_ours}) w)",
            changed = changed.join(" UNION ALL "),
            written = written.join(" UNION ALL "),
            is_ours = is_ours("w.xmin"),
        ))
    }
}

const ADDRESS: &str = "classid || '/' || objid";
const LIST: &str = "string_agg(DISTINCT classid || '/' || objid, ',')";

/// The catalogue's rows that only a change of a walled relation writes: class, OID and their `xmin`.
///
/// `GRANT` on a column leaves privileges there. A foreign key that refers to the table brings triggers of its own, and
/// with them its constraint. A partition changes what its parent holds; an heir that is none is the tenant's own
/// affair.
const WRITTEN_OF_A_RELATION: &str = "SELECT 1259::oid, r.objid, x.xmin FROM relation r CROSS JOIN LATERAL (\
    SELECT c.xmin FROM pg_class c WHERE c.oid = r.objid AND r.alters AND r.now <> r.digest \
    UNION ALL SELECT a.xmin FROM pg_attribute a WHERE a.attrelid = r.objid AND a.attnum > 0 AND r.alters \
    AND (a.attacl IS NULL OR r.now <> r.digest) \
    UNION ALL SELECT d.xmin FROM pg_attrdef d WHERE d.adrelid = r.objid \
    UNION ALL SELECT k.xmin FROM pg_constraint k WHERE k.conrelid = r.objid \
    UNION ALL SELECT g.xmin FROM pg_trigger g WHERE g.tgrelid = r.objid AND NOT (g.tgisinternal AND EXISTS \
    (SELECT FROM pg_constraint k WHERE k.oid = g.tgconstraint AND age(k.xmin) <= 0)) \
    UNION ALL SELECT i.xmin FROM pg_index i WHERE i.indrelid = r.objid \
    UNION ALL SELECT u.xmin FROM pg_rewrite u WHERE u.ev_class = r.objid \
    UNION ALL SELECT p.xmin FROM pg_policy p WHERE p.polrelid = r.objid \
    UNION ALL SELECT q.xmin FROM pg_sequence q WHERE q.seqrelid = r.objid \
    UNION ALL SELECT e.xmin FROM pg_statistic_ext e WHERE e.stxrelid = r.objid \
    UNION ALL SELECT h.xmin FROM pg_inherits h WHERE h.inhparent = r.objid AND r.relkind IN ('p', 'I') \
    OFFSET 0) x (xmin)";
