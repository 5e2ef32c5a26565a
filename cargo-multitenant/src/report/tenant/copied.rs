//! The results of `tenant clone`, `tenant load` and `tenant dump`.

use multitenant_runtime::{CopiedTenant, DumpedTenant};
use serde::Serialize;

use crate::output::{GOOD, Shown, counted, paint};
use crate::report::names::versions;
use crate::report::run::millis;
use crate::report::{FORMAT, seconds};

use super::{Named, size};

/// A tenant that was made as a copy.
#[derive(Debug, Serialize)]
pub(crate) struct CopyDocument<'a> {
    format: u32,
    #[serde(flatten)]
    to: Named<'a>,
    from: &'a str,
    tables: usize,
    rows: u64,
    /// How many columns have something else in them.
    anonymised: usize,
    /// The tables of which no column has a rule, where there are rules.
    without_rules: Vec<&'a str>,
    pending: Vec<&'a str>,
    edited: Vec<&'a str>,
    /// Whether it was compared with all that was read of the original.
    proven: bool,
    duration_ms: u64,
    #[serde(skip)]
    participle: &'static str,
}

impl<'a> CopyDocument<'a> {
    pub(crate) fn new(copied: &'a CopiedTenant, participle: &'static str) -> Self {
        Self {
            format: FORMAT,
            to: Named::from(&copied.target),
            from: copied.from.as_str(),
            tables: copied.tables,
            rows: copied.rows,
            anonymised: copied.anonymised,
            without_rules: copied.without_rules.iter().map(String::as_str).collect(),
            pending: versions(&copied.pending),
            edited: versions(&copied.edited),
            proven: copied.is_proven,
            duration_ms: millis(copied.duration),
            participle,
        }
    }

    pub(crate) fn text(&self) -> String {
        let anonymised = match self.anonymised {
            0 => String::new(),
            n => format!(", {} anonymised", counted(n, "column", "columns")),
        };
        format!(
            " {}  {}: {}, {}{anonymised} ({})\n",
            Shown(self.to.schema),
            paint(GOOD, format!("{} from {}", self.participle, Shown(self.from))),
            counted(self.tables, "table", "tables"),
            rows(self.rows),
            seconds(self.duration_ms)
        )
    }

    /// What is left to do, or not known.
    pub(crate) fn warnings(&self, program: &str) -> Vec<String> {
        let mut warnings = Vec::new();
        let Self { to, pending, edited, without_rules, .. } = self;
        if !without_rules.is_empty() {
            let tables: Vec<String> = without_rules.iter().map(|table| Shown(table).to_string()).collect();
            warnings.push(format!(
                "no rule of [clone.anonymise] is about {}: what stands there is as it was",
                tables.join(", ")
            ));
        }
        if !pending.is_empty() {
            let what = counted(pending.len(), "migration is pending", "migrations are pending");
            warnings.push(format!("{what}: {program} migrate --tenant {:?}", to.tenant));
        }
        if !edited.is_empty() {
            warnings.push(format!(
                "{} had another text when it was applied: see {program} repair --tenant {:?}",
                edited.join(", "),
                to.tenant
            ));
        }
        if !self.proven {
            warnings.push(format!(
                "the dump is of another major version of PostgreSQL, so that only the number of objects was compared: \
                 {program} drift tells more"
            ));
        }
        warnings
    }
}

/// A tenant that was written to a file.
#[derive(Debug, Serialize)]
pub(crate) struct DumpDocument<'a> {
    format: u32,
    #[serde(flatten)]
    from: Named<'a>,
    file: String,
    bytes: u64,
    tables: usize,
    rows: u64,
    applied: Vec<&'a str>,
    duration_ms: u64,
}

impl<'a> DumpDocument<'a> {
    pub(crate) fn new(dumped: &'a DumpedTenant) -> Self {
        Self {
            format: FORMAT,
            from: Named::from(&dumped.target),
            file: crate::config::slashes(&dumped.file),
            bytes: dumped.bytes,
            tables: dumped.tables,
            rows: dumped.rows,
            applied: versions(&dumped.applied),
            duration_ms: millis(dumped.duration),
        }
    }

    pub(crate) fn text(&self) -> String {
        format!(
            " {}  {}: {}, {}, {} ({})\n",
            Shown(self.from.schema),
            paint(GOOD, format!("dumped to {}", Shown(&self.file))),
            counted(self.tables, "table", "tables"),
            rows(self.rows),
            size(self.bytes),
            seconds(self.duration_ms)
        )
    }
}

fn rows(rows: u64) -> String {
    counted(usize::try_from(rows).unwrap_or(usize::MAX), "row", "rows")
}
