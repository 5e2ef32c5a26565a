//! Relations, and what hangs on them.

use super::Kind;

/// The facets' order is that of [`ObjectKind::facets`](super::super::ObjectKind).
pub(super) fn kinds(major: u32) -> Vec<Kind> {
    vec![table(), column(major), constraint(), index(), sequence(), view(), trigger(), rule(), policy(), statistics()]
}

fn table() -> Kind {
    Kind::new(
        &[
            "'table'",
            "''",
            "c.relname",
            "concat_ws(' ', CASE c.relpersistence WHEN 'u' THEN 'unlogged' END, CASE c.relkind WHEN 'p' THEN \
             'partitioned' WHEN 'f' THEN 'foreign' END, 'table')",
            "CASE c.relkind WHEN 'p' THEN pg_get_partkeydef(c.oid) END",
            "(SELECT string_agg(concat_ws(' ', h.inhparent::regclass::text, pg_get_expr(c.relpartbound, c.oid)), ', ' \
             ORDER BY h.inhseqno) FROM pg_inherits h WHERE h.inhrelid = c.oid)",
            "(SELECT string_agg(o, ', ' ORDER BY o) FROM (SELECT unnest(c.reloptions) UNION ALL \
             SELECT 'toast.' || unnest(t.reloptions) FROM pg_class t WHERE t.oid = c.reltoastrelid) x (o))",
            "CASE WHEN c.relrowsecurity THEN CASE WHEN c.relforcerowsecurity THEN 'enabled, forced' ELSE 'enabled' END \
             WHEN c.relforcerowsecurity THEN 'forced' ELSE 'disabled' END",
            "CASE c.relreplident WHEN 'd' THEN 'default' WHEN 'n' THEN 'nothing' WHEN 'f' THEN 'full' ELSE 'index' END",
            "CASE WHEN c.reloftype <> 0 THEN format_type(c.reloftype, NULL) END",
            "concat_ws(', ', (SELECT nullif(amname, 'heap') FROM pg_am WHERE oid = c.relam), (SELECT 'tablespace ' || \
             quote_ident(spcname) FROM pg_tablespace WHERE oid = c.reltablespace), (SELECT concat_ws(' ', 'server', \
             quote_ident(s.srvname), array_to_string(f.ftoptions, ', ')) FROM pg_foreign_table f \
             JOIN pg_foreign_server s ON s.oid = f.ftserver WHERE f.ftrelid = c.oid))",
            "c.relispartition::text",
        ],
        "tables c JOIN ns n ON n.oid = c.ns WHERE c.relkind IN ('r', 'p', 'f')",
    )
}

/// A partition's columns, an heir's and a typed table's are not its own, as the last facet says.
fn column(major: u32) -> Kind {
    let compression = if major >= 14 {
        "CASE a.attcompression WHEN 'p' THEN 'COMPRESSION pglz' WHEN 'l' THEN 'COMPRESSION lz4' END, "
    } else {
        ""
    };
    let options = format!(
        "concat_ws(' ', CASE WHEN a.attstorage <> t.typstorage THEN CASE a.attstorage WHEN 'p' THEN 'STORAGE PLAIN' \
         WHEN 'e' THEN 'STORAGE EXTERNAL' WHEN 'm' THEN 'STORAGE MAIN' ELSE 'STORAGE EXTENDED' END END, {compression}\
         CASE WHEN a.attstattarget >= 0 THEN 'STATISTICS ' || a.attstattarget END, \
         (SELECT '(' || string_agg(o, ', ' ORDER BY o) || ')' FROM unnest(a.attoptions) o), \
         (SELECT 'OPTIONS (' || string_agg(o, ', ' ORDER BY o) || ')' FROM unnest(a.attfdwoptions) o))"
    );
    Kind::new(
        &[
            "'column'",
            "c.relname",
            "a.attname",
            "format_type(a.atttypid, a.atttypmod)",
            "CASE WHEN a.attnotnull THEN 'not null' ELSE 'null' END",
            "CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END",
            "CASE WHEN a.attidentity <> '' THEN concat_ws(' ', CASE a.attidentity WHEN 'a' THEN 'ALWAYS' ELSE \
             'BY DEFAULT' END, (SELECT format('(START WITH %s INCREMENT BY %s MINVALUE %s MAXVALUE %s CACHE %s%s)', \
             s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, CASE WHEN s.seqcycle THEN ' CYCLE' END) \
             FROM pg_depend i JOIN pg_sequence s ON s.seqrelid = i.objid WHERE i.classid = 'pg_class'::regclass \
             AND i.refclassid = 'pg_class'::regclass AND i.refobjid = c.oid AND i.refobjsubid = a.attnum \
             AND i.deptype = 'i')) END",
            "CASE WHEN a.attgenerated <> '' THEN concat(pg_get_expr(d.adbin, d.adrelid), \
             CASE a.attgenerated WHEN 'v' THEN ' VIRTUAL' END) END",
            "CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation::text END",
            &options,
            "lpad(a.attnum::text, 5, '0')",
            "(a.attislocal AND a.attinhcount = 0 AND c.reloftype = 0)::text",
        ],
        "tables c JOIN ns n ON n.oid = c.ns JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 \
         AND NOT a.attisdropped JOIN pg_type t ON t.oid = a.atttypid \
         LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum WHERE c.relkind IN ('r', 'p', 'f')",
    )
}

