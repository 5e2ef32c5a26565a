//! Tables and their columns.

use crate::ident::literal;

use super::super::ObjectKind;
use super::super::object::Key;
use super::super::report::Fix;
use super::widens::only_widens;
use super::{Mender, facet, is, quoted, set_options};

/// The kinds that a table's own statement names.
const WITHIN: [ObjectKind; 4] = [ObjectKind::PrimaryKey, ObjectKind::Unique, ObjectKind::Check, ObjectKind::Exclusion];

/// Those that can wait until all tables are there, or have to.
const AFTERWARDS: [ObjectKind; 4] = [ObjectKind::ForeignKey, ObjectKind::Rule, ObjectKind::Trigger, ObjectKind::Policy];

impl Mender<'_> {
    /// The table with all that hangs on it.
    pub(super) fn create_table(&self, key: &Key) -> Option<Fix> {
        let facets = self.reference.qualified.0.get(key)?;
        if is(facets, 0, "foreign") || facet(facets, 6).is_some() || facet(facets, 7).is_some() {
            return None;
        }
        let name = self.qualified(&key.name)?;
        let unlogged = if is(facets, 0, "unlogged") { "UNLOGGED " } else { "" };
        let mut sql = format!("CREATE {unlogged}TABLE {name}");
        let parent = self.wanted(key, 2);
        if facet(facets, 8) == Some("true") {
            sql.push_str(&format!(" PARTITION OF {}", parent?));
        } else {
            let lines: Vec<String> = self.columns(key)?.into_iter().chain(self.constraints(key)?).collect();
            sql.push_str(&format!(" (\n    {}\n)", lines.join(",\n    ")));
            if let Some(parent) = parent {
                sql.push_str(&format!(" INHERITS ({parent})"));
            }
        }
        if let Some(by) = self.wanted(key, 1) {
            sql.push_str(&format!(" PARTITION BY {by}"));
        }
        if let Some(options) = facet(facets, 3) {
            sql.push_str(&format!(" WITH ({options})"));
        }
        let mut fix = Fix::new([sql]);
        if facet(facets, 8) == Some("true") {
            let own = self.constraints(key)?;
            fix.statements.extend(own.into_iter().map(|constraint| format!("ALTER TABLE {name} ADD {constraint}")));
        }
        let secured = facet(facets, 4).filter(|state| *state != "disabled");
        fix.statements.extend(
            secured
                .into_iter()
                .flat_map(|state| row_security(Some(state)))
                .map(|action| format!("ALTER TABLE {name} {action}")),
        );
        fix.statements.extend(
            facet(facets, 5)
                .filter(|identity| ["nothing", "full"].contains(identity))
                .map(|identity| format!("ALTER TABLE {name} REPLICA IDENTITY {}", identity.to_uppercase())),
        );
        for (column, _) in self.reference.objects.parts(ObjectKind::Column, &key.name) {
            fix.statements.extend(self.column_options(column));
        }
        for (index, _) in self.reference.objects.parts(ObjectKind::Index, &key.name) {
            fix.statements.extend(self.index(index, false));
        }
        for kind in AFTERWARDS {
            for (part, _) in self.reference.objects.parts(kind, &key.name) {
                fix.afterwards.extend(self.create_part(part).unwrap_or_default());
            }
        }
        Some(fix)
    }

    pub(super) fn alter_table(&self, key: &Key, at: usize) -> Option<Fix> {
        let name = self.qualified(&key.name)?;
        let alter = |action: String| format!("ALTER TABLE {name} {action}");
        let expected = self.wanted(key, at);
        let actions: Vec<String> = match at {
            0 => {
                let kinds = (expected?, self.found(key, 0)?);
                match (kinds.0.as_str(), kinds.1) {
                    ("table", "unlogged table") => vec!["SET LOGGED".to_owned()],
                    ("unlogged table", "table") => vec!["SET UNLOGGED".to_owned()],
                    _ => return None,
                }
            }
            2 => match (expected, self.found(key, 2)) {
                (Some(parent), None) if self.wanted(key, 8).as_deref() != Some("true") => {
                    vec![format!("INHERIT {parent}")]
                }
                (Some(parent), None) => {
                    let (parent, bound) = split_bound(&parent)?;
                    return Some(Fix::new([format!("ALTER TABLE {parent} ATTACH PARTITION {name} {bound}")]));
                }
                _ => return None,
            },
            3 => set_options(expected.as_deref(), self.found(key, 3)),
            4 => {
                let (wanted, found) = (expected.as_deref().unwrap_or_default(), self.found(key, 4).unwrap_or_default());
                let fix = Fix::new(row_security(expected.as_deref()).map(alter));
                let loosens = ["enabled", "forced"].iter().any(|word| found.contains(word) && !wanted.contains(word));
                return Some(if loosens { fix.commented("it loosens row security") } else { fix });
            }
            5 => match expected.as_deref() {
                Some(identity @ ("default" | "nothing" | "full")) => {
                    vec![format!("REPLICA IDENTITY {}", identity.to_uppercase())]
                }
                _ => return None,
            },
            _ => return None,
        };
        (!actions.is_empty()).then(|| Fix::new(actions.into_iter().map(alter)))
    }

    /// The columns that are its own.
    fn columns(&self, table: &Key) -> Option<Vec<String>> {
        let mut columns: Vec<(&Key, &str)> = self
            .reference
            .objects
            .parts(ObjectKind::Column, &table.name)
            .filter(|(_, facets)| facet(facets, 8) == Some("true"))
            .map(|(key, facets)| (key, facet(facets, 7).unwrap_or_default()))
            .collect();
        columns.sort_by_key(|(_, position)| *position);
        columns.into_iter().map(|(key, _)| self.column(key)).collect()
    }

    fn constraints(&self, table: &Key) -> Option<Vec<String>> {
        let local = WITHIN.iter().flat_map(|&kind| self.reference.objects.parts(kind, &table.name));
        let local = local.filter(|(_, facets)| facet(facets, 5) == Some("true"));
        local.map(|(key, _)| Some(format!("CONSTRAINT {} {}", quoted(&key.name)?, self.wanted(key, 0)?))).collect()
    }

    /// A column as it stands in `CREATE TABLE` and in `ADD COLUMN`.
    pub(super) fn column(&self, key: &Key) -> Option<String> {
        let mut sql = format!("{} {}", quoted(&key.name)?, self.wanted(key, 0)?);
        if let Some(collation) = self.wanted(key, 5) {
            sql.push_str(&format!(" COLLATE {collation}"));
        }
        if let Some(expression) = self.wanted(key, 4) {
            sql.push_str(&generated(&expression));
        }
        if let Some(identity) = self.wanted(key, 3) {
            sql.push_str(&format!(" {}", as_identity(&identity)));
        }
        if let Some(default) = self.wanted(key, 2) {
            sql.push_str(&format!(" DEFAULT {default}"));
        }
        if self.wanted(key, 1).as_deref() == Some("not null") {
            sql.push_str(" NOT NULL");
        }
        Some(sql)
    }

    /// What a column's own words cannot say.
    pub(super) fn column_options(&self, key: &Key) -> Option<String> {
        let (table, column) = (self.qualified(&key.parent)?, quoted(&key.name)?);
        let (expected, found) = (self.wanted(key, 6).unwrap_or_default(), self.found(key, 6).unwrap_or_default());
        let mut actions = Vec::new();
        let words: Vec<&str> = expected.split(' ').collect();
        for pair in words.windows(2) {
            if ["STORAGE", "COMPRESSION", "STATISTICS"].contains(&pair[0]) {
                actions.push(format!("ALTER COLUMN {column} SET {} {}", pair[0], pair[1]));
            }
        }
        if found.contains("STATISTICS") && !expected.contains("STATISTICS") {
            actions.push(format!("ALTER COLUMN {column} SET STATISTICS -1"));
        }
        let options = |text: &str| Some(text.split_once('(')?.1.trim_end_matches(')').to_owned());
        let set = set_options(options(&expected).as_deref(), options(found).as_deref());
        actions.extend(set.into_iter().map(|set| format!("ALTER COLUMN {column} {set}")));
        (!actions.is_empty()).then(|| format!("ALTER TABLE {table} {}", actions.join(", ")))
    }

    pub(super) fn alter_column(&self, key: &Key, at: usize) -> Option<Fix> {
        // An heir's columns are its parent's.
        let is_local = self.found(key, 8) == Some("true") || matches!(at, 2 | 6);
        is_local.then_some(())?;
        let (table, column) = (self.qualified(&key.parent)?, quoted(&key.name)?);
        let alter = |action: String| Some(Fix::new([format!("ALTER TABLE {table} ALTER COLUMN {column} {action}")]));
        let expected = self.wanted(key, at);
        match at {
            0 | 5 => {
                let collation = match (self.wanted(key, 5), self.found(key, 5)) {
                    (Some(collation), _) => format!(" COLLATE {collation}"),
                    (None, Some(_)) => " COLLATE pg_catalog.\"default\"".to_owned(),
                    (None, None) => String::new(),
                };
                let kept = only_widens(self.found(key, 0)?, facet(self.reference.objects.0.get(key)?, 0)?);
                let fix = alter(format!("TYPE {}{collation}", self.wanted(key, 0)?))?;
                Some(if kept {
                    fix
                } else {
                    fix.commented("the change of type can round, cut or refuse what is there")
                })
            }
            1 if expected.as_deref() == Some("not null") => alter("SET NOT NULL".to_owned()),
            1 => alter("DROP NOT NULL".to_owned()),
            2 => match expected {
                Some(default) => alter(format!("SET DEFAULT {default}")),
                None => alter("DROP DEFAULT".to_owned()),
            },
            3 => match (expected, self.found(key, 3)) {
                (Some(identity), Some(_)) => alter(set_identity(&identity)),
                (Some(identity), None) => {
                    let mut fix = alter(format!("ADD {}", as_identity(&identity)))?;
                    let sequence =
                        format!("pg_catalog.pg_get_serial_sequence({}, {})", literal(&table), literal(&key.name));
                    fix.statements.push(continued(&sequence, &identity, &table, &column)?);
                    Some(fix)
                }
                (None, _) => alter("DROP IDENTITY".to_owned()),
            },
            4 => match expected {
                None => alter("DROP EXPRESSION".to_owned()),
                Some(_) => Some(Fix::destructive(format!(
                    "ALTER TABLE {table} DROP COLUMN {column}, ADD COLUMN {}",
                    self.column(key)?
                ))),
            },
            6 => Some(Fix::new([self.column_options(key)?])),
            _ => None,
        }
    }
}

