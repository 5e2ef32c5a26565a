//! The tenants: the result of `tenant list`.

use multitenant_runtime::{ArchivedEntry, TargetPlan, TenantList, UnusableTenant};
use serde::Serialize;

use crate::output::{Align, BAD, Cell, DIM, GOOD, Table, WARN, counted};
use crate::report::FORMAT;
use crate::report::status::{FAILED, in_words, state_of};

use super::{Named, size};

const ARCHIVED: &str = "archived";

/// The tenants, how they stand, and what they hold.
#[derive(Debug, Serialize)]
pub(crate) struct TenantListDocument<'a> {
    format: u32,
    tenants: Vec<Entry<'a>>,
    summary: Summary,
    #[serde(skip)]
    sizes: bool,
}

#[derive(Debug, Serialize)]
pub(crate) struct Entry<'a> {
    pub(crate) tenant: &'a str,
    /// `null` where the tenant's id cannot become a schema's name.
    pub(crate) schema: Option<&'a str>,
    pub(crate) state: &'static str,
    pub(crate) archived_at: Option<&'a str>,
    pub(crate) pending: usize,
    /// `null` where the schema does not exist, as with the two that follow.
    pub(crate) tables: Option<u64>,
    /// `null` where the server has not looked yet, too.
    pub(crate) rows_estimate: Option<u64>,
    /// `null` without `--size`, too.
    bytes: Option<u64>,
}

#[derive(Debug, Default, Serialize)]
struct Summary {
    tenants: usize,
    archived: usize,
    /// `null` without `--size`.
    bytes: Option<u64>,
}

impl<'a> TenantListDocument<'a> {
    pub(crate) fn new(list: &'a TenantList, sizes: bool) -> Self {
        let plan = &list.plan;
        let mut tenants: Vec<Entry<'a>> = plan.tenants.iter().map(|plan| Entry::of(plan, list)).collect();
        tenants.extend(plan.unusable.iter().map(Entry::unusable));
        tenants.extend(list.archived.iter().map(|entry| Entry::archived(entry, list)));
        let bytes = sizes.then(|| tenants.iter().filter_map(|entry| entry.bytes).sum());
        let summary = Summary { tenants: tenants.len(), archived: list.archived.len(), bytes };
        Self { format: FORMAT, tenants, summary, sizes }
    }

    /// The tenants, those who are archived last.
    #[cfg(feature = "tui")]
    pub(crate) fn entries(&self) -> &[Entry<'a>] {
        &self.tenants
    }

    /// How many there are.
    #[cfg(feature = "tui")]
    pub(crate) fn counts(&self) -> String {
        self.summary.text()
    }

    /// A table, then the counts.
    pub(crate) fn text(&self) -> String {
        let mut columns = vec![("tenant", Align::Left), ("schema", Align::Left), ("tables", Align::Right)];
        columns.extend(self.sizes.then_some(("size", Align::Right)));
        columns.extend([("state", Align::Left), ("", Align::Left)]);
        let mut table = Table::new(columns);
        for entry in &self.tenants {
            let style = match entry.state {
                "up-to-date" => GOOD,
                "behind" | "ahead" => WARN,
                ARCHIVED => DIM,
                _ => BAD,
            };
            let number = |number: Option<u64>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
            let mut cells =
                vec![Cell::new(entry.tenant), Cell::new(entry.schema.unwrap_or("-")), Cell::new(number(entry.tables))];
            cells.extend(self.sizes.then(|| Cell::new(entry.bytes.map_or_else(|| "-".to_owned(), size))));
            cells.push(Cell::new(in_words(entry.state)).style(style));
            cells.push(Cell::new(match (entry.archived_at, entry.pending) {
                (Some(since), _) => format!("since {since}"),
                (None, 0) => String::new(),
                (None, pending) => format!("{pending} pending"),
            }));
            table.row(cells);
        }
        let table = if self.tenants.is_empty() { String::new() } else { table.render() };
        format!("{table} {}\n", self.summary.text())
    }
}

