//! What happens while it happens, on stderr.

use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use multitenant_runtime::{Event, Observer, Outcome};

use crate::output::{Console, Shown, Verbosity, counted, shown_lines};

use super::kind::participle;
use super::seconds;

/// How often the bar is drawn, at most, in a second.
const REFRESH: u8 = 10;

/// Shows a run's events: as a bar on a terminal, as lines with `-v`, not at all with `-q` or in a log.
pub(crate) struct Progress {
    console: Console,
    bar: ProgressBar,
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    targets: u64,
    failed: u64,
}

impl Progress {
    /// Nothing is shown before the first event.
    pub(crate) fn new(console: Console) -> Self {
        let target = match console.verbosity {
            Verbosity::Normal => ProgressDrawTarget::stderr_with_hz(REFRESH),
            Verbosity::Quiet | Verbosity::Verbose => ProgressDrawTarget::hidden(),
        };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template("{spinner} {pos}/{len} [{bar:30}] {elapsed} {wide_msg}") {
            bar.set_style(style.progress_chars("=> "));
        }
        Self { console, bar, counts: Mutex::default() }
    }

    /// The bar, to be cleared when the run is over.
    pub(crate) fn bar(&self) -> ProgressBar {
        self.bar.clone()
    }

    fn show(&self, event: &Event) {
        let Ok(mut counts) = self.counts.lock() else { return };
        match event {
            // Twice in a run, where the shared schema has work: then the tenants are known only after it.
            Event::Planned { targets, .. } => {
                counts.targets += *targets as u64;
                self.bar.set_length(counts.targets);
                self.bar.enable_steady_tick(Duration::from_millis(200));
            }
            Event::TargetStarted { target, .. } => self.bar.set_message(counts.message(target.schema().as_str())),
            Event::Held { target } => {
                self.bar.set_message(counts.message(&format!("{} is held by another run", target.schema())));
            }
            Event::RowsCopied { table, done, tables, .. } => {
                self.bar.set_length((*tables).max(*done) as u64);
                self.bar.set_position(*done as u64);
                self.bar.set_message(Shown(table).to_string());
                self.bar.enable_steady_tick(Duration::from_millis(200));
            }
            Event::TenantUnusable { .. } => counts.failed += 1,
            Event::TargetFinished { outcome, .. } => {
                counts.failed += u64::from(*outcome == Outcome::Failed);
                self.bar.inc(1);
            }
            _ => {}
        }
    }
}

impl Counts {
    fn message(&self, current: &str) -> String {
        let failed = if self.failed > 0 { format!("{} failed, ", self.failed) } else { String::new() };
        format!("{failed}{}", Shown(current))
    }
}

impl Observer for Progress {
    fn event(&self, event: &Event) {
        if self.console.verbosity == Verbosity::Verbose {
            if let Some(line) = line(event) {
                self.console.message(&line);
            }
            return;
        }
        if let Some(line) = milestone(event) {
            self.bar.suspend(|| self.console.message(&line));
        }
        if !self.bar.is_hidden() {
            self.show(event);
        }
    }
}

/// What whoever waits for a run wants to know without asking for everything: where it stands between two waves.
fn milestone(event: &Event) -> Option<String> {
    Some(match event {
        Event::WaveFinished { wave, targets, failed } => {
            let failed = if *failed > 0 { format!(", {failed} failed") } else { String::new() };
            format!("wave {wave} is done: {}{failed}", counted(*targets, "tenant", "tenants"))
        }
        Event::Paused { pause } => {
            let millis = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
            format!("waiting {} before the next wave; Ctrl-C ends the run", seconds(millis))
        }
        Event::Stopped { stop } => format!("no further tenant is begun: {stop}"),
        _ => return None,
    })
}

/// One event as a line.
pub(crate) fn line(event: &Event) -> Option<String> {
    if let Some(text) = milestone(event) {
        return Some(text);
    }
    let text = match event {
        Event::Planned { pending_targets, targets, migrations } => {
            format!("{pending_targets} of {targets} schemas have something to do: {migrations} steps")
        }
        Event::MigrationStarted { target, version } => format!("{target}: {version} begins"),
        Event::MigrationApplied { target, version, duration } => {
            format!("{target}: {version} applied in {} ms", duration.as_millis())
        }
        Event::RevertStarted { target, version } => format!("{target}: {version} is being reverted"),
        Event::MigrationReverted { target, version, duration } => {
            format!("{target}: {version} reverted in {} ms", duration.as_millis())
        }
        Event::HistoryChanged { target, steps } => {
            let steps = steps.iter().map(|step| format!("{} {}", participle(step), step.version()));
            format!("{target}: {}", steps.collect::<Vec<_>>().join(", "))
        }
        Event::RowsCopied { target, table, rows, .. } => {
            format!(
                "{target}: {table}: {} copied",
                counted(usize::try_from(*rows).unwrap_or(usize::MAX), "row", "rows")
            )
        }
        Event::Held { target } => format!("{target}: held by another run, will be tried again"),
        Event::Retrying { target, attempt, delay, failure } => {
            format!("{target}: attempt {attempt} failed, next one in {} ms: {failure}", delay.as_millis())
        }
        Event::Notice { target, notice } => format!("{target}: {}: {}", notice.severity, notice.message),
        Event::TenantUnusable { tenant } => tenant.failure.to_string(),
        Event::TargetFinished { target, outcome, failure } => {
            let outcome = match outcome {
                Outcome::Applied => "migrated",
                Outcome::Reverted => "rolled back",
                Outcome::Recorded => "recorded",
                // Hundreds of lines that say nothing.
                Outcome::UpToDate | Outcome::Answered => return None,
                Outcome::Failed => "failed",
                Outcome::Skipped => "skipped",
                _ => "not tried",
            };
            failure.as_ref().map_or(format!("{target}: {outcome}"), |failure| format!("{target}: {outcome}: {failure}"))
        }
        _ => return None,
    };
    Some(shown_lines(&text))
}
