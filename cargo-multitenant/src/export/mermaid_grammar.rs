//! The part of the grammar of Mermaid's `erDiagram` that diagrams of ours are written in, as strict as the original is.
//!
//! Within braces Mermaid's lexer takes `PK`, `FK` and `UK` for keys wherever they stand, and a pair of `~` for a generic
//! type up to the end of the line; outside it takes `direction LR` for one wherever it stands in a line, and a text with
//! `%` or `\` for no name.

use std::collections::BTreeSet;

/// A diagram.
#[derive(Debug, Default)]
pub(super) struct Diagram {
    pub(super) entities: Vec<Entity>,
    /// Parent, cardinality, child and label.
    pub(super) relations: Vec<[String; 4]>,
}

/// An entity.
#[derive(Debug)]
pub(super) struct Entity {
    pub(super) id: String,
    pub(super) class: String,
    /// Type, name and keys.
    pub(super) attributes: Vec<[String; 3]>,
}

/// Reads a diagram, line by line: ours have no other ends of statements.
pub(super) fn parse(text: &str) -> Result<Diagram, String> {
    let mut lines = text.lines().skip_while(|line| line.starts_with("%%") && !line.starts_with("%%{"));
    if lines.next() != Some("erDiagram") {
        return Err("it does not begin with erDiagram".to_owned());
    }
    let (mut diagram, mut classes, mut in_block) = (Diagram::default(), BTreeSet::new(), false);
    for line in lines {
        if line.chars().any(|c| c.is_control() || c == '\u{2028}') {
            return Err(format!("a control character: {line:?}"));
        }
        let line = line.trim();
        match (in_block, line) {
            (true, "}") => in_block = false,
            (true, line) => {
                let attribute = attribute(line)?;
                diagram.entities.last_mut().ok_or("a block without an entity")?.attributes.push(attribute);
            }
            (false, line) => {
                if has_direction(line) {
                    return Err(format!("a direction: {line}"));
                }
                if let Some(class) = line.strip_prefix("classDef ") {
                    classes.insert(class.split(' ').next().unwrap_or_default().to_owned());
                } else if line.ends_with('{') && !line.ends_with("o{") {
                    diagram.entities.push(entity(line)?);
                    in_block = true;
                } else {
                    diagram.relations.push(relation(line)?);
                }
            }
        }
    }
    let ids: BTreeSet<&String> = diagram.entities.iter().map(|entity| &entity.id).collect();
    if in_block || ids.len() != diagram.entities.len() {
        return Err("a block that does not end, or an entity that is there twice".to_owned());
    }
    let ends = diagram.relations.iter().flat_map(|[parent, _, child, _]| [parent, child]);
    if let Some(unknown) = ends.into_iter().find(|end| !ids.contains(end)) {
        return Err(format!("{unknown} is no entity"));
    }
    if let Some(entity) = diagram.entities.iter().find(|entity| !classes.contains(&entity.class)) {
        return Err(format!("{} is no class", entity.class));
    }
    Ok(diagram)
}

fn has_direction(line: &str) -> bool {
    let lower = line.to_lowercase();
    lower.match_indices("direction").any(|(at, word)| {
        let rest = &lower[at + word.len()..];
        let turned = rest.trim_start();
        turned.len() < rest.len() && ["tb", "bt", "lr", "rl"].iter().any(|way| turned.starts_with(way))
    })
}

fn id(text: &str) -> Result<String, String> {
    let is_word = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let is_keyword = ["style", "class", "classdef", "subgraph", "end", "one", "many", "to", "u"].contains(&text);
    if is_word && !is_keyword { Ok(text.to_owned()) } else { Err(format!("no id: {text:?}")) }
}

/// `"…"` as the name of an entity, or a label.
fn quoted(text: &str) -> Result<String, String> {
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).ok_or(format!("no text: {text:?}"))?;
    let is_good = !inner.is_empty() && !inner.contains(['"', '%', '\\']);
    if is_good { Ok(inner.to_owned()) } else { Err(format!("no text: {text:?}")) }
}

fn entity(line: &str) -> Result<Entity, String> {
    let (head, class) = line.trim_end_matches('{').trim().rsplit_once(":::").ok_or("no class")?;
    let (name, alias) = head.split_once('[').ok_or("no alias")?;
    quoted(alias.strip_suffix(']').ok_or("no ]")?)?;
    Ok(Entity { id: id(name)?, class: id(class)?, attributes: Vec::new() })
}

fn attribute(line: &str) -> Result<[String; 3], String> {
    let (words, comment) = match line.split_once('"') {
        Some((words, comment)) => (words.trim(), Some(comment)),
        None => (line, None),
    };
    if comment.is_some_and(|comment| comment.find('"') != Some(comment.len() - 1)) || line.matches('~').count() > 1 {
        return Err(format!("no comment: {line}"));
    }
    let mut parts = words.splitn(3, ' ');
    let (ty, name, keys) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default(), parts.next());
    let is_word = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '*')
            && word.chars().all(|c| c.is_ascii_alphanumeric() || "-_[]()*".contains(c))
            && !["PK", "FK", "UK"].contains(
                &word
                    .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                    .next()
                    .unwrap_or_default()
                    .to_uppercase()
                    .as_str(),
            )
    };
    let keys = keys.unwrap_or_default();
    let are_keys = keys.is_empty() || keys.split(", ").all(|key| ["PK", "FK", "UK"].contains(&key));
    if is_word(ty) && is_word(name) && are_keys {
        Ok([ty, name, keys].map(str::to_owned))
    } else {
        Err(format!("no attribute: {line}"))
    }
}

fn relation(line: &str) -> Result<[String; 4], String> {
    let (ends, label) = line.split_once(" : ").ok_or(format!("no relation: {line}"))?;
    let parts: Vec<&str> = ends.split(' ').collect();
    let [parent, cardinality, child] = parts[..] else { return Err(format!("no relation: {line}")) };
    let is_good = ["||", "|o"].iter().any(|left| {
        let rest = cardinality.strip_prefix(left);
        rest.is_some_and(|rest| ["--o{", "--o|", "..o{", "..o|"].contains(&rest))
    });
    if is_good {
        Ok([id(parent)?, cardinality.to_owned(), id(child)?, quoted(label)?])
    } else {
        Err(format!("no relation: {line}"))
    }
}

#[test]
fn what_mermaid_refuses_is_refused() {
    let head = "erDiagram\n    classDef t fill:#fff\n";
    let entity = |attributes: &str| format!("{head}    a[\"a\"]:::t {{\n{attributes}    }}\n");
    assert!(parse(&entity("        int4 id PK, FK \"x\"\n")).is_ok());
    for text in [
        "graph TD\n".to_owned(),
        entity("        int4 pk\n"),
        entity("        int4 i\"d\n"),
        entity("        numeric(10,2) id\n"),
        entity("        int4 id \"a\" \"b\"\n"),
        entity("        int4 id \"~x~\"\n"),
        entity("        int4 id PK,FK\n"),
        format!("{head}    a[\"x%y\"]:::t {{\n    }}\n"),
        format!("{head}    a[\"direction  LR\"]:::t {{\n    }}\n"),
        format!("{head}    a[\"a\"]:::other {{\n    }}\n"),
        format!("{}    a ||--o{{ b : \"x\"\n", entity("")),
        format!("{}    a -- a : \"x\"\n", entity("")),
        format!("{head}    a[\"a\"]:::t {{\n"),
    ] {
        assert!(parse(&text).is_err(), "{text}");
    }
}
