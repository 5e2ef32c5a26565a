//! Who is in the way of a connection that waits for a lock: asked by `pg_blocking_pids`, told in one line.

use std::fmt;

use crate::connection::{Backend, Row, Witness};
use crate::ident::literal;

/// Who is in the way of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Blockers(Vec<Blocker>);

#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Blocker {
    /// 0 for a prepared transaction, which has no process.
    pid: i32,
    /// In the way of the connection itself, and not only of another one that is.
    direct: bool,
    /// Waits for nobody: where the chain ends.
    root: bool,
    application: String,
    user: String,
    kind: String,
    /// Empty where the role may not see it.
    state: String,
    since: String,
    /// What it does, or did last; of a prepared transaction its name.
    text: String,
    visible: bool,
}

/// How many are named.
const NAMED: usize = 3;

/// How much of a query is shown.
const SHOWN: usize = 200;

impl Blockers {
    /// Asks who is in the way now; `None` where nobody is, or it cannot be learnt.
    pub(super) async fn of(witness: &Witness, backend: &Backend) -> Option<Self> {
        Self::parse(&witness.ask(&query(backend.pid)).await?)
    }

    fn parse(rows: &[Row]) -> Option<Self> {
        let text = |row: &Row, column| row.get(column).unwrap_or_default().to_owned();
        let blockers: Vec<Blocker> = rows
            .iter()
            .map(|row| Blocker {
                pid: row.get(0).and_then(|pid| pid.parse().ok()).unwrap_or_default(),
                direct: row.get(1) == Some("t"),
                root: row.get(2) == Some("t"),
                application: text(row, 3),
                user: text(row, 4),
                kind: text(row, 5),
                state: text(row, 6),
                since: text(row, 7),
                text: one_line(row.get(8).unwrap_or_default()),
                visible: row.get(9) != Some("f"),
            })
            .collect();
        (!blockers.is_empty()).then_some(Self(blockers))
    }

    /// Those that hold what is waited for, and wait for nobody themselves.
    fn holders(&self) -> impl Iterator<Item = &Blocker> {
        self.0.iter().filter(|blocker| blocker.direct && blocker.root)
    }

    fn roots(&self) -> impl Iterator<Item = &Blocker> {
        self.0.iter().filter(|blocker| blocker.root)
    }

    /// What to do about it.
    pub(super) fn remedy(&self) -> String {
        let mut ways = vec!["wait until it has ended, and run again".to_owned()];
        if let Some(root) = self.holders().next().or_else(|| self.roots().next()) {
            ways.push(match (root.pid, root.kind.as_str()) {
                (0, _) if root.text.is_empty() => {
                    "or end the prepared transaction (`SELECT * FROM pg_prepared_xacts`)".to_owned()
                }
                (0, _) => format!("or end it: `COMMIT PREPARED {0}` or `ROLLBACK PREPARED {0}`", literal(&root.text)),
                // It does so when the one who waits looks for deadlocks.
                (_, AUTOVACUUM) => {
                    "it makes way for a statement that waits longer than the server's deadlock_timeout, \
                                    1 s unless set"
                        .to_owned()
                }
                (pid, _) => format!("or end it: `SELECT pg_terminate_backend({pid})`"),
            });
        }
        ways.push(
            "or let the migration wait longer (`--lock-timeout`; `MigratorBuilder::lock_timeout` in the library)"
                .to_owned(),
        );
        ways.join("; ")
    }
}

const AUTOVACUUM: &str = "autovacuum worker";

impl fmt::Display for Blockers {
    /// One line: `blocked by pid 4711 (psql, user app, idle in transaction since …), last query: SELECT …`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("blocked by ")?;
        let holders: Vec<&Blocker> = self.holders().collect();
        if holders.is_empty() {
            let direct: Vec<&Blocker> = self.0.iter().filter(|blocker| blocker.direct).collect();
            list(f, &direct, 1)?;
            let roots: Vec<&Blocker> = self.roots().collect();
            if roots.is_empty() {
                return Ok(());
            }
            f.write_str("; it waits itself, in the end for ")?;
            return list(f, &roots, NAMED);
        }
        list(f, &holders, NAMED)
    }
}

