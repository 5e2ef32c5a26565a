//! The one statement that asks for a tenant: registry, catalogue and state table.

use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Bool, Nullable, Text};

use crate::ident::{TenantId, literal};
use crate::isolation::Expressions;
use crate::registry::{RegistrySource, is_under_construction, registry_query};
use crate::run::Context;
use crate::settings::{RegistrySettings, Settings};
use crate::state::{StateTable, complete, is_good, schema_of};

/// The pieces of a statement between which the values stand.
pub(crate) struct Texts {
    before: String,
    between: Option<String>,
    after: String,
}

/// A statement with the values of one question. Each of the two forms is one text for the whole life of a connection,
/// and so is prepared once.
pub(crate) struct Question<'a, const STATE: bool> {
    pub(crate) texts: &'a Texts,
    pub(crate) id: &'a TenantId,
    /// Where the registry is no SQL.
    pub(crate) schema: Option<&'a str>,
}

/// Id, schema by the registry, the schema's number, whether it is being created, whether it is current, another tenant
/// with the same schema, its types, whether its history table can be locked, its role, why nobody may take that on, and
/// the role's number.
pub(crate) type Row = (
    Option<String>,
    Option<String>,
    Option<String>,
    Option<bool>,
    Option<bool>,
    Option<String>,
    Option<String>,
    Option<bool>,
    Option<String>,
    Option<String>,
    Option<String>,
);

/// One row, by names.
pub(crate) struct Answer {
    pub(crate) id: Option<String>,
    pub(crate) schema: Option<String>,
    pub(crate) oid: Option<String>,
    pub(crate) is_unfinished: bool,
    pub(crate) is_current: bool,
    pub(crate) rival: Option<String>,
    pub(crate) types: Option<String>,
    pub(crate) has_lock: bool,
    pub(crate) role: Option<String>,
    pub(crate) role_problem: Option<String>,
    pub(crate) role_oid: Option<String>,
}

impl From<Row> for Answer {
    fn from((id, schema, oid, unfinished, current, rival, types, lock, role, role_problem, role_oid): Row) -> Self {
        let [is_unfinished, is_current, has_lock] = [unfinished, current, lock].map(Option::unwrap_or_default);
        Self { id, schema, oid, is_unfinished, is_current, rival, types, has_lock, role, role_problem, role_oid }
    }
}

impl Texts {
    /// `None` where there is no state table.
    pub(crate) fn with_state(context: &Context, registry: &RegistrySource, pinned: bool) -> Option<Self> {
        let table = StateTable::in_schema(context.settings.state_schema.as_ref()?);
        Some(Self::new(context, registry, pinned, Some(&table)))
    }

    pub(crate) fn without_state(context: &Context, registry: &RegistrySource, pinned: bool) -> Self {
        Self::new(context, registry, pinned, None)
    }

    fn new(context: &Context, registry: &RegistrySource, pinned: bool, state: Option<&StateTable>) -> Self {
        let settings = &context.settings;
        let schema = |row: &str| schema_of(&settings.schema_template, &format!("{row}.schema"), &format!("{row}.id"));
        let configured = match registry {
            RegistrySource::Configured(source) => registry_query(source, settings).map(|sql| (source, sql)),
            RegistrySource::Custom(_) => None,
        };
        let current =
            state.map_or_else(|| "NULL::bool".to_owned(), |_| is_good(&complete(&context.tenant), HAS_HISTORY));
        let state = state.map_or_else(String::new, |table| {
            format!(" LEFT JOIN {} s ON s.schema_name = n.nspname::text", table.qualified())
        });
        let (role, roles) = role_and_join(settings);
        let joins = format!(
            "LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = ({})::pg_catalog.name{state}{roles}",
            schema("r")
        );
        let types = if pinned { "NULL::text" } else { TYPES };
        let rival = match &configured {
            // Two ids make two names, unless the registry gives the name.
            Some((RegistrySettings::Table { schema_column: None, .. }, _)) | None => "NULL::text".to_owned(),
            Some((_, sql)) => format!(
                "(SELECT min(o.id) FROM (\n{sql}\n) AS o (id, schema) WHERE {} = {} AND o.id <> r.id)",
                schema("o"),
                schema("r")
            ),
        };
        let select = format!(
            "SELECT r.id, r.schema, n.oid::text, n.oid IS NOT NULL AND {}, {current}, {rival}, {types}, {}, {role} FROM (",
            is_under_construction("n.oid"),
            has_lock(settings)
        );
        match configured {
            Some((_, sql)) => Self {
                before: format!("{select}\n{sql}\n) AS r (id, schema) {joins} WHERE r.id OPERATOR(pg_catalog.=) "),
                between: None,
                after: "::text".to_owned(),
            },
            None => Self {
                before: format!("{select}SELECT "),
                between: Some("::text, ".to_owned()),
                after: format!("::text) AS r (id, schema) {joins}"),
            },
        }
    }
}

