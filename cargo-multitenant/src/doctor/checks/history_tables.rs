use std::collections::BTreeMap;

use multitenant_runtime::inspection::{Given, Row};
use multitenant_runtime::{State, TargetPlan, Version};

use super::check;
use crate::doctor::cells::text;
use crate::doctor::check::{Blocked, Verdict};
use crate::doctor::command::command;
use crate::doctor::ground::Ground;
use crate::doctor::histories::Histories;
use crate::doctor::names::{listed, statements};
use crate::finding::Level;
use crate::output::counted;

check! {
    /// ## What it checks
    /// That each schema's history table is there where the schema has tables, can be read, is in this tool's layout,
    /// and names no old version that this project does not have; and that the state table, which makes a start fast,
    /// says what the histories say.
    ///
    /// ## Why is this bad?
    /// The history says what is applied. Tables without one were made by something else, and the first migration fails
    /// with "already exists", or worse, does not. A history that cannot be read keeps its tenant from being migrated and
    /// served. A version that is older than this project's newest and not in it was on another branch, or its file was
    /// removed: what it made is still there.
    ///
    /// ## What to do
    /// What something else has made is recorded, when it is as the migrations would have made it: `cargo multitenant
    /// migrate --mark-applied`. Records of versions that no longer are go with `repair --forget-unknown`. Diesel's own
    /// layout is extended with the schema's next migration, and a stale row of the state table is mended by the next run.
    "history-tables": Error, Tenants, "histories", look
}

/// Of the schemas, with the history tables in them: what the role lacks for reading them.
const RIGHTS: &str = "\
SELECT n.nspname, CASE WHEN NOT has_schema_privilege(n.oid, 'USAGE') THEN \
format('grant usage on schema %I to %I;', n.nspname, current_user) END, \
CASE WHEN c.oid IS NOT NULL AND NOT has_table_privilege(c.oid, 'SELECT') THEN \
format('grant select on %I.%I to %I;', n.nspname, c.relname, current_user) END \
FROM pg_namespace n LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = ANY ($2) AND c.relkind IN ('r', 'p') \
WHERE n.nspname = ANY ($1) ORDER BY 1";

async fn look(ground: &Ground) -> Result<Verdict, Blocked> {
    let plan = ground.plan()?;
    let fleet = ground.fleet()?;
    let there: Vec<&TargetPlan> = plan.targets().filter(|target| target.state != State::Missing).collect();
    if there.is_empty() {
        return Ok(Verdict::Nothing);
    }
    let histories = Histories::look(ground).await?;
    let rights = rights(ground, &there).await?;
    let mut complaints = unreadable(&there, &rights, |complaint, schemas| fleet.about(complaint, schemas));
    let unrecorded = histories.unrecorded();
    if !unrecorded.is_empty() {
        let message = format!(
            "{} tables, and no history of what has made them: {}",
            counted(unrecorded.len(), "schema has", "schemas have"),
            listed(&unrecorded)
        );
        let complaint = fleet.about(CHECK.complaint(message).object("history"), &unrecorded);
        let mark = command("migrate --mark-applied", &complaint.tenants);
        complaints.push(
            complaint.help(format!(
                "if they are as the migrations would have made them, up to VERSION: {mark} --to VERSION"
            )),
        );
    }
    complaints.extend(unknown(ground, &there)?);
    let of_diesel = histories.of_diesel();
    if !of_diesel.is_empty() {
        let message = format!(
            "{} in Diesel's own layout, without checksums: {}",
            counted(of_diesel.len(), "history is", "histories are"),
            listed(&of_diesel)
        );
        let mut complaint = fleet.about(CHECK.complaint(message).object("history"), &of_diesel);
        complaint.level = Level::Info;
        complaints.push(complaint.help("nothing: it is extended with the schema's next migration"));
    }
    let stale = there.iter().filter(|target| target.state_row_is_stale());
    let stale: Vec<&str> = stale.map(|target| target.target.schema().as_str()).collect();
    if !stale.is_empty() {
        let rows = counted(stale.len(), "row of the state table does", "rows of the state table do");
        let message = format!("{rows} not say what the history says: {}", listed(&stale));
        let mut complaint = fleet.about(CHECK.complaint(message).object("state table"), &stale);
        complaint.level = Level::Info;
        let help = command("migrate", &complaint.tenants);
        complaints.push(complaint.help(format!("{help} mends it; until then a start reads these histories")));
    }
    let good = counted(there.len(), "schema", "schemas");
    Ok(Verdict::of(good.clone(), format!("{good}, of which not all are in order"), complaints))
}

