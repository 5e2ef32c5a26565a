use multitenant_runtime::inspection::{Access, Given, Row};
use multitenant_runtime::{Identifier, RoleLack, RoleName, RoleReport, SchemaName, Tier};

use super::check;
use crate::doctor::check::{Blocked, Verdict};
use crate::doctor::command::command;
use crate::doctor::fleet::Fleet;
use crate::doctor::ground::Ground;
use crate::doctor::quoted::qualified;
use crate::finding::Complaint;
use crate::output::counted;

check! {
    /// ## What it checks
    /// Where each tenant has a role: it takes some of them on, in read-only transactions that are rolled back, and
    /// tries to read a table of another tenant, which the server must refuse, and one of their own, which it must not.
    /// No row is read. At most three tenants are tried, the first, the one in the middle and the last, each against the
    /// next; what the catalogue says of all the others is `schema-grants` and `tenant-roles`.
    ///
    /// ## Why is this bad?
    /// The role is the wall behind everything else: a query with a schema's name in a text, a function, a forgotten path.
    /// If the server lets a tenant's role read another tenant's table, there is none. If it does not let it read its own,
    /// the tenant is down.
    ///
    /// ## What to do
    /// Take away the right by which it can (the finding names the first statement to try, `schema-grants` all such
    /// rights), then look again. Where it cannot read its own: `cargo multitenant migrate`.
    "cross-tenant-read": Error, Tenants, "isolation", look
}

/// How many tenants are tried.
const TRIED: usize = 3;

/// A table of each schema: where there is more than the history, another than that. What else is the migrator's own the
/// tenants' roles have no right to.
const TABLES: &str = "\
SELECT DISTINCT ON (n.nspname) n.nspname, c.relname FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid \
WHERE n.nspname = ANY ($1) AND c.relkind IN ('r', 'p') AND (c.relname = $2 OR c.relname <> ALL ($3)) \
ORDER BY n.nspname, c.relname = $2, c.relname";

/// A table with its schema.
struct Place {
    schema: SchemaName,
    table: Identifier,
}

async fn look(ground: &Ground) -> Result<Verdict, Blocked> {
    let settings = &ground.config()?.settings;
    if settings.roles.is_none() {
        return Ok(Verdict::Nothing);
    }
    let inspector = ground.inspector()?;
    // What is refused or missing is told by the check of the roles.
    let roles = ground.roles()?.map(|roles| roles.tenants.as_slice()).unwrap_or_default();
    let usable: Vec<&RoleReport> =
        roles.iter().filter(|role| role.role.is_some() && !role.lacks.contains(&RoleLack::Role)).collect();
    let Some(last) = usable.len().checked_sub(1).filter(|_| roles.len() > 1) else { return Ok(Verdict::Nothing) };
    let mut tried = vec![0, last / 2, last];
    tried.dedup();
    tried.truncate(TRIED);
    let pairs: Vec<(&RoleReport, &RoleReport)> =
        tried.iter().filter_map(|&i| Some((usable[i], next(roles, usable[i])?))).collect();
    let schemas: Vec<&str> =
        pairs.iter().flat_map(|(one, other)| [one.schema.as_str(), other.schema.as_str()]).collect();
    let own = settings.own_tables(Tier::Tenant, &usable[last].schema);
    let given = [Given::Texts(&schemas), Given::Text(settings.tenant_history.as_str()), Given::Texts(&own)];
    let tables = inspector.rows(TABLES, &given).await?;
    let fleet = ground.fleet()?;
    let (mut complaints, mut refused, mut not_tried) = (Vec::new(), 0, None);
    for (one, other) in &pairs {
        let Some(role) = one.role.as_ref().and_then(|role| RoleName::new(role).ok()) else { continue };
        let mut attempt = async |place: &Place| match inspector.may_read(&role, &place.schema, &place.table).await {
            Ok(access) => access,
            Err(failure) => {
                not_tried = Some(failure.to_string());
                Access::NotTried
            }
        };
        if let Some(place) = place(&tables, &other.schema) {
            match attempt(&place).await {
                Access::Granted => complaints.push(opens(one, &role, &place, &fleet)),
                Access::Refused => refused += 1,
                _ => {}
            }
        }
        if let Some(place) = place(&tables, &one.schema)
            && attempt(&place).await == Access::Refused
        {
            complaints.push(is_shut(one, &role, &place, &fleet));
        }
    }
    if complaints.is_empty() && refused == 0 {
        let may_not =
            "the role that looks may not take on the tenants' roles: look as the application's, or as a superuser";
        return Err(Blocked(not_tried.unwrap_or_else(|| may_not.to_owned())));
    }
    let good = format!("{} of another tenant's table refused", counted(refused, "attempted read", "attempted reads"));
    Ok(Verdict::of(good, "a tenant's role can read what is not its own, or not what is", complaints))
}

fn opens(one: &RoleReport, role: &RoleName, place: &Place, fleet: &Fleet<'_>) -> Complaint {
    let at = qualified(place.schema.as_str(), place.table.as_str());
    let message = format!("the role of the tenant {}, {:?}, can read {at}", one.tenant, role.as_str());
    let complaint = CHECK.complaint(message).object(at);
    let (schema, role) = (place.schema.quoted(), role.quoted());
    fleet.about(complaint, &[one.schema.as_str(), place.schema.as_str()]).help(format!(
        "REVOKE ALL ON SCHEMA {schema} FROM PUBLIC, {role}; REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM PUBLIC, {role}\n\
         then look again; if that does not do, look at memberships and attributes of the role"
    ))
}

fn is_shut(one: &RoleReport, role: &RoleName, place: &Place, fleet: &Fleet<'_>) -> Complaint {
    let at = qualified(place.schema.as_str(), place.table.as_str());
    let message = format!("the role of the tenant {}, {:?}, cannot read its own {at}", one.tenant, role.as_str());
    let grant = format!("GRANT SELECT, INSERT, UPDATE, DELETE ON {at} TO {}", role.quoted());
    let complaint = fleet.about(CHECK.complaint(message).object(at), &[one.schema.as_str()]);
    let migrate = command("migrate", &complaint.tenants);
    complaint.help(format!("{migrate}; where a migration has taken the right away, and should not have:\n{grant}"))
}

/// The tenant after this one, the first after the last.
fn next<'r>(roles: &'r [RoleReport], role: &RoleReport) -> Option<&'r RoleReport> {
    let at = roles.iter().position(|other| other.schema == role.schema)?;
    roles.get((at + 1) % roles.len()).filter(|other| other.schema != role.schema)
}

fn place(tables: &[Row], schema: &SchemaName) -> Option<Place> {
    let row = tables.iter().find(|row| row.get(0) == Some(schema.as_str()))?;
    Some(Place { schema: schema.clone(), table: Identifier::new(row.get(1)?).ok()? })
}
