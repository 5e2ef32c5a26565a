//! Whether a plain statement, which names all that it changes, really changes nothing else.

use crate::connection::Session;
use crate::settings::Settings;

use super::objects::{RELATIONS, path_schemas};

/// Where an index's entries are compared, or a statement has ended, this code of somebody's would run: support
/// functions of operator classes that no extension brought, and event triggers.
pub(crate) const RUNS_CODE: &str = "(EXISTS (SELECT FROM pg_catalog.pg_event_trigger WHERE evtenabled <> 'D') \
    OR EXISTS (SELECT FROM pg_catalog.pg_amproc p WHERE p.amproc::pg_catalog.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid \
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid OPERATOR(pg_catalog.=) 1255::pg_catalog.oid \
    AND d.objid OPERATOR(pg_catalog.=) p.amproc::pg_catalog.oid AND d.deptype = 'e')))";

/// Whether nothing runs by itself, and nothing behind the wall hangs on a tenant's relation: a partition, an heir, or
/// statistics, which are altered and dropped with it.
pub(crate) async fn is_quiet(session: &Session, settings: &Settings) -> Result<bool, tokio_postgres::Error> {
    let schemas = path_schemas(settings);
    let sql = format!(
        "WITH schemas AS MATERIALIZED (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname IN ({schemas})) \
         SELECT NOT ({RUNS_CODE} OR EXISTS (SELECT FROM schemas s \
         JOIN pg_catalog.pg_depend i ON i.refclassid = 'pg_catalog.pg_namespace'::regclass AND i.refobjid = s.oid \
         AND i.classid IN ({RELATIONS}, 'pg_catalog.pg_statistic_ext'::regclass) \
         JOIN pg_catalog.pg_depend d ON d.classid = i.classid AND d.objid = i.objid AND d.refclassid = {RELATIONS} \
         JOIN pg_catalog.pg_class c ON c.oid = d.refobjid \
         WHERE c.oid >= 16384 AND c.relnamespace NOT IN (SELECT oid FROM schemas)))"
    );
    Ok(session.rows(&sql).await?.first().and_then(|row| row.get(0)) == Some("t"))
}
