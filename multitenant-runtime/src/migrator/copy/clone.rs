//! A new tenant as a copy of another one.

use std::time::Instant;

use crate::copy::{AnonymiseRules, CloneOptions, CopiedTenant, Structure, inherited, without_rules, wrong_rules};
use crate::error::Error;
use crate::ident::{TenantId, literal};
use crate::migration::RunId;
use crate::migrator::{Migrator, NewTenant};
use crate::run::{Event, Failure, Outcome, Registering, cancellable};
use crate::seed;
use crate::state::StateTable;
use crate::target::Target;

use super::prove::is_free_of;
use super::site::{Purpose, Site, place};
use super::{CopyError, failed};

impl Migrator {
    /// Makes a new tenant as a copy of another one: schema, history, rows, registry row, role, all or nothing.
    ///
    /// What is read is one snapshot, and all is one transaction. Applications go on reading and writing the source
    /// meanwhile; migrations of it wait. The copy is equal by what the catalogue says of it, which is proven before the
    /// COMMIT; materialised views that are filled are filled anew, and the rights of the tenant's role are those of a new
    /// tenant. Sequences stand where the source's stand, or beyond its snapshot.
    ///
    /// One connection, and one more that looks at the registry's columns before. The number of statements grows with the
    /// tables (three for each that has rows to copy), and the rows stay within the server.
    ///
    /// ```no_run
    /// # async fn run(migrator: multitenant_runtime::Migrator) -> Result<(), Box<dyn std::error::Error>> {
    /// use multitenant_runtime::{Anonymise, AnonymiseRules, CloneOptions, NewTenant, TenantId};
    ///
    /// let rules = AnonymiseRules::new().column("users.email", Anonymise::Template("user{row}@example.com".into()))?;
    /// let (acme, new) = (TenantId::new("acme")?, NewTenant::new("acme-staging")?);
    /// let copy = migrator.clone_tenant(&acme, new, CloneOptions::anonymised(rules)).await?;
    /// println!("{} rows are in {}", copy.rows, copy.target.schema());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::UnknownTenants`] where there is no such source; those of [`check_new_tenants`](Self::check_new_tenants);
    /// [`Error::Database`], of the class [`Refused`](crate::FailureClass::Refused), where the new schema is there, a rule
    /// does not fit, the source holds what no copy can make, or the copy would not be equal; and where the server refuses.
    ///
    /// # Cancel safety
    ///
    /// A dropped future leaves nothing, unless the COMMIT was under way.
    pub async fn clone_tenant(
        &self,
        source: &TenantId,
        new: NewTenant,
        options: CloneOptions,
    ) -> Result<CopiedTenant, Error> {
        let started = Instant::now();
        let target = self.target_of(&new)?;
        let registering = self.registering(&new, target.schema())?;
        self.check_new_tenants(std::slice::from_ref(&new)).await?;
        let cloning = Cloning { source, target: &target, registering: &registering, options: &options };
        let copied = Box::pin(self.while_held(|| Box::pin(self.try_clone(&cloning)))).await?;
        self.context.emit(&Event::TargetFinished { target, outcome: Outcome::Applied, failure: None });
        Ok(CopiedTenant { duration: started.elapsed(), ..copied })
    }

    async fn try_clone(&self, cloning: &Cloning<'_>) -> Result<CopiedTenant, CopyError> {
        let mut site = self.site("a clone").await?;
        let canceller = site.session.canceller();
        let work = Box::pin(self.clone_on(&mut site, cloning));
        let copied = cancellable(&self.context.cancellation, move || canceller, work).await;
        site.session.close().await;
        copied
    }

