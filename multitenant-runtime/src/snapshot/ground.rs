//! What a replay depends on, in one digest: another digest, another snapshot.

use crate::connection::{PipelineError, Session};
use crate::ident::{SchemaName, literal};
use crate::migration::{MigrationSet, sha256_hex};
use crate::settings::Settings;
use crate::state::complete;

use super::catalogue::{self, Depth};

/// The format of our snapshots.
pub(super) const FORMAT: i32 = 1;

/// Settings that decide what a statement makes.
const SETTINGS: [&str; 17] = [
    "default_tablespace",
    "default_table_access_method",
    "default_toast_compression",
    "default_text_search_config",
    "check_function_bodies",
    "row_security",
    "session_replication_role",
    "array_nulls",
    "transform_null_equals",
    "xmloption",
    "xmlbinary",
    "TimeZone",
    "DateStyle",
    "IntervalStyle",
    "bytea_output",
    "lc_monetary",
    "createrole_self_grant",
];

/// What a replay depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ground {
    pub(super) digest: String,
    /// The server's major version.
    pub(super) major: u32,
    /// The role that migrates.
    pub(super) role: String,
    /// The server's date, `2026-11-26`.
    pub(super) day: String,
}

impl Ground {
    /// Asks the server; two round trips.
    ///
    /// Beside the migrations it is what the catalogue says of the shared schema and the others on the path, down to the
    /// functions' texts: a migration may run any of them, and refer to any table. Triggers and rules there are not in it,
    /// for no migration of a snapshot writes there.
    pub(super) async fn ask(session: &Session, settings: &Settings, set: &MigrationSet) -> Result<Self, PipelineError> {
        // The estimates of a catalogue are far off, and compiling the query takes longer than running it.
        const READ: [&str; 3] = ["BEGIN READ ONLY", "SET LOCAL search_path = pg_catalog", "SET LOCAL jit = off"];
        let version = session
            .rows(
                "SELECT pg_catalog.current_setting('server_version_num'), current_user, \
                 pg_catalog.to_char(pg_catalog.now(), 'YYYY-MM-DD')",
            )
            .await
            .map_err(|error| PipelineError { index: 0, error })?;
        let text = |column| version.first().and_then(|row| row.get(column)).unwrap_or_default().to_owned();
        let major = text(0).parse::<u32>().unwrap_or_default() / 10_000;
        let query = query(settings, major);
        let statements: Vec<&str> = READ.into_iter().chain([query.as_str(), "COMMIT"]).collect();
        let answers = session.pipeline_rows(&statements).await?;
        let server =
            answers.get(READ.len()).and_then(|rows| rows.first()).and_then(|row| row.get(0)).unwrap_or_default();
        let digest = sha256_hex(&format!(
            "{FORMAT}\n{major}\n{}\n{}\n{}\n{}\n{server}",
            complete(set),
            settings.tenant_history,
            settings.shared_schema.quoted(),
            path(settings)
        ));
        Ok(Self { digest, major, role: text(1), day: text(2) })
    }
}

/// The schemas that follow the tenant's.
fn path(settings: &Settings) -> String {
    settings.search_path.after_tenant().iter().map(SchemaName::quoted).collect::<Vec<_>>().join(", ")
}

fn query(settings: &Settings, major: u32) -> String {
    let shared = std::iter::once(&settings.shared_schema).chain(settings.search_path.after_tenant());
    let values: Vec<String> = SETTINGS.iter().map(|name| format!("current_setting({}, true)", literal(name))).collect();
    format!(
        "SELECT encode(sha256(convert_to(json_build_array(current_user, (SELECT rolsuper FROM pg_roles \
         WHERE rolname = current_user), (SELECT array_agg(json_build_array(d.encoding, d.datcollate, d.datctype)::text) \
         FROM pg_database d WHERE d.datname = current_database()), \
         (SELECT array_agg(json_build_array(e.extname, e.extversion, n.nspname)::text ORDER BY e.extname) \
         FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace), \
         (SELECT array_agg(json_build_array(a.defaclrole, a.defaclobjtype, a.defaclacl)::text ORDER BY a.oid) \
         FROM pg_default_acl a WHERE a.defaclnamespace = 0), \
         (SELECT array_agg(json_build_array(t.evtname, t.evtevent, t.evtenabled, t.evtfoid, p.prosrc)::text \
         ORDER BY t.evtname) FROM pg_event_trigger t JOIN pg_proc p ON p.oid = t.evtfoid), ARRAY[{}], \
         (SELECT string_agg(l, E'\\n' ORDER BY l COLLATE \"C\") FROM ({}) x (l)))::text, 'UTF8')), 'hex')",
        values.join(", "),
        catalogue::lines(shared, major, Depth::Referable)
    )
}
