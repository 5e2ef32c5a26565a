//! A diagram of Mermaid's: `erDiagram`, as its version 11.5 and later read it.
//!
//! Its grammar quotes little: what it could take for something else is replaced, and the name itself then stands beside it.

use std::collections::BTreeMap;

use multitenant_runtime::Tier;

use super::file::Mark;
use super::identifiers::{Identifiers, plain};
use crate::model::{Column, ForeignKey, Home, Model, Table, word};

/// How the tiers look.
const CLASSES: [&str; 2] = [
    "    classDef shared fill:#fff4d6,stroke:#b8860b,color:#333",
    "    classDef tenant fill:#e3f0ff,stroke:#2f6db5,color:#333",
];

/// The diagram of a model; partitions are their table's.
pub(crate) fn mermaid(model: &Model) -> String {
    let mut out = format!("{}\nerDiagram\n{}\n", Mark::Line("%%").line(), CLASSES.join("\n"));
    let tables: Vec<&Table> = model.tables.iter().filter(|table| !table.is_partition()).collect();
    let mut given = Identifiers::default();
    let mut ids: BTreeMap<(Tier, &str), String> = BTreeMap::new();
    for table in &tables {
        let id = given.give(&format!("{}_{}", word(table.tier), plain(&table.name)));
        ids.insert((table.tier, &table.name), id);
    }
    for table in &tables {
        entity(table, &ids[&(table.tier, table.name.as_str())], &mut out);
    }
    for table in &tables {
        let child = &ids[&(table.tier, table.name.as_str())];
        for key in &table.foreign_keys {
            let tier = match key.home {
                Home::Shared => Tier::Shared,
                Home::Tenant => Tier::Tenant,
                Home::System | Home::Other => continue,
            };
            if let Some(parent) = ids.get(&(tier, key.table.as_str())) {
                out += &format!("    {parent} {} {child} : \"{}\"\n", cardinality(table, key), label(&key.name));
            }
        }
    }
    out
}

fn entity(table: &Table, id: &str, out: &mut String) {
    let tier = word(table.tier);
    *out += &format!("    {id}[\"{tier}: {}\"]:::{tier} {{\n", label(&table.name));
    let mut given = Identifiers::default();
    for column in &table.columns {
        *out += &attribute(table, column, &given.give(&attribute_name(&column.name)));
    }
    *out += "    }\n";
}

fn attribute(table: &Table, column: &Column, name: &str) -> String {
    let (ty, whole) = match &column.ty {
        None => ("unknown".to_owned(), None),
        Some(ty) => {
            let (sql, simple) = (ty.sql(), format!("{}{}", attribute_name(&ty.name), if ty.array { "[]" } else { "" }));
            let whole = (sql != simple).then_some(sql);
            (simple, whole)
        }
    };
    let is_foreign = table.foreign_keys.iter().any(|key| key.columns.contains(&column.name));
    let is_unique = !table.is_in_key(&column.name)
        && table.uniques.iter().any(|key| key.columns == [column.name.clone()])
        || table.indexes.iter().any(|index| {
            index.unique
                && index.predicate.is_none()
                && index.items.len() == 1
                && index.items[0].column.as_ref() == Some(&column.name)
        });
    let keys: Vec<&str> = [(table.is_in_key(&column.name), "PK"), (is_foreign, "FK"), (is_unique, "UK")]
        .into_iter()
        .filter_map(|(is_one, word)| is_one.then_some(word))
        .collect();
    let keys = if keys.is_empty() { String::new() } else { format!(" {}", keys.join(", ")) };
    let mut said: Vec<String> = Vec::new();
    said.extend((name != column.name).then(|| format!("called {}", column.name)));
    said.extend(whole);
    said.extend((!column.is_nullable && !table.is_in_key(&column.name)).then(|| "not null".to_owned()));
    said.extend(column.comment.clone());
    let said: Vec<String> = said.iter().map(|said| label(said)).collect();
    let comment = if said.is_empty() { String::new() } else { format!(" \"{}\"", said.join("; ")) };
    format!("        {ty} {name}{keys}{comment}\n")
}

/// How many rows of the parent belong to one of the child, and the other way round.
fn cardinality(table: &Table, key: &ForeignKey) -> String {
    let is_nullable = key.columns.iter().any(|name| table.column(name).is_none_or(|column| column.is_nullable));
    let parent = if is_nullable { "|o" } else { "||" };
    let child = if table.is_unique(&key.columns) { "o|" } else { "o{" };
    // A line that is not drawn through crosses the border of a tenant's schema.
    let line = if key.crosses_tiers { ".." } else { "--" };
    format!("{parent}{line}{child}")
}

/// A name within braces: in letters, digits and `_`, and none of the words that mark a key.
fn attribute_name(name: &str) -> String {
    let plain = plain(name);
    match plain.to_ascii_uppercase().as_str() {
        "PK" | "FK" | "UK" => format!("{plain}_"),
        _ => plain,
    }
}

/// A text within quotes: without what would end it, begin a comment, a directive or an entity, or turn the diagram.
fn label(text: &str) -> String {
    let mut label = String::new();
    for c in text.chars() {
        let is_harmless = c.is_alphanumeric() || " _-.,()[]/:=+*'!?@".contains(c);
        label.push(match c {
            '"' => '\'',
            _ if is_harmless => c,
            _ if c.is_whitespace() || c.is_control() => ' ',
            _ => '_',
        });
    }
    // `direction LR` would be read wherever it stands in a line.
    let mut words: Vec<String> = label.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect();
    for word in words.iter_mut().filter(|word| word.to_lowercase().ends_with("direction")) {
        word.push('_');
    }
    let label = words.join(" ");
    if label.is_empty() { "_".to_owned() } else { label }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::model;

    #[test]
    fn a_diagram_tells_the_tiers_and_the_cardinalities() {
        let model = model(
            "-- file: shared/1_a/up.sql
             create table plans (id int primary key, code varchar(20) not null unique);
             -- file: tenant/1_a/up.sql
             create table users (id bigint primary key, plan_id int not null references plans, \"e-mail\" text);
             create table profiles (user_id bigint primary key references users, total numeric(10, 2), tags text[]);
             create table orders (id uuid primary key, user_id bigint references users, pk int);
             create table logs (at timestamptz not null, user_id bigint references users) partition by range (at);
             create table logs_1 partition of logs for values from ('2026-01-01') to ('2027-01-01');
             comment on column users.\"e-mail\" is 'how \"one\" writes: 100 %';",
        );
        insta::assert_snapshot!(mermaid(&model));
    }

    #[test]
    fn labels_hold_nothing_that_means_something() {
        for (text, expected) in [
            ("a \"b\" %%{init: {}}%%", "a 'b' ___init: _____"),
            ("x\n  direction LR", "x direction_ LR"),
            ("#quot; <b> ~~ `x`", "_quot_ _b_ __ _x_"),
            ("größe", "größe"),
            ("\u{7}", "_"),
        ] {
            assert_eq!(label(text), expected);
        }
        assert_eq!(["pk", "Fk", "uk", "pk_", "a b"].map(attribute_name), ["pk_", "Fk_", "uk_", "pk_", "a_b"]);
    }
}
