//! SQL about the roles of this project, for whoever looks at them: the migrator, and the pools with each tenant.

use crate::ident::literal;
use crate::run::IN_A_SCHEMA;
use crate::settings::{RoleSettings, Settings};

use super::problem::RoleProblem;

/// SQL expressions about the roles of this project.
pub(crate) struct Expressions<'a> {
    roles: &'a RoleSettings,
    settings: &'a Settings,
}

/// The server's name of the database, whatever the URL calls it.
const DATABASE: &str = "pg_catalog.current_database()";

/// The kind of membership by which a role can be taken on, since 16 one of its own.
const SET: &str = "CASE WHEN pg_catalog.current_setting('server_version_num')::pg_catalog.int4 \
     OPERATOR(pg_catalog.<) 160000 THEN 'MEMBER' ELSE 'SET' END";

impl<'a> Expressions<'a> {
    pub(crate) fn new(settings: &'a Settings) -> Option<Self> {
        Some(Self { roles: settings.roles.as_ref()?, settings })
    }

    /// The name of the role of the tenant whose schema this is: a text of any length.
    pub(crate) fn name(&self, schema: &str) -> String {
        self.roles.name.sql(DATABASE, schema)
    }

    pub(crate) fn group_name(&self) -> String {
        self.roles.name.group_sql(DATABASE, &self.settings.shared_schema)
    }

    /// A condition: the row of `pg_roles` is that of this name, which PostgreSQL would cut.
    pub(crate) fn is_named(row: &str, name: &str) -> String {
        format!(
            "{row}.rolname OPERATOR(pg_catalog.=) ({name})::pg_catalog.name \
             AND pg_catalog.octet_length({name}) OPERATOR(pg_catalog.<=) 63"
        )
    }

    /// What keeps this tenant's role, a member of this group, from being taken on, by their rows of `pg_roles` and the
    /// schema's number: NULL for nothing.
    pub(crate) fn problem(&self, role: &str, group: &str, schema: &str) -> String {
        format!(
            "CASE WHEN {role}.oid IS NULL THEN {} WHEN {role}.oid = {group}.oid THEN {} WHEN {} OR {} THEN {} WHEN EXISTS (SELECT FROM \
             pg_catalog.pg_auth_members m WHERE m.member = {role}.oid AND m.roleid IS DISTINCT FROM {group}.oid \
             OR m.member = {group}.oid) THEN {} WHEN {} OR {} THEN {} WHEN {} THEN {} WHEN {} THEN {} END",
            code(RoleProblem::Absent),
            code(RoleProblem::Group),
            has_attributes(role),
            has_attributes(group),
            code(RoleProblem::Attributes),
            code(RoleProblem::Member),
            is_owner(role, schema),
            is_owner(group, NOWHERE),
            code(RoleProblem::Owner),
            is_elsewhere(role),
            code(RoleProblem::Elsewhere),
            self.is_guest(role, schema),
            code(RoleProblem::Guest),
        )
    }

    /// Whether the role may use a schema that is neither this nor one for all tenants: nothing in a schema is of use to who
    /// may not use the schema itself.
    fn is_guest(&self, role: &str, schema: &str) -> String {
        let shared = std::iter::once(&self.settings.shared_schema).chain(self.settings.search_path.after_tenant());
        let shared: Vec<String> = shared.map(|schema| literal(schema.as_str())).collect();
        format!(
            "EXISTS (SELECT FROM pg_catalog.pg_shdepend d JOIN pg_catalog.pg_namespace x ON x.oid = d.objid \
             WHERE d.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass AND d.refobjid = {role}.oid \
             AND d.deptype = 'a' AND d.dbid = {THIS} AND d.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass \
             AND x.oid IS DISTINCT FROM {schema} AND x.nspname NOT IN ({}))",
            shared.join(", ")
        )
    }

    /// What keeps this group from being one, by its row of `pg_roles`.
    pub(crate) fn problem_of_group(group: &str) -> String {
        format!(
            "CASE WHEN {group}.oid IS NULL THEN NULL WHEN {} THEN {} WHEN EXISTS (SELECT FROM \
             pg_catalog.pg_auth_members m WHERE m.member = {group}.oid) THEN {} WHEN {} THEN {} WHEN {} THEN {} END",
            has_attributes(group),
            code(RoleProblem::Attributes),
            code(RoleProblem::Member),
            is_owner(group, NOWHERE),
            code(RoleProblem::Owner),
            is_elsewhere(group),
            code(RoleProblem::Elsewhere),
        )
    }

