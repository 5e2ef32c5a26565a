use multitenant_runtime::SchemaName;
use multitenant_runtime::inspection::Given;

use super::check;
use crate::doctor::check::{Blocked, Verdict};
use crate::doctor::ground::Ground;
use crate::doctor::names::{listed, statements};
use crate::doctor::quoted::quoted;
use crate::doctor::rows::grouped;
use crate::output::counted;

check! {
    /// ## What it checks
    /// That each function of the shared schema, of the others behind the tenants' on `isolation.search_path`, and of
    /// tenants' schemas that is `SECURITY DEFINER` has a `search_path` of its own.
    ///
    /// ## Why is this bad?
    /// It runs with its owner's rights, and finds tables by the path of whoever calls it. A shared one reads the
    /// caller's tenant, or what a caller has put before it in `pg_temp`, with rights that the caller does not have: a
    /// role for each tenant is no wall against it.
    ///
    /// ## What to do
    /// `ALTER FUNCTION … SET search_path = …, pg_temp`: the schemas that it means, and `pg_temp` last. A migration that
    /// makes it anew is to say it too: `CREATE FUNCTION … SECURITY DEFINER SET search_path = …`.
    "security-definer": Error, Traps, "functions", look
}

const FUNCTIONS: &str = "\
SELECT n.nspname, p.proname, pg_get_function_identity_arguments(p.oid), p.prokind FROM pg_proc p \
JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.prosecdef AND n.nspname = ANY ($1) \
AND NOT EXISTS (SELECT FROM unnest(p.proconfig) s (setting) WHERE starts_with(s.setting, 'search_path=')) \
AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid AND e.deptype = 'e') \
ORDER BY 1";

async fn look(ground: &Ground) -> Result<Verdict, Blocked> {
    let (fleet, settings) = (ground.fleet()?, &ground.config()?.settings);
    let mut all = fleet.all();
    all.extend(settings.search_path.after_tenant().iter().map(SchemaName::as_str));
    let rows = ground.inspector()?.rows(FUNCTIONS, &[Given::Texts(&all)]).await?;
    let (shared, tenants): (Vec<_>, Vec<_>) =
        rows.into_iter().partition(|row| row.get(0).is_some_and(|schema| fleet.tenant(schema).is_none()));
    let mut complaints = Vec::new();
    for rows in [&shared, &tenants] {
        for ([name, arguments, kind], schemas) in grouped::<3>(rows) {
            let word = if kind == "p" { "PROCEDURE" } else { "FUNCTION" };
            let message = format!(
                "{name}({arguments}) runs with its owner's rights on its caller's search_path: {}",
                listed(&schemas)
            );
            let alter = schemas.iter().map(|schema| {
                let space = quoted(schema);
                format!("ALTER {word} {space}.{}({arguments}) SET search_path = {space}, pg_temp", quoted(name))
            });
            let complaint = fleet.about(CHECK.complaint(message).object(name), &schemas);
            complaints.push(complaint.help(statements(alter)));
        }
    }
    let bad = counted(complaints.len(), "function runs as its owner", "functions run as their owners");
    Ok(Verdict::of("none runs as its owner on a caller's path", format!("{bad} on a caller's path"), complaints))
}
