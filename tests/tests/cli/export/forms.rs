//! `--format`, which is `export`'s own.

use super::shop;

#[test]
fn what_is_no_form_of_a_schema_is_refused_with_those_that_are() {
    let project = shop();
    let list = ["json-schema", "typescript", "rust", "mermaid"];
    for args in [
        &["export", "--format", "json"][..],
        &["export", "--format", "xml"],
        &["export", "--format", "text"],
        &["export"],
        &["--format", "json", "export"],
        &["--format", "sarif", "export"],
    ] {
        project.run(args).code(2).complains(&list);
    }
    project.run(&["--format", "mermaid", "export"]).code(0).says(&["erDiagram"]);
    project.run(&["--format", "mermaid", "export", "--format", "rust"]).code(0).says(&["diesel::table!"]);
    project.run(&["export", "--format", "rust", "--bigint", "number"]).code(2).complains(&["--format typescript"]);
    project.run(&["export", "--format", "typescript", "--bigint", "number"]).code(0).says(&["  id: number;"]);
    for format in list {
        project.run(&["lint", "--format", format]).code(2).complains(&["`export`"]);
        project.run(&["status", "--format", format]).code(2);
    }
    let help = project.run(&["export", "--help"]).code(0).stdout;
    assert!(list.iter().all(|format| help.contains(format)) && !help.contains("sarif"), "{help}");
    let help = project.run(&["lint", "--help"]).code(0).stdout;
    assert!(help.contains("sarif") && !help.contains("mermaid"), "{help}");
}
