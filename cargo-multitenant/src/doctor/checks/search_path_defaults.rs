use multitenant_runtime::inspection::Row;

use super::check;
use crate::doctor::cells::{text, yes};
use crate::doctor::check::{Blocked, Verdict};
use crate::doctor::ground::Ground;
use crate::finding::{Complaint, Level};

check! {
    /// ## What it checks
    /// What `ALTER ROLE … SET` and `ALTER DATABASE … SET` give every new connection of our role to this database, as far
    /// as it gets in the way: `search_path`, isolation, read-only transactions, time limits, `session_replication_role`. And
    /// whether there is a schema of the role's own name, which `"$user"` stands for at the head of the usual path.
    ///
    /// ## Why is this bad?
    /// Migrations and the pool set their own path, isolation and limits, so these are for everybody else: psql, Diesel CLI,
    /// a query that does not go through the pool. It finds the tables of another schema than one would think, and creates
    /// there. `session_replication_role = replica` is not reset by anybody: triggers and foreign keys do not work then, in
    /// migrations too.
    ///
    /// ## What to do
    /// Take the default away with the statement that is named. A schema that is named like the role is renamed, or left out
    /// of the path: `alter role … set search_path = public`.
    "search-path-defaults": Warning, Database, "defaults", look
}

/// The defaults that concern us, most special last.
const DEFAULTS: &str = "\
SELECT split_part(c.setting, '=', 1), substr(c.setting, strpos(c.setting, '=') + 1), \
CASE WHEN s.setrole = 0 THEN format('alter database %I', d.datname) \
WHEN s.setdatabase = 0 THEN format('alter role %I', r.rolname) \
ELSE format('alter role %I in database %I', r.rolname, d.datname) END \
FROM pg_db_role_setting s CROSS JOIN unnest(s.setconfig) AS c(setting) \
LEFT JOIN pg_database d ON d.oid = s.setdatabase LEFT JOIN pg_roles r ON r.oid = s.setrole \
WHERE (s.setdatabase = 0 OR d.datname = current_database()) AND (s.setrole = 0 OR r.rolname = session_user) \
ORDER BY s.setrole <> 0, s.setdatabase <> 0, 1";

/// Whether there is a schema of our name and the usual path begins with it.
const OWN: &str = "\
SELECT session_user, quote_ident(session_user), position('$user' IN reset_val) > 0 \
FROM pg_settings WHERE name = 'search_path' AND EXISTS (SELECT FROM pg_namespace WHERE nspname = session_user)";

async fn look(ground: &Ground) -> Result<Verdict, Blocked> {
    let shared = ground.config()?.settings.shared_schema.as_str();
    let mut connections = vec![ground.inspector()?];
    connections.extend(ground.application().map(|(_, inspector)| inspector));
    let mut complaints: Vec<Complaint> = Vec::new();
    for inspector in connections {
        complaints.extend(inspector.rows(DEFAULTS, &[]).await?.iter().filter_map(|row| of_default(row, shared)));
        let own = inspector.rows(OWN, &[]).await?;
        complaints.extend(own.iter().filter(|row| yes(row, 2) && text(row, 0) != shared).map(of_own_schema));
    }
    complaints.dedup();
    Ok(Verdict::of("nothing that shadows", "something gets in the way", complaints))
}

fn of_default(row: &Row, shared: &str) -> Option<Complaint> {
    let (name, value, whose) = (text(row, 0), text(row, 1), text(row, 2));
    let (level, effect) = effect(name, value, shared)?;
    let message = format!("{whose} set {name} = {value}: {effect}");
    let mut complaint = CHECK.complaint(message).object(name).help(format!("{whose} reset {name};"));
    complaint.level = level;
    Some(complaint)
}

/// What a default does; nothing where it does no harm.
fn effect(name: &str, value: &str, shared: &str) -> Option<(Level, &'static str)> {
    let is_off = ["0", "off", "false", "no", ""].contains(&value);
    Some(match name {
        "search_path" if plain(value) == shared => return None,
        "search_path" => {
            (Level::Warning, "what does not go through the pool finds and creates tables in these schemas")
        }
        "session_replication_role" if value == "replica" => {
            (Level::Error, "triggers and foreign keys do not work, in migrations too, and rows go in that no key holds")
        }
        "session_replication_role" => return None,
        "default_transaction_read_only" if !is_off => {
            (Level::Warning, "migrations begin with READ WRITE, but all else that writes is refused")
        }
        "default_transaction_isolation" if value != "read committed" => (
            Level::Info,
            "migrations say READ COMMITTED themselves; the application's transactions can fail to be serialised",
        ),
        "lock_timeout" if !is_off => (Level::Info, "migrations set their own, the application's statements give up"),
        "statement_timeout" if !is_off => (
            Level::Info,
            "migrations set their own, [migrations] statement_timeout; all else is cancelled after that time",
        ),
        "idle_in_transaction_session_timeout" | "transaction_timeout" | "idle_session_timeout" if !is_off => {
            (Level::Info, "a connection that is idle or at work for longer is closed by the server, in a migration too")
        }
        "role" => (Level::Warning, "what is created belongs to that role, and its rights count"),
        "standard_conforming_strings" if is_off => {
            (Level::Warning, "a backslash in a literal means something else than in the migrations, which set it on")
        }
        _ => return None,
    })
}

fn plain(value: &str) -> &str {
    value.trim().trim_matches('"')
}

fn of_own_schema(row: &Row) -> Complaint {
    let (name, quoted) = (text(row, 0), text(row, 1));
    let message = format!(
        "there is a schema {quoted}, named like the role: \"$user\" puts it before all others on the usual path"
    );
    let mut complaint = CHECK.complaint(message).object("search_path");
    complaint.schema = Some(name.to_owned());
    complaint.help(format!("rename the schema, or: alter role {quoted} set search_path = public;"))
}
