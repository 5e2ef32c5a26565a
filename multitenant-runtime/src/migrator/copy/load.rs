//! A new tenant from a file.

use std::time::Instant;

use tokio::sync::mpsc;

use crate::copy::{CopiedTenant, DumpError, Part, Section, Statement, TenantDump};
use crate::error::Error;
use crate::migration::Version;
use crate::migrator::{Migrator, NewTenant};
use crate::run::{self, Event, Failure, Frame, Outcome, Preparation, Registering, Transaction, cancellable};
use crate::state::StateTable;
use crate::target::Target;

use super::data::{self, SequenceValue};
use super::expected::Expected;
use super::forms::allowed;
use super::prove::unequal;
use super::site::{Purpose, Site};
use super::{CopyError, failed};

impl Migrator {
    /// Makes a new tenant from a dump, all or nothing: one transaction.
    ///
    /// Before anything is made it is asked whether this database has what the dump's tables refer to, and whether this
    /// project has all migrations of its history. A dump that lacks migrations is loaded as it is, and the report names
    /// them. A dump is code, as a migration is: its functions run with the rights of whoever loads it. Its statements are
    /// of the kinds that a dump has; and where it has written anything outside of the new schema, all of it is rolled back.
    /// What it could do there is what functions can that no transaction takes back: load what is not yours as a role that
    /// is no superuser.
    ///
    /// ```no_run
    /// # async fn run(migrator: multitenant_runtime::Migrator) -> Result<(), Box<dyn std::error::Error>> {
    /// use multitenant_runtime::{NewTenant, TenantDump};
    ///
    /// let dump = TenantDump::open("acme.dump")?;
    /// let loaded = migrator.load_tenant(&dump, NewTenant::new("acme-of-monday")?).await?;
    /// println!("{} migrations are pending", loaded.pending.len());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`check_new_tenants`](Self::check_new_tenants); [`Error::Dump`] where the file cannot be read any more, or
    /// was altered meanwhile; [`Error::Database`], of the class [`Refused`](crate::FailureClass::Refused), where this
    /// project or this database lacks what the dump needs, the new schema is there, or the dump would change something
    /// else; and where the server refuses.
    ///
    /// # Cancel safety
    ///
    /// A dropped future leaves nothing, unless the COMMIT was under way.
    pub async fn load_tenant(&self, dump: &TenantDump, new: NewTenant) -> Result<CopiedTenant, Error> {
        let started = Instant::now();
        self.fits(dump.header())?;
        let target = self.target_of(&new)?;
        let registering = self.registering(&new, target.schema())?;
        self.check_new_tenants(std::slice::from_ref(&new)).await?;
        let loaded = self.while_held(|| Box::pin(self.try_load(dump, &target, &registering)));
        let loaded = Box::pin(loaded).await?;
        self.context.emit(&Event::TargetFinished { target, outcome: Outcome::Applied, failure: None });
        Ok(CopiedTenant { duration: started.elapsed(), ..loaded })
    }

    async fn try_load(
        &self,
        dump: &TenantDump,
        target: &Target,
        registering: &Registering,
    ) -> Result<CopiedTenant, CopyError> {
        let mut site = self.site("a load").await?;
        let canceller = site.session.canceller();
        let work = Box::pin(self.load_on(&mut site, dump, target, registering));
        let loaded = cancellable(&self.context.cancellation, move || canceller, work).await;
        site.session.close().await;
        loaded
    }

    async fn load_on(
        &self,
        site: &mut Site,
        dump: &TenantDump,
        target: &Target,
        registering: &Registering,
    ) -> Result<CopiedTenant, CopyError> {
        let (settings, header) = (&self.context.settings, dump.header());
        if site.session.is_standby() {
            return Err(failed(Failure::standby()));
        }
        if header.postgres > site.major {
            let message = format!("the dump is of PostgreSQL {}, and this server is {}", header.postgres, site.major);
            return Err(failed(
                Failure::refused(message).with_hint("load it into a server of that version or a later one"),
            ));
        }
        let state = StateTable::ready(&site.session, settings).await?;
        site.lock(target).await?;
        let patience = format!("SET LOCAL lock_timeout = {}", settings.lock_timeout.as_millis());
        site.begin(Purpose::Write, None, &patience).await?;
        self.has_what_is_needed(site, header).await?;
        self.make_schema(site, target).await?;
        let mut loading = Loading {
            target,
            parts: dump.parts(),
            expected: Expected::default(),
            rows: 0,
            done: 0,
            tables: header.tables,
        };
        self.run_parts(site, &mut loading).await?;
        let plan = self.history_of(site, target).await?;
        let versions: Vec<&str> = plan.applied.iter().map(Version::as_str).collect();
        let mut said: Vec<&str> = header.history.iter().map(|row| row.version.as_str()).collect();
        said.sort_unstable();
        if versions != said || !plan.unknown.is_empty() {
            return Err(unequal("its history is not the one that it says it has"));
        }
        // Before the role is made, which is elsewhere; and behind this nothing of the dump's runs.
        let guard = Transaction::guard_of_a_load(Frame::new(settings, target));
        run::close(&site.session, &guard, &[], &Preparation::default(), &self.context.cancellation).await?;
        self.leaves_the_rest_alone(site, target).await?;
        let has_role = self.give_to_role(site, target, loading.expected.naming_role()).await?;
        let found = site.structure(self, target).await?;
        let is_proven = header.postgres == site.major;
        if header.schema != target.schema().as_str() {
            loading.expected.is_free_of(&header.schema, &found)?;
        }
        loading.expected.is_found(&found, is_proven)?;
        self.finish(site, state.as_ref(), &plan, registering, has_role).await?;
        Ok(CopiedTenant {
            target: target.clone(),
            from: dump.tenant()?,
            tables: header.tables,
            rows: loading.rows,
            anonymised: 0,
            without_rules: Vec::new(),
            pending: plan.pending,
            edited: plan.edited,
            is_proven,
            duration: std::time::Duration::ZERO,
        })
    }

