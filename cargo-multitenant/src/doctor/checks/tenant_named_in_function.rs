use std::collections::{BTreeMap, BTreeSet};

use multitenant_runtime::inspection::Given;

use super::check;
use crate::doctor::check::{Blocked, Verdict};
use crate::doctor::ground::Ground;
use crate::doctor::names::listed;
use crate::doctor::schema_names::schema_names;
use crate::output::counted;

check! {
    /// ## What it checks
    /// That no function of a tenant names another tenant's schema, and no shared function a tenant's at all, in its text
    /// (`tenant_acme.orders`) or in its `search_path`. It is a text that is searched: a name in a comment counts too.
    ///
    /// ## Why is this bad?
    /// Every tenant that calls it reads or writes that one tenant's rows. It is what is left when functions are copied
    /// from one schema to the next, by `pg_dump` with the names replaced, or by hand. The server does not know what a
    /// function's text stands on, so that dropping that tenant breaks it for all others.
    ///
    /// ## What to do
    /// `CREATE OR REPLACE FUNCTION` in a migration, without the schema's name, and `ALTER FUNCTION … RESET
    /// search_path`, or set it to the tenant's own.
    "tenant-named-in-function": Warning, Tenants, "functions' texts", look
}

/// Each text once, with the functions of that name, and where they are, a line each.
const TEXTS: &str = "\
SELECT p.prosrc, array_to_string(p.proconfig, ' '), p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', \
string_agg(n.nspname, chr(10) ORDER BY n.nspname) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace \
JOIN pg_language l ON l.oid = p.prolang WHERE n.nspname = ANY ($1) AND l.lanname NOT IN ('c', 'internal') \
AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid AND e.deptype = 'e') \
GROUP BY 1, 2, 3 ORDER BY 3";

async fn look(ground: &Ground) -> Result<Verdict, Blocked> {
    let fleet = ground.fleet()?;
    if fleet.schemas().is_empty() {
        return Ok(Verdict::Nothing);
    }
    let tenants: BTreeSet<&str> = fleet.schemas().iter().copied().collect();
    let rows = ground.inspector()?.rows(TEXTS, &[Given::Texts(&fleet.all())]).await?;
    let mut causes: BTreeMap<(&str, String), Vec<&str>> = BTreeMap::new();
    for row in &rows {
        let (text, path) = (row.get(0).unwrap_or_default(), row.get(1).unwrap_or_default());
        for named in schema_names(text, path).into_iter().filter(|name| tenants.contains(name.as_str())) {
            let places = row.get(3).unwrap_or_default().split('\n').filter(|schema| *schema != named);
            let function = row.get(2).unwrap_or_default();
            places.for_each(|schema| causes.entry((function, named.clone())).or_default().push(schema));
        }
    }
    let complaints = causes.iter().map(|((function, named), schemas)| {
        let message = format!("the function {function} names the tenant's schema {named}: {}", listed(schemas));
        let all: Vec<&str> = schemas.iter().copied().chain([named.as_str()]).collect();
        let complaint = fleet.about(CHECK.complaint(message).object(*function), &all);
        complaint.help(format!(
            "make it anew without {named}, which is not the caller's own: CREATE OR REPLACE FUNCTION {function} …"
        ))
    });
    let complaints: Vec<_> = complaints.collect();
    let bad = format!("{} another tenant", counted(complaints.len(), "function names", "functions name"));
    Ok(Verdict::of("none names another tenant", bad, complaints))
}
