//! Tables, and what has rows.

use crate::connection::Row;

use super::{Column, Names, Table};

/// Storage parameters as `WITH` takes them; the texts of an array, `name=value` each.
pub(super) const OPTIONS: &str = "(SELECT string_agg(format('%s=%L', split_part(o, '=', 1), substr(o, strpos(o, '=') + 1)), ', ') \
                                  FROM unnest(c.reloptions) o)";

/// A column's collation, where it is not its type's.
const COLLATE: &str = "CASE WHEN a.attcollation <> 0 AND a.attcollation <> y.typcollation \
                       THEN ' COLLATE ' || a.attcollation::regcollation::text ELSE '' END";

/// Composite types, tables, partitions, sequences that are no column's identity.
pub(super) fn items(scope: &str, major: u32) -> String {
    let generated = "CASE WHEN a.attgenerated <> '' THEN ' GENERATED ALWAYS AS (' || pg_get_expr(d.adbin, d.adrelid) || \
                     CASE a.attgenerated WHEN 's' THEN ') STORED' ELSE ') VIRTUAL' END ELSE '' END";
    let not_null = if major >= 18 {
        "CASE WHEN a.attnotnull THEN coalesce((SELECT format(' CONSTRAINT %I NOT NULL', k.conname) || \
         CASE WHEN k.connoinherit THEN ' NO INHERIT' ELSE '' END FROM con k WHERE k.conrelid = c.oid AND k.contype = 'n' \
         AND k.conkey = ARRAY[a.attnum] AND (k.conislocal OR c.relispartition)), ' NOT NULL') ELSE '' END"
    } else {
        "CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END"
    };
    let columns = format!(
        "(SELECT string_agg(format(E'\\n    %I %s%s%s%s', a.attname, format_type(a.atttypid, a.atttypmod), {COLLATE}, {generated}, \
         {not_null}), ',' ORDER BY a.attnum) FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid \
         LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum WHERE a.attrelid = c.oid AND a.attnum > 0 \
         AND NOT a.attisdropped AND (a.attislocal OR c.relispartition))"
    );
    let with = format!(
        "(SELECT ' WITH (' || concat_ws(', ', {OPTIONS}, (SELECT string_agg(format('toast.%s=%L', split_part(o, '=', 1), \
         substr(o, strpos(o, '=') + 1)), ', ') FROM pg_class t, unnest(t.reloptions) o WHERE t.oid = c.reltoastrelid)) || ')' \
         WHERE c.reloptions IS NOT NULL OR EXISTS (SELECT FROM pg_class t WHERE t.oid = c.reltoastrelid AND t.reloptions IS NOT NULL))"
    );
    let sequence = "format(' AS %s START WITH %s INCREMENT BY %s MINVALUE %s MAXVALUE %s CACHE %s%s', q.seqtypid::regtype, \
                    q.seqstart, q.seqincrement, q.seqmin, q.seqmax, q.seqcache, CASE WHEN q.seqcycle THEN ' CYCLE' ELSE '' END)";
    let of_a_sequence = sequence.replacen("' AS %s START", "'START", 1).replacen("q.seqtypid::regtype, ", "", 1);
    // Where it had all that it inherits before it inherited, its columns are in an order of their own.
    let inherits_later = "NOT EXISTS (SELECT FROM pg_attribute i WHERE i.attrelid = c.oid AND i.attnum > 0 AND NOT i.attisdropped \
                          AND NOT i.attislocal)";
    let none = "NULL, NULL, NULL, false";
    format!(
        "{scope} \
         SELECT 'pg_class/' || c.oid, NULL, 10, c.relname::text, format('CREATE TYPE %I AS (%s)', c.relname, (SELECT string_agg(format(\
         '%I %s%s', a.attname, format_type(a.atttypid, a.atttypmod), {COLLATE}), ', ' ORDER BY a.attnum) FROM pg_attribute a \
         JOIN pg_type y ON y.oid = a.atttypid WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)), {none} \
         FROM rel c WHERE c.relkind = 'c' \
         UNION ALL SELECT 'pg_class/' || c.oid, NULL, 18, c.relname, format('CREATE %sSEQUENCE %I%s', \
         CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED ' ELSE '' END, c.relname, {sequence}), {none} \
         FROM rel c JOIN pg_sequence q ON q.seqrelid = c.oid WHERE NOT EXISTS (SELECT FROM pg_depend d \
         WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'i') \
         UNION ALL SELECT 'owned/' || c.oid, concat_ws(' ', 'pg_class/' || c.oid, 'pg_class/' || t.oid), 30, c.relname, \
         format('ALTER SEQUENCE %I OWNED BY %I.%I', c.relname, t.relname, a.attname), {none} \
         FROM rel c JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'a' \
         AND d.refclassid = 'pg_class'::regclass JOIN rel t ON t.oid = d.refobjid JOIN pg_attribute a ON a.attrelid = t.oid \
         AND a.attnum = d.refobjsubid WHERE c.relkind = 'S' \
         UNION ALL SELECT 'identity/' || c.oid, 'pg_class/' || t.oid, 22, t.relname || '.' || a.attname, \
         format('ALTER TABLE %I ALTER COLUMN %I ADD GENERATED %s AS IDENTITY (SEQUENCE NAME %I %s)', t.relname, a.attname, \
         CASE a.attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END, c.relname, {of_a_sequence}), {none} \
         FROM rel c JOIN pg_sequence q ON q.seqrelid = c.oid JOIN pg_depend d ON d.classid = 'pg_class'::regclass \
         AND d.objid = c.oid AND d.deptype = 'i' AND d.refclassid = 'pg_class'::regclass JOIN rel t ON t.oid = d.refobjid \
         JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid \
         UNION ALL SELECT 'pg_class/' || c.oid, NULL, 20, c.relname, format('CREATE %sTABLE %I %s%s%s%s%s%s', \
         CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED ' ELSE '' END, c.relname, \
         CASE WHEN c.reloftype <> 0 THEN 'OF ' || format_type(c.reloftype, NULL) ELSE '(' || coalesce({columns} || E'\\n', '') || ')' END, \
         (SELECT ' INHERITS (' || string_agg(h.inhparent::regclass::text, ', ' ORDER BY h.inhseqno) || ')' FROM pg_inherits h \
         WHERE h.inhrelid = c.oid AND NOT c.relispartition AND NOT {inherits_later}), \
         CASE c.relkind WHEN 'p' THEN ' PARTITION BY ' || pg_get_partkeydef(c.oid) END, \
         (SELECT format(' USING %I', m.amname) FROM pg_am m WHERE m.oid = c.relam AND m.amname <> 'heap'), {with}, \
         (SELECT format(' TABLESPACE %I', t.spcname) FROM pg_tablespace t WHERE t.oid = c.reltablespace)), {none} \
         FROM rel c WHERE c.relkind IN ('r', 'p') \
         UNION ALL SELECT 'attach/' || c.oid, concat_ws(' ', 'pg_class/' || c.oid, 'pg_class/' || p.oid), 25, c.relname, \
         format('ALTER TABLE ONLY %I ATTACH PARTITION %I %s', p.relname, c.relname, pg_get_expr(c.relpartbound, c.oid)), {none} \
         FROM rel c JOIN pg_inherits h ON h.inhrelid = c.oid JOIN rel p ON p.oid = h.inhparent \
         WHERE c.relispartition AND c.relkind IN ('r', 'p') \
         UNION ALL SELECT 'inherit/' || c.oid, concat_ws(' ', 'pg_class/' || c.oid, string_agg('pg_class/' || h.inhparent, ' ')), 25, c.relname, \
         format('ALTER TABLE %I %s', c.relname, string_agg('INHERIT ' || h.inhparent::regclass::text, ', ' ORDER BY h.inhseqno)), {none} \
         FROM rel c JOIN pg_inherits h ON h.inhrelid = c.oid WHERE c.relkind = 'r' AND NOT c.relispartition AND {inherits_later} \
         GROUP BY c.oid, c.relname"
    )
}

