use std::collections::BTreeMap;

use multitenant_runtime::{State, TargetPlan, Version};

use super::check;
use crate::doctor::check::{Blocked, Verdict};
use crate::doctor::command::command;
use crate::doctor::fleet::Fleet;
use crate::doctor::ground::Ground;
use crate::doctor::histories::Histories;
use crate::doctor::names::listed;
use crate::finding::{Complaint, Level};
use crate::output::counted;

check! {
    /// ## What it checks
    /// That the shared schema and every tenant hold exactly this project's migrations: none pending, none edited after it
    /// was applied, none failed in the last run, none newer than this project, none that is pending behind later ones.
    ///
    /// ## Why is this bad?
    /// An application that expects a column fails in every tenant that does not have it yet. Where an applied migration
    /// was edited, nobody knows what the schema holds, and a run refuses it. Where versions are applied that this
    /// project does not have, a newer release was here, and this one may not know how to write to its tables.
    ///
    /// ## What to do
    /// `cargo multitenant migrate` applies what is pending, `migrate --retry-failed` goes to those that failed last
    /// time, when the cause is mended. An edited file is to be as it was, with a new migration for the change, or taken
    /// as it is by `repair --accept-edited`. `cargo multitenant status` shows all of it.
    "pending-migrations": Warning, Tenants, "migrations", look
}

/// What is wrong with a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Cause {
    Failed,
    Edited,
    Refused,
    Behind,
    Late,
    Ahead,
}

async fn look(ground: &Ground) -> Result<Verdict, Blocked> {
    let (plan, project) = (ground.plan()?, ground.project()?);
    let fleet = ground.fleet()?;
    let (shared, tenant) = project.sets();
    let foreign = Histories::look(ground).await?;
    let mut causes: BTreeMap<(Cause, String, bool), Vec<&TargetPlan>> = BTreeMap::new();
    let mut count = 0;
    let looked_at = plan.targets().filter(|target| !matches!(target.state, State::Missing | State::Unreadable));
    // What has tables and no history is another check's.
    for target in looked_at.filter(|target| !foreign.is_unrecorded(target.target.schema().as_str())) {
        count += 1;
        let is_shared = target.target.tenant().is_none();
        let head = if is_shared { shared } else { Some(tenant) }.and_then(|set| set.head());
        for (cause, detail) in causes_of(target, head) {
            causes.entry((cause, detail, is_shared)).or_default().push(target);
        }
    }
    if count == 0 {
        return Ok(Verdict::Nothing);
    }
    let schemas = counted(count, "schema", "schemas");
    let mut wrong: Vec<&str> = causes.values().flatten().map(|target| target.target.schema().as_str()).collect();
    wrong.sort_unstable();
    wrong.dedup();
    let bad = format!("{} of {schemas} not as this project has them", wrong.len());
    let complaints = causes
        .iter()
        .map(|((cause, detail, is_shared), targets)| complaint(*cause, detail, *is_shared, targets, &fleet));
    Ok(Verdict::of(format!("{schemas} up to date"), bad, complaints.collect()))
}

fn causes_of(target: &TargetPlan, head: Option<&Version>) -> Vec<(Cause, String)> {
    let mut causes = Vec::new();
    if let Some(failure) = &target.last_failure {
        let at = failure.migration.as_ref().map(|version| format!(" (migration {version})"));
        causes.push((Cause::Failed, format!("{failure}{}", at.unwrap_or_default())));
    }
    if !target.edited.is_empty() {
        causes.push((Cause::Edited, versions(&target.edited)));
    } else if let Some(refused) = &target.refused {
        causes.push((Cause::Refused, refused.clone()));
    }
    let is_behind = !target.pending.is_empty() && target.last_failure.is_none();
    if is_behind {
        causes.push((Cause::Behind, versions(&target.pending)));
    }
    // Where they are refused, that is said above.
    if !target.out_of_order.is_empty() && (target.refused.is_none() || !target.edited.is_empty()) {
        causes.push((Cause::Late, versions(&target.out_of_order)));
    }
    let newer: Vec<Version> =
        target.unknown.iter().filter(|version| head.is_none_or(|head| *version > head)).cloned().collect();
    if !newer.is_empty() {
        causes.push((Cause::Ahead, versions(&newer)));
    }
    causes
}

fn versions(versions: &[Version]) -> String {
    listed(versions.iter().map(Version::as_str))
}

fn complaint(cause: Cause, detail: &str, shared: bool, targets: &[&TargetPlan], fleet: &Fleet<'_>) -> Complaint {
    let schemas: Vec<&str> = targets.iter().map(|target| target.target.schema().as_str()).collect();
    let who = if shared { "the shared schema".to_owned() } else { counted(schemas.len(), "tenant", "tenants") };
    let (is, lacks) = if schemas.len() == 1 { ("is", "lacks") } else { ("are", "lack") };
    let at = listed(&schemas);
    let (level, message) = match cause {
        Cause::Failed => (Level::Error, format!("the last migration of {who} failed: {detail}: {at}")),
        Cause::Edited => {
            (Level::Error, format!("{who} {is} of edited migrations: {detail} differ from what was applied: {at}"))
        }
        Cause::Refused => (Level::Error, format!("{who} would not be migrated: {detail}: {at}")),
        Cause::Behind => (CHECK.level, format!("{who} {lacks} {detail}: {at}")),
        Cause::Late => (
            CHECK.level,
            format!("{who} {lacks} what sorts before migrations that are applied already: {detail}: {at}"),
        ),
        Cause::Ahead => {
            (CHECK.level, format!("a newer release has migrated {who}: this project does not have {detail}: {at}"))
        }
    };
    let mut complaint = fleet.about(CHECK.complaint(message).object(detail), &schemas);
    complaint.level = level;
    let to = |words: &str| {
        let words = if shared { words.replacen(' ', " shared ", 1) } else { words.to_owned() };
        command(words.trim_end(), &complaint.tenants)
    };
    let help = match cause {
        Cause::Failed if shared => format!("mend the cause, then {}", to("migrate ")),
        Cause::Failed => format!("mend the cause, then {}", to("migrate --retry-failed")),
        Cause::Edited => format!(
            "put the file back as it was and write a new migration, or take it as it is: {}",
            to("repair --accept-edited")
        ),
        Cause::Refused => "do what it says, then cargo multitenant migrate".to_owned(),
        Cause::Behind => to("migrate "),
        Cause::Late => format!(
            "{} applies them nevertheless; where they were applied by hand: {}",
            to("migrate "),
            to("repair --mark-missing")
        ),
        Cause::Ahead => {
            "deploy the newer release, or roll back with it (`cargo multitenant rollback` there)".to_owned()
        }
    };
    complaint.help(help)
}