fn generated(expression: &str) -> String {
    match expression.strip_suffix(" VIRTUAL") {
        Some(expression) => format!(" GENERATED ALWAYS AS ({expression}) VIRTUAL"),
        None => format!(" GENERATED ALWAYS AS ({expression}) STORED"),
    }
}

/// `ALWAYS (START WITH 1 …)` as it stands in a column's definition.
fn as_identity(identity: &str) -> String {
    match identity.split_once(" (") {
        Some((when, parameters)) => format!("GENERATED {when} AS IDENTITY ({parameters}"),
        None => format!("GENERATED {identity} AS IDENTITY"),
    }
}

/// The same as actions on an identity that is there.
fn set_identity(identity: &str) -> String {
    let (when, parameters) = identity.split_once(" (").unwrap_or((identity, ""));
    let mut actions = vec![format!("SET GENERATED {when}")];
    let parameters = parameters.trim_end_matches(')');
    let mut rest = parameters.replace("START WITH", "\n START WITH");
    for word in ["INCREMENT BY", "MINVALUE", "MAXVALUE", "CACHE", "CYCLE"] {
        rest = rest.replace(word, &format!("\n {word}"));
    }
    actions.extend(rest.split('\n').map(str::trim).filter(|part| !part.is_empty()).map(|part| format!("SET {part}")));
    if !parameters.contains("CYCLE") {
        actions.push("SET NO CYCLE".to_owned());
    }
    actions.join(" ")
}