/// Not those of `NOT NULL`, which are the column's; not those of constraint triggers, which are triggers; and not those
/// that a foreign key has for each partition of the table that it refers to, whose names tell only which came first.
fn constraint() -> Kind {
    Kind::new(
        &[
            "CASE k.contype WHEN 'p' THEN 'primary key' WHEN 'u' THEN 'unique' WHEN 'c' THEN 'check' WHEN 'f' THEN \
             'foreign key' ELSE 'exclusion' END",
            "c.relname",
            "k.conname",
            "pg_get_constraintdef(k.oid)",
            "(SELECT CASE WHEN i.indisvalid AND i.indisready AND i.indislive THEN 'valid' ELSE 'invalid' END FROM \
             pg_index i WHERE i.indexrelid = k.conindid AND k.contype IN ('p', 'u', 'x'))",
            "CASE WHEN k.contype = 'f' THEN (SELECT CASE WHEN bool_and(g.tgenabled = 'O') THEN 'enforced' ELSE \
             'triggers disabled' END FROM pg_trigger g WHERE g.tgconstraint = k.oid) END",
            "(SELECT array_to_string(x.reloptions, ', ') FROM pg_class x WHERE x.oid = k.conindid \
             AND k.contype IN ('p', 'u', 'x'))",
            "concat_ws(', ', CASE WHEN EXISTS (SELECT FROM pg_index i WHERE i.indexrelid = k.conindid AND i.indisclustered \
             AND k.contype IN ('p', 'u', 'x')) THEN 'clustered' END, CASE WHEN EXISTS (SELECT FROM pg_index i \
             WHERE i.indexrelid = k.conindid AND i.indisreplident AND k.contype IN ('p', 'u', 'x')) \
             THEN 'replica identity' END)",
            "(k.conislocal AND k.coninhcount = 0 AND k.conparentid = 0)::text",
        ],
        "tables c JOIN ns n ON n.oid = c.ns JOIN pg_constraint k ON k.conrelid = c.oid \
         WHERE k.contype IN ('p', 'u', 'c', 'f', 'x') AND (k.conparentid = 0 OR k.contype <> 'f' OR NOT EXISTS (SELECT \
         FROM pg_constraint o WHERE o.oid = k.conparentid AND o.confrelid <> k.confrelid))",
    )
}

/// Not those that are a constraint's.
fn index() -> Kind {
    Kind::new(
        &[
            "'index'",
            "c.relname",
            "x.relname",
            "pg_get_indexdef(i.indexrelid, 0, true)",
            "CASE WHEN i.indisvalid AND i.indisready AND i.indislive THEN 'valid' ELSE 'invalid' END",
            "concat_ws(', ', CASE WHEN i.indisclustered THEN 'clustered' END, CASE WHEN i.indisreplident THEN \
             'replica identity' END)",
            "(SELECT string_agg(format('%s: %s', a.attnum, a.attstattarget), ', ' ORDER BY a.attnum) FROM pg_attribute a \
             WHERE a.attrelid = i.indexrelid AND a.attstattarget >= 0)",
            "(NOT EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = i.indexrelid))::text",
        ],
        "tables c JOIN ns n ON n.oid = c.ns JOIN pg_index i ON i.indrelid = c.oid JOIN pg_class x ON x.oid = i.indexrelid \
         WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))",
    )
}

