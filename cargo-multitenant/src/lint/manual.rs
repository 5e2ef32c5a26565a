//! The manual of the rules, from their documentation.

use std::fmt::Write as _;

use super::rule::{OptionDefault, Rule};

/// The documentation of one rule.
pub(crate) fn entry(rule: &Rule) -> String {
    let mut text = format!("# {}\n\nLevel: {}. {}.\n\n", rule.name, rule.level.word(), rule.kind.title());
    for line in rule.docs.lines() {
        text.push_str(line.strip_prefix(' ').unwrap_or(line));
        text.push('\n');
    }
    if !rule.options.is_empty() {
        text.push_str("\n## Options\n\n");
        for option in rule.options {
            let _ = writeln!(text, "- `{}`, `{}` if not set: {}", option.name, default(option.default), option.docs);
        }
    }
    text
}

fn default(default: OptionDefault) -> String {
    let list = |texts: &[&str]| texts.iter().map(|text| format!("{text:?}")).collect::<Vec<_>>().join(", ");
    match default {
        OptionDefault::Choice(choices) => list(&choices[..1]),
        OptionDefault::Texts(texts) => format!("[{}]", list(texts)),
        OptionDefault::Number(number) => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::lint::rule::Kind;
    use crate::lint::rules;

    const HEAD: &str = "\
# The rules of `cargo multitenant lint`

Made from the rules' own documentation, and checked to be so by a test. `cargo multitenant explain RULE` shows one of
them, `cargo multitenant lint --list-rules` all names with their levels.

A level and options are set in `multitenant.toml`:

```toml
[lint.rules]
table-naming = [\"error\", { exceptions = [\"__diesel_schema_migrations\"] }]
prefer-uuid-pk = \"warn\"
no-cascade-delete = \"off\"
```

The levels are `off`, `info`, `warn` and `error`; errors make the exit code 1.
";

    /// The whole manual, in Markdown.
    fn all() -> String {
        let mut text = HEAD.to_owned();
        for kind in [Kind::Isolation, Kind::Convention, Kind::Naming, Kind::Hygiene, Kind::Safety] {
            let rules: Vec<&Rule> = rules::ALL.iter().filter(|rule| rule.kind == kind).copied().collect();
            if rules.is_empty() {
                continue;
            }
            let _ = writeln!(text, "\n## {}\n", kind.title());
            for rule in &rules {
                let _ = writeln!(text, "- [`{0}`](#{0}), {1}", rule.name, rule.level.word());
            }
            for rule in rules {
                // One level deeper than on its own.
                let entry = entry(rule).replace("\n## ", "\n#### ").replacen("# ", "### ", 1);
                let _ = write!(text, "\n{entry}");
            }
        }
        text
    }

    #[test]
    fn manual_is_fresh() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/lint-rules.md");
        let wanted = all();
        if option_env!("UPDATE").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &wanted).unwrap();
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(found == wanted, "docs/lint-rules.md is out of date: run this test with UPDATE=1");
    }
}