    async fn clone_on(&self, site: &mut Site, cloning: &Cloning<'_>) -> Result<CopiedTenant, CopyError> {
        let Cloning { source, target, registering, options } = *cloning;
        let settings = &self.context.settings;
        if site.session.is_standby() {
            return Err(failed(Failure::standby()));
        }
        let from = place(&self.locate(&site.session, source).await?)?;
        if from.schema() == target.schema() {
            return Err(failed(
                Failure::refused("a tenant is no copy of itself").with_hint("give the copy another id"),
            ));
        }
        let state = StateTable::ready(&site.session, settings).await?;
        site.lock(&from).await?;
        site.lock(target).await?;
        // The source may have been renamed or dropped before it was locked.
        if place(&self.locate(&site.session, source).await?)? != from {
            return Err(CopyError::Held(from));
        }
        let patience = format!("SET LOCAL lock_timeout = {}", settings.lock_timeout.as_millis());
        site.begin(Purpose::ReadAndWrite, Some(from.schema()), &patience).await?;
        let structure = site.structure(self, &from).await?;
        let all = [&structure.before, &structure.after, &structure.refresh, &structure.grants];
        is_free_of(all.into_iter().flatten(), from.schema().as_str(), &structure.names)?;
        let rules = inherited(&options.rules, &structure.tables);
        self.rules_fit(site, &structure, &from, &rules).await?;
        if !options.structure_only {
            site.has_no_large_objects(from.schema(), &rules).await?;
        }
        self.make_schema(site, target).await?;
        self.run_in(site, target.schema(), &structure.before).await?;
        let rows = self.copy_tables(site, &structure, &from, (cloning, &rules)).await?;
        self.run_in(site, target.schema(), &structure.after).await?;
        self.run_in(site, target.schema(), &structure.refresh).await?;
        self.grant(site, target.schema(), &structure.grants).await?;
        let has_role = self.give_to_role(site, target, structure.naming_role()).await?;
        let plan = self.history_of(site, target).await?;
        self.prove(site, (&from, &structure), target).await?;
        site.session.rows("SET LOCAL search_path = pg_catalog").await?;
        self.finish(site, state.as_ref(), &plan, registering, has_role).await?;
        Ok(CopiedTenant {
            target: target.clone(),
            from: source.clone(),
            tables: structure.tables.len().saturating_sub(1),
            rows,
            anonymised: rules.len(),
            without_rules: without_rules(&rules, &structure.tables, &self.withheld()),
            pending: plan.pending,
            edited: plan.edited,
            is_proven: true,
            duration: std::time::Duration::ZERO,
        })
    }

    async fn copy_tables(
        &self,
        site: &Site,
        structure: &Structure,
        from: &Target,
        (cloning, rules): (&Cloning<'_>, &AnonymiseRules),
    ) -> Result<u64, CopyError> {
        let Cloning { target, options, .. } = *cloning;
        let history = self.context.settings.tenant_history.as_str();
        let wanted = |name: &str| !options.structure_only || name == history;
        let tables: Vec<_> = structure.tables.iter().filter(|table| wanted(&table.name)).collect();
        let salt = RunId::default();
        let mut rows = 0;
        for (done, table) in tables.iter().enumerate() {
            self.unless_cancelled()?;
            let schemas = [from.schema(), target.schema()];
            let copied = site.copy_rows(table, schemas, rules, salt.as_str()).await?;
            rows += if table.name == history { 0 } else { copied };
            let (table, done) = (table.name.clone(), done + 1);
            self.context.emit(&Event::RowsCopied {
                target: target.clone(),
                table,
                rows: copied,
                done,
                tables: tables.len(),
            });
        }
        if !options.structure_only {
            let values = site.values(from.schema(), &structure.sequences).await?;
            site.set_values(target.schema(), &values).await?;
        }
        Ok(rows)
    }

    /// The tables that say what was applied to the tenant.
    fn withheld(&self) -> [&str; 2] {
        [self.context.settings.tenant_history.as_str(), seed::TABLE]
    }

    /// That the rules fit, before anything is made.
    async fn rules_fit(
        &self,
        site: &Site,
        structure: &Structure,
        from: &Target,
        rules: &AnonymiseRules,
    ) -> Result<(), CopyError> {
        let (mut problems, constants) = wrong_rules(rules, &structure.tables, &self.withheld());
        let path = format!("SET LOCAL search_path = {}, pg_temp", from.schema().quoted());
        for (column, text, kind) in constants {
            let asked = [
                "SAVEPOINT asking".to_owned(),
                path.clone(),
                format!("SELECT {}::{kind}", literal(text)),
                "ROLLBACK TO SAVEPOINT asking".to_owned(),
            ];
            if let Err(error) = site.session.pipeline(&asked).await {
                site.session.rows("ROLLBACK TO SAVEPOINT asking").await?;
                problems.push(format!("{column:?}: {}", Failure::from_postgres(&error.error).message));
            }
        }
        if problems.is_empty() {
            return Ok(());
        }
        let failure = Failure::refused(format!("rules of anonymising do not fit: {}", problems.join("; ")));
        Err(failed(
            failure.with_hint("correct [clone.anonymise], or clone without them (--no-anonymise, CloneOptions::data)"),
        ))
    }
}

/// What is to be done.
#[derive(Debug, Clone, Copy)]
struct Cloning<'a> {
    source: &'a TenantId,
    target: &'a Target,
    registering: &'a Registering,
    options: &'a CloneOptions,
}
