//! What a fleet's schemas hold: equal ones are described once.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::ops::Range;

use crate::connection::{PipelineError, Session};
use crate::ident::SchemaName;
use crate::run::Failure;
use crate::settings::Settings;
use crate::target::Target;

use super::catalogue::{Asked, SETTINGS, View, digests, objects};
use super::object::Objects;
use super::replay::major;

/// Up to how many schemas are described without asking first which are equal.
const FEW: usize = 8;

/// How many schemas one statement describes: what their views read is locked until its end.
const CHUNK: usize = 32;

/// A transaction that sees one state of the catalogue.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// Schemas that are known to be equal, by their places in the list.
pub(super) type Group = Vec<usize>;

/// Puts schemas that are equal together, over two connections at once. The first one's transaction stays open.
pub(super) async fn groups(
    sessions: [&Session; 2],
    settings: &Settings,
    targets: &[&Target],
    statements: &mut usize,
) -> Result<(Vec<Group>, u32), PipelineError> {
    let [first, second] = sessions;
    begin(first, settings).await?;
    let singles = || (0..targets.len()).map(|at| vec![at]).collect();
    let major = major(first).await.map_err(|error| PipelineError { index: 0, error })?;
    if targets.len() <= FEW {
        return Ok((singles(), major));
    }
    begin(second, settings).await?;
    let asked: Vec<Asked<'_>> = targets.iter().map(|target| Asked::new(settings, target)).collect();
    let seed = RandomState::new().build_hasher().finish().cast_signed();
    let [shapes, rules] = digests(&asked, seed, major);
    let (shapes, rules) = tokio::join!(first.rows(&shapes), second.rows(&rules));
    *statements += 2;
    let (shapes, rules) = match (shapes, rules) {
        (Ok(shapes), Ok(rules)) => (shapes, rules),
        // A table is locked by somebody, or the role may not see something: each is asked for itself.
        (Err(error), _) | (_, Err(error)) if !first.is_closed() && !second.is_closed() => {
            tracing::debug!(error = %Failure::from_postgres(&error), "which schemas are equal cannot be asked at once");
            return Ok((singles(), major));
        }
        (Err(error), _) | (_, Err(error)) => return Err(PipelineError { index: 0, error }),
    };
    let mut numbers: HashMap<String, [Option<String>; 2]> = HashMap::new();
    for (part, rows) in [shapes, rules].into_iter().enumerate() {
        for row in rows {
            let of_one = numbers.entry(row.get(0).unwrap_or_default().to_owned()).or_default();
            of_one[part] = row.get(1).map(str::to_owned);
        }
    }
    let mut groups: BTreeMap<[Option<String>; 2], Group> = BTreeMap::new();
    for (at, target) in targets.iter().enumerate() {
        let number = numbers.remove(target.schema().as_str()).unwrap_or_default();
        groups.entry(number).or_default().push(at);
    }
    let mut groups: Vec<Group> = groups.into_values().collect();
    groups.sort_by_key(|group| group.first().copied());
    Ok((groups, major))
}

/// Describes some of the schemas, chunk by chunk, and hands each over: what it holds, or why that cannot be said.
pub(super) async fn describe(
    session: &Session,
    settings: &Settings,
    targets: &[&Target],
    major: u32,
    statements: &mut usize,
    mut each: impl FnMut(usize, &SchemaName, Result<&Objects, &Failure>),
) -> Result<(), PipelineError> {
    let mut left: Vec<Range<usize>> =
        (0..targets.len()).step_by(CHUNK).map(|from| from..targets.len().min(from + CHUNK)).rev().collect();
    while let Some(range) = left.pop() {
        let chunk = &targets[range.clone()];
        let asked: Vec<Asked<'_>> = chunk.iter().map(|target| Asked::new(settings, target)).collect();
        // What the one before has locked is let go of, and its path is left.
        session.rows("ROLLBACK").await.map_err(|error| PipelineError { index: 0, error })?;
        begin(session, settings).await?;
        *statements += 1;
        match session.rows(&objects(&asked, View::Own, major)).await {
            Ok(rows) => {
                let mut schemas = Objects::by_schema(&rows);
                for (at, target) in range.zip(chunk) {
                    let objects = schemas.remove(target.schema().as_str()).unwrap_or_default();
                    each(at, target.schema(), Ok(&objects));
                }
            }
            Err(error) if session.is_closed() => return Err(PipelineError { index: 0, error }),
            // One of them is in the way: it is found by halves.
            Err(_) if chunk.len() > 1 => {
                let middle = range.start + chunk.len() / 2;
                left.extend([middle..range.end, range.start..middle]);
            }
            Err(error) => {
                let failure = Failure::from_postgres(&error);
                chunk.iter().for_each(|target| each(range.start, target.schema(), Err(&failure)));
            }
        }
    }
    Ok(())
}

/// One state of the catalogue; who locks a table is not waited for without limit.
async fn begin(session: &Session, settings: &Settings) -> Result<(), PipelineError> {
    let limit = format!("SET LOCAL lock_timeout = {}", settings.lock_timeout.as_millis());
    let statements: Vec<&str> = [BEGIN].into_iter().chain(SETTINGS).chain([limit.as_str()]).collect();
    session.pipeline(&statements).await
}
