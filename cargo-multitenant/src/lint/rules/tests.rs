//! What holds for all rules.

use std::collections::BTreeSet;
use std::path::Path;

use super::ALL;

#[test]
fn list_and_folder_are_the_same() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lint/rules");
    let files: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".rs") && !name.starts_with('.') && name != "mod.rs" && name != "tests.rs")
        .map(|name| name.trim_end_matches(".rs").replace('_', "-"))
        .collect();
    let listed: BTreeSet<String> = ALL.iter().map(|rule| rule.name.to_owned()).collect();
    assert_eq!(files, listed);
    assert_eq!(ALL.len(), listed.len(), "a rule is listed twice");
}

#[test]
fn documentation_has_its_form() {
    for rule in ALL {
        let headings: Vec<&str> = rule.docs.lines().filter_map(|line| line.trim().strip_prefix("## ")).collect();
        let expected = ["What it does", "Why is this bad?", "Example"];
        assert_eq!(headings.iter().take(3).copied().collect::<Vec<_>>(), expected, "{}", rule.name);
        assert!(headings.len() == 3 || headings[3..] == ["Use instead"], "{}: {headings:?}", rule.name);
    }
}
