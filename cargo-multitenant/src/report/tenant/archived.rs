//! The results of `tenant archive` and `tenant restore`.

use multitenant_runtime::{ArchivedTenant, RestoredTenant, RoleName, TenantId};
use serde::Serialize;

use crate::output::{GOOD, Shown, WARN, counted, paint};
use crate::report::FORMAT;
use crate::report::names::versions;

/// A tenant that is archived.
#[derive(Debug, Serialize)]
pub(crate) struct ArchiveDocument<'a> {
    format: u32,
    tenant: &'a str,
    /// What it has again when it is restored.
    schema: &'a str,
    archived_schema: &'a str,
    role: Option<&'a str>,
}

/// A tenant that is archived no more.
#[derive(Debug, Serialize)]
pub(crate) struct RestoreDocument<'a> {
    format: u32,
    tenant: &'a str,
    schema: &'a str,
    /// What the schema was called.
    archived_schema: &'a str,
    role: Option<&'a str>,
    /// `null` where the registry's filter leaves the tenant out still.
    pending: Option<Vec<&'a str>>,
}

impl<'a> ArchiveDocument<'a> {
    pub(crate) fn new(archived: &'a ArchivedTenant) -> Self {
        Self {
            format: FORMAT,
            tenant: archived.target.tenant().map_or("", TenantId::as_str),
            schema: archived.target.schema().as_str(),
            archived_schema: archived.schema.as_str(),
            role: archived.role.as_ref().map(RoleName::as_str),
        }
    }

    pub(crate) fn text(&self) -> String {
        format!(
            " {}  {}: its schema {} is now {}\n",
            Shown(self.tenant),
            paint(GOOD, "archived"),
            Shown(self.schema),
            Shown(self.archived_schema)
        )
    }
}

impl<'a> RestoreDocument<'a> {
    pub(crate) fn new(restored: &'a RestoredTenant) -> Self {
        Self {
            format: FORMAT,
            tenant: restored.target.tenant().map_or("", TenantId::as_str),
            schema: restored.target.schema().as_str(),
            archived_schema: restored.schema.as_str(),
            role: restored.role.as_ref().map(RoleName::as_str),
            pending: restored.plan.as_ref().map(|plan| versions(&plan.pending)),
        }
    }

    pub(crate) fn text(&self, program: &str) -> String {
        let tenant = Shown(self.tenant);
        let how = match self.pending.as_deref() {
            None => paint(WARN, "tenants.filter leaves it out still: nothing serves or migrates it"),
            Some([]) => "up to date".to_owned(),
            Some(pending) => {
                let behind = paint(WARN, format!("{} behind", counted(pending.len(), "migration", "migrations")));
                format!("{behind}: {program} migrate --tenant {tenant}")
            }
        };
        format!(" {tenant}  {}: its schema is {}\n     {how}\n", paint(GOOD, "restored"), Shown(self.schema))
    }
}
