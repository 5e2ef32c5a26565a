//! What a fleet's schemas hold: equal ones are described once.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hasher, RandomState};

use crate::connection::{PipelineError, Session};
use crate::ident::SchemaName;
use crate::settings::Settings;
use crate::target::Target;

use super::catalogue::{Asked, SETTINGS, View, digests, objects};
use super::object::Objects;
use super::replay::major;

/// Up to how many schemas are described without asking first which are equal.
const FEW: usize = 8;

/// How many schemas one statement describes, so that its answer is some megabytes.
const CHUNK: usize = 64;

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
    begin(first).await?;
    let major = major(first).await.map_err(|error| PipelineError { index: 0, error })?;
    if targets.len() <= FEW {
        return Ok(((0..targets.len()).map(|at| vec![at]).collect(), major));
    }
    begin(second).await?;
    let asked: Vec<Asked<'_>> = targets.iter().map(|target| Asked::new(settings, target)).collect();
    let seed = RandomState::new().build_hasher().finish().cast_signed();
    let [shapes, rules] = digests(&asked, seed, major);
    let ask = async |session: &Session, query: &str| {
        session.rows(query).await.map_err(|error| PipelineError { index: 0, error })
    };
    let (shapes, rules) = tokio::join!(ask(first, &shapes), ask(second, &rules));
    *statements += 2;
    let mut numbers: HashMap<String, [Option<String>; 2]> = HashMap::new();
    for (part, rows) in [shapes?, rules?].into_iter().enumerate() {
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

/// Describes some of the schemas, chunk by chunk, and hands each chunk over.
pub(super) async fn describe(
    session: &Session,
    settings: &Settings,
    targets: &[&Target],
    major: u32,
    statements: &mut usize,
    mut each: impl FnMut(&SchemaName, &Objects),
) -> Result<(), PipelineError> {
    for chunk in targets.chunks(CHUNK) {
        let asked: Vec<Asked<'_>> = chunk.iter().map(|target| Asked::new(settings, target)).collect();
        // The query before has left a schema's own path.
        let answers = session.pipeline_rows(&[SETTINGS[0], &objects(&asked, View::Own, major)]).await?;
        *statements += 1;
        let rows = answers.into_iter().next_back().unwrap_or_default();
        let mut schemas = Objects::by_schema(&rows);
        for target in chunk {
            each(target.schema(), &schemas.remove(target.schema().as_str()).unwrap_or_default());
        }
    }
    Ok(())
}

async fn begin(session: &Session) -> Result<(), PipelineError> {
    let statements: Vec<&str> = [BEGIN].into_iter().chain(SETTINGS).collect();
    session.pipeline(&statements).await
}