fn list(f: &mut fmt::Formatter<'_>, blockers: &[&Blocker], most: usize) -> fmt::Result {
    for (i, blocker) in blockers.iter().take(most).enumerate() {
        write!(f, "{}{blocker}", if i > 0 { "; and by " } else { "" })?;
    }
    match blockers.len().saturating_sub(most) {
        0 => Ok(()),
        more => write!(f, "; and {more} more"),
    }
}

impl fmt::Display for Blocker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.pid == 0 {
            f.write_str("a prepared transaction")?;
            if !self.text.is_empty() {
                write!(f, " ({}, user {}, prepared {})", literal(&self.text), self.user, self.since)?;
            }
            return Ok(());
        }
        write!(f, "pid {} (", self.pid)?;
        if !self.application.is_empty() {
            write!(f, "{}, ", self.application)?;
        }
        match (self.user.as_str(), self.kind.as_str()) {
            ("", kind) => f.write_str(kind)?,
            (user, _) => write!(f, "user {user}")?,
        }
        if !self.visible {
            return f.write_str("; its state and its query are not visible to this role)");
        }
        if !self.state.is_empty() {
            write!(f, ", {}", self.state)?;
        }
        if !self.since.is_empty() {
            let idle = self.state.starts_with("idle");
            write!(f, "{}{}", if idle { " since " } else { ", in a transaction since " }, self.since)?;
        }
        f.write_str(")")?;
        match self.text.as_str() {
            "" => Ok(()),
            text if self.state.starts_with("idle") => write!(f, ", last query: {text}"),
            text => write!(f, ": {text}"),
        }
    }
}

