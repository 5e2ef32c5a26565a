//! The migrations of a tier, and which schemas they are applied in.

use std::collections::BTreeMap;

use crate::output::counted;
use crate::report::{TargetStatus, label};
use crate::tui::state::{Cell, Content, Item, Line, Tone};

use super::part;

/// How many schemas are named that a migration is not applied in.
const NAMED: usize = 100;

/// A migration of the project.
#[derive(Debug, Clone)]
pub(crate) struct Texts {
    pub(crate) version: String,
    /// Its folder's name.
    pub(crate) name: String,
    /// Where it can be read; a Rust function cannot.
    pub(crate) up: Option<String>,
    pub(crate) down: Option<String>,
    pub(crate) is_reversible: bool,
}

/// In which schemas a version is what.
#[derive(Debug, Default)]
struct Standing<'a> {
    applied: usize,
    behind: Vec<&'a TargetStatus<'a>>,
    edited: usize,
}

/// The migrations of a tier; those that only histories have stand last.
pub(crate) fn migrations(texts: &[Texts], targets: &[TargetStatus<'_>], is_shared: bool) -> Content {
    let mut standings: BTreeMap<&str, Standing<'_>> = BTreeMap::new();
    for target in targets {
        for version in target.applied.iter().filter(|version| !target.unknown.contains(version)) {
            standings.entry(version).or_default().applied += 1;
        }
        for version in &target.pending {
            standings.entry(version).or_default().behind.push(target);
        }
        for version in &target.edited {
            standings.entry(version).or_default().edited += 1;
        }
    }
    let none = Standing::default();
    let mut items: Vec<Item> = texts
        .iter()
        .map(|texts| item(texts, standings.get(texts.version.as_str()).unwrap_or(&none), is_shared))
        .collect();
    let mut unknown: BTreeMap<&str, usize> = BTreeMap::new();
    targets.iter().flat_map(|target| &target.unknown).for_each(|version| *unknown.entry(version).or_default() += 1);
    items.extend(unknown.iter().map(|(version, schemas)| item_unknown(version, *schemas, is_shared)));
    let behind = standings.values().filter(|standing| !standing.behind.is_empty()).count();
    let mut note = counted(texts.len(), "migration", "migrations");
    if behind > 0 {
        note.push_str(&format!(", {behind} not applied everywhere"));
    }
    if !unknown.is_empty() {
        note.push_str(&format!(", {} that this project does not have", unknown.len()));
    }
    Content { items, note }
}

fn item(texts: &Texts, standing: &Standing<'_>, is_shared: bool) -> Item {
    let Standing { applied, behind, edited } = standing;
    let mut remarks = Vec::new();
    if *edited > 0 {
        remarks.push(format!("edited since it was applied in {}", counted(*edited, "schema", "schemas")));
    }
    if !texts.is_reversible {
        remarks.push("no way back".to_owned());
    }
    let remarks = Cell::new(remarks.join("; ")).tone(if *edited > 0 { Tone::Bad } else { Tone::Dim });
    let name = Cell::new(&texts.name);
    let cells = if is_shared {
        let (word, tone, rank) = if *applied > 0 { ("applied", Tone::Good, 1) } else { ("pending", Tone::Warn, 0) };
        vec![name, Cell::new(word).tone(tone).rank(rank), remarks]
    } else {
        let tone = if behind.is_empty() { Tone::Dim } else { Tone::Warn };
        vec![name, Cell::number(*applied), Cell::number(behind.len()).tone(tone), remarks]
    };
    let mut lines = vec![Line::one(Tone::Strong, &texts.name)];
    if !is_shared {
        let text = format!("applied in {}, behind in {}", applied, behind.len());
        lines.push(Line::one(Tone::Plain, text));
    }
    for (file, text) in [("up.sql", &texts.up), ("down.sql", &texts.down)] {
        lines.extend(part(file, text.as_deref().unwrap_or("(there is no such file)")));
    }
    if !behind.is_empty() && !is_shared {
        let mut names: Vec<String> =
            behind.iter().take(NAMED).map(|target| format!("  {}", label(target.tenant, target.schema))).collect();
        if behind.len() > NAMED {
            names.push(format!("  … and {} more", behind.len() - NAMED));
        }
        lines.extend(part("not applied in", &names.join("\n")));
    }
    Item { key: texts.version.clone(), cells, lines }
}

fn item_unknown(version: &str, schemas: usize, is_shared: bool) -> Item {
    let remark = "not in this project: a newer release's, or a folder that is gone";
    let remark = Cell::new(remark).tone(Tone::Warn);
    let name = Cell::new(version).tone(Tone::Warn);
    let cells = if is_shared {
        vec![name, Cell::new("applied").tone(Tone::Warn).rank(1), remark]
    } else {
        vec![name, Cell::number(schemas), Cell::number(0).tone(Tone::Dim), remark]
    };
    let mut lines = vec![Line::one(Tone::Warn, format!("{version} is in histories, and not in this project"))];
    lines.extend(Line::of(Tone::Plain, "get the release that has it, or see `cargo multitenant repair`"));
    Item { key: version.to_owned(), cells, lines }
}
