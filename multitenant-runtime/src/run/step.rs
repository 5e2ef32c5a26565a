//! Sends one transaction, and says what its answer means.

use tokio_util::sync::CancellationToken;

use crate::connection::{ConnectError, PipelineError, Row, Session};
use crate::migration::Migration;
use crate::sqlstate::{FailureClass, is_failed_cast, is_failed_guard, is_other_object, is_undefined_table, retry_once};

use super::cancellation::{cancellable, unless_cancelled};
use super::known::Known;
use super::preparation::Preparation;
use super::transaction::{Holder, Role, Transaction};
use super::{Failure, confined, dependents};

/// Why a step did not happen. Nothing of it is in the database, unless the connection broke: then nobody
/// knows until the history is read again.
#[derive(Debug)]
pub(crate) enum StepError {
    /// Another run holds the target.
    Held,
    /// The target is no longer as the plan saw it.
    Stale,
    /// It may have changed the shared schema: it is to be done again under the wall's own judgement.
    Suspicious,
    /// It failed.
    Failed {
        failure: Box<Failure>,
        /// Whether it may be tried again, where its class allows that.
        again: Again,
    },
}

/// Whether what failed may be tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Again {
    /// As often as others are.
    Freely,
    /// A second failure of this kind is final.
    Once,
    /// A part of it is done and stays: a person decides.
    Never,
}

impl Again {
    pub(crate) fn after(error: &tokio_postgres::Error) -> Self {
        if retry_once(error) { Self::Once } else { Self::Freely }
    }
}

impl StepError {
    pub(crate) fn failed(failure: Failure) -> Self {
        Self::Failed { failure: Box::new(failure), again: Again::Freely }
    }
}

impl From<tokio_postgres::Error> for StepError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Failed { failure: Box::new(Failure::from_postgres(&error)), again: Again::after(&error) }
    }
}

impl From<ConnectError> for StepError {
    fn from(error: ConnectError) -> Self {
        Self::failed(Failure::from_connect(&error))
    }
}

/// Sends a transaction and waits for its end.
///
/// On a direct connection it is one round trip: if `BEGIN` itself fails, whatever follows cannot write. Behind
/// a pooler nothing keeps it from that, so the rest is sent only when the preamble is known to hold.
pub(crate) async fn send(
    session: &Session,
    transaction: &Transaction,
    migrations: &[Migration],
    prepared: &Preparation,
    cancellation: &CancellationToken,
) -> Result<(), StepError> {
    let work = async {
        if session.is_direct() {
            in_one_trip(session, transaction).await
        } else {
            in_two_trips(session, transaction).await
        }
    };
    let Err(PipelineError { index, error }) = cancellable(cancellation, || session.canceller(), work).await else {
        return Ok(());
    };
    Err(unless_cancelled(cancellation, meaning(session, transaction, index, &error, migrations, prepared)))
}

