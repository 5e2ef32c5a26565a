//! Which screens there are.

/// A screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Screen {
    TenantStatus,
    SharedStatus,
    TenantMigrations,
    SharedMigrations,
    Tenants,
    Seeding,
    Health,
    Generate,
    Lint,
    Doctor,
    Drift,
    /// The run board; it is there from the first run on.
    Run,
}

/// All of them, in the order of the tabs.
pub(crate) const SCREENS: [Screen; 12] = [
    Screen::TenantStatus,
    Screen::SharedStatus,
    Screen::TenantMigrations,
    Screen::SharedMigrations,
    Screen::Tenants,
    Screen::Seeding,
    Screen::Health,
    Screen::Generate,
    Screen::Lint,
    Screen::Doctor,
    Screen::Drift,
    Screen::Run,
];

/// Those that are read by one look at all schemas.
pub(crate) const LOOKED_AT: [Screen; 4] =
    [Screen::TenantStatus, Screen::SharedStatus, Screen::TenantMigrations, Screen::SharedMigrations];

impl Screen {
    /// What its tab says.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::TenantStatus => "Tenant status",
            Self::SharedStatus => "Shared status",
            Self::TenantMigrations => "Tenant migrations",
            Self::SharedMigrations => "Shared migrations",
            Self::Tenants => "Tenants",
            Self::Seeding => "Seeding",
            Self::Health => "Health",
            Self::Generate => "Generate",
            Self::Lint => "Lint",
            Self::Doctor => "Doctor",
            Self::Drift => "Drift",
            Self::Run => "Run",
        }
    }

    /// The key that leads there.
    pub(crate) fn key(self) -> char {
        match self {
            Self::TenantStatus => '1',
            Self::SharedStatus => '2',
            Self::TenantMigrations => '3',
            Self::SharedMigrations => '4',
            Self::Tenants => '5',
            Self::Seeding => '6',
            Self::Health => '7',
            Self::Generate => '8',
            Self::Lint => '9',
            Self::Doctor => '0',
            Self::Drift => '-',
            Self::Run => '=',
        }
    }

    /// Its place in the order.
    pub(crate) fn index(self) -> usize {
        SCREENS.iter().position(|screen| *screen == self).unwrap_or_default()
    }

    /// Whether it is read when somebody comes to it; drift takes a replay of all migrations, which is asked for.
    pub(crate) fn reads_itself(self) -> bool {
        !matches!(self, Self::Drift | Self::Generate | Self::Run)
    }

    /// What its columns are called.
    pub(crate) fn columns(self) -> &'static [Column] {
        const fn left(title: &'static str, most: usize) -> Column {
            Column { title, most, is_right: false, keeps_end: false }
        }
        const fn right(title: &'static str, most: usize) -> Column {
            Column { title, most, is_right: true, keeps_end: false }
        }
        const fn place(title: &'static str, most: usize) -> Column {
            Column { title, most, is_right: false, keeps_end: true }
        }
        match self {
            Self::TenantStatus | Self::SharedStatus => {
                const { &[left("schema", 28), right("applied", 7), right("pending", 7), left("state", 10), left("", 999)] }
            }
            Self::TenantMigrations => {
                const { &[left("migration", 42), right("applied", 7), right("behind", 7), left("", 999)] }
            }
            Self::SharedMigrations => const { &[left("migration", 52), left("state", 10), left("", 999)] },
            Self::Tenants => {
                const {
                    &[
                        left("tenant", 24),
                        left("schema", 24),
                        right("tables", 6),
                        right("rows", 9),
                        left("state", 10),
                        left("", 999),
                    ]
                }
            }
            Self::Seeding => const { &[left("tier", 6), left("environment", 12), left("seed", 999)] },
            Self::Health => const { &[left("what", 28), left("state", 10), left("", 999)] },
            Self::Generate => const { &[left("tier", 6), left("file", 999)] },
            Self::Lint => const { &[left("level", 7), left("rule", 24), place("place", 36), left("message", 999)] },
            Self::Doctor => const { &[left("state", 8), left("check", 24), left("", 999)] },
            Self::Drift => const { &[left("schema", 24), left("level", 7), left("difference", 999)] },
            Self::Run => const { &[left("schema", 26), left("state", 11), right("steps", 7), left("", 999)] },
        }
    }
}

/// A column of a list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    pub(crate) title: &'static str,
    /// The most characters that it takes; the last column has what is left.
    pub(crate) most: usize,
    pub(crate) is_right: bool,
    /// Of a text that is too long the end is shown: a path's file, and not its first folder.
    pub(crate) keeps_end: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_screen_has_a_key_of_its_own_and_columns() {
        let mut keys: Vec<char> = SCREENS.iter().map(|screen| screen.key()).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), SCREENS.len());
        assert!(SCREENS.iter().enumerate().all(|(at, screen)| screen.index() == at && !screen.columns().is_empty()));
    }
}
