//! Making a schema of statements, and ending the transaction that did.

use crate::copy::{Statement, rights_by_default};
use crate::ident::{SchemaName, literal};
use crate::inventory::{Subject, observe_one};
use crate::migrator::Migrator;
use crate::plan::{Goal, TargetPlan, Wanted, decide};
use crate::run::{Failure, Frame, Preparation, Registering, Transaction, close, delays};
use crate::sqlstate::FailureClass;
use crate::state::{StateTable, digest};
use crate::target::Target;

use super::site::Site;
use super::{CopyError, failed};

/// How many statements are one savepoint's.
const CHUNK: usize = 40;

impl Migrator {
    /// Makes the schema, which must not be there.
    pub(super) async fn make_schema(&self, site: &Site, target: &Target) -> Result<(), CopyError> {
        let schema = target.schema();
        let sql = format!("SELECT FROM pg_catalog.pg_namespace WHERE nspname = {}", literal(schema.as_str()));
        if !site.session.rows(&sql).await?.is_empty() {
            let message = format!("the schema {schema} exists already");
            return Err(failed(
                Failure::refused(message).with_hint("give another id, or drop or rename what is there"),
            ));
        }
        let current = [
            format!("CREATE SCHEMA {}", schema.quoted()),
            path(schema),
            "SELECT pg_catalog.current_schema()".to_owned(),
        ];
        let answers = site.session.pipeline_rows(&current).await.map_err(|error| error.error)?;
        if answers.last().and_then(|rows| rows.first()).and_then(|row| row.get(0)) != Some(schema.as_str()) {
            let failure = Failure::new(FailureClass::Permanent, "the new schema does not become the current schema");
            return Err(failed(failure.with_hint("copy tenants as a role that may use the schemas that it makes")));
        }
        Ok(())
    }

    /// Runs the statements, but for those that name the tenant's own role, under the new schema's path alone, which is `pg_catalog` afterwards. A lock that does not come,
    /// of a shared table that a foreign key refers to, is tried for again, and what was done before is kept.
    pub(super) async fn run_in(
        &self,
        site: &Site,
        schema: &SchemaName,
        statements: &[Statement],
    ) -> Result<(), CopyError> {
        let statements: Vec<&Statement> = statements.iter().filter(|statement| !statement.names_role()).collect();
        for chunk in statements.chunks(CHUNK) {
            let mut texts = vec!["SAVEPOINT copying".to_owned(), path(schema)];
            for statement in chunk {
                let sql = statement.sql_in(schema);
                match &statement.path {
                    Some(elements) => texts.extend([self.path_of(schema, elements)?, sql, path(schema)]),
                    None => texts.push(sql),
                }
            }
            texts.extend(["SET LOCAL search_path = pg_catalog".to_owned(), "RELEASE SAVEPOINT copying".to_owned()]);
            self.retried(site, &texts).await?;
        }
        Ok(())
    }

    async fn retried(&self, site: &Site, texts: &[String]) -> Result<(), CopyError> {
        let mut delays = delays();
        loop {
            self.unless_cancelled()?;
            let Err(error) = site.session.pipeline(texts).await else { return Ok(()) };
            let mut failure = Failure::from_postgres(&error.error);
            if failure.class != FailureClass::LockTimeout {
                let sql = texts.get(error.index).map_or("", String::as_str);
                failure.detail.get_or_insert_with(|| format!("in: {}", beginning(sql)));
                return Err(failed(failure));
            }
            site.session.rows("ROLLBACK TO SAVEPOINT copying").await?;
            match delays.next() {
                Some(delay) => tokio::time::sleep(delay).await,
                None => return Err(failed(failure)),
            }
        }
    }

    fn path_of(&self, schema: &SchemaName, elements: &[Option<String>]) -> Result<String, CopyError> {
        let names = elements.iter().map(|element| match element {
            Some(name) => Ok(crate::ident::Identifier::new(name)?.quoted()),
            None => Ok(schema.quoted()),
        });
        let names: Vec<String> = names.collect::<Result<_, crate::ident::IdentError>>()?;
        Ok(format!("SET LOCAL search_path = {}", names.join(", ")))
    }

    /// Gives the rights that others have: what they got by themselves is taken away before.
    pub(super) async fn grant(&self, site: &Site, schema: &SchemaName, grants: &[Statement]) -> Result<(), CopyError> {
        let revoked: Vec<Statement> = rights_by_default(&site.session, schema)
            .await?
            .into_iter()
            .map(|sql| Statement { sql, path: None, names_schema: false })
            .collect();
        self.run_in(site, schema, &revoked).await?;
        self.run_in(site, schema, grants).await
    }

    /// What its history says of the new tenant.
    pub(super) async fn history_of(&self, site: &Site, target: &Target) -> Result<TargetPlan, CopyError> {
        let (context, frame) = (&self.context, Frame::new(&self.context.settings, target));
        let subject = Subject { target, table: frame.table, set: &context.tenant };
        let observed = observe_one(&site.session, subject).await?;
        if let Some(failure) = &observed.unreadable {
            return Err(failed(failure.clone()));
        }
        let wanted = Wanted { goal: &Goal::default(), rest: None, policy: context.policy };
        Ok(decide(target.clone(), &context.tenant, &observed, wanted))
    }

    /// Registers the new tenant, notes how it stands, gives it its role, and ends the transaction.
    pub(super) async fn finish(
        &self,
        site: &Site,
        state: Option<&StateTable>,
        plan: &TargetPlan,
        registering: &Registering,
        has_role: bool,
    ) -> Result<(), CopyError> {
        let (context, target) = (&self.context, &plan.target);
        let frame = Frame::new(&context.settings, target);
        let roles =
            if has_role { Vec::new() } else { Box::pin(self.role_of_a_new_tenant(&site.session, target)).await? };
        let registering = registering.with_roles(roles);
        let note = state.map(|state| {
            let digest = digest(&context.tenant, &plan.applied, &plan.edited);
            state.note(target, frame.ledger(), &digest, plan.applied.last())
        });
        let transaction = Transaction::finish_copy(frame, &registering, note);
        self.unless_cancelled()?;
        let ended = close(&site.session, &transaction, &[], &Preparation::default(), &context.cancellation).await;
        let Err(error) = ended else { return Ok(()) };
        // A COMMIT whose answer was lost may have happened.
        let is_lost = matches!(&error, crate::run::StepError::Failed { failure, .. } if failure.class == FailureClass::ConnectionLost);
        if is_lost && self.learn(site.known.as_ref()).await? {
            return Ok(());
        }
        Err(error.into())
    }
}

fn path(schema: &SchemaName) -> String {
    format!("SET LOCAL search_path = {}, pg_temp", schema.quoted())
}

/// Enough of a statement to find it by.
fn beginning(sql: &str) -> String {
    const SHOWN: usize = 120;
    let line = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