/// What has rows: a partitioned table as one.
pub(super) fn rows(scope: &str) -> String {
    format!(
        "{scope} SELECT c.relname, c.relkind = 'p', a.attname, a.attgenerated <> '', format_type(a.atttypid, a.atttypmod), \
         coalesce(b.typcategory, y.typcategory), a.attnotnull OR y.typnotnull, \
         EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum), \
         EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum \
         AND (to_jsonb(i) ->> 'indnullsnotdistinct')::bool), \
         (SELECT min(k.conname::text) FROM pg_constraint k WHERE k.contype = 'f' AND (k.conrelid = c.oid AND a.attnum = ANY (k.conkey) \
         OR k.confrelid = c.oid AND a.attnum = ANY (k.confkey))), \
         CASE WHEN coalesce(nullif(y.typbasetype, 0), y.oid) IN ('varchar'::regtype, 'bpchar'::regtype) \
         THEN nullif(CASE WHEN y.typbasetype = 0 THEN a.atttypmod ELSE y.typtypmod END, -1) - 4 END, y.typnamespace = c.relnamespace, \
         (SELECT json_agg(p.relname ORDER BY h.inhseqno) FROM pg_inherits h JOIN rel p ON p.oid = h.inhparent WHERE h.inhrelid = c.oid) \
         FROM rel c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
         LEFT JOIN pg_type y ON y.oid = a.atttypid LEFT JOIN pg_type b ON b.oid = nullif(y.typbasetype, 0) \
         WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY c.relname, a.attnum"
    )
}