/// The columns about the tenant's role, and what they are read from.
fn role_and_join(settings: &Settings) -> (String, String) {
    let Some(expressions) = Expressions::new(settings) else {
        return ("NULL::text, NULL::text, NULL::text".to_owned(), String::new());
    };
    let name = expressions.name("n.nspname");
    let problem = expressions.problem_for_the_session("tr", "tg", "n.oid");
    let join = format!(
        " LEFT JOIN pg_catalog.pg_roles tr ON {} LEFT JOIN pg_catalog.pg_roles tg ON {}",
        Expressions::is_named("tr", &name),
        Expressions::is_named("tg", &expressions.group_name())
    );
    (format!("{name}, {problem}, tr.oid::text"), join)
}

/// Whether the history is there, for one tenant.
const HAS_HISTORY: &str =
    "EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = s.history_oid AND c.relnamespace = n.oid)";

/// Whether the history is a table that whoever enters the tenant may lock against nobody.
fn has_lock(settings: &Settings) -> String {
    let who = if settings.roles.is_some() { "tr.oid, " } else { "" };
    format!(
        "EXISTS (SELECT FROM pg_catalog.pg_class h WHERE h.relname = {} AND h.relnamespace = n.oid \
         AND h.relkind = 'r' AND pg_catalog.has_table_privilege({who}h.oid, 'SELECT'))",
        literal(settings.tenant_history.as_str())
    )
}

/// The types of a schema that Diesel may look up by name, or that a prepared statement remembers as those of its rows: a
/// domain is such a one even where Diesel takes it for the type below. By the dependencies, which are indexed by schema,
/// while types are not; a table's row type depends on the table.
const TYPES: &str = "(SELECT pg_catalog.string_agg(t.typname::text, ', ' ORDER BY t.typname::text) \
     FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_type t ON t.oid = d.objid \
     WHERE d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND d.refobjid = n.oid \
     AND d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND t.typtype IN ('c', 'd', 'e', 'r'))";

impl<const STATE: bool> QueryId for Question<'_, STATE> {
    type QueryId = Question<'static, STATE>;

    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<const STATE: bool> Query for Question<'_, STATE> {
    type SqlType = (
        Nullable<Text>,
        Nullable<Text>,
        Nullable<Text>,
        Nullable<Bool>,
        Nullable<Bool>,
        Nullable<Text>,
        Nullable<Text>,
        Nullable<Bool>,
        Nullable<Text>,
        Nullable<Text>,
        Nullable<Text>,
    );
}

impl<const STATE: bool> QueryFragment<Pg> for Question<'_, STATE> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(&self.texts.before);
        out.push_bind_param::<Text, str>(self.id.as_str())?;
        if let Some(between) = &self.texts.between {
            out.push_sql(between);
            out.push_bind_param::<Nullable<Text>, Option<&str>>(&self.schema)?;
        }
        out.push_sql(&self.texts.after);
        Ok(())
    }
}
