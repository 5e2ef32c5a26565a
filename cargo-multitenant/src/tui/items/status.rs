//! How the schemas stand.

use crate::report::{Names, StatusDocument, TargetStatus, in_words, label};
use crate::tui::state::{Cell, Content, Item, Line, Tone};

use super::{failure, state_tone};

/// The tenants.
pub(crate) fn tenant_status(document: &StatusDocument<'_>, names: &Names) -> Content {
    let items = document.tenants().iter().map(|target| item(target, names)).collect();
    Content { items, note: plain(&document.counts()) }
}

/// The shared schema.
pub(crate) fn shared_status(document: &StatusDocument<'_>, names: &Names) -> Content {
    let items: Vec<Item> = document.shared().map(|target| item(target, names)).into_iter().collect();
    Content { note: if items.is_empty() { String::new() } else { "the shared schema".to_owned() }, items }
}

fn item(target: &TargetStatus<'_>, names: &Names) -> Item {
    let tone = state_tone(target.state);
    let state = in_words(target.state);
    let rank = match tone {
        Tone::Bad => 0,
        Tone::Warn => 1,
        _ => 2,
    };
    let mut lines = vec![Line::one(tone, &state)];
    lines.extend(target.refused.iter().flat_map(|why| Line::of(Tone::Warn, why)));
    if let Some(last) = &target.last_failure {
        lines.push(Line::empty());
        lines.push(Line::one(Tone::Strong, "the last run failed here"));
        lines.extend(failure::lines(last));
    }
    let tier =
        if target.tenant.is_none() { multitenant_runtime::Tier::Shared } else { multitenant_runtime::Tier::Tenant };
    for (title, versions) in [
        ("pending", &target.pending),
        ("of these older than what is applied", &target.out_of_order),
        ("edited since they were applied", &target.edited),
        ("not in this project", &target.unknown),
        ("applied", &target.applied),
    ] {
        if !versions.is_empty() {
            let named: Vec<String> = versions.iter().map(|version| format!("  {}", names.get(tier, version))).collect();
            lines.extend(super::part(&format!("{title}: {}", versions.len()), &named.join("\n")));
        }
    }
    Item {
        key: target.tenant.or(target.schema).unwrap_or_default().to_owned(),
        cells: vec![
            Cell::new(label(target.tenant, target.schema)),
            Cell::number(target.applied.len()),
            Cell::number(target.pending.len()).tone(if target.pending.is_empty() { Tone::Dim } else { Tone::Plain }),
            Cell::new(&state).tone(tone).rank(rank),
            Cell::new(target.detail(names)),
        ],
        lines,
    }
}

/// A text of the reports without its colours.
pub(super) fn plain(text: &str) -> String {
    Line::of_report(text).iter().map(Line::text).collect::<Vec<_>>().join(" ").trim().to_owned()
}