/// What the failure of one statement of a transaction means.
fn meaning(
    session: &Session,
    transaction: &Transaction,
    index: usize,
    error: &tokio_postgres::Error,
    migrations: &[Migration],
    prepared: &Preparation,
) -> StepError {
    let role = transaction.role(index);
    match role {
        Role::Lock if is_failed_guard(error) => StepError::Held,
        Role::Lock if is_failed_cast(error) => StepError::failed(Failure::new(
            FailureClass::Retryable,
            "what an earlier migration has set on this connection could not be reset",
        )),
        // The history itself may be gone, with its schema.
        Role::Guard | Role::Record { .. } if is_failed_guard(error) || is_undefined_table(error) => StepError::Stale,
        // The condition of a plain migration stands in the guard, and fails otherwise.
        Role::Guard if is_failed_cast(error) => StepError::Suspicious,
        Role::Wall { migration } if is_failed_cast(error) => touched(prepared, error, migrations.get(migration)),
        Role::Suspicion if is_failed_guard(error) => StepError::Suspicious,
        Role::Confined if is_failed_cast(error) => {
            let message = error.as_db_error().map_or("", |db| db.message());
            let names = confined::named_in(message);
            StepError::failed(Failure::new(
                FailureClass::Permanent,
                format!("the migrations read or write outside of the tenant's schema: {names}"),
            ))
        }
        Role::Loaded if is_failed_cast(error) => {
            let message = error.as_db_error().map_or("", |db| db.message());
            let names = confined::named_in(message);
            StepError::failed(
                Failure::refused(format!("the dump would change what is not the new tenant's: {names}"))
                    .with_hint("nothing of it is loaded; a dump that was made by `tenant dump` changes nothing elsewhere"),
            )
        }
        Role::Dependents if is_failed_cast(error) => {
            let message = error.as_db_error().map_or("", |db| db.message());
            let names = dependents::named_in(message);
            StepError::failed(
                Failure::new(FailureClass::Permanent, format!("what is not the tenant's hangs on what is: {names}"))
                    .with_hint("it would be dropped too: drop or move it first, and drop the tenant again"),
            )
        }
        Role::Current if is_failed_guard(error) => StepError::failed(
            Failure::new(FailureClass::Permanent, "the new schema does not become the current schema")
                .with_hint("create tenants as a role that may use the schemas that it makes"),
        ),
        Role::Registered if is_failed_guard(error) => StepError::failed(registered_otherwise()),
        Role::Seeded { seed } | Role::Spares { seed } | Role::Stays { seed } if is_failed_guard(error) => {
            let mut failure = match role {
                Role::Stays { .. } => unregistered_by_seed(),
                Role::Spares { .. } => schema_dropped_by_seed(),
                _ => schema_moved(),
            };
            migrations.get(seed).into_iter().for_each(|seed| name(&mut failure, seed));
            StepError::failed(failure)
        }
        Role::Unregistered if is_failed_guard(error) => StepError::failed(
            Failure::new(FailureClass::Permanent, "the registry still has the tenant after its row was to go")
                .with_hint("look for a trigger, a rule or row security that keeps it; or drop the tenant as one that stays registered"),
        ),
        Role::Relocated if is_failed_guard(error) => StepError::failed(
            Failure::new(FailureClass::Permanent, "the registry does not have the tenant as it was to be afterwards")
                .with_hint("look for a trigger, a rule or row security that keeps its row as it was, or a second such row"),
        ),
        // It has come, or gone, since somebody looked.
        Role::Isolate if is_other_object(error) => {
            StepError::failed(Failure { class: FailureClass::Retryable, ..Failure::from_postgres(error) })
        }
        _ => said(session, role, error, migrations),
    }
}

/// What the server has said of this statement, with its place.
fn said(session: &Session, role: Role, error: &tokio_postgres::Error, migrations: &[Migration]) -> StepError {
    let mut failure = Failure::from_postgres(error);
    locate(&mut failure, role, migrations, position(error));
    failure.notices = session.take_notices();
    StepError::Failed { failure: Box::new(failure), again: Again::after(error) }
}

/// What the failure of one statement of a script means that was sent by itself.
pub(crate) fn meaning_of(
    session: &Session,
    error: &tokio_postgres::Error,
    script: &Migration,
    statement: usize,
    cancellation: &CancellationToken,
) -> StepError {
    let role = Role::Migration { migration: 0, statement };
    unless_cancelled(cancellation, said(session, role, error, std::slice::from_ref(script)))
}

/// Sends the beginning of a transaction, and returns when it is known to hold: rows of its last statement.
pub(crate) async fn open(
    session: &Session,
    transaction: &Transaction,
    prepared: &Preparation,
    cancellation: &CancellationToken,
) -> Result<Vec<Row>, StepError> {
    let reset = if session.is_direct() { reset(transaction) } else { &[] };
    let all: Vec<&str> = reset.iter().copied().chain(transaction.statements().iter().map(String::as_str)).collect();
    match cancellable(cancellation, || session.canceller(), session.pipeline_rows(&all)).await {
        Ok(mut answers) => Ok(answers.pop().unwrap_or_default()),
        Err(PipelineError { index, error }) => {
            let _ = session.rows("ROLLBACK").await;
            let index = index.saturating_sub(reset.len());
            Err(unless_cancelled(cancellation, meaning(session, transaction, index, &error, &[], prepared)))
        }
    }
}