    /// Whether this role may take the other one on.
    pub(crate) fn may_set(who: &str, role: &str) -> String {
        format!("pg_catalog.pg_has_role({who}, {role}, {SET})")
    }

    /// Whether, by what who asks has granted (another's grant stays another's), this member has the role's rights without
    /// taking it on: since 16 a membership says so for itself, and one from before does as its member's role did.
    pub(super) fn inherits(member: &str, role: &str) -> String {
        format!(
            "EXISTS (SELECT FROM pg_catalog.pg_auth_members m, pg_catalog.pg_roles me WHERE m.roleid = {role} \
             AND m.member = {member} AND me.rolname = current_user \
             AND m.grantor = CASE WHEN me.rolsuper THEN {BOOTSTRAP} ELSE me.oid END \
             AND pg_catalog.to_jsonb(m) ->> 'inherit_option' = 'true')"
        )
    }

    /// Whether who asks may grant this role and drop it: before 16 who may make roles may, since then who has it to give.
    pub(super) fn may_drop(role: &str) -> String {
        format!(
            "(SELECT me.rolsuper OR me.rolcreaterole AND (pg_catalog.current_setting('server_version_num')::pg_catalog.int4 \
             OPERATOR(pg_catalog.<) 160000 OR pg_catalog.pg_has_role(me.oid, {role}, 'MEMBER WITH ADMIN OPTION')) \
             FROM pg_catalog.pg_roles me WHERE me.rolname = current_user)"
        )
    }

    /// The same as a problem of who is logged in.
    #[cfg(feature = "pool")]
    pub(crate) fn problem_for_the_session(&self, role: &str, group: &str, schema: &str) -> String {
        format!(
            "coalesce({}, CASE WHEN NOT {} THEN {} END)",
            self.problem(role, group, schema),
            Self::may_set("session_user", &format!("{role}.oid")),
            code(RoleProblem::NotGranted)
        )
    }
}

fn code(problem: RoleProblem) -> String {
    literal(problem.code())
}

fn has_attributes(role: &str) -> String {
    let attributes = ["rolsuper", "rolcreaterole", "rolcreatedb", "rolreplication", "rolbypassrls", "rolcanlogin"];
    let any: Vec<String> = attributes.iter().map(|attribute| format!("{role}.{attribute}")).collect();
    format!("coalesce({}, false)", any.join(" OR "))
}

/// The superuser that every server begins with, in whose name superusers grant since 16.
const BOOTSTRAP: &str = "10::pg_catalog.oid";

/// In no schema at all.
const NOWHERE: &str = "NULL::pg_catalog.oid";

/// Whether the role owns another schema than this, or anything that is not in it; what is a session's own does not count.
fn is_owner(role: &str, schema: &str) -> String {
    let others = IN_A_SCHEMA.iter().filter(|(catalog, _)| *catalog != "pg_class").map(|(catalog, namespace)| {
        format!(
            "WHEN 'pg_catalog.{catalog}'::pg_catalog.regclass THEN (SELECT x.{namespace} FROM pg_catalog.{catalog} x \
             WHERE x.oid = d.objid) IS DISTINCT FROM {schema} "
        )
    });
    let others: String = others.collect();
    format!(
        "EXISTS (SELECT FROM pg_catalog.pg_shdepend d LEFT JOIN pg_catalog.pg_class c \
         ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND c.oid = d.objid \
         WHERE d.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass AND d.refobjid = {role}.oid AND d.deptype = 'o' \
         AND d.dbid = {THIS} AND CASE d.classid WHEN 'pg_catalog.pg_namespace'::pg_catalog.regclass \
         THEN d.objid IS DISTINCT FROM {schema} WHEN 'pg_catalog.pg_class'::pg_catalog.regclass \
         THEN c.relpersistence <> 't' AND c.relnamespace IS DISTINCT FROM {schema} {others}ELSE true END)"
    )
}

/// The database's number.
const THIS: &str = "(SELECT b.oid FROM pg_catalog.pg_database b WHERE b.datname = pg_catalog.current_database())";

/// What the server itself remembers of who needs a role; memberships are asked for on their own.
fn is_elsewhere(role: &str) -> String {
    format!(
        "EXISTS (SELECT FROM pg_catalog.pg_shdepend d WHERE d.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass \
         AND d.refobjid = {role}.oid AND d.classid <> 'pg_catalog.pg_auth_members'::pg_catalog.regclass \
         AND d.dbid IS DISTINCT FROM {THIS})"
    )
}
