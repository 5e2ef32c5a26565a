//! What `verify` has found, and how far it has come.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use multitenant_runtime::Tier;
use serde::Serialize;

use crate::finding::{Complaint, ComplaintItem, Level};
use crate::output::{Console, DIM, GOOD, Verbosity, counted, paint};
use crate::verify::{Rehearsed, Verified};

use super::{FORMAT, complaints};

/// The document of `verify`.
#[derive(Debug, Serialize)]
pub(crate) struct VerifyDocument<'a> {
    format: u32,
    shared: Option<TierView>,
    tenants: Option<TierView>,
    tenants_equal: Option<bool>,
    /// How many `table!` were compared with the database.
    schema_code: Option<usize>,
    findings: Vec<ComplaintItem<'a>>,
    summary: Summary,
    #[serde(skip)]
    complaints: Vec<&'a Complaint>,
}

#[derive(Debug, Clone, Copy, Serialize)]
struct TierView {
    migrations: usize,
    up: usize,
    only_applied: usize,
    down_and_up: usize,
    irreversible: usize,
}

#[derive(Debug, Serialize)]
struct Summary {
    errors: usize,
    warnings: usize,
    infos: usize,
}

impl<'a> VerifyDocument<'a> {
    pub(crate) fn new(verified: &'a Verified) -> Self {
        let complaints: Vec<&Complaint> = verified.complaints().collect();
        let of_level = |level| complaints.iter().filter(|complaint| complaint.level == level).count();
        Self {
            format: FORMAT,
            shared: verified.shared.as_ref().map(view),
            tenants: verified.tenants.as_ref().map(view),
            tenants_equal: verified.tenants_equal,
            schema_code: verified.schema_code,
            findings: complaints.iter().map(|complaint| complaint.item()).collect(),
            summary: Summary {
                errors: of_level(Level::Error),
                warnings: of_level(Level::Warning),
                infos: of_level(Level::Info),
            },
            complaints,
        }
    }

    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for (name, tier) in [("shared", self.shared), ("tenants", self.tenants)] {
            match tier {
                Some(tier) => text.push_str(&tier.text(name)),
                None if name == "shared" => {}
                None => text.push_str(&format!(" {name}: {}\n", paint(DIM, "not tried"))),
            }
        }
        let line = |what: &str| format!(" {} {what}\n", paint(GOOD, "✓"));
        if self.tenants_equal == Some(true) {
            text.push_str(&line("the second tenant is equal to the first"));
        }
        let is_code_good = !self.complaints.iter().any(|complaint| complaint.code == "verify-schema-code");
        match self.schema_code {
            Some(tables) if is_code_good => {
                let tables = counted(tables, "`table!` is", "`table!` are");
                text.push_str(&line(&format!("{tables} what the migrations make")));
            }
            _ => {}
        }
        if !self.complaints.is_empty() {
            text.push_str("Findings\n");
        }
        text.push_str(&complaints::numbered(&self.complaints));
        text + &complaints::summed_up(&self.complaints)
    }
}

fn view(tier: &Rehearsed) -> TierView {
    let Rehearsed { migrations, up, only_applied, down_and_up, irreversible, .. } = *tier;
    TierView { migrations, up, only_applied, down_and_up, irreversible }
}

impl TierView {
    fn text(self, name: &str) -> String {
        let older = match self.only_applied {
            0 => String::new(),
            some => format!(", {some} older ones only applied"),
        };
        let irreversible = match self.irreversible {
            0 => String::new(),
            some => format!(", {some} without a way back"),
        };
        format!(
            " {name}: {} applied of {}; {} down and up again{older}{irreversible}\n",
            self.up,
            counted(self.migrations, "migration", "migrations"),
            self.down_and_up
        )
    }
}

/// How far it has come.
pub(crate) struct VerifyProgress {
    bar: ProgressBar,
}

impl VerifyProgress {
    pub(crate) fn new(console: &Console) -> Self {
        let is_shown = console.verbosity != Verbosity::Quiet;
        let target = if is_shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template(" {msg} {pos}/{len}") {
            bar.set_style(style);
        }
        Self { bar }
    }

    /// The migration of this number is tried.
    pub(crate) fn step(&mut self, tier: Tier, number: usize, of: usize) {
        self.bar.set_length(u64::try_from(of).unwrap_or(u64::MAX));
        self.bar.set_message(match tier {
            Tier::Shared => "shared migration",
            Tier::Tenant => "tenant migration",
        });
        self.bar.set_position(u64::try_from(number).unwrap_or(u64::MAX));
    }

    pub(crate) fn finish(self) {
        self.bar.finish_and_clear();
    }
}
