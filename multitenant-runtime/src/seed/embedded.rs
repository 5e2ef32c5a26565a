//! What `embed_seeds!` puts into the binary: facts only, checked and split when a set is made of them.

use super::folder::{File, Found};

/// Everything that `embed_seeds!()` puts into the binary; for [`SeedSet::embedded`](crate::SeedSet::embedded).
#[derive(Debug, Clone, Copy)]
pub struct EmbeddedSeeds {
    shared: &'static [EmbeddedSeed],
    tenant: &'static [EmbeddedSeed],
}

/// One embedded seed, as it stood in its folder.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct EmbeddedSeed {
    /// The file in its folder: `01_plans.sql`, `dev/01_users.sql`.
    pub name: &'static str,
    /// The file as it was configured, with `/`, for messages: `seeds/tenant/dev/01_users.sql`.
    pub path: &'static str,
    /// The environment that it belongs to.
    pub environment: Option<&'static str>,
    /// Its text.
    pub sql: &'static str,
}

impl EmbeddedSeeds {
    /// What the macro writes; applications write `embed_seeds!()`.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(shared: &'static [EmbeddedSeed], tenant: &'static [EmbeddedSeed]) -> Self {
        Self { shared, tenant }
    }

    pub(super) fn shared(&self) -> Found {
        found(self.shared)
    }

    pub(super) fn tenant(&self) -> Found {
        found(self.tenant)
    }
}

fn found(seeds: &[EmbeddedSeed]) -> Found {
    Found {
        files: seeds
            .iter()
            .map(|seed| File {
                name: seed.name.to_owned(),
                path: seed.path.to_owned(),
                sql: seed.sql.to_owned(),
                environment: seed.environment.map(str::to_owned),
            })
            .collect(),
        environments: seeds.iter().filter_map(|seed| seed.environment).map(str::to_owned).collect(),
    }
}
