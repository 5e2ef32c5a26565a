//! SQL for the whole fleet: the same statements in each tenant's schema, and what each of them answers.
//!
//! They run over the migrator's own connections, as the role that migrates, where each tenant has a role too: who may
//! ask the whole fleet administers it. The `search_path` is that of a migration. Nothing is written unless the script
//! says so; then its statements are one transaction for each tenant.
//!
//! `script.rs` is what is asked, `ask.rs` how one tenant is, `line.rs` brings the answers into the tenants' order.
//! Deliberately absent: parameters, and types; values are texts, as the server writes them.

mod ask;
mod line;
mod script;

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

pub use script::FleetScript;

use crate::connection::Row;
use crate::error::Error;
use crate::migrator::{Migrator, Scope};
use crate::run::{Event, Preparation, Report, visit};
use crate::target::Target;

use ask::Ask;
use line::Line;

/// A part of what a tenant answers. The parts of one come in order, and the tenants in the registry's.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum FleetAnswer {
    /// A statement answers with rows of these columns.
    Columns {
        /// Which statement of the script, from 0.
        statement: usize,
        /// The columns' names.
        columns: Arc<[String]>,
    },
    /// A row of the statement.
    Row(Row),
    /// A statement is done.
    Done {
        /// Which statement of the script, from 0.
        statement: usize,
        /// How many rows it has given or changed.
        rows: u64,
    },
}

impl Migrator {
    /// Runs the script's statements in each tenant's schema, in parallel, and gives the answers in the tenants' order,
    /// as they come: what a slow reader has not taken yet, the server waits with.
    ///
    /// A tenant that fails stops that tenant only. Rows that it gave before stay given: the report says that it failed.
    /// Where the reader breaks off, the rest is not tried.
    ///
    /// ```no_run
    /// use std::ops::ControlFlow;
    /// use multitenant_runtime::{FleetAnswer, FleetScript, Scope};
    /// # async fn run(migrator: multitenant_runtime::Migrator) -> Result<(), Box<dyn std::error::Error>> {
    /// let script = FleetScript::read_only("orders", "SELECT count(*) FROM orders")?;
    /// migrator
    ///     .ask(&script, Scope::tenants(), |target, answer| {
    ///         if let FleetAnswer::Row(row) = answer {
    ///             println!("{target}: {}", row.get(0).unwrap_or_default());
    ///         }
    ///         ControlFlow::Continue(())
    ///     })
    ///     .await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Incomplete`] with the whole report where not every tenant has answered; else where the database or the
    /// registry cannot be read, or a tenant asked for is not registered.
    ///
    /// # Cancel safety
    ///
    /// As [`migrate`](Self::migrate).
    pub async fn ask(
        &self,
        script: &FleetScript,
        scope: Scope,
        mut reader: impl FnMut(&Target, FleetAnswer) -> ControlFlow<()>,
    ) -> Result<Report, Error> {
        let started = Instant::now();
        let mut report = Report::default();
        let scope = Scope { shared: false, ..scope };
        let (session, targets) = self.targets(&scope, &mut report).await?;
        let context = self.context();
        let prepared = match script.writes() {
            true => {
                Preparation::walled(&context.settings, &session, None).await.map_err(|error| Error::from(&error))?
            }
            false => Preparation::default(),
        };
        session.close().await;
        let targets = targets.tenants;
        context.emit(&Event::Planned {
            pending_targets: targets.len(),
            targets: targets.len(),
            migrations: targets.len(),
        });
        // A reader that breaks off ends this call, and nothing else.
        let context = context.ended_by(context.cancellation.child_token());
        let line = Arc::new(Line::default());
        let errand = Arc::new(Ask { script: script.clone(), prepared, line: Arc::clone(&line) });
        let visited = async {
            let reports = visit(&context, targets.clone(), &errand).await;
            line.end();
            reports
        };
        let read = async {
            for (place, target) in targets.iter().enumerate() {
                let Some(mut answers) = line.next(place).await else { continue };
                while let Some(answer) = answers.recv().await {
                    if reader(target, answer).is_break() {
                        context.cancellation.cancel();
                        line.break_off();
                        return;
                    }
                }
                line.is_read();
            }
        };
        let (reports, ()) = tokio::join!(visited, read);
        report.targets = reports;
        report.duration = started.elapsed();
        report.cancelled = context.cancellation.is_cancelled() && report.incomplete().next().is_some();
        if report.is_complete() { Ok(report) } else { Err(Error::Incomplete(Box::new(report))) }
    }
}
