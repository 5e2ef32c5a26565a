//! All that the code says.

use multitenant_runtime::Tier;

use super::declarations::{choose, printed, relation, tier_of};
use super::enums::enums;
use super::rows::Rows;
use super::table::Reader;
use crate::finding::Place;
use crate::from_schema::code::{Code, CodeTable};
use crate::from_schema::names::taken;
use crate::from_schema::types::Types;
use crate::lint::{By, Catalog, Marking, Printed, Project, RelationKind, RustTable};
use crate::output::counted;

/// Reads it. `catalog` is what the migrations make.
pub(crate) fn read(project: &Project, catalog: &Catalog, marking: &Marking) -> Code {
    let mut code = Code::default();
    let files = project.rust.iter();
    let best_by = files.map(|file| file.printed.by).max().unwrap_or_default();
    let mut chosen: Vec<(Tier, &RustTable)> = Vec::new();
    let mut unmarked: Vec<&RustTable> = Vec::new();
    for (table, marked) in marking.tables(project) {
        let printed = printed(project, table);
        let by = printed.map_or(By::Nobody, |printed| printed.by);
        let Some(tier) = tier_of(catalog, table, marked.tier()) else {
            let schema = table.schema.as_ref().map_or("", |(schema, _)| schema);
            code.hints.push(format!(
                "{}: the schema {schema:?} is neither tier's, and `{}` is left out: where it is the shared one, say so in multitenant.toml, by \
                 `shared_schema` in `[database]`",
                at(project, &table.place),
                table.sql_name
            ));
            continue;
        };
        let found = relation(catalog, tier, &table.sql_name);
        let is_table = found.is_none_or(|found| found.kind == RelationKind::Table && !found.is_partition);
        let is_beside = by < best_by && marked.tier().is_none() && found.is_none();
        if let Some(RelationKind::Index(_) | RelationKind::Sequence) = found.map(|found| &found.kind) {
            let message = taken(&table.sql_name, "an index or a sequence");
            code.problems.push((tier, format!("{}: {message}", at(project, &table.place))));
        } else if !is_table {
            code.left_alone.insert((tier, table.sql_name.clone()));
        } else if is_beside {
            code.hints.push(format!(
                "{}: `{}` is left out: it is neither marked nor in a file that `print-schema` writes",
                at(project, &table.place),
                table.sql_name
            ));
        } else {
            if marked.tier().is_none() && found.is_none() && tier == Tier::Tenant {
                unmarked.push(table);
            }
            code.problems.extend(choose(project, &mut chosen, tier, table).map(|problem| (tier, problem)));
        }
    }
    code.hints.extend(of_no_tier(project, &unmarked));
    unread(project, &mut code);
    let enums = enums(project, catalog, &chosen, &mut code);
    let types = Types::of(project, catalog, enums.iter().map(|of| (of.tier, of.name.as_str())).collect());
    let mut reader = Reader {
        project,
        catalog,
        types,
        rows: Rows::of(project, marking, &chosen),
        chosen: &chosen,
        problems: Vec::new(),
    };
    let tables: Vec<CodeTable> = chosen.iter().map(|(tier, table)| reader.table(*tier, table)).collect();
    code.problems.extend(reader.problems);
    code.tables = tables;
    code.enums = enums;
    left_alone(project, catalog, best_by, &mut code);
    code
}

/// Tables that neither a mark nor a migration says a tier of.
fn of_no_tier(project: &Project, tables: &[&RustTable]) -> Option<String> {
    let first = tables.first()?;
    let others = match tables.len() - 1 {
        0 => String::new(),
        others => {
            format!(", and so {} {}", if others == 1 { "is" } else { "are" }, counted(others, "other table", "others"))
        }
    };
    Some(format!(
        "{}: `{}` is marked as neither tier's, and taken for a tenant's{others}: derive TenantTable or SharedTable",
        at(project, &first.place),
        first.sql_name
    ))
}

/// What looks like a table and is not read: what it is, and whose, nobody knows.
fn unread(project: &Project, code: &mut Code) {
    for (place, message) in project.rust.iter().flat_map(|file| &file.malformed) {
        let problem = format!("{}: this `table!` cannot be read: {message}", at(project, place));
        code.problems.extend([Tier::Shared, Tier::Tenant].map(|tier| (tier, problem.clone())));
    }
    for place in project.rust.iter().flat_map(|file| &file.hidden) {
        let place = at(project, place);
        code.hints.push(format!("{place}: the `table!` in this macro is not read: what it makes is not compared"));
        code.hidden.push(place);
    }
}

/// Tables that no code need name: what `diesel.toml` leaves out of its files, and what has no primary key.
fn left_alone(project: &Project, catalog: &Catalog, best_by: By, code: &mut Code) {
    let files: Vec<&Printed> = project
        .rust
        .iter()
        .map(|file| &file.printed)
        .filter(|file| file.by == best_by && best_by != By::Nobody)
        .collect();
    for (tier, space) in [(Tier::Shared, &catalog.shared), (Tier::Tenant, &catalog.tenant)] {
        for (name, relation) in space.tables() {
            let is_filtered = !files.is_empty() && !files.iter().any(|file| file.wants(name));
            if is_filtered || relation.primary_key.is_none() || relation.parent.is_some() || relation.is_partitioned {
                code.left_alone.insert((tier, name.clone()));
            }
        }
    }
}

/// A place in words.
pub(super) fn at(project: &Project, place: &Place) -> String {
    let source = project.sources.get(place.file);
    format!("{}:{}", source.path, source.point(place.span.start).line)
}
