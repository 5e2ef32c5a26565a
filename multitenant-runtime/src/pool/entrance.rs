//! The one message of a checkout that sets a tenant on a connection, and fails where its schema is not there.

use crate::ident::{Identifier, RoleName, SchemaName, literal};
use crate::run::Frame;
use crate::settings::Settings;
use crate::target::Tier;

use super::pooled::Served;

/// What belongs to a session, and would tell the next tenant of the last one, or stand in for a table of its own.
const ANEW: &str = "DISCARD SEQUENCES; DISCARD TEMP";

/// What takes a tenant off a session, so that the registry is asked as the application itself.
pub(crate) fn leaving(settings: &Settings) -> &'static str {
    if settings.roles.is_some() { "RESET ROLE; RESET search_path" } else { "RESET search_path" }
}

/// What takes this role on; `set` is `SET`, or `SET LOCAL` for one transaction.
pub(crate) fn as_role(set: &str, role: &RoleName) -> String {
    format!("{set} ROLE {}", role.quoted())
}

/// The settings of a connection that serves this target, and the assertion that its schema is there.
pub(crate) struct Entrance<'a> {
    path: String,
    schema: &'a SchemaName,
    oid: Option<&'a str>,
    /// The tenant's role; `Some(None)` where there are roles and this is nobody's, and `None` where there are none.
    role: Option<Option<&'a RoleName>>,
    /// The table whose lock may stand for the assertion.
    history: &'a Identifier,
}

impl<'a> Entrance<'a> {
    pub(crate) fn of(settings: &'a Settings, served: &'a Served) -> Self {
        debug_assert!(
            served.oid.is_some() || served.target.tier() == Tier::Shared,
            "a tenant's schema is known by its number"
        );
        Self {
            path: Frame::new(settings, &served.target).search_path(),
            schema: served.target.schema(),
            oid: served.oid.as_deref(),
            role: settings.roles.as_ref().map(|_| served.role.as_ref()),
            history: &settings.tenant_history,
        }
    }

    /// The assertion by a lock that is in nobody's way and ends with this message: no query is planned for it, which
    /// makes a switch cost half as much. Nor is it waited for. That the schema is the one that was looked up it does not
    /// say; where it fails, for whatever reason, the one in full is sent.
    pub(crate) fn quick(&self) -> String {
        let table = format!("{}.{}", self.schema.quoted(), self.history.quoted());
        format!("{}; {ANEW}; LOCK TABLE {table} IN ACCESS SHARE MODE NOWAIT", self.settings("SET"))
    }

    /// For a session: the assertion that the schema is there and may be used, and is the one that was looked up.
    pub(crate) fn of_session(&self) -> String {
        format!("{}; {ANEW}; {}", self.settings("SET"), self.assertion())
    }

    /// The same for one transaction.
    pub(crate) fn of_transaction(&self) -> String {
        let assertion = self.assertion();
        format!("SET LOCAL TIME ZONE 'UTC'; {}; {ANEW}; {assertion}", self.settings("SET LOCAL"))
    }

    /// Sets the path, and the tenant's role or the application's own: another tenant's must not stay.
    fn settings(&self, set: &str) -> String {
        let path = &self.path;
        match self.role {
            None => format!("{set} search_path = {path}"),
            Some(Some(role)) => format!("{set} search_path = {path}; {}", as_role(set, role)),
            Some(None) => format!("{set} search_path = {path}; {set} role TO DEFAULT"),
        }
    }

    fn assertion(&self) -> String {
        format!("SELECT 1 OPERATOR(pg_catalog./) ({})::pg_catalog.int4", self.is_there())
    }

    /// A condition that is never null: the schema is there and may be used, and is the one that was looked up.
    pub(crate) fn is_there(&self) -> String {
        let same = self.oid.map_or_else(String::new, |oid| {
            format!(
                " AND pg_catalog.to_regnamespace({})::pg_catalog.oid OPERATOR(pg_catalog.=) {}::pg_catalog.oid",
                literal(&self.schema.quoted()),
                literal(oid)
            )
        });
        let name = literal(self.schema.as_str());
        format!("(pg_catalog.current_schema() OPERATOR(pg_catalog.=) {name}{same}) IS TRUE")
    }

    /// The settings alone.
    #[cfg(feature = "sync")]
    pub(crate) fn settings_of_session(&self) -> String {
        self.settings("SET")
    }
}
