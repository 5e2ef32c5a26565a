//! The transaction by which a tenant gets another name, or its schema does: all of it, or nothing.

use super::drop::DEFAULT_PATH;
use super::{Role, TRUSTED_PATH, Transaction};
use crate::ident::{SchemaName, literal};
use crate::registry::is_under_construction;
use crate::run::dependents;
use crate::run::frame::Frame;
use crate::run::lock::transaction_lock;

/// What a tenant's schema becomes, and what has to be said of it elsewhere.
#[derive(Debug)]
pub(crate) struct Relocation<'a> {
    /// The schema's number; `None` where there is none, and must be none.
    pub(crate) oid: Option<&'a str>,
    /// What it is called afterwards.
    pub(crate) to: &'a SchemaName,
    /// Further schemas' names that nobody else may work on meanwhile.
    pub(crate) locked: Vec<&'a SchemaName>,
    /// The comment that it has afterwards, where it gets one.
    pub(crate) mark: Option<String>,
    /// What the registry must be like, under the lock and before anything is done: a condition.
    pub(crate) before: Option<String>,
    /// What changes the registry.
    pub(crate) update: Option<String>,
    /// Whether nothing outside of the schema may hang on what is in it.
    pub(crate) alone: bool,
    /// What the registry must be like afterwards: conditions, and what it means where they fail.
    pub(crate) after: Vec<(Role, String)>,
    /// What the state table is told.
    pub(crate) state: Vec<String>,
    /// What the tenant's role is told.
    pub(crate) role: Vec<String>,
}

impl Transaction {
    /// Renames the frame's schema.
    ///
    /// It is the one with this number, nobody is making it, and nobody has the new name; the registry is as it was seen.
    /// Nobody who works in the schema is waited for but who migrates it: its objects stay the same.
    pub(crate) fn relocate(frame: Frame<'_>, relocation: &Relocation<'_>) -> Self {
        let Relocation { oid, to, locked, mark, before, update, alone, after, state, role } = relocation;
        let from = frame.schema();
        let mut tx = Self::begin(frame);
        let mut names: Vec<&SchemaName> = vec![from];
        for name in std::iter::once(*to).chain(locked.iter().copied()) {
            if !names.contains(&name) {
                names.push(name);
                tx.push(Role::Lock, format!("SELECT {}", transaction_lock(name)));
            }
        }
        let name = literal(from.as_str());
        let mut conditions = vec![match oid {
            Some(oid) => format!(
                "EXISTS (SELECT FROM pg_catalog.pg_namespace n WHERE n.nspname = {name} AND n.oid = {} AND NOT {})",
                literal(oid),
                is_under_construction("n.oid")
            ),
            None => super::create::schema_is_absent(from),
        }];
        if *to != from {
            conditions.push(super::create::schema_is_absent(to));
        }
        tx.push(Role::Guard, format!("SELECT 1 / ({})::int", conditions.join(" AND ")));
        if let Some(before) = before {
            tx.push(Role::Frame, DEFAULT_PATH.to_owned());
            tx.push(Role::Guard, format!("SELECT 1 / ({before})::int"));
        }
        if let Some(sql) = update {
            tx.push(Role::Frame, format!("SET LOCAL search_path = {}", frame.settings.shared_schema.quoted()));
            tx.push(Role::Register, sql.clone());
        }
        for (role, condition) in after {
            tx.push(Role::Frame, DEFAULT_PATH.to_owned());
            tx.push(*role, format!("SELECT 1 / ({condition})::int"));
        }
        if *alone {
            tx.push(Role::Frame, TRUSTED_PATH.to_owned());
            tx.push(Role::Dependents, dependents::guard(from));
        }
        if oid.is_some() && *to != from {
            tx.push(Role::Frame, format!("ALTER SCHEMA {} RENAME TO {}", from.quoted(), to.quoted()));
        }
        if let Some(mark) = mark {
            tx.push(Role::Frame, format!("COMMENT ON SCHEMA {} IS {}", to.quoted(), literal(mark)));
        }
        state.iter().for_each(|sql| tx.push(Role::Frame, sql.clone()));
        tx.isolate(role);
        tx.commit()
    }
}
