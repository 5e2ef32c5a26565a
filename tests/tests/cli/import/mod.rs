//! `import`: what another project has exported, as migrations and code of this one.

mod code;
mod real_projects;
mod refused;
mod round_trips;

use std::collections::BTreeMap;
use std::path::Path;

use crate::project::Project;

/// The document of a project, in another project's folder.
fn exported(from: &Project, to: &Project) -> String {
    let document = from.run(&["export", "--format", "json-schema"]).code(0).stdout;
    std::fs::write(to.path("schema.json"), &document).unwrap();
    document
}

/// Every file of a project but the document, and its text.
fn files(project: &Project) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    walk(&project.path(""), &project.path(""), &mut found);
    found.remove("schema.json");
    found
}

fn walk(root: &Path, folder: &Path, found: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(root, &path, found);
        } else {
            let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
            found.insert(name, std::fs::read_to_string(&path).unwrap());
        }
    }
}
