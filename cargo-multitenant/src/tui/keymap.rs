//! Which key does what where: one table, from which the help line and the overlay of all keys are made.

use ratatui::crossterm::event::KeyCode;

use super::message::Key;
use super::state::{SCREENS, Screen};

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Go(Screen),
    NextScreen,
    PreviousScreen,
    Down,
    Up,
    PageDown,
    PageUp,
    First,
    Last,
    Details,
    Back,
    Filter,
    Sort,
    SortReversed,
    Reload,
    Help,
    Quit,
    /// Ctrl-C, which is a key where the terminal is raw.
    Interrupt,
    Mark,
    MarkAll,
    Migrate,
    MigrateEverything,
    MigrateTo,
    Rollback,
    Create,
    Clone,
    Rename,
    Archive,
    Restore,
    Drop,
    Seed,
    Generate,
    Stop,
    Retry,
}

/// Keys that ask for the same.
#[derive(Debug)]
pub(crate) struct Binding {
    keys: &'static [Key],
    /// How they are written.
    pub(crate) shown: &'static str,
    pub(crate) action: Action,
    /// The word in the help line; empty where there is no room for it.
    pub(crate) word: &'static str,
    /// The sentence among all keys.
    pub(crate) help: &'static str,
    /// On which screens; on all of them where this is empty.
    on: &'static [Screen],
}

const STATUS: &[Screen] = &[Screen::TenantStatus, Screen::SharedStatus];
const TENANTS: &[Screen] = &[Screen::Tenants];
const MIGRATIONS: &[Screen] = &[Screen::TenantMigrations, Screen::SharedMigrations];

macro_rules! bindings {
    ($($on:expr; $action:ident: [$($key:expr),+] $shown:literal $word:literal $help:literal)+) => {
        &[$(Binding {
            keys: &[$($key),+],
            shown: $shown,
            action: Action::$action,
            word: $word,
            help: $help,
            on: $on,
        }),+]
    };
}

/// All keys but those that lead to screens. What is for one screen stands first, since the help line begins with it.
pub(crate) const BINDINGS: &[Binding] = bindings![
    STATUS; Migrate: [Key::char('m')] "m" "migrate" "migrate what is marked, or what is under the cursor"
    STATUS; MigrateEverything: [Key::char('M')] "M" "migrate all" "migrate the shared schema, then all tenants"
    STATUS; Rollback: [Key::char('b')] "b" "roll back" "revert one migration of what is marked, or under the cursor"
    &[Screen::TenantStatus]; Mark: [Key::char(' ')] "Space" "mark" "mark the tenant under the cursor"
    &[Screen::TenantStatus]; MarkAll: [Key::char('a')] "a" "" "mark all that are seen, or none"
    MIGRATIONS; Migrate: [Key::char('m')] "m" "migrate" "apply all that is pending in this tier"
    MIGRATIONS; MigrateTo: [Key::char('t')] "t" "migrate to" "apply what is pending in this tier up to this migration"
    TENANTS; Create: [Key::char('n')] "n" "new" "create a tenant: schema, migrations, registry row"
    TENANTS; Clone: [Key::char('c')] "c" "clone" "make a new tenant as a copy of this one"
    TENANTS; Drop: [Key::char('d')] "d" "drop" "drop this tenant: asks for the id, typed again"
    TENANTS; Rename: [Key::char('e')] "e" "rename" "give this tenant another id"
    TENANTS; Archive: [Key::char('a')] "a" "archive" "set this tenant aside, with all its data"
    TENANTS; Restore: [Key::char('t')] "t" "take back" "take an archived tenant back"
    &[Screen::Seeding]; Seed: [Key::char('p')] "p" "seed" "put the seeds into the schemas"
    &[Screen::Generate]; Generate: [Key::char('n')] "n" "new" "write a new migration's folder"
    &[Screen::Run]; Stop: [Key::char('x')] "x" "stop" "end the run: what has begun is finished or rolled back; again: asks whether to end at once"
    &[Screen::Run]; Retry: [Key::char('f')] "f" "retry failed" "the same once more where it failed or was not tried"
    &[]; Details: [Key::new(KeyCode::Enter)] "Enter" "details" "all about what is under the cursor"
    &[]; Filter: [Key::char('/')] "/" "filter" "show only rows with these words; Esc shows all"
    &[]; Sort: [Key::char('s')] "s" "sort" "sort by the next column, or, after the last one, as it was read"
    &[]; SortReversed: [Key::char('S')] "S" "" "sort from the other end"
    &[]; Reload: [Key::char('r'), Key::new(KeyCode::F(5))] "r" "look again" "read this screen once more; on drift: compare"
    &[]; Help: [Key::char('?'), Key::new(KeyCode::F(1))] "?" "keys" "all keys"
    &[]; Quit: [Key::char('q')] "q" "quit" "close the details, or leave; where a run is going, it asks"
    &[]; Back: [Key::new(KeyCode::Esc)] "Esc" "" "close the details, show all rows, leave the run board"
    &[]; NextScreen: [Key::new(KeyCode::Tab), Key::new(KeyCode::Right)] "Tab →" "" "the next screen"
    &[]; PreviousScreen: [Key::new(KeyCode::BackTab), Key::new(KeyCode::Left)] "Shift-Tab ←" "" "the screen before"
    &[]; Down: [Key::new(KeyCode::Down), Key::char('j')] "↓ j" "" "one row down"
    &[]; Up: [Key::new(KeyCode::Up), Key::char('k')] "↑ k" "" "one row up"
    &[]; PageDown: [Key::new(KeyCode::PageDown), Key::control('f')] "PgDn" "" "a page down"
    &[]; PageUp: [Key::new(KeyCode::PageUp), Key::control('b')] "PgUp" "" "a page up"
    &[]; First: [Key::new(KeyCode::Home), Key::char('g')] "Home g" "" "the first row"
    &[]; Last: [Key::new(KeyCode::End), Key::char('G')] "End G" "" "the last row"
    &[]; Interrupt: [Key::control('c')] "Ctrl-C" "" "leave; a run is ended in order first; again: at once"
];

