use multitenant_runtime::Migrator;
use multitenant_runtime::inspection::Inspector;
use multitenant_runtime::migration::Migration;

use super::check;
use crate::doctor::cells::text;
use crate::doctor::check::{Blocked, Verdict};
use crate::doctor::ground::Ground;
use crate::doctor::names::listed;
use crate::finding::{Complaint, Level};

check! {
    /// ## What it checks
    /// Whether a pooler stands before the server, and whether migrations go past it. It is told by what it does, not by its
    /// port: a connection begins with options that a pooler drops, and two connections that are open at once are given
    /// one and the same process of the server only by a pooler in transaction mode.
    ///
    /// ## Why is this bad?
    /// In transaction mode a session's settings, locks, prepared statements and temporary tables belong to nobody. A
    /// migration with `run_in_transaction = false`, as `CREATE INDEX CONCURRENTLY` needs, is refused there; each other one
    /// costs a second trip. Nothing sees to it that a connection that is lost cannot write. Serving requests is fine, if
    /// the pool is told.
    ///
    /// ## What to do
    /// Give what migrates the server's own address: `migrate_url` under `[database]`, or `MULTITENANT_MIGRATE_URL`. In the
    /// library: `Migrator::embedded(MIGRATIONS).database_url(pooler).migrate_url(server)`, and for the pool
    /// `migrator.pool().pooling(Pooling::Transaction)`.
    "pooler": Warning, Database, "pooler", look
}

async fn look(ground: &Ground) -> Result<Verdict, Blocked> {
    let (migrator, inspector) = (ground.migrator()?, ground.inspector()?);
    let config = ground.config()?;
    let migrating = Way::of(migrator, inspector).await?;
    let serving = match ground.application() {
        Some((migrator, inspector)) => Way::of(migrator, inspector).await?,
        None => migrating,
    };
    if migrating == Way::Direct {
        return Ok(Verdict::Good(match serving {
            Way::Direct => "none".to_owned(),
            Way::Unsure => "before the application: tell the pool, pooling(Pooling::Transaction)".to_owned(),
            Way::Transactions => {
                "in transaction mode before the application: tell the pool, pooling(Pooling::Transaction)".to_owned()
            }
        }));
    }
    let what = match migrating {
        Way::Transactions => "a pooler in transaction mode",
        _ => "a pooler that drops what a connection begins with",
    };
    let (shared, tenant) = ground.project()?.sets();
    let sets = shared.into_iter().chain([tenant]);
    let outside: Vec<&str> = sets
        .flat_map(|set| set.migrations().iter().filter(|migration| !migration.run_in_transaction()))
        .map(Migration::name)
        .collect();
    let complaint = complaint(what, config.has_migrate_url(), &outside);
    Ok(Verdict::Bad(format!("migrations go through {what}"), vec![complaint]))
}

fn complaint(what: &str, has_migrate_url: bool, outside: &[&str]) -> Complaint {
    let (object, help) = if has_migrate_url {
        ("database.migrate_url", "write the server's own address as migrate_url, not the pooler's")
    } else {
        (
            "database.url",
            "write the server's own address under [database]: migrate_url = \"postgres://…\", or set MULTITENANT_MIGRATE_URL",
        )
    };
    let message = format!("{object} leads to {what}");
    let mut complaint = CHECK.complaint(if outside.is_empty() {
        format!("{message}: migrations outside of a transaction would be refused there")
    } else {
        format!("{message}, where these run outside of a transaction and are refused: {}", listed(outside))
    });
    if !outside.is_empty() {
        complaint.level = Level::Error;
    }
    complaint.object(object).help(help)
}

/// What is between us and the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// A session is ours.
    Direct,
    /// Something that drops our options, and has not given one process to two of us.
    Unsure,
    /// A pooler in transaction mode.
    Transactions,
}

/// The server's process that answers, as no other is called.
const PROCESS: &str = "SELECT concat_ws(' ', pg_backend_pid(), \
(SELECT backend_start FROM pg_stat_get_activity(pg_backend_pid())))";

impl Way {
    async fn of(migrator: &Migrator, inspector: &Inspector) -> Result<Self, Blocked> {
        if inspector.is_direct() {
            return Ok(Self::Direct);
        }
        let Ok(second) = migrator.inspector().await else { return Ok(Self::Unsure) };
        let mut processes = Vec::new();
        // More than once: under load another process may have been the next free one.
        for asked in [inspector, &second, inspector, &second] {
            let rows = asked.rows(PROCESS, &[]).await?;
            processes.push(rows.first().map(|row| text(row, 0).to_owned()));
        }
        let is_shared = [0, 2].iter().any(|mine| [1, 3].iter().any(|other| processes[*mine] == processes[*other]));
        Ok(if is_shared { Self::Transactions } else { Self::Unsure })
    }
}
