//! What a transaction has done outside of its own schema, for a replay that is to be copied.
//!
//! A copy of a schema does not have what its migrations did elsewhere: rows in a shared table, a shared function, an
//! extension; and what they read there may be other by the time of the copy. So the replays of which a snapshot is
//! made end with this statement, before their COMMIT: it fails, with names, where this transaction has written a row
//! of the catalogue that belongs to another schema, has read or written rows of another schema's table, or has used
//! another schema's sequence. It looks at what was done, as the wall does, and it is stricter.
//!
//! What foreign keys and heirs write on the tables that they refer to passes: a copy does the same. So does what is
//! not written, as `CREATE EXTENSION IF NOT EXISTS` of one that exists. Not seen are comments on what is not its own,
//! and notifications.

use crate::ident::{SchemaName, literal};

use super::wall::is_ours;

/// What the error carries around the names.
const MARKER: (&str, &str) = ("multitenant-outside:", ":multitenant");

/// What counts as done outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outside {
    /// All of it.
    Everything,
    /// What was written: a copy's rows may well refer to rows of the shared schema.
    Written,
}

/// The statement; it needs `search_path = pg_catalog`.
pub(super) fn guard(schema: &SchemaName, outside: Outside) -> String {
    /// Catalogues whose objects are in a schema, with the column that says in which.
    const IN_A_SCHEMA: [(&str, &str); 11] = [
        ("pg_type", "typnamespace"),
        ("pg_proc", "pronamespace"),
        ("pg_operator", "oprnamespace"),
        ("pg_opclass", "opcnamespace"),
        ("pg_opfamily", "opfnamespace"),
        ("pg_collation", "collnamespace"),
        ("pg_conversion", "connamespace"),
        ("pg_constraint", "connamespace"),
        ("pg_statistic_ext", "stxnamespace"),
        ("pg_ts_config", "cfgnamespace"),
        ("pg_ts_dict", "dictnamespace"),
    ];
    /// Catalogues of what is part of a relation, with the column that says of which.
    const OF_A_RELATION: [(&str, &str); 4] =
        [("pg_attrdef", "adrelid"), ("pg_rewrite", "ev_class"), ("pg_policy", "polrelid"), ("pg_trigger", "tgrelid")];
    /// Catalogues of what belongs to the database or to the whole server.
    const OF_THE_DATABASE: [&str; 8] = [
        "pg_extension",
        "pg_language",
        "pg_event_trigger",
        "pg_publication",
        "pg_publication_rel",
        "pg_foreign_data_wrapper",
        "pg_foreign_server",
        "pg_database",
    ];
    const INTERNAL: &str = "(SELECT t.tgisinternal AND EXISTS (SELECT FROM own, pg_constraint k \
         WHERE k.oid = t.tgconstraint AND k.connamespace = own.oid) FROM pg_trigger t WHERE t.oid = x.oid)";
    let described = |catalog: &str, x: &str| format!("pg_describe_object('{catalog}'::regclass, {x}, 0)");
    let elsewhere = |namespace: &str| format!("{namespace} NOT IN (SELECT oid FROM own)");
    let mut written = vec![
        format!(
            "SELECT {} FROM pg_namespace x WHERE {} AND {}",
            described("pg_namespace", "x.oid"),
            is_ours("x.xmin"),
            elsewhere("x.oid")
        ),
        // Foreign keys and heirs of its own leave a mark there.
        format!(
            "SELECT {} FROM pg_class x WHERE {} AND {} AND NOT EXISTS (SELECT FROM own, pg_constraint k \
             WHERE k.confrelid = x.oid AND k.contype = 'f' AND k.connamespace = own.oid){}",
            described("pg_class", "x.oid"),
            is_ours("x.xmin"),
            elsewhere("x.relnamespace"),
            // A copy has no heirs of what is elsewhere.
            if outside == Outside::Everything {
                " AND NOT EXISTS (SELECT FROM pg_inherits h JOIN pg_class c ON c.oid = h.inhrelid JOIN own \
                 ON own.oid = c.relnamespace WHERE h.inhparent = x.oid)"
            } else {
                ""
            }
        ),
        format!(
            "SELECT {} FROM pg_attribute x JOIN pg_class c ON c.oid = x.attrelid WHERE {} AND {}",
            described("pg_class", "c.oid"),
            is_ours("x.xmin"),
            elsewhere("c.relnamespace")
        ),
        format!(
            "SELECT {} FROM pg_enum x JOIN pg_type t ON t.oid = x.enumtypid WHERE {} AND {}",
            described("pg_type", "t.oid"),
            is_ours("x.xmin"),
            elsewhere("t.typnamespace")
        ),
        format!(
            "SELECT 'default privileges' FROM pg_default_acl x WHERE {} AND {}",
            is_ours("x.xmin"),
            elsewhere("x.defaclnamespace")
        ),
        // Its rows are described as those of another catalogue.
        format!(
            "SELECT {} FROM pg_largeobject_metadata x WHERE {}",
            described("pg_largeobject", "x.oid"),
            is_ours("x.xmin")
        ),
        // A range brings a cast to its multirange.
        format!(
            "SELECT {} FROM pg_cast x WHERE {} AND NOT EXISTS (SELECT FROM pg_range r WHERE r.rngtypid = x.castsource \
             AND to_jsonb(r) ->> 'rngmultitypid' = x.casttarget::text)",
            described("pg_cast", "x.oid"),
            is_ours("x.xmin")
        ),
        format!("SELECT 'settings of roles' FROM pg_db_role_setting x WHERE {}", is_ours("x.xmin")),
        // Of the role's other tables, who creates a role keeps a lock on the catalogue; its rows not everybody may read.
        "SELECT 'roles' FROM pg_locks WHERE pid = pg_backend_pid() AND granted AND locktype = 'relation' \
         AND relation IN ('pg_authid'::regclass, 'pg_auth_members'::regclass) AND mode NOT IN \
         ('AccessShareLock', 'RowShareLock')"
            .to_owned(),
        // A sequence that was used is locked until the end.
        format!(
            "SELECT {} FROM pg_locks l JOIN pg_class x ON x.oid = l.relation AND x.relkind = 'S' \
                 WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation' AND {}{}",
            described("pg_class", "x.oid"),
            elsewhere("x.relnamespace"),
            if outside == Outside::Written { " AND l.mode <> 'AccessShareLock'" } else { "" },
        ),
        format!(
            "SELECT {} FROM pg_class x WHERE {} AND x.relnamespace NOT IN ('pg_catalog'::regnamespace, \
             'information_schema'::regnamespace) AND ({}pg_stat_get_xact_tuples_inserted(x.oid) > 0 \
             OR pg_stat_get_xact_tuples_updated(x.oid) > 0 OR pg_stat_get_xact_tuples_deleted(x.oid) > 0)",
            described("pg_class", "x.oid"),
            elsewhere("x.relnamespace"),
            match outside {
                Outside::Everything =>
                    "pg_stat_get_xact_tuples_returned(x.oid) > 0 OR pg_stat_get_xact_tuples_fetched(x.oid) > 0 OR ",
                Outside::Written => "",
            }
        ),
        "SELECT 'what cannot be known while track_counts is off' WHERE current_setting('track_counts') <> 'on'"
            .to_owned(),
    ];
    if outside == Outside::Everything {
        // The comment of the schema itself, which is the mark of its creation.
        written.push(format!(
            "SELECT 'the comment of the schema itself' FROM own JOIN pg_description x ON x.objoid = own.oid \
             AND x.classoid = 'pg_namespace'::regclass WHERE {}",
            is_ours("x.xmin")
        ));
    }
    if outside == Outside::Written {
        // A comment is no change of what it is about, and yet it is another's.
        written.push(format!(
            "SELECT concat('a comment on ', i.identity) FROM pg_description x, own, \
             LATERAL pg_identify_object(x.classoid, x.objoid, x.objsubid) i WHERE {} AND own.nspname !~ '^pg_(toast|temp)' \
             AND coalesce(i.schema, CASE x.classoid WHEN 'pg_namespace'::regclass THEN i.name END) <> quote_ident(own.nspname)",
            is_ours("x.xmin")
        ));
    }
    written.extend(IN_A_SCHEMA.map(|(catalog, namespace)| {
        let what = described(catalog, "x.oid");
        format!("SELECT {what} FROM {catalog} x WHERE {} AND {}", is_ours("x.xmin"), elsewhere(namespace))
    }));
    written.extend(OF_A_RELATION.map(|(catalog, relation)| {
        let what = described(catalog, "x.oid");
        let but = if catalog == "pg_trigger" { format!(" AND NOT {INTERNAL}") } else { String::new() };
        format!(
            "SELECT {what} FROM {catalog} x JOIN pg_class c ON c.oid = x.{relation} WHERE {} AND {}{but}",
            is_ours("x.xmin"),
            elsewhere("c.relnamespace")
        )
    }));
    written.extend(OF_THE_DATABASE.map(|catalog| {
        // A large object's address is that of its data.
        let class = if catalog == "pg_largeobject_metadata" { "pg_largeobject" } else { catalog };
        let what = described(class, "x.oid");
        format!("SELECT {what} FROM {catalog} x WHERE {}", is_ours("x.xmin"))
    }));
    format!(
        "WITH own AS MATERIALIZED (SELECT oid, nspname FROM pg_namespace WHERE nspname = {} OR nspname ~ '^pg_(toast|temp)'), \
         written (name) AS (SELECT DISTINCT name FROM ({}) w (name) ORDER BY 1 LIMIT 5) \
         SELECT ('{}' || string_agg(name, ', ') || '{}')::int FROM written HAVING count(*) > 0",
        literal(schema.as_str()),
        written.join(" UNION ALL "),
        MARKER.0,
        MARKER.1,
    )
}

/// The names that the error carries; what stands around them is in the server's language.
pub(super) fn named_in(message: &str) -> &str {
    let names = message.split_once(MARKER.0).and_then(|(_, after)| after.rsplit_once(MARKER.1));
    names.map_or("something that it cannot name", |(names, _)| names)
}

#[cfg(test)]
mod tests {
    use super::named_in;

    #[test]
    fn finds_the_names_whatever_the_language() {
        for message in [
            "invalid: \"multitenant-outside:table \"a\", b:multitenant\"",
            "»multitenant-outside:table \"a\", b:multitenant«",
        ] {
            assert_eq!(named_in(message), "table \"a\", b");
        }
    }
}