/// The tables of the rows of that query.
pub(super) fn tables(rows: &[Row]) -> Vec<Table> {
    let mut tables: Vec<Table> = Vec::new();
    for row in rows {
        let Some(name) = row.get(0) else { continue };
        if tables.last().is_none_or(|table| table.name != name) {
            let is_partitioned = row.get(1) == Some("t");
            let parents = row.get(12).and_then(|parents| serde_json::from_str(parents).ok()).unwrap_or_default();
            let name = name.to_owned();
            tables.push(Table { name, is_partitioned, parents, columns: Vec::new(), generated: Vec::new() });
        }
        let (Some(table), Some(column)) = (tables.last_mut(), row.get(2)) else { continue };
        if row.get(3) == Some("t") {
            table.generated.push(column.to_owned());
            continue;
        }
        table.columns.push(Column {
            name: column.to_owned(),
            kind: row.get(4).unwrap_or_default().to_owned(),
            category: row.get(5).and_then(|category| category.chars().next()).unwrap_or_default(),
            not_null: row.get(6) == Some("t"),
            is_unique: row.get(7) == Some("t"),
            null_is_a_value: row.get(8) == Some("t"),
            foreign_key: row.get(9).map(str::to_owned),
            length: row.get(10).and_then(|length| length.parse().ok()),
            is_of_own_type: row.get(11) == Some("t"),
        });
    }
    tables
}

/// The names of all objects and columns, and which of the two each is.
pub(super) fn names(scope: &str) -> String {
    format!(
        "{scope} SELECT relname::text, true FROM rel WHERE relkind NOT IN ('i', 'I', 't') UNION SELECT typname, true FROM typ \
         UNION SELECT proname, true FROM fun UNION SELECT a.attname, false FROM rel c JOIN pg_attribute a ON a.attrelid = c.oid \
         WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind NOT IN ('i', 'I', 'S')"
    )
}

/// The names of the rows of that query.
pub(super) fn names_of(rows: &[Row]) -> Names {
    let mut names = Names::default();
    for row in rows {
        let Some(name) = row.get(0) else { continue };
        let of = if row.get(1) == Some("t") { &mut names.objects } else { &mut names.columns };
        of.insert(name.to_owned());
    }
    names
}

/// The names of all sequences.
pub(super) fn sequences(scope: &str) -> String {
    format!("{scope} SELECT c.relname FROM rel c WHERE c.relkind = 'S' ORDER BY 1")
}