/// A query on one line, without what a terminal would take for a command, and not too long.
fn one_line(text: &str) -> String {
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
    let line = words.join(" ");
    match line.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// Who is in the way of this process: all that are in its way themselves, and those that these wait for in the end.
///
/// Each process is looked at once, however many wait for it. A prepared transaction is found by the locks that it has
/// on what somebody of the chain waits for.
fn query(pid: i32) -> String {
    format!(
        "WITH RECURSIVE chain (pid, waits_for) AS (SELECT {pid}, pg_catalog.pg_blocking_pids({pid}) \
         UNION SELECT b.pid, CASE WHEN b.pid = 0 THEN '{{}}' ELSE pg_catalog.pg_blocking_pids(b.pid) END \
         FROM chain c CROSS JOIN LATERAL pg_catalog.unnest(c.waits_for) b (pid)), \
         direct AS (SELECT DISTINCT b.pid FROM chain c CROSS JOIN LATERAL pg_catalog.unnest(c.waits_for) b (pid) \
         WHERE c.pid = {pid}), \
         prepared AS (SELECT DISTINCT p.gid, p.owner, p.prepared FROM pg_catalog.pg_locks w \
         JOIN pg_catalog.pg_locks h ON h.pid IS NULL AND h.granted AND {SAME} \
         JOIN pg_catalog.pg_locks t ON t.pid IS NULL AND t.virtualtransaction = h.virtualtransaction \
         JOIN pg_catalog.pg_prepared_xacts p ON p.transaction = t.transactionid \
         WHERE NOT w.granted AND w.pid IN (SELECT pid FROM chain)), \
         found AS (SELECT c.pid, c.pid IN (SELECT pid FROM direct) AS direct, \
         pg_catalog.bool_or(c.waits_for = '{{}}') AS root FROM chain c WHERE c.pid <> {pid} GROUP BY c.pid) \
         SELECT f.pid, f.direct, f.root, a.application_name, coalesce(a.usename, p.owner)::text, a.backend_type, \
         a.state, pg_catalog.to_char(coalesce(a.xact_start, a.state_change, p.prepared) AT TIME ZONE 'UTC', \
         'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), coalesce(p.gid, pg_catalog.left(a.query, {much})), \
         a.query IS DISTINCT FROM '<insufficient privilege>' \
         FROM found f LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = f.pid \
         LEFT JOIN prepared p ON f.pid = 0 WHERE f.direct OR f.root \
         ORDER BY f.direct DESC, f.root DESC, coalesce(a.xact_start, p.prepared) LIMIT 100",
        much = SHOWN * 4
    )
}

/// Two rows of `pg_locks` are about the same thing.
const SAME: &str = "(h.locktype, h.database, h.relation, h.page, h.tuple, h.transactionid::text, h.classid, h.objid, \
    h.objsubid) IS NOT DISTINCT FROM (w.locktype, w.database, w.relation, w.page, w.tuple, w.transactionid::text, \
    w.classid, w.objid, w.objsubid)";

#[cfg(test)]
mod tests {
    use super::*;

    fn told(blockers: Vec<Blocker>) -> String {
        let blockers = Blockers(blockers);
        format!("{blockers} / {}", blockers.remedy().split("; ").nth(1).unwrap_or_default())
    }

    fn psql(pid: i32) -> Blocker {
        Blocker {
            pid,
            application: "psql".to_owned(),
            user: "app".to_owned(),
            kind: "client backend".to_owned(),
            state: "idle in transaction".to_owned(),
            since: "2026-11-02T10:15:00Z".to_owned(),
            text: "SELECT 1".to_owned(),
            visible: true,
            ..Blocker::default()
        }
    }

    #[test]
    fn the_one_who_holds_it() {
        assert_eq!(
            told(vec![Blocker { direct: true, root: true, ..psql(7) }]),
            "blocked by pid 7 (psql, user app, idle in transaction since 2026-11-02T10:15:00Z), last query: SELECT 1 / \
             or end it: `SELECT pg_terminate_backend(7)`"
        );
        let active = Blocker { direct: true, root: true, state: "active".to_owned(), ..psql(7) };
        assert!(told(vec![active]).contains("active, in a transaction since 2026-11-02T10:15:00Z): SELECT 1"));
    }

    #[test]
    fn the_root_of_a_chain() {
        let waits = Blocker { direct: true, state: "active".to_owned(), ..psql(8) };
        let text = told(vec![waits.clone(), Blocker { root: true, ..psql(7) }]);
        assert!(text.starts_with("blocked by pid 8 ("), "{text}");
        assert!(text.contains("; it waits itself, in the end for pid 7 ("), "{text}");
        assert!(text.ends_with("`SELECT pg_terminate_backend(7)`"), "{text}");
        // Who only stands in the queue is not named beside the one who holds it.
        let text = told(vec![Blocker { direct: true, root: true, ..psql(7) }, waits]);
        assert!(!text.contains("pid 8"), "{text}");
    }

    #[test]
    fn what_may_not_be_seen_and_what_has_no_process() {
        let hidden = Blocker { direct: true, root: true, visible: false, ..psql(7) };
        let text = told(vec![hidden]);
        assert!(
            text.contains("pid 7 (psql, user app; its state and its query are not visible to this role)"),
            "{text}"
        );
        let prepared = Blocker { direct: true, root: true, pid: 0, text: "a'b".to_owned(), ..psql(0) };
        let text = told(vec![prepared]);
        assert!(text.contains("a prepared transaction ('a''b', user app, prepared 2026-11-02T10:15:00Z)"), "{text}");
        assert!(text.contains("`ROLLBACK PREPARED 'a''b'`"), "{text}");
    }

    #[test]
    fn many_are_counted_and_long_ones_cut() {
        let many = (1..=5).map(|pid| Blocker { direct: true, root: true, ..psql(pid) }).collect();
        assert!(told(many).contains("; and by pid 3 ("));
        assert_eq!(one_line("SELECT\n\t1,\u{1b}[31m\r\n 2"), "SELECT 1, [31m 2");
        assert_eq!(one_line(&"é".repeat(300)), format!("{}…", "é".repeat(200)));
    }
}
