use std::collections::BTreeMap;

use multitenant_runtime::SchemaName;
use multitenant_runtime::inspection::{Lock, Row, locks_of};

use super::check;
use crate::doctor::cells::{age, number, text};
use crate::doctor::check::{Blocked, Verdict};
use crate::doctor::ground::Ground;
use crate::finding::{Complaint, Level};

check! {
    /// ## What it checks
    /// Who holds the locks that migrations, the creation of tenants and snapshots take: advisory locks whose keys come from
    /// the schemas' names.
    ///
    /// ## Why is this bad?
    /// Another migration at work is nothing to worry about: it is a note. A connection that has been idle for more than a
    /// minute (`--long-transactions`) and still holds one is left over from a process that hangs, or that a pooler has kept
    /// alive: until it ends, these schemas cannot be migrated, and each run ends with exit code 12.
    ///
    /// ## What to do
    /// Wait for the migration that is under way. End a connection that nobody uses any more with the statement that is named:
    /// the server rolls back what it had not committed, and gives its locks back.
    "locks-held": Warning, Database, "locks", look
}

/// Advisory locks of one 64-bit key on this database, and who holds them.
const HELD: &str = "\
SELECT (l.classid::bigint << 32) | l.objid::bigint, l.pid, coalesce(a.application_name, ''), coalesce(a.usename::text, ''), \
coalesce(a.state, ''), coalesce((extract(epoch FROM clock_timestamp() - a.state_change) * 1000)::bigint, 0), \
coalesce(extract(epoch FROM clock_timestamp() - a.backend_start)::bigint, 0) \
FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid \
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.pid <> pg_backend_pid() \
AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) ORDER BY l.pid";

async fn look(ground: &Ground) -> Result<Verdict, Blocked> {
    let inspector = ground.inspector()?;
    let tenants = ground.plan()?.tenants.iter().map(|tenant| tenant.target.schema());
    let settings = &ground.config()?.settings;
    let schemas = tenants.chain([&settings.shared_schema]).chain(&settings.state_schema);
    let ours: BTreeMap<i64, (Lock, &SchemaName)> =
        schemas.flat_map(|schema| locks_of(schema).map(|(lock, key)| (key, (lock, schema)))).collect();
    let limit = i64::try_from(ground.long.as_millis()).unwrap_or(i64::MAX);
    let mut holders: Vec<(&Row, Vec<(Lock, &SchemaName)>)> = Vec::new();
    let rows = inspector.rows(HELD, &[]).await?;
    for row in &rows {
        let Some(held) = ours.get(&number(row, 0)) else { continue };
        match holders.last_mut() {
            Some((holder, locks)) if text(holder, 1) == text(row, 1) => locks.push(*held),
            _ => holders.push((row, vec![*held])),
        }
    }
    let complaints: Vec<Complaint> = holders.iter().map(|(row, locks)| of_holder(row, locks, limit)).collect();
    Ok(Verdict::of(
        "none held",
        format!("{} held", holders.iter().map(|(_, locks)| locks.len()).sum::<usize>()),
        complaints,
    ))
}

fn of_holder(row: &Row, locks: &[(Lock, &SchemaName)], limit: i64) -> Complaint {
    let (pid, state, idle) = (text(row, 1), text(row, 4), number(row, 5));
    let (lock, schema) = locks[0];
    let what = match lock {
        Lock::Creation => "the lock on the creation of the tenant of",
        Lock::Snapshot => "the lock on the snapshots of",
        _ => "the migration lock on",
    };
    let more = match locks.len() - 1 {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let name = text(row, 2);
    let name = if name.is_empty() { "somebody" } else { name };
    let who = format!("{name} (pid {pid}, role {}, connected for {})", text(row, 3), age(number(row, 6)));
    let is_left = state.starts_with("idle") && idle >= limit;
    let mut complaint = if is_left {
        let since = age(idle / 1_000);
        let message = format!("{what} {}{more} is held by {who}, which has been {state} for {since}", schema.as_str());
        CHECK.complaint(message).help(format!("select pg_terminate_backend({pid});"))
    } else {
        let state = if state.is_empty() { "not to be seen by this role" } else { state };
        let message = format!("{what} {}{more} is held by {who}, which is {state}", schema.as_str());
        let mut complaint = CHECK.complaint(message).help("wait for it: another migration is under way");
        complaint.level = Level::Info;
        complaint
    };
    complaint.schema = Some(schema.as_str().to_owned());
    complaint.object(format!("pid {pid}"))
}
