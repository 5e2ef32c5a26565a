//! What is asked, over a connection of its own, and how long it may take.

use std::time::{Duration, Instant};

use tokio::time::timeout_at;

use crate::connection::{ConnectOptions, Row, Session};
use crate::plan::OnAhead;
use crate::registry::{RegistrySource, list, registry_query};
use crate::run::{Event, Failure};
use crate::state::{FleetStatus, Standing, StateTable, listed, standing};

use super::Subject;
use super::judge::{self, Limits, Seen, State};
use super::report::{HealthCheck, HealthCheckName, HealthReport};

/// Whether the server answers.
pub(super) async fn server(subject: &dyn Subject, limit: Duration) -> Vec<HealthCheck> {
    let look = Look::new(subject, limit);
    let (check, session) = look.server().await;
    if let Some((session, _)) = session {
        look.leave(session).await;
    }
    vec![check]
}

/// Everything that a process needs to serve.
pub(super) async fn everything(subject: &dyn Subject, limits: Limits, limit: Duration) -> HealthReport {
    let look = Look::new(subject, limit);
    let (server, session) = look.server().await;
    let begun = Instant::now();
    let pool = judge::pool(subject.status(), subject.is_closed(), limits, begun.elapsed());
    let mut checks = vec![server, pool];
    if let Some((session, state)) = session {
        checks.extend(look.shared(&session, state).await);
        checks.push(look.fleet(&session, state, limits).await);
        look.leave(session).await;
    }
    HealthReport::of(checks)
}

/// A look that is on its way.
struct Look<'a> {
    subject: &'a dyn Subject,
    limit: Duration,
    end: tokio::time::Instant,
    refuses_ahead: bool,
}

/// Why something is not known.
enum Unanswered {
    Late,
    Failed,
}

impl<'a> Look<'a> {
    fn new(subject: &'a dyn Subject, limit: Duration) -> Self {
        let (context, _) = subject.migrator().parts();
        let refuses_ahead = context.policy.on_ahead == OnAhead::Refuse;
        Self { subject, limit, end: tokio::time::Instant::now() + limit, refuses_ahead }
    }

    /// Connects, and asks one question: what there is to read of the state table.
    async fn server(&self) -> (HealthCheck, Option<(Session, State)>) {
        let begun = Instant::now();
        let options = self.subject.options();
        let connect = ConnectOptions {
            application_name: options.application_name.clone(),
            introduction: false,
            writes: true,
            ..ConnectOptions::default()
        };
        let connected = timeout_at(self.end, Box::pin(Session::connect(&options.url, &connect))).await;
        let session = match connected {
            Ok(Ok(session)) => session,
            Ok(Err(error)) => {
                tracing::warn!(%error, "the server does not answer a look at the health");
                return (judge::refused(error.kind(), self.subject.status(), begun.elapsed()), None);
            }
            Err(_) => return (judge::no_answer(HealthCheckName::Server, begun.elapsed()), None),
        };
        let table = self.table();
        let sql =
            table.as_ref().map_or_else(|| "SELECT 'f'".to_owned(), |table| format!("SELECT {}", table.is_readable()));
        let answer = self.ask(&session, &sql).await;
        let latency = begun.elapsed();
        match answer {
            Ok(rows) => {
                let is_readable = rows.first().and_then(|row| row.get(0)) == Some("t");
                let state = match (table, is_readable) {
                    (None, _) => State::Unwanted,
                    (Some(_), true) => State::Readable,
                    (Some(_), false) => State::Unreadable,
                };
                (judge::healthy(HealthCheckName::Server, latency), Some((session, state)))
            }
            Err(Unanswered::Late) => (judge::no_answer(HealthCheckName::Server, latency), None),
            Err(Unanswered::Failed) => (judge::broken(latency), None),
        }
    }

