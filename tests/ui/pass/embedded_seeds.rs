//! Seeds, by configuration and by folder.

use multitenant_runtime::{EmbeddedSeeds, SeedSet, Tier, embed_seeds};

const SEEDS: EmbeddedSeeds = embed_seeds!(tenant = "fixtures/seeds/good");

fn main() {
    let seeds = SeedSet::embedded(SEEDS).map(|seeds| seeds.len(Tier::Tenant));
    assert_eq!(seeds, Ok(2));
}
