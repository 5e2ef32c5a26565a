//! What the migrations make, seen in a transaction that is rolled back: nobody else sees it, and nothing stays.

use std::collections::HashSet;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::connection::{PipelineError, Session};
use crate::ident::{SchemaName, TenantId, literal};
use crate::migration::{Migration, MigrationSet, RunId};
use crate::run::{Context, Failure, Frame, Preparation, Standing, StepError, Transaction, delays, send};
use crate::settings::Settings;
use crate::sqlstate::FailureClass;
use crate::target::{Target, Tier};

use super::catalogue::{Asked, SETTINGS, View, objects};
use super::compare::Reference;
use super::names::Example;
use super::object::Objects;

/// How long a replay that fails is begun anew: another way may lead there sooner.
const PATIENCE: Duration = Duration::from_secs(4);

/// On what shared schema a tenant's migrations are replayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shared {
    /// On the real one: what the migrations refer to is locked until the end.
    Real,
    /// On a new one, with the real one out of the way, where the migrations mention anything of it.
    Spared,
}

/// What the migrations of a tier make. Its type ends here: else it is too deep for callers who spawn the whole.
pub(super) fn replay(
    context: &Context,
    tier: Tier,
    shared: Shared,
) -> Pin<Box<dyn Future<Output = Result<Reference, Failure>> + Send + '_>> {
    Box::pin(replay_patiently(context, tier, shared))
}

async fn replay_patiently(context: &Context, tier: Tier, shared: Shared) -> Result<Reference, Failure> {
    let set = match (tier, &context.shared) {
        (Tier::Shared, Some(shared)) => shared,
        _ => &context.tenant,
    };
    if let Some(obstacle) = set.migrations().iter().find_map(obstacle) {
        return Err(Failure::new(FailureClass::Permanent, obstacle));
    }
    let migrations: Vec<Migration> = set.migrations().iter().map(Migration::at_once).collect();
    let (mut delays, started) = (delays(), Instant::now());
    loop {
        let failure = match replay_once(context, tier, set, &migrations, shared).await {
            Ok(reference) => return Ok(reference),
            Err(failure) => failure,
        };
        let again = failure.class.is_retryable() && !context.cancellation.is_cancelled();
        match delays.next() {
            Some(delay) if again && started.elapsed() + delay < PATIENCE => {
                tracing::warn!(%failure, ?delay, "the migrations are replayed once more");
                tokio::time::sleep(delay).await;
            }
            _ => return Err(failure),
        }
    }
}

/// Why a migration cannot be replayed in a transaction that is to be rolled back. None can end it: the splitter refuses
/// what would.
fn obstacle(migration: &Migration) -> Option<String> {
    if migration.is_function() {
        let name = migration.name();
        return Some(format!("{name} is a Rust function, and cannot run in a transaction that is rolled back"));
    }
    None
}

async fn replay_once(
    context: &Context,
    tier: Tier,
    set: &MigrationSet,
    migrations: &[Migration],
    shared: Shared,
) -> Result<Reference, Failure> {
    let session = context.connect().await.map_err(|error| Failure::from_connect(&error))?;
    let replayed = Box::pin(replay_over(&session, context, tier, set, migrations, shared)).await;
    // Whatever has become of it.
    let _ = session.rows("ROLLBACK").await;
    session.close().await;
    replayed
}

async fn replay_over(
    session: &Session,
    context: &Context,
    tier: Tier,
    set: &MigrationSet,
    migrations: &[Migration],
    shared: Shared,
) -> Result<Reference, Failure> {
    if session.is_standby() {
        return Err(Failure::standby());
    }
    let major = major(session).await.map_err(|error| Failure::from_postgres(&error))?;
    let name = format!("Drift {}", RunId::default().as_str());
    let refused = |error: crate::ident::IdentError| Failure::new(FailureClass::Permanent, error.to_string());
    let scratch = SchemaName::new(&name).map_err(refused)?;
    let (target, is_unique) = match tier {
        Tier::Tenant => (Target::tenant_in(TenantId::new(&name).map_err(refused)?, scratch.clone()), true),
        Tier::Shared if names_the_schema(set, &context.settings.shared_schema) => {
            (Target::shared(context.settings.shared_schema.clone()), false)
        }
        Tier::Shared => (Target::shared(scratch.clone()), true),
    };
    if tier == Tier::Tenant && shared == Shared::Spared && mentions_shared(session, context).await? {
        return replay_both(session, context, migrations, &target, major).await;
    }
    let frame = Frame::new(&context.settings, &target);
    let prepared = Preparation::walled(&context.settings, session, None).await;
    let prepared = prepared.map_err(|error| Failure::from_postgres(&error))?;
    for attempt in 0..2 {
        let transaction = match tier {
            Tier::Tenant => Transaction::rehearse_tenant(frame, migrations, &Standing::complete(set), &prepared),
            Tier::Shared => Transaction::rehearse_shared(frame, migrations, (!is_unique).then_some(&scratch)),
        };
        match send(session, &transaction, migrations, &prepared, &context.cancellation).await {
            Ok(()) => break,
            Err(StepError::Suspicious) if attempt == 0 => {
                let _ = session.rows("ROLLBACK").await;
                prepared.be_careful(migrations);
            }
            Err(StepError::Failed { failure, .. }) => return Err(*failure),
            Err(_) => {
                return Err(Failure::new(FailureClass::Retryable, "the scratch schema is not as it was left"));
            }
        }
    }
    let example = Example::new(target.schema().clone(), is_unique);
    read(session, &context.settings, &target, example, Views::Both, major)
        .await
        .map_err(|error| Failure::from_postgres(&error.error))
}

