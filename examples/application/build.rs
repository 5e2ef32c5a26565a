#![expect(clippy::disallowed_macros, reason = "this is how a build script speaks to Cargo")]

fn main() {
    println!("cargo:rerun-if-changed=migrations");
    println!("cargo:rerun-if-changed=seeds");
}