/// Sends the rest of a transaction that was opened, up to its end.
pub(crate) async fn close(
    session: &Session,
    transaction: &Transaction,
    migrations: &[Migration],
    prepared: &Preparation,
    cancellation: &CancellationToken,
) -> Result<(), StepError> {
    let cleaning: &[&str] = if session.is_direct() { &[] } else { &CLEANING };
    let statements = transaction.statements();
    let (commit, rest) =
        statements.split_last().map_or(("COMMIT", statements), |(commit, rest)| (commit.as_str(), rest));
    let all: Vec<&str> = rest.iter().map(String::as_str).chain(cleaning.iter().copied()).chain([commit]).collect();
    match cancellable(cancellation, || session.canceller(), session.pipeline(&all)).await {
        Ok(()) => Ok(()),
        Err(PipelineError { index, error }) => {
            Err(unless_cancelled(cancellation, meaning(session, transaction, index, &error, migrations, prepared)))
        }
    }
}

/// Sends a transaction whose end must be known even where its answer is lost: one round trip more, for its number.
pub(crate) async fn send_known(
    session: &Session,
    transaction: &Transaction,
    migrations: &[Migration],
    prepared: &Preparation,
    cancellation: &CancellationToken,
    known: &mut Option<Known>,
) -> Result<(), StepError> {
    let (preamble, rest) = transaction.statements().split_at(transaction.preamble());
    let reset = if session.is_direct() { reset(transaction) } else { &[] };
    let first: Vec<&str> = reset
        .iter()
        .copied()
        .chain(preamble.iter().map(String::as_str))
        .chain(["SELECT pg_catalog.pg_current_xact_id()"])
        .collect();
    let answers = match session.pipeline_rows(&first).await {
        Ok(answers) => answers,
        Err(PipelineError { index, error }) => {
            let _ = session.rows("ROLLBACK").await;
            let index = index.saturating_sub(reset.len());
            return Err(meaning(session, transaction, index, &error, migrations, prepared));
        }
    };
    let number = answers.last().and_then(|rows| rows.first()).and_then(|row| row.get(0));
    *known = number.map(|number| Known::new(number.to_owned(), session.backend().cloned()));
    let cleaning: &[&str] = if session.is_direct() { &[] } else { &CLEANING };
    let (commit, rest) = rest.split_last().map_or(("COMMIT", rest), |(commit, rest)| (commit.as_str(), rest));
    let rest: Vec<&str> = rest.iter().map(String::as_str).chain(cleaning.iter().copied()).chain([commit]).collect();
    match cancellable(cancellation, || session.canceller(), session.pipeline(&rest)).await {
        Ok(()) => Ok(()),
        Err(PipelineError { index, error }) => {
            let meaning = meaning(session, transaction, index + preamble.len(), &error, migrations, prepared);
            Err(unless_cancelled(cancellation, meaning))
        }
    }
}

/// Everything at once; what the last migration left on the connection goes first.
///
/// Where that fails (a cancel request hits it), the transaction comes all the same: it is the transaction's end that
/// counts. It asserts itself that nothing was left.
async fn in_one_trip(session: &Session, transaction: &Transaction) -> Result<(), PipelineError> {
    session.pipeline_after(reset(transaction), transaction.statements()).await
}

/// What is sent before a transaction, so that it finds a clean session.
fn reset(transaction: &Transaction) -> &'static [&'static str] {
    match transaction.holder() {
        Holder::Transaction => &["DISCARD ALL"],
        // `DISCARD ALL` would let go of the session's lock before the transaction has its own.
        Holder::Session => &["SET SESSION AUTHORIZATION DEFAULT", "RESET ALL"],
        Holder::Script => &[],
    }
}

/// Before a COMMIT behind a pooler.
const CLEANING: [&str; 3] = ["SET CONSTRAINTS ALL IMMEDIATE", "RESET ROLE", "RESET ALL"];

async fn in_two_trips(session: &Session, transaction: &Transaction) -> Result<(), PipelineError> {
    let (preamble, rest) = transaction.statements().split_at(transaction.preamble());
    if let Err(error) = session.pipeline(preamble).await {
        // The connection goes back to the pooler: not with an open transaction.
        let _ = session.rows("ROLLBACK").await;
        return Err(error);
    }
    // What a migration sets for its session would be the pooler's next client's. Deferred constraints and their
    // triggers run before that, since the tenant's search_path goes with it.
    let (commit, rest) = rest.split_last().map_or(("COMMIT", rest), |(commit, rest)| (commit.as_str(), rest));
    let cleaned: Vec<&str> = rest.iter().map(String::as_str).chain(CLEANING).chain([commit]).collect();
    session
        .pipeline(&cleaned)
        .await
        .map_err(|PipelineError { index, error }| PipelineError { index: index + preamble.len(), error })
}

