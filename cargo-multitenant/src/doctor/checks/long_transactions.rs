use multitenant_runtime::inspection::Row;

use super::check;
use crate::doctor::cells::{age, number, text, yes};
use crate::doctor::check::{Blocked, Verdict};
use crate::doctor::ground::Ground;
use crate::finding::{Complaint, Level};

check! {
    /// ## What it checks
    /// Which transactions on this database have been open for more than a minute (`--long-transactions`): those that run,
    /// those whose client has gone to sleep in the middle, and those that were prepared for two-phase commit and forgotten. And
    /// who waits for a lock, and for whom.
    ///
    /// ## Why is this bad?
    /// A migration that alters a table waits for every transaction that has read it, gives up after `lock_timeout`, and its
    /// tenant fails after ten tries. `CREATE INDEX CONCURRENTLY` waits for all of them. Nothing that was deleted since the
    /// oldest began can be cleaned up, in any table of the database. From ten times that age on it is a warning.
    ///
    /// ## What to do
    /// Find out by its `application_name` who it is, and let it commit. `select pg_terminate_backend(pid)` ends a
    /// connection, and rolls its transaction back; `rollback prepared 'gid'` ends a prepared one. The server's
    /// `idle_in_transaction_session_timeout` ends those who sleep.
    "long-transactions": Info, Database, "transactions", look
}

/// The transactions of others on this database, oldest first, and who waits; of those that we may not see only that
/// they are there: even of what kind they are is NULL then.
const TRANSACTIONS: &str = "\
SELECT a.pid, coalesce(a.application_name, ''), coalesce(a.usename::text, ''), coalesce(a.state, ''), \
coalesce(extract(epoch FROM clock_timestamp() - a.xact_start)::bigint, 0), \
array_to_string(CASE WHEN a.wait_event_type = 'Lock' THEN pg_blocking_pids(a.pid) END, ', '), \
coalesce(left(regexp_replace(a.query, '\\s+', ' ', 'g'), 60), ''), \
a.backend_type IS NULL, \
coalesce(extract(epoch FROM clock_timestamp() - a.xact_start) * 1000, 0)::bigint, \
coalesce(extract(epoch FROM clock_timestamp() - a.query_start)::bigint, 0) \
FROM pg_stat_activity a WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() \
AND a.usesysid IS NOT NULL AND (a.xact_start IS NOT NULL OR a.backend_type IS NULL) ORDER BY a.xact_start NULLS LAST";

const PREPARED: &str = "\
SELECT quote_literal(gid), owner, extract(epoch FROM clock_timestamp() - prepared)::bigint, \
(extract(epoch FROM clock_timestamp() - prepared) * 1000)::bigint \
FROM pg_prepared_xacts WHERE database = current_database() ORDER BY prepared";

/// So many are named.
const SHOWN: usize = 10;

async fn look(ground: &Ground) -> Result<Verdict, Blocked> {
    let inspector = ground.inspector()?;
    let limit = i64::try_from(ground.long.as_millis()).unwrap_or(i64::MAX);
    let rows = inspector.rows(TRANSACTIONS, &[]).await?;
    let (hidden, seen): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| yes(row, 7));
    let prepared = inspector.rows(PREPARED, &[]).await?;
    let long = seen.iter().filter(|row| number(row, 8) >= limit).map(|row| of_open(row, limit));
    let waiting = seen.iter().filter(|row| !text(row, 5).is_empty()).map(|row| of_waiting(row));
    let forgotten = prepared.iter().filter(|row| number(row, 3) >= limit).map(|row| of_prepared(row, limit));
    let complaints: Vec<Complaint> = long.chain(waiting).chain(forgotten).take(SHOWN).collect();
    if complaints.is_empty() && !hidden.is_empty() {
        // What cannot be seen may be an hour old: no tick.
        return Err(Blocked(format!(
            "the transactions of {} other connections cannot be seen: grant pg_read_all_stats to the role",
            hidden.len()
        )));
    }
    let unseen = if hidden.is_empty() { String::new() } else { format!("; {} cannot be seen", hidden.len()) };
    let open = seen.len() + prepared.len();
    let found = match open {
        0 => "none open".to_owned(),
        open => format!("{open} open, none for long"),
    };
    Ok(Verdict::of(found, format!("{open} open{unseen}"), complaints))
}

fn of_open(row: &Row, limit: i64) -> Complaint {
    let (pid, state) = (text(row, 0), text(row, 3));
    let message = format!(
        "a transaction of {} has been open for {} and is {state}; the last query: {}",
        who(row),
        age(number(row, 4)),
        text(row, 6)
    );
    let complaint = CHECK.complaint(message).object(format!("pid {pid}"));
    grave(complaint.help(format!("let it commit, or: select pg_terminate_backend({pid});")), number(row, 8), limit)
}

fn of_waiting(row: &Row) -> Complaint {
    let blockers = text(row, 5);
    let message = format!("{} has waited for a lock for {}, held by pid {blockers}", who(row), age(number(row, 9)));
    let first = blockers.split(", ").next().unwrap_or_default();
    let help = match first {
        // A prepared transaction has no process.
        "0" => "commit or roll back the prepared transaction: select * from pg_prepared_xacts;".to_owned(),
        pid => format!("let the other one commit, or: select pg_terminate_backend({pid});"),
    };
    let mut complaint = CHECK.complaint(message).object(format!("pid {}", text(row, 0))).help(help);
    complaint.level = Level::Info;
    complaint
}

fn of_prepared(row: &Row, limit: i64) -> Complaint {
    let (gid, owner) = (text(row, 0), text(row, 1));
    let message = format!("the prepared transaction {gid} of {owner} has been open for {}", age(number(row, 2)));
    let help = format!("commit prepared {gid}; or: rollback prepared {gid};");
    grave(CHECK.complaint(message).object("prepared").help(help), number(row, 3), limit)
}

fn who(row: &Row) -> String {
    let name = text(row, 1);
    let name = if name.is_empty() { "(no application_name)" } else { name };
    format!("{name} (pid {}, role {})", text(row, 0), text(row, 2))
}

/// From ten times the age on it is a warning.
fn grave(mut complaint: Complaint, millis: i64, limit: i64) -> Complaint {
    if millis >= limit.saturating_mul(10) {
        complaint.level = Level::Warning;
    }
    complaint
}