/// A tenant's migrations on a shared schema that is made anew, too.
async fn replay_both(
    session: &Session,
    context: &Context,
    migrations: &[Migration],
    target: &Target,
    major: u32,
) -> Result<Reference, Failure> {
    let shared = context.shared.as_ref().ok_or_else(|| {
        Failure::new(
            FailureClass::Permanent,
            "there are no shared migrations that would make what the tenants refer to",
        )
    })?;
    if let Some(obstacle) = shared.migrations().iter().find_map(obstacle) {
        return Err(Failure::new(FailureClass::Permanent, obstacle));
    }
    let of_shared = shared.migrations().iter().map(Migration::at_once);
    let all: Vec<Migration> = of_shared.chain(migrations.iter().cloned()).collect();
    let aside = SchemaName::new(format!("Real {}", RunId::default().as_str()))
        .map_err(|error| Failure::new(FailureClass::Permanent, error.to_string()))?;
    let shared_target = Target::shared(context.settings.shared_schema.clone());
    let frames = [Frame::new(&context.settings, &shared_target), Frame::new(&context.settings, target)];
    let transaction = Transaction::rehearse_both(frames, &all, shared.migrations().len(), &aside);
    match send(session, &transaction, &all, &Preparation::default(), &context.cancellation).await {
        Ok(()) => {}
        Err(StepError::Failed { failure, .. }) => return Err(*failure),
        Err(_) => {
            return Err(Failure::new(FailureClass::Retryable, "the scratch schemas are not as they were left"));
        }
    }
    let example = Example::new(target.schema().clone(), true);
    read(session, &context.settings, target, example, Views::Both, major)
        .await
        .map_err(|error| Failure::from_postgres(&error.error))
}

/// Whether a tenant's migration has the name of a shared relation or function as a word, and so may lock it.
async fn mentions_shared(session: &Session, context: &Context) -> Result<bool, Failure> {
    let words: HashSet<String> = words(&context.tenant).collect();
    let sql = format!(
        "SELECT c.relname::pg_catalog.text FROM pg_catalog.pg_class c WHERE c.relkind NOT IN ('i', 'I', 't', 'c') \
         AND c.relnamespace OPERATOR(pg_catalog.=) pg_catalog.to_regnamespace({0}) \
         UNION ALL SELECT p.proname::pg_catalog.text FROM pg_catalog.pg_proc p \
         WHERE p.pronamespace OPERATOR(pg_catalog.=) pg_catalog.to_regnamespace({0}) \
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid OPERATOR(pg_catalog.=) p.tableoid \
         AND d.objid OPERATOR(pg_catalog.=) p.oid AND d.deptype OPERATOR(pg_catalog.=) 'e'::pg_catalog.\"char\")",
        literal(&context.settings.shared_schema.quoted())
    );
    let rows = session.rows(&sql).await.map_err(|error| Failure::from_postgres(&error))?;
    let is_mentioned = |name: &str| !name.chars().all(is_word) || words.contains(&name.to_lowercase());
    Ok(rows.iter().filter_map(|row| row.get(0)).any(is_mentioned))
}

/// How much of an example is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Views {
    /// What it takes to compare.
    Own,
    /// And to say what would mend.
    Both,
}

/// Reads an example, within the transaction that is open.
pub(super) async fn read(
    session: &Session,
    settings: &Settings,
    target: &Target,
    example: Example,
    views: Views,
    major: u32,
) -> Result<Reference, PipelineError> {
    let asked = [Asked::new(settings, target)];
    let mut queries = vec![objects(&asked, View::Own, major)];
    if views == Views::Both {
        queries.extend([SETTINGS[0].to_owned(), objects(&asked, View::Qualified, major)]);
    }
    let statements: Vec<&str> = SETTINGS.into_iter().chain(queries.iter().map(String::as_str)).collect();
    let answers = session.pipeline_rows(&statements).await?;
    let objects_of = |at: usize| {
        let rows = answers.get(at).map(Vec::as_slice).unwrap_or_default();
        Objects::by_schema(rows).remove(target.schema().as_str()).unwrap_or_default()
    };
    let (own, qualified) = (objects_of(SETTINGS.len()), objects_of(SETTINGS.len() + 2));
    Ok(Reference { example, objects: Arc::new(own), qualified: Arc::new(qualified) })
}

/// The server's major version.
pub(super) async fn major(session: &Session) -> Result<u32, tokio_postgres::Error> {
    let rows = session.rows("SELECT pg_catalog.current_setting('server_version_num')").await?;
    let number = rows.first().and_then(|row| row.get(0)?.parse::<u32>().ok());
    Ok(number.unwrap_or_default() / 10_000)
}

/// Whether a migration's text has the schema's name as a word, in quotes or not.
fn names_the_schema(set: &MigrationSet, schema: &SchemaName) -> bool {
    let name = schema.as_str();
    set.migrations().iter().flat_map(|migration| migration.script().statements()).any(|(sql, _)| {
        let sql = sql.to_lowercase();
        sql.match_indices(&name.to_lowercase())
            .any(|(at, found)| !sql[..at].ends_with(is_word) && !sql[at + found.len()..].starts_with(is_word))
    })
}

/// The words of the migrations' texts, in lower case.
fn words(set: &MigrationSet) -> impl Iterator<Item = String> {
    let statements = set.migrations().iter().flat_map(|migration| migration.script().statements());
    statements.flat_map(|(sql, _)| {
        let words: Vec<String> =
            sql.split(|c| !is_word(c)).filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
        words
    })
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}
