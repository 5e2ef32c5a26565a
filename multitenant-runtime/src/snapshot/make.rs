//! Making a snapshot, and proving it.
//!
//! Two scratch schemas are filled by the migrations, as a tenant's would be; the first is dumped; the dump's statements
//! are run in a third, within a transaction that is rolled back. The first two must be equal, else the migrations leave
//! what is another thing each time (a random key, the schema's own name); and the third must be equal to them.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::connection::Session;
use crate::migration::{Migration, MigrationSet};
use crate::run::{Context, Preparation, Transaction};

use super::contents::{self, Contents, Moment, failed};
use super::dates;
use super::dump::{MOST_BYTES, dump};
use super::fold::fold;
use super::ground::Ground;
use super::obstacle::Obstacle;
use super::programs;
use super::scratch::Scratch;
use super::text::{self, Origin};

/// What was made and proven.
pub(super) struct Made {
    pub(super) statements: Vec<String>,
    pub(super) text: String,
    /// How long the migrations took in one of the scratch schemas, and how long the statements.
    pub(super) replay: Duration,
    pub(super) restore: Duration,
}

/// What is known before anything is tried.
pub(super) fn hopeless(set: &MigrationSet) -> Option<String> {
    let about = |migration: &Migration, what: &str| Some(format!("{} {what}", migration.script().path()));
    if set.migrations().is_empty() {
        return Some("there are no migrations".to_owned());
    }
    set.migrations().iter().find_map(|migration| {
        let first_words = || {
            migration
                .script()
                .statements()
                .filter_map(|(sql, _)| sql.split_whitespace().next().map(str::to_ascii_lowercase))
        };
        if migration.allow_shared_locks() {
            about(migration, "may change the shared schema (allow_shared_locks)")
        } else if first_words().any(|word| word == "notify") {
            about(migration, "notifies somebody")
        } else if !migration.run_in_transaction() && first_words().any(|word| word == "call" || word == "do") {
            about(migration, "runs code that may commit, and then nobody sees what it has done")
        } else {
            None
        }
    })
}

/// Makes the snapshot. Whatever comes of it, the scratch schemas are removed.
pub(super) async fn make(
    context: &Arc<Context>,
    session: &Session,
    ground: &Ground,
    prepared: &Preparation,
    pg_dump: Option<&Path>,
) -> Result<Made, Obstacle> {
    if let Some(reason) = hopeless(&context.tenant) {
        return Err(Obstacle::Lasting(reason));
    }
    for left in Scratch::left_behind(session).await? {
        left.remove(context).await;
    }
    let scratches = [Scratch::new()?, Scratch::new()?];
    let made = Box::pin(make_in(context, session, ground, prepared, pg_dump, &scratches)).await;
    for scratch in &scratches {
        scratch.remove(context).await;
    }
    made
}

async fn make_in(
    context: &Arc<Context>,
    session: &Session,
    ground: &Ground,
    prepared: &Preparation,
    pg_dump: Option<&Path>,
    [first, second]: &[Scratch; 2],
) -> Result<Made, Obstacle> {
    let (named, server) = (pg_dump.map(Path::to_owned), ground.major);
    let program = tokio::task::spawn_blocking(move || programs::find(named.as_deref(), server)).await;
    let program = program.unwrap_or_else(|error| Err(error.to_string())).map_err(Obstacle::here)?;
    let dates = dates::foreign(&ground.day, &context.tenant);
    let started = Instant::now();
    first.fill(context, prepared).await?;
    let replay = started.elapsed();
    let (expected, moment) = contents::read(session, first.frame(context), ground.major, &dates).await?;
    if let Some(other) = expected.unsupported() {
        return Err(Obstacle::Lasting(format!("the migrations make what snapshots do not know: {other}")));
    }
    second.fill(context, prepared).await?;
    let (again, _) = contents::read(session, second.frame(context), ground.major, &dates).await?;
    if let Some(difference) = expected.difference(&again) {
        return Err(Obstacle::Lasting(format!("the migrations leave something else each time: {difference}")));
    }
    if let Some(date) = &expected.dated {
        return Err(Obstacle::Lasting(format!("the migrations leave the date of the day they run: {date}")));
    }
    let dumped = statements(context, ground, first, &program, moment.as_ref()).await?;
    let folded = fold(&dumped);
    let proven = match rehearse(context, session, ground, prepared, &folded, &expected).await {
        Ok(restore) => Ok((folded, restore)),
        Err(Obstacle::Lasting(_)) if folded != dumped => {
            rehearse(context, session, ground, prepared, &dumped, &expected).await.map(|restore| (dumped, restore))
        }
        Err(obstacle) => Err(obstacle),
    };
    let (statements, restore) = proven?;
    let text = text::join(&statements).map_err(Obstacle::Lasting)?;
    if text.len() > MOST_BYTES {
        return Err(Obstacle::Lasting(format!("its text is longer than {} MiB", MOST_BYTES >> 20)));
    }
    Ok(Made { statements, text, replay, restore })
}

async fn statements(
    context: &Arc<Context>,
    ground: &Ground,
    scratch: &Scratch,
    program: &Path,
    moment: Option<&Moment>,
) -> Result<Vec<String>, Obstacle> {
    let dumped = dump(program, &context.url, scratch.frame(context)).await?;
    let origin = Origin {
        schema: scratch.target.schema(),
        mark: &scratch.mark,
        role: &ground.role,
        after_tenant: context.settings.search_path.after_tenant(),
        moment: moment.map(|Moment(local, zoned)| [zoned.as_str(), local.as_str()]),
    };
    text::statements(&dumped, origin).map_err(Obstacle::Lasting)
}

/// Runs the statements, compares, and undoes it. Says how long the statements took.
async fn rehearse(
    context: &Arc<Context>,
    session: &Session,
    ground: &Ground,
    prepared: &Preparation,
    statements: &[String],
    expected: &Contents,
) -> Result<Duration, Obstacle> {
    let scratch = Scratch::new()?;
    let frame = scratch.frame(context);
    let transaction = Transaction::rehearse_snapshot(frame, statements, context.tenant.migrations(), prepared);
    let started = Instant::now();
    let run = session.pipeline(transaction.statements()).await.map_err(failed);
    let restore = started.elapsed();
    let restored = match run {
        Ok(()) => contents::read_within(session, frame, ground.major, &[]).await,
        Err(Obstacle::Lasting(reason)) => Err(Obstacle::Lasting(format!("its statements fail: {reason}"))),
        Err(passing) => Err(passing),
    };
    session.rows("ROLLBACK").await?;
    match expected.difference(&restored?.0) {
        None => Ok(restore),
        Some(difference) => Err(Obstacle::Lasting(format!("it is not what the migrations make: {difference}"))),
    }
}