impl Binding {
    fn is_on(&self, screen: Screen) -> bool {
        self.on.is_empty() || self.on.contains(&screen)
    }

    /// Whether it is for some screens only.
    pub(crate) fn is_special(&self) -> bool {
        !self.on.is_empty()
    }
}

/// What a key asks for on a screen.
pub(crate) fn action(screen: Screen, key: Key) -> Option<Action> {
    let bound = bindings(screen).find(|binding| binding.keys.contains(&key)).map(|binding| binding.action);
    let leads_to = |screen: &&Screen| key == Key::char(screen.key());
    bound.or_else(|| SCREENS.iter().find(leads_to).copied().map(Action::Go))
}

/// The keys of a screen, those that are for it alone first.
pub(crate) fn bindings(screen: Screen) -> impl Iterator<Item = &'static Binding> {
    BINDINGS.iter().filter(move |binding| binding.is_on(screen))
}

/// What the help line of a screen says, as much as there is room for: keys with their words. Where nothing runs, nothing is
/// stopped.
pub(crate) fn help_line(screen: Screen, width: usize, is_running: bool) -> Vec<(&'static str, &'static str)> {
    let is_of_use = |binding: &&Binding| !binding.word.is_empty() && (is_running || binding.action != Action::Stop);
    let said: Vec<_> = bindings(screen).filter(is_of_use).collect();
    let room = |binding: &Binding| binding.shown.chars().count() + binding.word.chars().count() + 3;
    // These two are never left out.
    let kept = |binding: &&&Binding| matches!(binding.action, Action::Help | Action::Quit);
    let mut left = width.saturating_sub(said.iter().filter(kept).map(|binding| room(binding)).sum());
    let mut line = Vec::new();
    for binding in &said {
        let has_room = room(binding) <= left;
        if kept(&binding) || has_room {
            line.push((binding.shown, binding.word));
        }
        if !kept(&binding) {
            left -= if has_room { room(binding) } else { 0 };
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_asks_for_two_things_on_a_screen() {
        for screen in SCREENS {
            let mut keys: Vec<Key> = bindings(screen).flat_map(|binding| binding.keys.iter().copied()).collect();
            keys.extend(SCREENS.iter().map(|screen| Key::char(screen.key())));
            for (at, key) in keys.iter().enumerate() {
                assert!(!keys[..at].contains(key), "{key:?} on {screen:?}");
            }
        }
    }

    #[test]
    fn keys_do_what_the_table_says() {
        for (screen, key, expected) in [
            (Screen::TenantStatus, Key::char('m'), Some(Action::Migrate)),
            (Screen::Tenants, Key::char('m'), None),
            (Screen::Tenants, Key::char('a'), Some(Action::Archive)),
            (Screen::TenantStatus, Key::char('a'), Some(Action::MarkAll)),
            (Screen::Run, Key::char('x'), Some(Action::Stop)),
            (Screen::Lint, Key::char('0'), Some(Action::Go(Screen::Doctor))),
            (Screen::Lint, Key::control('c'), Some(Action::Interrupt)),
            (Screen::Lint, Key::char('c'), None),
        ] {
            assert_eq!(action(screen, key), expected, "{key:?} on {screen:?}");
        }
    }

    #[test]
    fn the_help_line_has_room_and_always_the_way_out() {
        for screen in SCREENS {
            for width in [20, 80, 120] {
                let line = help_line(screen, width, true);
                let used: usize = line.iter().map(|(key, word)| key.chars().count() + word.chars().count() + 3).sum();
                assert!(used <= width.max(20), "{screen:?} at {width}: {line:?}");
                assert!(line.iter().any(|(key, _)| *key == "q") && line.iter().any(|(key, _)| *key == "?"));
            }
        }
    }

    #[test]
    fn every_key_is_explained() {
        assert!(BINDINGS.iter().all(|binding| !binding.help.is_empty() && !binding.shown.is_empty()));
    }
}