impl Summary {
    fn text(&self) -> String {
        if self.tenants == 0 {
            return "no tenants".to_owned();
        }
        let archived = if self.archived > 0 { format!(", {} archived", self.archived) } else { String::new() };
        let bytes = self.bytes.map_or_else(String::new, |bytes| format!(", {}", size(bytes)));
        format!("{}{archived}{bytes}", counted(self.tenants, "tenant", "tenants"))
    }
}

impl<'a> Entry<'a> {
    fn of(plan: &'a TargetPlan, list: &TenantList) -> Self {
        let Named { tenant, schema } = Named::from(&plan.target);
        let holdings = list.holdings(plan.target.schema());
        Self {
            tenant,
            schema: Some(schema),
            state: state_of(plan),
            archived_at: None,
            pending: plan.pending.len(),
            tables: holdings.map(|holdings| holdings.tables),
            rows_estimate: holdings.and_then(|holdings| holdings.rows),
            bytes: holdings.and_then(|holdings| holdings.bytes),
        }
    }

    fn archived(entry: &'a ArchivedEntry, list: &TenantList) -> Self {
        let holdings = list.holdings(&entry.schema);
        Self {
            tenant: entry.tenant.as_str(),
            schema: Some(entry.schema.as_str()),
            state: ARCHIVED,
            archived_at: Some(&entry.since),
            pending: 0,
            tables: holdings.map(|holdings| holdings.tables),
            rows_estimate: holdings.and_then(|holdings| holdings.rows),
            bytes: holdings.and_then(|holdings| holdings.bytes),
        }
    }

    fn unusable(tenant: &'a UnusableTenant) -> Self {
        Self {
            tenant: &tenant.tenant,
            schema: tenant.schema.as_deref(),
            state: FAILED,
            archived_at: None,
            pending: 0,
            tables: None,
            rows_estimate: None,
            bytes: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::output::plain;

    fn example(sizes: bool) -> TenantListDocument<'static> {
        let entry = |tenant, schema, state| Entry {
            tenant,
            schema,
            state,
            archived_at: None,
            pending: 0,
            tables: Some(12),
            rows_estimate: Some(100),
            bytes: sizes.then_some(1_500_000),
        };
        let tenants = vec![
            entry("acme", Some("tenant_acme"), "up-to-date"),
            Entry { pending: 2, ..entry("é\u{1b}[31m", Some("tenant_é\u{1b}[31m"), "behind") },
            Entry { tables: None, bytes: None, ..entry("gone", Some("tenant_gone"), "missing") },
            Entry { tables: None, bytes: None, ..entry("", None, FAILED) },
            Entry {
                archived_at: Some("2026-11-01 09:00:00+00"),
                ..entry("old", Some("archived_tenant_old"), ARCHIVED)
            },
        ];
        let summary = Summary { tenants: 5, archived: 1, bytes: sizes.then_some(4_500_000) };
        TenantListDocument { format: FORMAT, tenants, summary, sizes }
    }

    #[test]
    fn people_read_a_table() {
        assert_snapshot!(plain(&example(true).text()), @r"
        tenant       schema               tables    size  state
        acme         tenant_acme              12  1.4 MB  up to date
        é\u{1b}[31m  tenant_é\u{1b}[31m       12  1.4 MB  behind      2 pending
        gone         tenant_gone               -       -  missing
                     -                         -       -  failed
        old          archived_tenant_old      12  1.4 MB  archived    since 2026-11-01 09:00:00+00
        5 tenants, 1 archived, 4.2 MB
        ");
        assert!(!example(false).text().contains("size"));
        let none = TenantListDocument { format: FORMAT, tenants: vec![], summary: Summary::default(), sizes: false };
        assert_eq!(none.text(), " no tenants\n");
    }

    #[test]
    fn programs_find_every_field() {
        let json = serde_json::to_value(example(false)).unwrap();
        assert_eq!(
            json["tenants"][0],
            serde_json::json!({
                "tenant": "acme", "schema": "tenant_acme", "state": "up-to-date", "archived_at": null, "pending": 0,
                "tables": 12, "rows_estimate": 100, "bytes": null,
            })
        );
        assert_eq!(json["summary"], serde_json::json!({ "tenants": 5, "archived": 1, "bytes": null }));
    }
}
