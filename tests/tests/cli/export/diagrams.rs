//! Diagrams, held against Mermaid's own parser where node and Mermaid are at hand: `MULTITENANT_MERMAID` is a folder whose
//! `node_modules` have `mermaid` and `jsdom`. The part of the grammar that ours need is held against in any case, beside the
//! code.

use std::process::{Command, Stdio};

use crate::project::Project;

use super::shop;

const PARSE: &str = "\
import { JSDOM } from 'jsdom';
import { readFileSync } from 'node:fs';
const { window } = new JSDOM('<!doctype html><body></body>');
Object.assign(globalThis, { window, document: window.document });
const { default: mermaid } = await import('mermaid');
const text = readFileSync(0, 'utf8');
await mermaid.parse(text);
const diagram = await mermaid.mermaidAPI.getDiagramFromText(text);
console.log(diagram.type, diagram.db.getEntities().size, diagram.db.getRelationships().length);
";

#[test]
#[expect(clippy::disallowed_methods, reason = "who has the parser says where")]
fn mermaid_reads_them() {
    let Some(modules) = std::env::var_os("MULTITENANT_MERMAID") else {
        // The grammar as we have written it down is tested with the crate.
        return;
    };
    let script = std::path::Path::new(&modules).join("multitenant-parse.mjs");
    std::fs::write(&script, PARSE).unwrap();
    let hard = "create table \"a\"\"b%%{init: {}}%% direction LR\" (pk int primary key, \"~x~\" int unique, \"\u{2028}\" text);
                create table \"../../evil\" (id int primary key references \"a\"\"b%%{init: {}}%% direction LR\");";
    let attack = Project::on_disk().tenants(&["a"]).migration("tenant/1_a", hard);
    for (project, expected) in [(shop(), "er 4 4\n"), (attack, "er 2 1\n")] {
        let text = project.run(&["export", "--format", "mermaid"]).code(0).stdout;
        let mut node = Command::new("node").arg(&script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        std::io::Write::write_all(&mut node.stdin.take().unwrap(), text.as_bytes()).unwrap();
        let output = node.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{text}");
    }
}
