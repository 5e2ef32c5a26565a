//! The seeds of a project.

use crate::config::slashes;
use crate::output::counted;
use crate::seeds::Listed;
use crate::tui::state::{Cell, Content, Item, Line, Tone};

use super::part;

/// What is known of a seed in Rust.
const RUST: &str = "A seed in Rust is compiled with the project's library before it runs: leave the UI, and run `cargo \
                    multitenant seed`.";

/// The seeds that are there, in the order in which they run.
pub(crate) fn seeds(seeds: &[Listed]) -> Content {
    let rust = seeds.iter().filter(|seed| seed.is_rust).count();
    let mut note = counted(seeds.len(), "seed", "seeds");
    if rust > 0 {
        note.push_str(&format!(", {rust} in Rust: run these with `cargo multitenant seed`"));
    }
    Content { items: seeds.iter().map(item).collect(), note }
}

fn item(seed: &Listed) -> Item {
    let path = slashes(&seed.path);
    let mut lines = vec![Line::one(Tone::Strong, &path)];
    if seed.is_rust {
        lines.extend(Line::of(Tone::Warn, RUST));
    }
    lines.extend(match std::fs::read_to_string(&seed.path) {
        Ok(text) => part("what it does", &text),
        Err(error) => part("it cannot be read", &error.to_string()),
    });
    let environment = seed.environment.as_deref().unwrap_or("-");
    let name = Cell::new(&path).tone(if seed.is_rust { Tone::Warn } else { Tone::Plain });
    Item { key: path, cells: vec![Cell::new(seed.tier.to_string()), Cell::new(environment), name], lines }
}
