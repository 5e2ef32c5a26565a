//! Names and texts that try to leave the place that they stand in, in each format.

use super::json_schema::json_schema;
use super::mermaid::mermaid;
use super::mermaid_grammar::parse;
use super::rust::rust;
use super::rust_types::RustTypes;
use super::typescript::{BigInt, typescript};
use crate::model::Model;
use crate::model::testing::model;

const NAMES: &[&str] = &[
    "../../evil",
    "/etc/passwd",
    "a\nb",
    "a\r\nexport const evil = 1;",
    "*/ export const evil = 1; /*",
    "x\"]:::y { int a } evil[\"z",
    "%%{init: {\"securityLevel\": \"loose\"}}%%",
    "direction LR",
    "\u{2028}evil\u{2029}",
    "größe 人",
    "a\"b'c`d$e\\f",
    "}",
    "{",
    "erDiagram",
    "<script>evil()</script>",
    "#quot;",
    "~a~b~",
    "constructor",
    "__proto__",
    "self",
    "Option",
    "r#type",
    "\"# ) } } fn evil() {} //",
    "pk",
];

/// A project in which everything is called so.
fn everything(name: &str) -> Model {
    let (quoted, text) = (name.replace('"', "\"\""), name.replace('\'', "''"));
    model(&format!(
        "create type \"e{quoted}\" as enum ('{text}', 'b');
         create table \"{quoted}\" (id int primary key, \"{quoted}\" int, \"e{quoted}\" \"e{quoted}\", d text default '{text}');
         create table other (id int primary key, \"{quoted}\" int,
             constraint \"{quoted} f\" foreign key (\"{quoted}\") references \"{quoted}\");
         comment on table \"{quoted}\" is '{text}';
         comment on column \"{quoted}\".id is '{text}';"
    ))
}

#[test]
fn names_are_known_as_they_are() {
    for name in NAMES {
        let model = everything(name);
        assert!(model.tables.iter().any(|table| table.name == *name), "{name:?}");
        assert_eq!((model.tables.len(), model.types.len()), (2, 1), "{name:?}");
    }
}

#[test]
fn json_holds_them_as_texts() {
    for name in NAMES {
        let document: serde_json::Value = serde_json::from_str(&json_schema(&everything(name))).unwrap();
        let tenant = &document["$defs"]["tenant"];
        let table = &tenant["$defs"][*name];
        assert_eq!((&table["title"], &table["description"]), (&(*name).into(), &(*name).into()));
        assert_eq!(table["properties"][*name]["type"], serde_json::json!(["integer", "null"]));
        let pointer = tenant["properties"][*name]["items"]["$ref"].as_str().unwrap();
        assert!(pointer.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte)), "{pointer}");
    }
}

/// What of a text is neither in a comment nor in a string, as TypeScript and Rust have these.
fn code(text: &str) -> String {
    let (mut code, mut rest) = (String::new(), text);
    while let Some(c) = rest.chars().next() {
        let end = if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |at| at + 2)
        } else if rest.starts_with("//") {
            rest.find(['\n', '\r', '\u{2028}', '\u{2029}']).unwrap_or(rest.len())
        } else if rest.starts_with("r#") && rest.trim_start_matches(['r', '#']).starts_with('"') {
            let hashes = rest[1..].chars().take_while(|c| *c == '#').count();
            let close = format!("\"{}", "#".repeat(hashes));
            let body = hashes + 2;
            rest[body..].find(&close).map_or(rest.len(), |at| body + at + close.len())
        } else if c == '"' {
            let mut escaped = false;
            let close = rest.char_indices().skip(1).find(|(_, c)| {
                let closes = *c == '"' && !escaped;
                escaped = *c == '\\' && !escaped;
                closes
            });
            let body = close.map_or(rest.len(), |(at, _)| at + 1);
            assert!(close.is_some(), "a string that does not end:\n{text}");
            body
        } else {
            code.push(c);
            c.len_utf8()
        };
        rest = &rest[end..];
    }
    code
}

#[test]
fn typescript_has_them_in_strings_and_comments_only() {
    for name in NAMES {
        let text = typescript(&everything(name), BigInt::String);
        let code = code(&text);
        assert!(!text.contains(['\u{2028}', '\u{2029}']), "{text}");
        assert!(!code.contains("evil =") && !code.contains("<script"), "{text}");
        assert_eq!(code.matches('{').count(), code.matches('}').count(), "{text}");
        assert!(code.chars().all(|c| c == '\n' || (c.is_ascii() && !c.is_ascii_control())), "{name:?} in\n{code}");
        let mut names: Vec<&str> =
            code.lines().filter_map(|line| line.trim().strip_prefix("export interface ")).collect();
        names.sort_unstable();
        let all = names.len();
        names.dedup();
        assert_eq!((all, names.len()), (4, 4), "{text}");
    }
}

#[test]
fn rust_can_be_parsed_and_declares_nothing_else() {
    for name in NAMES {
        let (text, _) = rust(&everything(name), &RustTypes::chrono()).unwrap();
        let file = syn2::parse_file(&text).unwrap_or_else(|error| panic!("{error} in\n{text}"));
        let functions = file.items.iter().filter(|item| matches!(item, syn2::Item::Fn(_))).count();
        let enums = file.items.iter().filter(|item| matches!(item, syn2::Item::Enum(_))).count();
        assert_eq!((functions, enums), (0, 1), "{text}");
        assert!(!code(&text).contains("evil ()") && !code(&text).contains("evil()"), "{text}");
        assert_eq!(text.matches("diesel::table! {").count(), 2, "{text}");
    }
}

#[test]
fn a_diagram_can_be_parsed_and_has_nothing_else() {
    for name in NAMES {
        let text = mermaid(&everything(name));
        let diagram = parse(&text).unwrap_or_else(|error| panic!("{error} in\n{text}"));
        assert_eq!((diagram.entities.len(), diagram.relations.len()), (2, 1), "{text}");
        assert_eq!(diagram.entities.iter().map(|entity| entity.attributes.len()).sum::<usize>(), 6, "{text}");
        assert!(!text.contains("%%{") && !text.to_lowercase().contains("direction "), "{text}");
    }
}