fn touched(prepared: &Preparation, error: &tokio_postgres::Error, migration: Option<&Migration>) -> StepError {
    touched_by(prepared, error.as_db_error().map_or("", |db| db.message()), migration)
}

/// What the wall's guard says by this message.
pub(crate) fn touched_by(prepared: &Preparation, message: &str, migration: Option<&Migration>) -> StepError {
    let named = prepared.wall().map(|wall| wall.named_in(message)).unwrap_or_default();
    let named = named.join(", ");
    let mut failure = match migration {
        Some(script) if script.is_script() => script_touches_shared(&named),
        _ => touches_shared(&named),
    };
    if let Some(migration) = migration {
        name(&mut failure, migration);
    }
    StepError::failed(failure)
}

/// A tenant's migration would change these objects of the shared schema.
pub(crate) fn touches_shared(objects: &str) -> Failure {
    Failure::new(
        FailureClass::SharedSchemaTouched,
        format!("this tenant migration would change the shared schema: {objects}"),
    )
    .with_hint(
        "a name that the tenant's schema does not have was found in the shared schema: correct the name, or move the \
         statement to a shared migration; if it is meant so, write `[multitenant] allow_shared_locks = true` into the \
         migration's metadata.toml",
    )
}

/// What is no migration, and runs in a tenant's schema, would do so.
fn script_touches_shared(objects: &str) -> Failure {
    Failure::new(FailureClass::SharedSchemaTouched, format!("this would change the shared schema: {objects}")).with_hint(
        "a name that the tenant's schema does not have was found in the shared schema: correct the name, or change the \
         shared schema by a migration",
    )
}

/// The registry has somebody else under a new tenant's id.
pub(crate) fn registered_otherwise() -> Failure {
    Failure::new(
        FailureClass::Permanent,
        "the registry has this tenant already, with another schema, or as one that is archived",
    )
    .with_hint("correct or remove the row and create the tenant again, or restore the one that is archived")
}

/// A seed has taken its schema away from under the tenant.
pub(crate) fn schema_moved() -> Failure {
    Failure::new(FailureClass::Permanent, "this renames or drops the schema that it is to fill")
        .with_hint("a seed is rows to begin with: leave the schema where it is")
}

/// A seed has dropped somebody else's schema.
pub(crate) fn schema_dropped_by_seed() -> Failure {
    Failure::new(FailureClass::Permanent, "this drops a schema, which a seed must not")
        .with_hint("a seed is rows to begin with: drop schemas elsewhere; all that it did is taken back")
}

/// A seed has taken the tenant out of the registry.
pub(crate) fn unregistered_by_seed() -> Failure {
    Failure::new(FailureClass::Permanent, "this takes the tenant that is being made out of the registry").with_hint(
        "it deletes or changes the tenant's row there: leave its id and schema as they are; nothing is created",
    )
}

/// Says which migration and file a failure is about; what is no migration has a file only.
fn name(failure: &mut Failure, migration: &Migration) {
    failure.migration = (!migration.is_script()).then(|| migration.version().to_string());
    failure.file = Some(migration.script().path().to_owned());
}

/// The server's position in the statement, in characters from 1.
pub(crate) fn position(error: &tokio_postgres::Error) -> Option<u32> {
    match error.as_db_error()?.position()? {
        tokio_postgres::error::ErrorPosition::Original(position) => Some(*position),
        tokio_postgres::error::ErrorPosition::Internal { .. } => None,
    }
}

/// Says which migration, file, line and column a failure is about.
fn locate(failure: &mut Failure, role: Role, migrations: &[Migration], position: Option<u32>) {
    let (migration, statement) = match role {
        Role::Migration { migration, statement } => (migrations.get(migration), Some(statement)),
        Role::Record { migration } => (migrations.get(migration), None),
        // A deferred constraint fails at COMMIT.
        Role::Frame if migrations.len() == 1 => (migrations.first(), None),
        _ => return,
    };
    let Some(migration) = migration else { return };
    name(failure, migration);
    if let Some(statement) = statement {
        let place = migration.script().place(statement, position);
        failure.line = Some(place.line);
        failure.column = Some(place.column);
    }
}