    /// How the shared schema stands; `None` where the binary embeds no migrations for it.
    async fn shared(&self, session: &Session, state: State) -> Option<HealthCheck> {
        let begun = Instant::now();
        let (context, _) = self.subject.migrator().parts();
        let table = self.table().filter(|_| state == State::Readable);
        let sql = standing::shared(table.as_ref(), context.shared.as_ref()?, &context.settings);
        let answer = self.ask(session, &sql).await;
        let latency = begun.elapsed();
        Some(match answer {
            Ok(rows) => {
                let (standing, holds) = standing::of_shared(&rows);
                judge::shared(standing, holds, state, self.refuses_ahead, latency)
            }
            Err(unanswered) => unanswered.check(HealthCheckName::Shared, latency),
        })
    }

    /// How the tenants stand: one statement, and one more where the schemas are the registry.
    async fn fleet(&self, session: &Session, state: State, limits: Limits) -> HealthCheck {
        let begun = Instant::now();
        let answer = self.count(session, state).await;
        let latency = begun.elapsed();
        match answer {
            Ok(status) => {
                let seen = Seen { status, fenced: self.subject.fenced(), refuses_ahead: self.refuses_ahead };
                judge::fleet(seen, state, limits, latency)
            }
            Err(unanswered) => unanswered.check(HealthCheckName::Fleet, latency),
        }
    }

    async fn count(&self, session: &Session, state: State) -> Result<FleetStatus, Unanswered> {
        let (context, source) = self.subject.migrator().parts();
        let settings = &context.settings;
        let registry = match source {
            RegistrySource::Configured(configured) => registry_query(configured, settings),
            RegistrySource::Custom(_) => None,
        };
        let mut unusable = 0;
        let registry = match registry {
            Some(sql) => sql,
            None => {
                let tenants = timeout_at(self.end, list(session, source, settings)).await;
                let tenants = tenants.map_err(|_| Unanswered::Late)?.map_err(|error| {
                    tracing::warn!(%error, "the registry does not answer a look at the health");
                    Unanswered::Failed
                })?;
                let all = tenants.unwrap_or_default();
                let total = all.len();
                let tenants: Vec<_> = all.into_iter().filter_map(Result::ok).collect();
                unusable = total - tenants.len();
                listed(&tenants)
            }
        };
        let table = self.table().filter(|_| state == State::Readable);
        let sql = standing::tenants(table.as_ref(), &registry, &context.tenant, settings);
        let mut fleet = standing::of_tenants(&self.ask(session, &sql).await?);
        fleet.add(Standing::Missing, unusable);
        context.emit(&Event::FleetSeen { status: fleet });
        Ok(fleet)
    }

    /// One statement, in a transaction that may not write and ends in time by the server's clock too: behind a pooler, and
    /// where we are gone by then.
    async fn ask(&self, session: &Session, sql: &str) -> Result<Vec<Row>, Unanswered> {
        let limit = self.limit.as_millis().max(1);
        let statements = [
            "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY",
            &format!("SET LOCAL statement_timeout = {limit}"),
            sql,
            "COMMIT",
        ];
        match timeout_at(self.end, session.pipeline_rows(&statements)).await {
            Ok(Ok(mut answers)) => Ok(if answers.len() > 2 { answers.swap_remove(2) } else { Vec::new() }),
            Ok(Err(error)) => {
                tracing::warn!(error = %Failure::from_postgres(&error.error), "a look at the health failed");
                Err(Unanswered::Failed)
            }
            Err(_) => Err(Unanswered::Late),
        }
    }

    /// Says goodbye, as long as there is time.
    async fn leave(&self, session: Session) {
        let _ = timeout_at(self.end, session.close()).await;
    }

    fn table(&self) -> Option<StateTable> {
        let (context, _) = self.subject.migrator().parts();
        context.settings.state_schema.as_ref().map(StateTable::in_schema)
    }
}

impl Unanswered {
    fn check(self, name: HealthCheckName, latency: Duration) -> HealthCheck {
        match self {
            Self::Late => judge::no_answer(name, latency),
            Self::Failed => judge::failed(name, latency),
        }
    }
}
