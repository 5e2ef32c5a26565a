//! The texts themselves; that of Rust is compiled beside this.

use super::{fixture, shop};

#[test]
fn each_text_is_what_the_fixture_has() {
    let project = shop();
    for (format, name) in [("rust", "schema.rs"), ("typescript", "schema.ts"), ("mermaid", "schema.mmd")] {
        let text = project.run(&["export", "--format", format]).code(0).stdout;
        if option_env!("UPDATE").is_some() {
            std::fs::write(format!("{}/fixtures/export/{name}", env!("CARGO_MANIFEST_DIR")), &text).unwrap();
        }
        assert!(text == fixture(name), "it is not {name}, which UPDATE=1 writes anew:\n{text}");
        assert!(project.run(&["export", "--format", format]).stdout == text, "twice the same");
    }
}