fn row_security(state: Option<&str>) -> impl Iterator<Item = String> {
    let state = state.unwrap_or("disabled");
    let enable = if state.contains("enabled") { "ENABLE" } else { "DISABLE" };
    let force = if state.contains("forced") { "FORCE" } else { "NO FORCE" };
    [enable, force].into_iter().map(|word| format!("{word} ROW LEVEL SECURITY"))
}

/// Lets a sequence go on behind the values that are there; where there are none, it stays at its start.
pub(super) fn continued(sequence: &str, parameters: &str, table: &str, column: &str) -> Option<String> {
    let after = |word: &str| -> Option<i64> {
        parameters.split_once(word)?.1.split([' ', ')']).find(|part| !part.is_empty())?.parse().ok()
    };
    let (start, falls) = (after("START WITH")?, after("INCREMENT BY")? < 0);
    let (last, further, is_used) = if falls { ("min", "least", "<=") } else { ("max", "greatest", ">=") };
    let last = format!("pg_catalog.{last}({column})");
    Some(format!(
        "SELECT pg_catalog.setval({sequence}, {further}({last}, {start}), {last} {is_used} {start}) FROM {table} \
         HAVING {last} IS NOT NULL"
    ))
}

/// `schema.parent FOR VALUES …`, or `schema.parent DEFAULT`.
fn split_bound(parent: &str) -> Option<(&str, &str)> {
    let at = parent.find(" FOR VALUES ").or_else(|| parent.find(" DEFAULT"))?;
    Some((&parent[..at], parent[at..].trim()))
}
