//! What a screen says that has nothing to show, and what to do next.

use crate::tui::state::{Line, Load, Screen, Tone};

/// A screen whose list is empty.
pub(super) fn said(screen: Screen, load: &Load) -> Vec<Line> {
    let (title, next): (&str, &[&str]) = match (screen, load) {
        (_, Load::Reading) => ("looking …", &[]),
        (Screen::Drift, Load::Never) => (
            "Every schema is compared with what the migrations make.",
            &[
                "r begins: the migrations are replayed in a transaction that is rolled back, or where they cannot be, in a \
                 scratch database; nothing that stays is written",
            ],
        ),
        (Screen::Drift, _) => ("Nothing differs from what the migrations make.", &["r compares again"]),
        (Screen::Generate, _) => (
            "A new migration's folder, with a version of its own, and up.sql and down.sql in it.",
            &["n asks for its name and its tier; what was written stands here then"],
        ),
        (Screen::TenantStatus, _) => ("There are no tenants.", &["create one: 5, then n"]),
        (Screen::Tenants, _) => ("There are no tenants.", &["n creates one"]),
        (Screen::SharedStatus, _) => (
            "There are no shared migrations, and so the shared schema is left alone.",
            &["begin with one: 8, then n, tier shared"],
        ),
        (Screen::TenantMigrations | Screen::SharedMigrations, _) => {
            ("There are no migrations in this tier.", &["write the first one: 8, then n"])
        }
        (Screen::Seeding, _) => (
            "There are no seeds.",
            &["put SQL files into seeds/shared and seeds/tenant; a folder in there is an environment", "r looks again"],
        ),
        (Screen::Lint, _) => ("Nothing found.", &["r looks again"]),
        _ => ("Nothing to show.", &["r looks again"]),
    };
    let mut lines = vec![Line::empty(), Line::one(Tone::Strong, title), Line::empty()];
    lines.extend(next.iter().map(|next| Line::one(Tone::Plain, format!("  • {next}"))));
    lines
}
