//! How the roles stand: two statements for any number of tenants, which write nothing.

use std::collections::HashMap;

use crate::connection::{PipelineError, Row, Session};
use crate::ident::{IdentError, RoleName, SchemaName, literal};
use crate::run::Failure;
use crate::settings::{RoleSettings, Settings};
use crate::sqlstate::FailureClass;

use super::expressions::Expressions;
use super::others::{is_anothers, is_passed_over};
use super::problem::RoleProblem;

/// How all roles stand.
pub(crate) struct Look {
    pub(crate) ground: Ground,
    tenants: HashMap<String, RoleStanding>,
}

/// What all tenants' roles have in common.
#[derive(Debug)]
pub(crate) struct Ground {
    /// As the server calls it.
    pub(crate) database: String,
    /// Whether the role that migrates may make roles.
    may_create: bool,
    /// Whether memberships say for themselves what they are for, as they do since 16.
    pub(crate) has_options: bool,
    /// Who migrates.
    pub(crate) migrator: String,
    /// Whether the application's role is there.
    has_application: bool,
    /// Whether the group is there, and has what it needs.
    pub(crate) group_exists: bool,
    pub(crate) group_is_ready: bool,
    group_problem: Option<RoleProblem>,
    pub(crate) has_registry: bool,
    pub(crate) has_history: bool,
}

/// How one tenant's role stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RoleStanding {
    pub(crate) exists: bool,
    pub(crate) problem: Option<RoleProblem>,
    /// Whether anything at all hangs on a role of that name, or anybody else is a member of it.
    pub(crate) is_used: bool,
    /// Whether it may use its schema, and what will be made in it.
    pub(crate) is_granted: bool,
    /// Whether there is something in its schema that somebody else has made, and on which it has no right at all.
    pub(crate) is_passed_over: bool,
    /// Whether it can read the history, and not write to it.
    pub(crate) history_is_ready: bool,
    pub(crate) has_history: bool,
    pub(crate) is_member: bool,
    /// Whether the application may take it on, and may do nothing as it before it does.
    pub(crate) is_settable: bool,
    /// Whether who migrates may grant it and drop it.
    pub(crate) is_droppable: bool,
}

impl RoleStanding {
    pub(crate) fn is_in_order(&self) -> bool {
        self.exists
            && self.problem.is_none()
            && self.is_granted
            && !self.is_passed_over
            && (self.history_is_ready || !self.has_history)
            && self.is_member
            && self.is_settable
    }
}

impl Look {
    /// How the role of this schema's tenant stands.
    pub(crate) fn tenant(&self, schema: &SchemaName) -> RoleStanding {
        self.tenants.get(schema.as_str()).cloned().unwrap_or_default()
    }

    /// What would keep the roles from being made, or from being good for anything.
    pub(crate) fn obstacle(&self, settings: &Settings, roles: &RoleSettings) -> Option<Failure> {
        let Ground { may_create, migrator, has_application, group_problem, database, .. } = &self.ground;
        let group = match roles.name.group_of(database, &settings.shared_schema) {
            Ok(group) => group,
            Err(error) => return Some(unnamed(&error)),
        };
        if let Some(problem) = group_problem {
            return Some(problem.failure(&group));
        }
        if let Some(application) = roles.application.as_ref().filter(|_| !has_application) {
            let message = format!("the role {:?} of isolation.application_role does not exist", application.as_str());
            let hint = "create it (`CREATE ROLE … LOGIN NOINHERIT`), or correct isolation.application_role";
            return Some(Failure::new(FailureClass::Permanent, message).with_hint(hint));
        }
        if !may_create {
            let message = format!("the role {migrator:?}, which migrates, may not create roles");
            let hint = "grant it CREATEROLE, migrate as another role (`migrate_url`, MULTITENANT_MIGRATE_URL), or set \
                        isolation.role_per_tenant = false";
            return Some(Failure::new(FailureClass::Permanent, message).with_hint(hint));
        }
        None
    }
}

/// A name that no role can have.
pub(super) fn unnamed(error: &IdentError) -> Failure {
    Failure::new(FailureClass::Permanent, error.to_string())
}