/// Not those of identity columns, which are the column's.
fn sequence() -> Kind {
    Kind::new(
        &[
            "'sequence'",
            "''",
            "c.relname",
            "format('AS %s START WITH %s INCREMENT BY %s MINVALUE %s MAXVALUE %s CACHE %s %s', format_type(s.seqtypid, NULL), \
             s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, CASE WHEN s.seqcycle THEN 'CYCLE' ELSE \
             'NO CYCLE' END)",
            "(SELECT d.refobjid::regclass::text || '.' || quote_ident(a.attname) FROM pg_depend d JOIN pg_attribute a \
             ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid WHERE d.classid = 'pg_class'::regclass \
             AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass AND d.deptype = 'a')",
            "CASE c.relpersistence WHEN 'u' THEN 'unlogged' END",
        ],
        "tables c JOIN ns n ON n.oid = c.ns JOIN pg_sequence s ON s.seqrelid = c.oid WHERE NOT EXISTS (SELECT FROM \
         pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass \
         AND d.deptype = 'i')",
    )
}

fn view() -> Kind {
    Kind::new(
        &[
            "CASE c.relkind WHEN 'v' THEN 'view' ELSE 'materialized view' END",
            "''",
            "c.relname",
            "pg_get_viewdef(c.oid)",
            "(SELECT string_agg(o, ', ' ORDER BY o) FROM unnest(c.reloptions) o)",
            "(SELECT string_agg(format('%s: %s', quote_ident(a.attname), pg_get_expr(d.adbin, d.adrelid)), ', ' \
             ORDER BY a.attnum) FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum \
             WHERE d.adrelid = c.oid)",
        ],
        "tables c JOIN ns n ON n.oid = c.ns WHERE c.relkind IN ('v', 'm')",
    )
}

/// Not those that foreign keys make.
fn trigger() -> Kind {
    Kind::new(
        &[
            "'trigger'",
            "c.relname",
            "g.tgname",
            "pg_get_triggerdef(g.oid, true)",
            "CASE g.tgenabled WHEN 'O' THEN 'enabled' WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'enabled as replica' ELSE \
             'enabled always' END",
            "(NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_trigger'::regclass AND d.objid = g.oid \
             AND d.deptype = 'P'))::text",
        ],
        "tables c JOIN ns n ON n.oid = c.ns JOIN pg_trigger g ON g.tgrelid = c.oid WHERE NOT g.tgisinternal",
    )
}

fn rule() -> Kind {
    Kind::new(
        &[
            "'rule'",
            "c.relname",
            "u.rulename",
            "pg_get_ruledef(u.oid, true)",
            "CASE u.ev_enabled WHEN 'O' THEN 'enabled' WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'enabled as replica' ELSE \
             'enabled always' END",
        ],
        "tables c JOIN ns n ON n.oid = c.ns JOIN pg_rewrite u ON u.ev_class = c.oid WHERE u.rulename <> '_RETURN'",
    )
}

fn policy() -> Kind {
    Kind::new(
        &[
            "'policy'",
            "c.relname",
            "p.polname",
            "concat_ws(' ', CASE WHEN p.polpermissive THEN 'AS PERMISSIVE' ELSE 'AS RESTRICTIVE' END, CASE p.polcmd \
             WHEN 'r' THEN 'FOR SELECT' WHEN 'a' THEN 'FOR INSERT' WHEN 'w' THEN 'FOR UPDATE' WHEN 'd' THEN 'FOR DELETE' \
             ELSE 'FOR ALL' END)",
            "(SELECT string_agg(CASE r WHEN 0 THEN 'PUBLIC' ELSE r::regrole::text END, ', ' ORDER BY CASE r WHEN 0 THEN \
             'PUBLIC' ELSE r::regrole::text END) FROM unnest(p.polroles) r)",
            "pg_get_expr(p.polqual, p.polrelid)",
            "pg_get_expr(p.polwithcheck, p.polrelid)",
        ],
        "tables c JOIN ns n ON n.oid = c.ns JOIN pg_policy p ON p.polrelid = c.oid",
    )
}

fn statistics() -> Kind {
    Kind::new(
        &[
            "'statistics'",
            "''",
            "s.stxname",
            // The name itself is always written with its schema.
            "substr(pg_get_statisticsobjdef(s.oid), length('CREATE STATISTICS ' || quote_ident(n.nspname) || '.') + 1)",
            "CASE WHEN s.stxstattarget >= 0 THEN s.stxstattarget::text END",
        ],
        "inside i JOIN ns n ON n.oid = i.ns JOIN pg_statistic_ext s ON s.oid = i.objid \
         WHERE i.classid = 'pg_statistic_ext'::regclass",
    )
}
