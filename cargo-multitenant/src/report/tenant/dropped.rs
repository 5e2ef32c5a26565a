//! What will go with a tenant, and what has gone: `tenant drop`.

use multitenant_runtime::{DroppedTenant, OnDelete, ReferringRows, RoleName, TenantId, TenantOverview};
use serde::Serialize;

use crate::output::{BAD, GOOD, Shown, WARN, counted, paint, shown_lines};
use crate::report::FORMAT;
use crate::report::failure::FailureView;

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
    /// Rows of shared tables that went with the registry's row, or lost their reference to it, as counted right before.
    shared_rows: Vec<SharedRows<'a>>,
}

/// Rows that refer to the registry's row.
#[derive(Debug, Serialize)]
struct SharedRows<'a> {
    schema: &'a str,
    table: &'a str,
    /// `null` where they may not be read.
    rows: Option<u64>,
    on_delete: &'static str,
}

impl<'a> From<&'a ReferringRows> for SharedRows<'a> {
    fn from(referring: &'a ReferringRows) -> Self {
        let ReferringRows { schema, table, rows, on_delete, .. } = referring;
        let on_delete = match on_delete {
            OnDelete::SetNull => "set null",
            OnDelete::SetDefault => "set default",
            _ => "cascade",
        };
        Self { schema, table, rows: *rows, on_delete }
    }
}

impl SharedRows<'_> {
    /// What becomes of them, before and afterwards.
    fn line(&self) -> String {
        let rows = self.rows.map_or_else(
            || "rows that may not be counted".to_owned(),
            |rows| counted(usize::try_from(rows).unwrap_or(usize::MAX), "row", "rows"),
        );
        let what = if self.on_delete == "cascade" { "with the registry's row" } else { "left without the reference" };
        let action = self.on_delete.to_uppercase();
        format!("     {what} (ON DELETE {action}): {rows} of {}.{}", Shown(self.schema), Shown(self.table))
    }
}

impl<'a> DropDocument<'a> {
    pub(crate) fn new(dropped: &'a DroppedTenant, overview: &'a TenantOverview) -> Self {
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
            shared_rows: overview.referring.iter().map(SharedRows::from).collect(),
        }
    }

    pub(crate) fn text(&self) -> String {
        let role = self.role.map_or_else(String::new, |role| format!(" and the role {}", Shown(role)));
        let mut text =
            format!(" {}  {}: the schema {}{role}\n", Shown(self.tenant), paint(GOOD, "dropped"), Shown(self.schema));
        for rows in &self.shared_rows {
            text.push_str(&rows.line());
            text.push('\n');
        }
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
    if !keep_registered {
        lines.extend(overview.referring.iter().map(|rows| SharedRows::from(rows).line()));
    }
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
