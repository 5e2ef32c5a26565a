//! Foreign keys.

use super::key::{named, timed};
use super::name::{in_tier, listed, name};
use crate::model::{ForeignKey, Model, Table};

/// `ALTER TABLE … ADD CONSTRAINT … FOREIGN KEY (…) REFERENCES …`; NOT VALID where it is so.
pub(crate) fn add_foreign_key(model: &Model, table: &Table, key: &ForeignKey) -> String {
    let not_valid = if key.not_valid { " NOT VALID" } else { "" };
    format!("ALTER TABLE {}\n    ADD {}{not_valid};", name(&table.name), foreign_key(model, table, key))
}

/// `CONSTRAINT … FOREIGN KEY (…) REFERENCES …`.
fn foreign_key(model: &Model, table: &Table, key: &ForeignKey) -> String {
    let target = in_tier(model, table.tier, key.home, key.schema.as_deref(), &key.table);
    // Without columns it is the other table's primary key.
    let columns = if key.target.is_empty() { String::new() } else { format!(" ({})", listed(&key.target)) };
    let full = if key.match_full { " MATCH FULL" } else { "" };
    let set = if key.set_columns.is_empty() { String::new() } else { format!(" ({})", listed(&key.set_columns)) };
    let mut actions = String::new();
    for (event, action) in [("DELETE", &key.on_delete), ("UPDATE", &key.on_update)] {
        if let Some(action) = action_word(action) {
            let set = if event == "DELETE" && action.starts_with("SET") { set.as_str() } else { "" };
            actions += &format!(" ON {event} {action}{set}");
        }
    }
    format!(
        "{}FOREIGN KEY ({}) REFERENCES {target}{columns}{full}{actions}{}",
        named(&key.name),
        listed(&key.columns),
        timed(key.timing)
    )
}

/// What is written of an action; nothing where nothing need be said.
fn action_word(action: &str) -> Option<&'static str> {
    ["CASCADE", "RESTRICT", "SET NULL", "SET DEFAULT"].into_iter().find(|word| *word == action)
}