    /// Runs the file's parts, in its order.
    async fn run_parts(&self, site: &Site, loading: &mut Loading<'_>) -> Result<(), CopyError> {
        let schema = loading.target.schema();
        let history = self.context.settings.tenant_history.as_str();
        let (mut waiting, mut section, mut values) = (Vec::new(), Section::Before, Vec::new());
        loop {
            self.unless_cancelled()?;
            let part = match loading.parts.recv().await {
                Some(part) => part?,
                None => return Err(failed(Failure::refused("the dump was not read to its end"))),
            };
            match part {
                Part::Statement(of, statement) => {
                    if of < section {
                        return Err(failed(Failure::refused("the dump's statements are in no order")));
                    }
                    if of != section || waiting.len() >= BATCH {
                        self.run_section(site, loading, section, std::mem::take(&mut waiting)).await?;
                        section = of;
                    }
                    allowed(&statement.sql)?;
                    waiting.push(statement);
                }
                Part::Rows { table, columns } => {
                    self.run_section(site, loading, section, std::mem::take(&mut waiting)).await?;
                    let rows = self.load_table(site, loading, &table, &columns).await?;
                    loading.rows += if table == history { 0 } else { rows };
                    loading.done += 1;
                    let (target, done) = (loading.target.clone(), loading.done);
                    self.context.emit(&Event::RowsCopied { target, table, rows, done, tables: loading.tables + 1 });
                }
                Part::Value { sequence, last, is_called } => {
                    self.run_section(site, loading, section, std::mem::take(&mut waiting)).await?;
                    values.push(SequenceValue { name: sequence, last, is_called });
                }
                Part::Bytes(_) | Part::LastRow => {
                    return Err(failed(Failure::refused("the dump has rows of no table")));
                }
                Part::End => {
                    self.run_section(site, loading, section, waiting).await?;
                    return site.set_values(schema, &values).await;
                }
            }
        }
    }

    async fn run_section(
        &self,
        site: &Site,
        loading: &mut Loading<'_>,
        section: Section,
        statements: Vec<Statement>,
    ) -> Result<(), CopyError> {
        if statements.is_empty() {
            return Ok(());
        }
        let schema = loading.target.schema();
        if section == Section::Grants {
            self.grant(site, schema, &statements).await?;
        } else {
            self.run_in(site, schema, &statements).await?;
        }
        loading.expected.of(section).extend(statements);
        Ok(())
    }

    async fn load_table(
        &self,
        site: &Site,
        loading: &mut Loading<'_>,
        table: &str,
        columns: &[String],
    ) -> Result<u64, CopyError> {
        let mut sink = Box::pin(site.load_rows(loading.target.schema(), table, columns).await?);
        loop {
            match loading.parts.recv().await {
                Some(Ok(Part::Bytes(bytes))) => {
                    self.unless_cancelled()?;
                    data::send(&mut sink, bytes, table).await?;
                }
                Some(Ok(Part::LastRow)) => return data::end(sink, table).await,
                Some(Err(error)) => return Err(error.into()),
                _ => return Err(failed(Failure::refused("the dump's rows do not end"))),
            }
        }
    }
}

/// How many statements are sent together.
const BATCH: usize = 40;

/// A file that is being loaded.
struct Loading<'a> {
    target: &'a Target,
    parts: mpsc::Receiver<Result<Part, DumpError>>,
    expected: Expected,
    rows: u64,
    done: usize,
    tables: usize,
}
