use std::collections::BTreeMap;

use multitenant_runtime::SchemaName;
use multitenant_runtime::inspection::{Given, Row};

use super::check;
use crate::doctor::cells::{text, yes};
use crate::doctor::check::{Blocked, Verdict};
use crate::doctor::ground::Ground;
use crate::doctor::names::statements;
use crate::finding::{Complaint, Level};
use crate::output::counted;

check! {
    /// ## What it checks
    /// What the role that migrates may do: make schemas in the database, use the shared schema and create in it where there
    /// are shared migrations, use and create in every tenant's schema, alter the history tables, and make roles where
    /// `role_per_tenant` is on.
    ///
    /// ## Why is this bad?
    /// A migration ends with "permission denied" in the schemas concerned, and a new tenant cannot be created. From
    /// PostgreSQL 15 on only the database's owner may create in `public`. A history table of another owner cannot be
    /// given the columns that it needs.
    ///
    /// ## What to do
    /// Run the statement that is named, as the database's owner or as a superuser. Or let migrations go over a role that
    /// may: `database.migrate_url`, `MULTITENANT_MIGRATE_URL`. History tables of a superuser, or of a role that may make
    /// roles or pass by row level security, get another owner: nobody should become a member of such a role.
    "role-rights": Error, Database, "rights", look
}

/// Of the role and the database: one row.
const ROLE: &str = "\
SELECT quote_ident(current_user), quote_ident(current_database()), \
has_database_privilege(current_database(), 'CREATE'), \
(SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user)";

/// Of the schemas that are there: those that the role may not use, or not create in.
const SCHEMAS: &str = "\
SELECT n.nspname, quote_ident(n.nspname), has_schema_privilege(n.oid, 'USAGE'), has_schema_privilege(n.oid, 'CREATE') \
FROM pg_namespace n WHERE n.nspname = ANY ($1) \
AND NOT (has_schema_privilege(n.oid, 'USAGE') AND has_schema_privilege(n.oid, 'CREATE')) ORDER BY 1";

/// History tables of others, with their owners, and whether the owner has rights beyond its objects, itself or by what it
/// is a member of: whoever is made a member of it has them too.
const HISTORIES: &str = "\
SELECT quote_ident(pg_get_userbyid(c.relowner)), format('%I.%I', n.nspname, c.relname), \
EXISTS (SELECT FROM pg_roles r WHERE (r.rolsuper OR r.rolcreaterole OR r.rolbypassrls OR r.rolreplication) \
AND pg_has_role(c.relowner, r.oid, 'MEMBER')) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
WHERE n.nspname = ANY ($1) AND c.relname = ANY ($2) AND c.relkind = 'r' \
AND NOT pg_has_role(c.relowner, 'USAGE') ORDER BY 1, 2";

async fn look(ground: &Ground) -> Result<Verdict, Blocked> {
    let inspector = ground.inspector()?;
    let project = ground.project()?;
    let settings = &project.config().settings;
    let tenants = ground.tenant_schemas().unwrap_or_default();
    let mut schemas: Vec<&str> = tenants.into_iter().map(SchemaName::as_str).collect();
    schemas.push(settings.shared_schema.as_str());
    let histories = [settings.shared_history.as_str(), settings.tenant_history.as_str()];

    let rows = inspector.rows(ROLE, &[]).await?;
    let role = rows.first().ok_or_else(|| Blocked("the server does not say who we are".to_owned()))?;
    let (name, database) = (text(role, 0), text(role, 1));
    let mut complaints = Vec::new();
    if !yes(role, 2) {
        let mut complaint = CHECK
            .complaint(format!(
                "the role {name} may not make schemas in the database {database}: no tenant can be created"
            ))
            .object("database")
            .help(format!("grant create on database {database} to {name};"));
        // What is there already can be migrated.
        complaint.level = Level::Warning;
        complaints.push(complaint);
    }
    if settings.roles.is_some() && !yes(role, 3) {
        let message = format!("role_per_tenant is on, and the role {name} may not make roles");
        complaints.push(CHECK.complaint(message).object("role").help(format!("alter role {name} createrole;")));
    }
    let lacking = inspector.rows(SCHEMAS, &[Given::Texts(&schemas)]).await?;
    let (shared, of_tenants): (Vec<&Row>, Vec<&Row>) =
        lacking.iter().partition(|row| text(row, 0) == settings.shared_schema.as_str());
    let creates_shared = project.sets().0.is_some();
    complaints.extend(shared.into_iter().filter_map(|row| of_shared(row, name, creates_shared)));
    complaints.extend(of_others(&of_tenants, name));
    let others = inspector.rows(HISTORIES, &[Given::Texts(&schemas), Given::Texts(&histories)]).await?;
    complaints.extend(of_owners(&others, name));
    let found = format!("{name} may migrate and make schemas");
    Ok(Verdict::of(found, format!("{name} lacks rights"), complaints))
}

fn of_shared(row: &Row, role: &str, creates: bool) -> Option<Complaint> {
    let schema = text(row, 1);
    let complaint = if !yes(row, 2) {
        let message = format!("the role {role} may not use the shared schema {schema}");
        CHECK.complaint(message).help(format!("grant usage, create on schema {schema} to {role};"))
    } else if creates {
        let message =
            format!("the role {role} may not create in the shared schema {schema}: shared migrations will fail");
        CHECK.complaint(message).help(format!("grant create on schema {schema} to {role};"))
    } else {
        return None;
    };
    Some(in_schema(complaint, text(row, 0)))
}

/// Many tenants are one complaint.
fn of_others(rows: &[&Row], role: &str) -> Option<Complaint> {
    let first = rows.first()?;
    let schemas = counted(rows.len(), "tenant's schema", "tenants' schemas");
    let message = format!("the role {role} may not use, or not create in, {schemas}, first of them {}", text(first, 1));
    let help = statements(rows.iter().map(|row| format!("grant usage, create on schema {} to {role};", text(row, 1))));
    Some(in_schema(CHECK.complaint(message).help(help), text(first, 0)))
}

/// One complaint for each owner of history tables.
fn of_owners(rows: &[Row], role: &str) -> Vec<Complaint> {
    let mut owners: BTreeMap<(&str, bool), Vec<&str>> = BTreeMap::new();
    for row in rows {
        owners.entry((text(row, 0), yes(row, 2))).or_default().push(text(row, 1));
    }
    let one = |((owner, is_mighty), tables): ((&str, bool), Vec<&str>)| {
        let count = counted(tables.len(), "history table belongs", "history tables belong");
        let message = format!("{count} to the role {owner}, first of them {}", tables.first().unwrap_or(&""));
        let help = if is_mighty {
            statements(tables.iter().map(|table| format!("alter table {table} owner to {role};")))
        } else {
            format!("grant {owner} to {role};")
        };
        CHECK.complaint(message).object("history").help(help)
    };
    owners.into_iter().map(one).collect()
}

fn in_schema(mut complaint: Complaint, schema: &str) -> Complaint {
    complaint.schema = Some(schema.to_owned());
    complaint.object("schema")
}