/// Looks at the roles of the tenants with these schemas.
pub(crate) async fn look<'s>(
    session: &Session,
    settings: &Settings,
    schemas: impl IntoIterator<Item = &'s SchemaName>,
) -> Result<Option<Look>, tokio_postgres::Error> {
    let (Some(expressions), Some(roles)) = (Expressions::new(settings), &settings.roles) else { return Ok(None) };
    let schemas: Vec<String> = schemas.into_iter().map(|schema| literal(schema.as_str())).collect();
    let statements = [ground(&expressions, settings, roles), tenants(&expressions, settings, roles, &schemas)];
    let answers = session.pipeline_rows(&statements).await.map_err(|PipelineError { error, .. }| error)?;
    let [ground, tenants] = <[Vec<Row>; 2]>::try_from(answers).unwrap_or_default();
    let tenants = tenants.iter().filter_map(|row| Some((row.get(0)?.to_owned(), standing(row))));
    Ok(Some(Look {
        ground: ground.first().map(read_ground).unwrap_or_else(Ground::nothing),
        tenants: tenants.collect(),
    }))
}

impl Ground {
    fn nothing() -> Self {
        read_ground(&Row::default())
    }
}

fn ground(expressions: &Expressions<'_>, settings: &Settings, roles: &RoleSettings) -> String {
    let group = Expressions::is_named("g", &expressions.group_name());
    let application = match &roles.application {
        Some(role) => format!("EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = {})", literal(role.as_str())),
        None => "true".to_owned(),
    };
    let shared = literal(settings.shared_schema.as_str());
    let table = |name: &str| {
        format!(
            "(SELECT c.oid FROM pg_catalog.pg_class c WHERE c.relnamespace = n.oid AND c.relname = {})",
            literal(name)
        )
    };
    let (history, registry) =
        (table(settings.shared_history.as_str()), table(registry_name(settings).unwrap_or_default()));
    let may =
        |table: &str, rights| format!("coalesce(pg_catalog.has_table_privilege(g.oid, {table}, '{rights}'), false)");
    let writes = "INSERT, UPDATE, DELETE, TRUNCATE";
    format!(
        "SELECT pg_catalog.current_database(), me.rolsuper OR me.rolcreaterole, \
         pg_catalog.current_setting('server_version_num')::int >= 160000, me.rolname, {application}, g.oid IS NOT NULL, \
         g.oid IS NOT NULL AND n.oid IS NOT NULL AND pg_catalog.has_schema_privilege(g.oid, n.oid, 'USAGE') AND NOT {} \
         AND NOT {}, {}, {registry} IS NOT NULL, {history} IS NOT NULL \
         FROM pg_catalog.pg_roles me LEFT JOIN pg_catalog.pg_roles g ON {group} \
         LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = {shared} WHERE me.rolname = current_user",
        may(&history, writes),
        may(&registry, writes),
        Expressions::problem_of_group("g"),
    )
}

fn read_ground(row: &Row) -> Ground {
    let is = |column| row.get(column) == Some("t");
    Ground {
        database: row.get(0).unwrap_or_default().to_owned(),
        may_create: is(1),
        has_options: is(2),
        migrator: row.get(3).unwrap_or_default().to_owned(),
        has_application: is(4),
        group_exists: is(5),
        group_is_ready: is(6),
        group_problem: row.get(7).and_then(RoleProblem::parse),
        has_registry: is(8),
        has_history: is(9),
    }
}

