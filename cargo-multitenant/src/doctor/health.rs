//! How the server does: latencies, and who holds connections to this database.

use std::time::{Duration, Instant};

use super::ground::Ground;

/// How often the way to the server and back is measured.
const TRIPS: usize = 5;

/// How the server does.
#[derive(Debug)]
pub(crate) struct Health {
    /// To connect, with TLS and authentication.
    pub(crate) connect: Duration,
    /// To the server and back, the median of some.
    pub(crate) round_trip: Duration,
    /// Connections that may be, all databases together, without those that are reserved for superusers.
    pub(crate) server_limit: u32,
    /// Connections that there are, all databases together.
    pub(crate) server_used: u32,
    /// By application_name; where the role may not see others, only its own.
    pub(crate) applications: Vec<Application>,
}

/// The connections of one application_name to this database.
#[derive(Debug)]
pub(crate) struct Application {
    /// Empty where it has given none.
    pub(crate) name: String,
    pub(crate) active: u32,
    pub(crate) idle: u32,
    /// Idle within a transaction.
    pub(crate) in_transaction: u32,
    /// Waiting for a lock.
    pub(crate) waiting: u32,
}

const ACTIVITY: &str = "\
SELECT a.application_name, count(*) FILTER (WHERE a.state = 'active'), count(*) FILTER (WHERE a.state = 'idle'), \
count(*) FILTER (WHERE a.state LIKE 'idle in transaction%'), count(*) FILTER (WHERE a.wait_event_type = 'Lock') \
FROM pg_stat_activity a WHERE a.datname = current_database() AND a.backend_type = 'client backend' \
AND a.pid <> pg_backend_pid() GROUP BY 1 ORDER BY count(*) DESC, 1";

/// A role that may not see others does not see either of what kind they are: then they are taken for clients.
const CONNECTIONS: &str = "\
SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int, \
(SELECT count(*) FROM pg_stat_activity \
WHERE usesysid IS NOT NULL AND coalesce(backend_type, 'client backend') = 'client backend')";

impl Health {
    /// How the server does now; `None` where it cannot be asked.
    pub(crate) async fn take(ground: &Ground) -> Option<Self> {
        let inspector = ground.inspector().ok()?;
        let mut trips = Vec::with_capacity(TRIPS);
        for _ in 0..TRIPS {
            let started = Instant::now();
            inspector.rows("SELECT 1", &[]).await.ok()?;
            trips.push(started.elapsed());
        }
        trips.sort_unstable();
        let number = |text: Option<&str>| text.and_then(|text| text.parse().ok()).unwrap_or_default();
        let connections = inspector.rows(CONNECTIONS, &[]).await.ok()?;
        let connections = connections.first()?;
        let activity = inspector.rows(ACTIVITY, &[]).await.ok()?;
        Some(Self {
            connect: inspector.connected_in(),
            round_trip: trips[TRIPS / 2],
            server_limit: number(connections.get(0)),
            server_used: number(connections.get(1)),
            applications: activity
                .iter()
                .map(|row| Application {
                    name: row.get(0).unwrap_or_default().to_owned(),
                    active: number(row.get(1)),
                    idle: number(row.get(2)),
                    in_transaction: number(row.get(3)),
                    waiting: number(row.get(4)),
                })
                .collect(),
        })
    }
}
