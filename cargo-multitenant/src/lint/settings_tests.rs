//! What is said about `[lint]` sections that cannot be used.

use super::settings::LintSettings;
use super::testing::rule;
use crate::finding::Level;

fn problems(toml: &str) -> Vec<String> {
    let (_, problems) = LintSettings::parse(toml);
    problems
        .iter()
        .map(|problem| format!("{}: {}", problem.message, problem.help.as_deref().unwrap_or_default()))
        .collect()
}

#[test]
fn levels_and_options_are_read() {
    let toml = "[lint.rules]\ntable-naming = [\"error\", { style = \"camelCase\", exceptions = [\"a*\"] }]\nprefer-uuid-pk = \"off\"\n";
    let (settings, problems) = LintSettings::parse(toml);
    assert_eq!(problems, []);
    assert_eq!(settings.level(rule("table-naming")), Some(Level::Error));
    assert_eq!(settings.level(rule("prefer-uuid-pk")), Some(Level::Off));
    assert_eq!(settings.level(rule("empty-down")), None);
    let options = settings.options(rule("table-naming"));
    assert_eq!(options.text("style"), "camelCase");
    assert!(options.any_fits("exceptions", "about"));
    assert_eq!(settings.options(rule("column-naming")).text("style"), "snake_case");
}

#[test]
fn what_is_wrong_is_said_with_what_was_meant() {
    for (toml, says) in [
        ("[lint]\nstart_afer = \"1\"", "did you mean `start_after`?"),
        ("[lint]\nstart_after = 1", "must be a text"),
        ("[lint]\nstart_after = \"\"", "is no version"),
        ("[lint]\nshared_tables = [1]", "must be a list of texts"),
        ("[lint]\ntable-naming = \"warn\"", "rules stand under [lint.rules]"),
        ("[lint.rules]\ntable-namin = \"warn\"", "did you mean `table-naming`?"),
        ("[lint.rules]\ntable-naming = \"loud\"", "there is no such level"),
        ("[lint.rules]\ntable-naming = 1", "a level, or a level and options"),
        ("[lint.rules]\ntable-naming = [\"warn\", 1]", "a level, or a level and options"),
        ("[lint.rules]\ntable-naming = [\"warn\", { styl = \"x\" }]", "did you mean `style`?"),
        ("[lint.rules]\ntable-naming = [\"warn\", { style = \"x\" }]", "must be one of \"snake_case\""),
        ("[lint.rules]\ntenant-object-budget = [\"warn\", { relations = \"x\" }]", "must be a whole number"),
        ("[lint.rules]\ntenant-object-budget = [\"warn\", { relations = -1 }]", "must be a whole number"),
        ("[lint]\nrules = 1", "is a section"),
    ] {
        let found = problems(toml);
        assert!(found.len() == 1 && found[0].contains(says), "{toml}: {found:?}");
    }
}