fn tenants(expressions: &Expressions<'_>, settings: &Settings, roles: &RoleSettings, schemas: &[String]) -> String {
    let application = match &roles.application {
        Some(role) => format!("(SELECT oid FROM pg_catalog.pg_roles WHERE rolname = {})", literal(role.as_str())),
        None => "(SELECT oid FROM pg_catalog.pg_roles WHERE rolname = current_user)".to_owned(),
    };
    // What will be made by who migrates, of this kind.
    let granted = |kind, right| {
        format!(
            "EXISTS (SELECT FROM pg_catalog.pg_default_acl d, LATERAL pg_catalog.aclexplode(d.defaclacl) x \
             WHERE d.defaclrole = ground.me AND d.defaclnamespace = n.oid AND d.defaclobjtype = '{kind}' \
             AND x.grantee = r.oid AND x.privilege_type = '{right}')"
        )
    };
    let (may_set, inherits) =
        (Expressions::may_set("ground.application", "r.oid"), Expressions::inherits("ground.application", "r.oid"));
    format!(
        "SELECT t.schema, r.oid IS NOT NULL, {problem}, EXISTS (SELECT FROM pg_catalog.pg_shdepend d \
         WHERE d.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass AND d.refobjid = r.oid \
         AND d.classid <> 'pg_catalog.pg_auth_members'::pg_catalog.regclass) OR EXISTS (SELECT FROM \
         pg_catalog.pg_auth_members m WHERE m.roleid = r.oid AND m.member NOT IN (ground.me, ground.application)), \
         CASE WHEN r.oid IS NULL OR n.oid IS NULL THEN false ELSE pg_catalog.has_schema_privilege(r.oid, n.oid, 'USAGE') \
         AND {tables} AND {sequences} END, \
         CASE WHEN r.oid IS NULL OR h.oid IS NULL THEN false ELSE pg_catalog.has_table_privilege(r.oid, h.oid, 'SELECT') \
         AND NOT pg_catalog.has_table_privilege(r.oid, h.oid, 'INSERT, UPDATE, DELETE, TRUNCATE') END, \
         h.oid IS NOT NULL, \
         EXISTS (SELECT FROM pg_catalog.pg_auth_members m WHERE m.roleid = ground.\"group\" AND m.member = r.oid), \
         CASE WHEN r.oid IS NULL THEN false ELSE coalesce({may_set} AND NOT {inherits}, false) END, \
         CASE WHEN r.oid IS NULL THEN false ELSE coalesce({droppable}, false) END, \
         EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = ANY (others.made) AND {passed_over}) \
         FROM (SELECT (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = current_user) AS me, \
         {application} AS application, (SELECT g.oid FROM pg_catalog.pg_roles g WHERE {group}) AS \"group\") ground \
         CROSS JOIN pg_catalog.unnest(ARRAY[{schemas}]::pg_catalog.text[]) AS t (schema) \
         LEFT JOIN pg_catalog.pg_roles r ON {role} LEFT JOIN pg_catalog.pg_roles g ON g.oid = ground.\"group\" \
         LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = t.schema::pg_catalog.name \
         LEFT JOIN (SELECT c.relnamespace, pg_catalog.array_agg(c.oid) AS made FROM pg_catalog.pg_class c \
         WHERE {others} GROUP BY c.relnamespace) others ON others.relnamespace = n.oid \
         LEFT JOIN pg_catalog.pg_class h ON h.relnamespace = n.oid AND h.relname = {history}",
        problem = expressions.problem("r", "g", "n.oid"),
        tables = granted('r', "SELECT"),
        sequences = granted('S', "USAGE"),
        passed_over = is_passed_over("c", "r"),
        others = is_anothers("c"),
        droppable = Expressions::may_drop("r.oid"),
        group = Expressions::is_named("g", &expressions.group_name()),
        role = Expressions::is_named("r", &expressions.name("t.schema")),
        schemas = schemas.join(", "),
        history = literal(settings.tenant_history.as_str()),
    )
}

fn standing(row: &Row) -> RoleStanding {
    let is = |column| row.get(column) == Some("t");
    RoleStanding {
        exists: is(1),
        problem: row.get(2).and_then(RoleProblem::parse).filter(|problem| *problem != RoleProblem::Absent),
        is_used: is(3),
        is_granted: is(4),
        history_is_ready: is(5),
        has_history: is(6),
        is_member: is(7),
        is_settable: is(8),
        is_droppable: is(9),
        is_passed_over: is(10),
    }
}

/// The registry's table, where it is one of the shared schema.
pub(super) fn registry_name(settings: &Settings) -> Option<&str> {
    match &settings.registry {
        crate::settings::RegistrySettings::Table { table, .. } => Some(table.as_str()),
        _ => None,
    }
}

/// The tenant's role by its name, or why it can have none.
pub(super) fn name_of(
    ground: &Ground,
    settings: &Settings,
    roles: &RoleSettings,
    schema: &SchemaName,
) -> Result<RoleName, Box<Failure>> {
    roles.name.role_of(&ground.database, schema, &settings.shared_schema).map_err(|error| Box::new(unnamed(&error)))
}
