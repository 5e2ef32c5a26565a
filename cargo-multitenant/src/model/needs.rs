//! The project's own functions that tables and domains call, which no export holds.

use std::collections::BTreeMap;

use multitenant_runtime::Tier;

use super::value::{Default, Model, Table, TypeKind};
use crate::lint::{Catalog, Ident, Name, Origin, Project, called};

/// For each of these functions where it is made, and what calls it.
pub(super) fn needs(project: &Project, catalog: &Catalog, model: &Model) -> Vec<String> {
    let mut needs: BTreeMap<(String, usize, String), Vec<String>> = BTreeMap::new();
    for Use { tier, what, text } in uses(model) {
        for (name, origin) in own_functions(catalog, tier, text) {
            let source = project.sources.get(origin.place.file);
            let line = source.point(origin.place.span.start).line;
            let users = needs.entry((source.path.clone(), line, name)).or_default();
            if !users.contains(&what) {
                users.push(what.clone());
            }
        }
    }
    let said = |((path, line, name), users): ((String, usize, String), Vec<String>)| {
        let more = if users.len() > 8 { ", …" } else { "" };
        let users = users.iter().take(8).map(String::as_str).collect::<Vec<_>>().join(", ");
        format!(
            "{path}:{line}: the function {name} is not exported, and is called by {users}{more}: what is made of the export needs it first"
        )
    };
    needs.into_iter().map(said).collect()
}

/// A text of SQL that may call something, and what it is of.
struct Use<'a> {
    tier: Tier,
    what: String,
    text: &'a str,
}

fn uses(model: &Model) -> Vec<Use<'_>> {
    let mut uses = Vec::new();
    model.tables.iter().for_each(|table| of_table(table, &mut uses));
    for ty in &model.types {
        let TypeKind::Domain { default, checks, .. } = &ty.kind else { continue };
        let mut add = |what: String, text| uses.push(Use { tier: ty.tier, what, text });
        default.iter().for_each(|text| add(format!("the default of {}", ty.name), text));
        checks.iter().for_each(|check| add(format!("the condition {}", check.name), &check.expression));
    }
    uses
}

fn of_table<'a>(table: &'a Table, uses: &mut Vec<Use<'a>>) {
    let mut add = |what: String, text: &'a str| uses.push(Use { tier: table.tier, what, text });
    for column in &table.columns {
        let name = format!("{}.{}", table.name, column.name);
        if let Some(Default::Expression(text)) = &column.default {
            add(format!("the default of {name}"), text);
        }
        column.generated.iter().for_each(|generated| add(name.clone(), &generated.expression));
    }
    table.checks.iter().for_each(|check| add(format!("the condition {}", check.name), &check.text));
    for index in &table.indexes {
        let what = || format!("the index {}", index.name);
        index.items.iter().for_each(|item| add(what(), &item.text));
        index.predicate.iter().for_each(|text| add(what(), text));
    }
    table.partition_by.iter().for_each(|text| add(format!("the partitions of {}", table.name), text));
}

/// The functions of the project that a text calls.
fn own_functions<'a>(catalog: &'a Catalog, tier: Tier, text: &str) -> Vec<(String, &'a Origin)> {
    let ident = |text: String| Ident { text, span: 0..0 };
    let found = called(text).into_iter().filter_map(|call| {
        let name = Name { schema: call.schema.map(ident), name: ident(call.name) };
        let found = catalog.routine(&name, tier)?;
        Some((name.name.text, &found.entry.origin))
    });
    found.collect()
}
