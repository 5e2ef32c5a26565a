//! How the server and the fleet do.

use std::time::Duration;

use crate::doctor::{Application, Health};
use crate::output::counted;
use crate::report::StatusDocument;
use crate::tui::state::{Cell, Content, Item, Line, Tone};

use super::status::plain;

/// From which share of the server's connections on somebody should know.
const MANY: u32 = 80;

/// How the server and the fleet do.
pub(crate) fn health(health: &Health, status: Option<&StatusDocument<'_>>) -> Content {
    let Health { connect, round_trip, server_limit, server_used, applications } = health;
    let is_many = server_used.saturating_mul(100) >= server_limit.saturating_mul(MANY);
    let mut items = vec![
        row("connecting", Tone::Good, "good", &millis(*connect), "with TLS and authentication"),
        row("round trip", Tone::Good, "good", &millis(*round_trip), "the median of some"),
        row(
            "connections",
            if is_many { Tone::Warn } else { Tone::Good },
            if is_many { "many" } else { "good" },
            &format!("{server_used} of {server_limit}, all databases together"),
            "each instance of the application may open database.max_connections; see the doctor",
        ),
    ];
    match status {
        Some(status) => {
            let all = status.shared().into_iter().chain(status.tenants());
            let to_do = all.filter(|target| target.state != "up-to-date").count();
            let (tone, word) = if to_do == 0 { (Tone::Good, "good") } else { (Tone::Warn, "pending") };
            let help = "tenant status and shared status have them one by one";
            items.push(row("schemas", tone, word, &plain(&status.counts()), help));
        }
        None => items.push(row("schemas", Tone::Bad, "unknown", "they cannot be looked at", "the doctor says why")),
    }
    items.extend(applications.iter().map(application));
    let waiting: u32 = applications.iter().map(|application| application.waiting).sum();
    let mut note = counted(applications.len(), "application is connected", "applications are connected");
    if waiting > 0 {
        note.push_str(&format!(", {} for a lock", counted(waiting as usize, "connection waits", "connections wait")));
    }
    Content { items, note }
}

/// The connections of one application.
fn application(application: &Application) -> Item {
    let Application { name, active, idle, in_transaction, waiting } = application;
    let name = if name.is_empty() { "an application without a name" } else { name };
    let text =
        format!("{active} active, {idle} idle, {in_transaction} idle in a transaction, {waiting} waiting for a lock");
    let (tone, word) = if *waiting > 0 { (Tone::Warn, "waiting") } else { (Tone::Good, "connected") };
    row(name, tone, word, &text, "its connections to this database, by application_name")
}

fn row(what: &str, tone: Tone, word: &str, text: &str, help: &str) -> Item {
    Item {
        key: what.to_owned(),
        cells: vec![Cell::new(what), Cell::new(word).tone(tone), Cell::new(text)],
        lines: vec![Line::one(Tone::Strong, what), Line::one(tone, text), Line::empty(), Line::one(Tone::Dim, help)],
    }
}

fn millis(duration: Duration) -> String {
    let micros = duration.as_micros();
    format!("{}.{} ms", micros / 1_000, micros % 1_000 / 100)
}
