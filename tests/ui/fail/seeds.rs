use multitenant_runtime::{EmbeddedSeeds, embed_seeds};

const _: EmbeddedSeeds = embed_seeds!(
    tenant = "fixtures/seeds/broken",
    //~^ ERROR fixtures/seeds/broken/01_empty.sql is empty: write SQL, or remove it
    //~^^ ERROR fixtures/seeds/broken/dev/02_latin1.sql cannot be read: it is not UTF-8
    shared = "fixtures/seeds/nowhere", //~ ERROR the folder fixtures/seeds/nowhere does not exist in
);
const _: EmbeddedSeeds = embed_seeds!(); //~ ERROR there is neither a folder seeds/tenant nor seeds/shared in

fn main() {}
