//! In constants, statics and functions, with and without a configuration.
#![deny(missing_docs, unused_qualifications, unreachable_pub)]

use multitenant_runtime::{EmbeddedMigrations, embed_migrations};

/// With everything configured.
pub const CONFIGURED: EmbeddedMigrations = embed_migrations!(config = "fixtures/good/multitenant.toml");
static WITHOUT: EmbeddedMigrations = embed_migrations!(tenant = "fixtures/good/tenant");
const EMPTY: EmbeddedMigrations = embed_migrations! { tenant = "fixtures/good/none", shared = "fixtures/good/shared" };

const _: () = {
    assert!(CONFIGURED.settings().jobs == 8);
    assert!(EMPTY.settings().jobs == 4);
};

fn embedded() -> EmbeddedMigrations {
    embed_migrations!(config = "fixtures/good/multitenant.toml", tenant = "fixtures/good/none")
}

fn main() {
    let _ = (WITHOUT, embedded());
}