/// What grants the role what it lacks for reading histories that cannot be read, with their schemas.
async fn rights(ground: &Ground, targets: &[&TargetPlan]) -> Result<Vec<Row>, Blocked> {
    let unreadable = targets.iter().filter(|target| target.state == State::Unreadable);
    let schemas: Vec<&str> = unreadable.map(|target| target.target.schema().as_str()).collect();
    if schemas.is_empty() {
        return Ok(Vec::new());
    }
    let settings = &ground.config()?.settings;
    let tables = [settings.shared_history.as_str(), settings.tenant_history.as_str()];
    Ok(ground.inspector()?.rows(RIGHTS, &[Given::Texts(&schemas), Given::Texts(&tables)]).await?)
}

/// Histories that cannot be read, by why; what differs only in the schema's name is one.
fn unreadable(
    targets: &[&TargetPlan],
    rights: &[Row],
    about: impl Fn(crate::finding::Complaint, &[&str]) -> crate::finding::Complaint,
) -> Vec<crate::finding::Complaint> {
    let mut causes: BTreeMap<String, Vec<&TargetPlan>> = BTreeMap::new();
    for target in targets.iter().filter(|target| target.state == State::Unreadable) {
        let Some(failure) = &target.last_failure else { continue };
        let place = target.target.schema().quoted();
        causes.entry(failure.to_string().replace(&place, "…")).or_default().push(target);
    }
    let one = |(cause, targets): (String, Vec<&TargetPlan>)| {
        let schemas: Vec<&str> = targets.iter().map(|target| target.target.schema().as_str()).collect();
        let first = targets.first().and_then(|target| target.last_failure.as_ref());
        let what = match (first, &targets[..]) {
            (Some(failure), [_]) => failure.to_string(),
            _ => format!("{cause}: {}", listed(&schemas)),
        };
        let complaint = about(CHECK.complaint(what).object("history"), &schemas);
        let of_these = rights.iter().filter(|row| schemas.contains(&text(row, 0)));
        let mut grants: Vec<&str> = of_these.flat_map(|row| [row.get(1), row.get(2)]).flatten().collect();
        grants.dedup();
        if !grants.is_empty() {
            let grants = statements(grants.into_iter().map(str::to_owned));
            return complaint
                .help(format!("migrate as the schema's owner, or, as that role or a superuser:\n{grants}"));
        }
        let hint = first.and_then(|failure| failure.hint.clone());
        // A statement is for the first one: the others' differs in the schema's name.
        if let (Some(hint), Some(one)) = (&hint, targets.first())
            && hint.starts_with("ALTER TABLE ")
        {
            let place = one.target.schema().quoted();
            let of = |target: &&TargetPlan| hint.replacen(&place, &target.target.schema().quoted(), 1);
            return complaint.help(statements(targets.iter().map(of)));
        }
        complaint.help(hint.unwrap_or_else(|| "mend what the server says, then look again".to_owned()))
    };
    causes.into_iter().map(one).collect()
}

/// Versions that are not newer than this project's, and not in it.
fn unknown(ground: &Ground, targets: &[&TargetPlan]) -> Result<Vec<crate::finding::Complaint>, Blocked> {
    let (fleet, (shared, tenant)) = (ground.fleet()?, ground.project()?.sets());
    let mut causes: BTreeMap<(String, bool), Vec<&str>> = BTreeMap::new();
    for target in targets {
        let is_shared = target.target.tenant().is_none();
        let Some(head) = (if is_shared { shared } else { Some(tenant) }).and_then(|set| set.head()) else { continue };
        let old = target.unknown.iter().filter(|version| *version <= head).map(Version::as_str);
        let old = listed(old);
        if !old.is_empty() {
            causes.entry((old, is_shared)).or_default().push(target.target.schema().as_str());
        }
    }
    let one = |((versions, is_shared), schemas): (&(String, bool), &Vec<&str>)| {
        let message = format!(
            "{} records of {versions}, which this project does not have and which is not newer than it: {}",
            if schemas.len() == 1 { "a history has" } else { "histories have" },
            listed(schemas)
        );
        let mut complaint = fleet.about(CHECK.complaint(message).object(versions), schemas);
        complaint.level = Level::Warning;
        let words = if *is_shared { "repair shared --forget-unknown" } else { "repair --forget-unknown" };
        let forget = command(words, &complaint.tenants);
        complaint.help(format!("bring the files back, or, when what they made is gone: {forget}"))
    };
    Ok(causes.iter().map(one).collect())
}
