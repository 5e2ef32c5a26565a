//! Whether migrations of one schema can be each tenant's: what the linter's rules about isolation say of them.

use std::path::Path;

use multitenant_runtime::SchemaTemplate;

use crate::config::{shown, slashes};
use crate::lint::{Ground, Kind, LintSettings, Paths, Project, RULES, Rule, run};

/// What a rule has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unfit {
    pub(super) rule: &'static str,
    pub(super) file: String,
}

/// What would leak from one tenant to another, or break from the second one on.
pub(super) fn unfit(folder: &Path, root: &Path) -> Vec<Unfit> {
    let Ok(template) = SchemaTemplate::new("tenant_{id}") else { return Vec::new() };
    let paths = Paths {
        shared: None,
        tenant: Some(folder.to_path_buf()),
        rust: Vec::new(),
        lock: root.join(crate::lint::lock::FILE_NAME),
        here: root.to_path_buf(),
    };
    let project = Project::read(&paths);
    let ground = Ground { shared_schema: "public", template: &template, lint: &LintSettings::default() };
    let rules: Vec<&'static Rule> = RULES.iter().copied().filter(|rule| rule.kind == Kind::Isolation).collect();
    let found = run(&project, &ground, &rules).findings.into_iter();
    let unfit = |finding: crate::finding::Finding| Unfit {
        rule: finding.code,
        file: slashes(&shown(Path::new(&project.sources.get(finding.place.file).path), root)),
    };
    found.map(unfit).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_names_the_shared_schema_is_found() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("migrations");
        for (name, sql) in [
            ("1_a", "CREATE TABLE public.a (id uuid PRIMARY KEY);\n"),
            ("2_b", "CREATE TABLE b (id int PRIMARY KEY);\n"),
        ] {
            fs::create_dir_all(folder.join(name)).unwrap();
            fs::write(folder.join(name).join("up.sql"), sql).unwrap();
        }
        let found = unfit(&folder, root.path());
        assert!(!found.is_empty() && found.iter().all(|unfit| unfit.file == "migrations/1_a/up.sql"), "{found:?}");
        assert_eq!(found[0].rule, "tenant-schema-qualified");
    }
}
