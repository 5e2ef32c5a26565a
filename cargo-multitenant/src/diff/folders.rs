//! Steps as migrations.

use super::steps::{Phase, Step};
use crate::scaffold::NewMigration;

/// What a migration without a transaction says of itself.
const OUT_OF_TRANSACTION: &str = "# CONCURRENTLY is refused in a transaction.\nrun_in_transaction = false\n";

/// The migrations that steps are divided into, in their order. Alone, one is called as it was asked for.
pub(crate) fn folders(name: &str, steps: &[Step]) -> Vec<NewMigration> {
    let mut parts: Vec<(String, Vec<&Step>)> = Vec::new();
    for phase in [Phase::Labels, Phase::Main] {
        let suffix = if phase == Phase::Labels { "_labels" } else { "" };
        parts.push((format!("{name}{suffix}"), steps.iter().filter(|step| step.phase == phase).collect()));
    }
    for step in steps.iter().filter(|step| step.phase == Phase::Index) {
        let of = step.name.as_deref().unwrap_or_default();
        parts.push((format!("{name}_{}", plain(of)), vec![step]));
    }
    for (phase, suffix) in [(Phase::Validate, "validate"), (Phase::Keys, "validate_keys")] {
        parts.push((format!("{name}_{suffix}"), steps.iter().filter(|step| step.phase == phase).collect()));
    }
    parts.retain(|(_, steps)| !steps.is_empty());
    let is_alone = parts.len() == 1;
    parts
        .into_iter()
        .map(|(called, steps)| {
            let called = if is_alone { name.to_owned() } else { called };
            let mut files = vec![("up.sql", up(&steps)), ("down.sql", down(&steps))];
            if steps.iter().any(|step| step.phase == Phase::Index) {
                files.push(("metadata.toml", OUT_OF_TRANSACTION.to_owned()));
            }
            NewMigration { name: called, files }
        })
        .collect()
}

fn up(steps: &[&Step]) -> String {
    let texts = steps.iter().flat_map(|step| {
        let mut up = step.up.clone();
        if let (Some(loses), Some(first)) = (&step.loses, up.first_mut()) {
            let loses: String = loses.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
            *first = format!("-- loses data: {loses}\n{first}");
        }
        up
    });
    text(texts)
}

fn down(steps: &[&Step]) -> String {
    text(steps.iter().rev().flat_map(|step| step.down.clone()))
}

/// An empty line after a statement of several lines, and before a comment.
fn text(statements: impl Iterator<Item = String>) -> String {
    let mut text = String::new();
    let mut was_long = false;
    for statement in statements {
        let is_long = statement.contains('\n');
        if !text.is_empty() && (is_long || was_long) {
            text.push('\n');
        }
        text += &statement;
        text.push('\n');
        was_long = is_long;
    }
    text
}

/// A name of an index as a part of a folder's name.
fn plain(name: &str) -> String {
    let plain: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    plain.trim_matches('_').to_lowercase()
}
