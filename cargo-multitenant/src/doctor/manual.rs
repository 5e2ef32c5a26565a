//! The manual of the checks, from their documentation.

use super::check::Check;

/// The documentation of one check.
pub(crate) fn entry(check: &Check) -> String {
    let mut text = format!("# {}\n\nLevel: {}. {}.\n\n", check.name, check.level.word(), check.area.title());
    for line in check.docs.lines() {
        text.push_str(line.strip_prefix(' ').unwrap_or(line));
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::path::Path;

    use super::*;
    use crate::doctor::CHECKS;
    use crate::doctor::check::Area;

    const HEAD: &str = "\
# The checks of `cargo multitenant doctor`

Made from the checks' own documentation, and checked to be so by a test. `cargo multitenant explain CHECK` shows one of
them. Errors make the exit code 1; `--fail-on warn` and `--fail-on info` make more of it count.
";

    #[test]
    fn manual_is_fresh() {
        let mut wanted = HEAD.to_owned();
        for area in [Area::Project, Area::Database, Area::Tenants, Area::Traps] {
            let checks: Vec<&Check> = CHECKS.iter().filter(|check| check.area == area).copied().collect();
            let _ = writeln!(wanted, "\n## {}\n", area.title());
            for check in &checks {
                let _ = writeln!(wanted, "- [`{0}`](#{0}), {1}", check.name, check.level.word());
            }
            for check in checks {
                // One level deeper than on its own.
                let entry = entry(check).replace("\n## ", "\n#### ").replacen("# ", "### ", 1);
                let _ = write!(wanted, "\n{entry}");
            }
        }
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/doctor-checks.md");
        if option_env!("UPDATE").is_some() {
            std::fs::write(&path, &wanted).unwrap();
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(found == wanted, "docs/doctor-checks.md is out of date: run this test with UPDATE=1");
    }

    #[test]
    fn documentation_has_its_form() {
        for check in CHECKS {
            for heading in ["## What it checks", "## Why is this bad?", "## What to do"] {
                assert!(check.docs.contains(heading), "{} has no {heading}", check.name);
            }
        }
    }
}
