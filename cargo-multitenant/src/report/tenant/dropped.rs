//! What will go with a tenant, and what has gone: `tenant drop`.

use multitenant_runtime::{DroppedTenant, RoleName, TenantId, TenantOverview};
use serde::Serialize;

use crate::output::{BAD, GOOD, Shown, WARN, paint, shown_lines};
use crate::report::failure::FailureView;
use crate::report::{FORMAT, counted};

use super::{Named, size};

/// A tenant that is dropped.
#[derive(Debug, Serialize)]
pub(crate) struct DropDocument<'a> {
    format: u32,
    tenant: &'a str,
    schema: &'a str,
    /// What it held; `null` where the schema did not exist.
    tables: Option<u64>,
    rows_estimate: Option<u64>,
    bytes: Option<u64>,
    role: Option<&'a str>,
    /// Why its role was left.
    role_left: Option<FailureView<'a>>,
}

impl<'a> DropDocument<'a> {
    pub(crate) fn new(dropped: &'a DroppedTenant, overview: &TenantOverview) -> Self {
        let Named { tenant, schema } = Named::from(&dropped.target);
        Self {
            format: FORMAT,
            tenant,
            schema,
            tables: overview.holdings.map(|holdings| holdings.tables),
            rows_estimate: overview.holdings.and_then(|holdings| holdings.rows),
            bytes: overview.holdings.and_then(|holdings| holdings.bytes),
            role: dropped.role.as_ref().map(RoleName::as_str),
            role_left: dropped.role_left.as_ref().map(FailureView::from),
        }
    }

    pub(crate) fn text(&self) -> String {
        let role = self.role.map_or_else(String::new, |role| format!(" and the role {}", Shown(role)));
        let mut text =
            format!(" {}  {}: the schema {}{role}\n", Shown(self.tenant), paint(GOOD, "dropped"), Shown(self.schema));
        if let Some(left) = &self.role_left {
            text.push_str(&format!("     {}: {}\n", paint(WARN, "its role is left"), left.headline()));
            left.lines().iter().for_each(|line| text.push_str(&format!("     {line}\n")));
        }
        text
    }
}

/// What will go: a line for each kind of thing.
pub(crate) fn overview_text(overview: &TenantOverview, keep_registered: bool) -> String {
    let tenant = overview.target.tenant().map_or("", TenantId::as_str);
    let mut lines = vec![format!(" {}  {}", Shown(tenant), paint(BAD, "to be dropped"))];
    let schema = Shown(overview.target.schema().as_str());
    lines.push(match &overview.holdings {
        Some(held) => format!(
            "     the schema {schema}: {}, {}, {}",
            counted(usize::try_from(held.tables).unwrap_or(usize::MAX), "table", "tables"),
            held.rows.map_or_else(
                || "rows that the server has not estimated yet".to_owned(),
                |rows| format!("about {}", counted(usize::try_from(rows).unwrap_or(usize::MAX), "row", "rows")),
            ),
            size(held.bytes.unwrap_or_default())
        ),
        None => format!("     no schema {schema}: it does not exist"),
    });
    if let Some(since) = &overview.archived {
        lines.push(format!("     archived since {}", Shown(since)));
    }
    lines.push(match (overview.is_registered, keep_registered) {
        (true, false) => "     what registers it".to_owned(),
        (true, true) => "     not what registers it: that stays".to_owned(),
        (false, _) => {
            "     the registry does not have it any more: this is the rest of a dropping that was interrupted"
                .to_owned()
        }
    });
    if let Some(role) = &overview.role {
        lines.push(format!("     the role {}", Shown(role.as_str())));
    }
    if let Some(left) = &overview.role_left {
        lines.push(format!("     not its role: {}", shown_lines(&left.message)));
    }
    for left in &overview.left_over {
        if overview.is_registered {
            lines.push(format!("     the schema {}, the rest of an earlier dropping", Shown(left.as_str())));
        }
    }
    lines.join("\n")
}
