//! What hangs on a table or a domain, but for columns.

use super::super::ObjectKind;
use super::super::object::{Facets, Key};
use super::super::report::Fix;
use super::{Mender, facet, is, quoted, set_options};

impl Mender<'_> {
    pub(super) fn create_part(&self, key: &Key) -> Option<Vec<String>> {
        let (parent, name) = (self.qualified(&key.parent)?, quoted(&key.name)?);
        let definition = self.wanted(key, 0);
        match key.kind {
            ObjectKind::Column => {
                self.is_local(key, 8)?;
                let mut statements = vec![format!("ALTER TABLE {parent} ADD COLUMN {}", self.column(key)?)];
                statements.extend(self.column_options(key));
                Some(statements)
            }
            ObjectKind::DomainConstraint => {
                Some(vec![format!("ALTER DOMAIN {parent} ADD CONSTRAINT {name} {}", definition?)])
            }
            ObjectKind::Index => Some(vec![self.index(key, true)?]),
            ObjectKind::Trigger => {
                self.is_local(key, 2)?;
                Some([definition?].into_iter().chain(self.trigger_state(key)).collect())
            }
            ObjectKind::Rule => {
                let definition = definition?.trim_end_matches(';').to_owned();
                Some([definition].into_iter().chain(self.trigger_state(key)).collect())
            }
            ObjectKind::Policy => {
                let mut sql = format!("CREATE POLICY {name} ON {parent} {} TO {}", definition?, self.wanted(key, 1)?);
                let clauses = [("USING", self.wanted(key, 2)), ("WITH CHECK", self.wanted(key, 3))];
                for (clause, expression) in clauses {
                    sql.extend(expression.map(|expression| format!(" {clause} ({expression})")));
                }
                Some(vec![sql])
            }
            _ => {
                self.is_local(key, 5)?;
                Some(vec![format!("ALTER TABLE {parent} ADD CONSTRAINT {name} {}", definition?)])
            }
        }
    }

    pub(super) fn remove_part(&self, key: &Key, facets: &Facets) -> Option<Fix> {
        let (parent, name) = (self.qualified(&key.parent)?, quoted(&key.name)?);
        let local = |at| facet(facets, at) == Some("true");
        match key.kind {
            ObjectKind::Column if local(8) => {
                Some(Fix::destructive(format!("ALTER TABLE {parent} DROP COLUMN {name}")))
            }
            ObjectKind::Index if local(4) => Some(Fix::new([self.drop_index(key)?])),
            ObjectKind::Trigger if local(2) => Some(Fix::new([format!("DROP TRIGGER {name} ON {parent}")])),
            ObjectKind::Rule => Some(Fix::new([format!("DROP RULE {name} ON {parent}")])),
            ObjectKind::Policy => {
                let fix = Fix::new([format!("DROP POLICY {name} ON {parent}")]);
                let is_restrictive = facet(facets, 0).is_some_and(|command| command.starts_with("AS RESTRICTIVE"));
                Some(if is_restrictive { fix.commented("it loosens row security") } else { fix })
            }
            ObjectKind::DomainConstraint => Some(Fix::new([format!("ALTER DOMAIN {parent} DROP CONSTRAINT {name}")])),
            ObjectKind::Column | ObjectKind::Index | ObjectKind::Trigger => None,
            _ => local(5).then(|| Fix::new([format!("ALTER TABLE {parent} DROP CONSTRAINT {name}")])),
        }
    }

    pub(super) fn alter_part(&self, key: &Key, at: usize) -> Option<Fix> {
        let (parent, name) = (self.qualified(&key.parent)?, quoted(&key.name)?);
        match (key.kind, at) {
            (ObjectKind::Index, 0) => {
                self.is_local(key, 4)?;
                Some(Fix::new([self.drop_index(key)?, self.index(key, true)?]))
            }
            // Neither is built again: it becomes valid when each partition has one.
            (kind, 1) if (kind == ObjectKind::Index || is_constraint(kind)) && self.is_on_a_partitioned_table(key) => {
                None
            }
            (kind, 1) if kind == ObjectKind::Index || is_constraint(kind) => {
                let own = self.qualified(&key.name)?;
                Some(Fix::new([format!("REINDEX INDEX CONCURRENTLY {own}")]))
            }
            (ObjectKind::Index, 2) => self.used(key, 2),
            (kind, 4) if is_constraint(kind) => self.used(key, 4),
            (kind, 3) if is_constraint(kind) => {
                let own = self.qualified(&key.name)?;
                let actions = set_options(self.wanted(key, 3).as_deref(), self.found(key, 3));
                Some(Fix::new(actions.into_iter().map(|action| format!("ALTER INDEX {own} {action}"))))
            }
            (ObjectKind::Trigger | ObjectKind::Rule, 1) => Some(Fix::new([self.set_state(key)?])),
            (ObjectKind::Trigger | ObjectKind::Rule | ObjectKind::Policy, _) => {
                let what = key.kind.name().to_uppercase();
                let drop = format!("DROP {what} IF EXISTS {name} ON {parent}");
                Some(Fix::new([drop].into_iter().chain(self.create_part(key)?)))
            }
            (ObjectKind::DomainConstraint, _) => {
                let drop = format!("ALTER DOMAIN {parent} DROP CONSTRAINT {name}");
                Some(Fix::new([drop].into_iter().chain(self.create_part(key)?)))
            }
            (kind, 0 | 2) if is_constraint(kind) || kind == ObjectKind::Check => {
                self.is_local(key, 5)?;
                let (expected, found) = (self.wanted(key, 0)?, self.reference.objects.0.get(key));
                let unproven = self.found(key, 0)?.strip_suffix(" NOT VALID");
                if at == 0 && unproven.is_some() && unproven == found.and_then(|facets| facet(facets, 0)) {
                    return Some(Fix::new([format!("ALTER TABLE {parent} VALIDATE CONSTRAINT {name}")]));
                }
                Some(Fix::new([format!(
                    "ALTER TABLE {parent} DROP CONSTRAINT {name}, ADD CONSTRAINT {name} {expected}"
                )]))
            }
            _ => None,
        }
    }

    /// The statement that makes an index: beside others' work, where the server can.
    pub(super) fn index(&self, key: &Key, concurrently: bool) -> Option<String> {
        self.is_local(key, 4)?;
        let definition = self.wanted(key, 0)?;
        if self.is_on_a_partitioned_table(key) {
            // The catalogue says `ON ONLY` of each; with it the partitions get none, and this one never becomes valid.
            let is_valid = self.wanted(key, 1).as_deref() == Some("valid");
            return Some(if is_valid { with_partitions(&definition) } else { definition });
        }
        if !concurrently {
            return Some(definition);
        }
        Some(definition.replacen("INDEX ", "INDEX CONCURRENTLY ", 1))
    }

    fn drop_index(&self, key: &Key) -> Option<String> {
        let concurrently = if self.is_on_a_partitioned_table(key) { "" } else { "CONCURRENTLY " };
        Some(format!("DROP INDEX {concurrently}{}", self.qualified(&key.name)?))
    }

    fn is_on_a_partitioned_table(&self, key: &Key) -> bool {
        [self.found, &self.reference.objects].iter().any(|objects| {
            objects.get(ObjectKind::Table, "", &key.parent).is_some_and(|facets| is(facets, 0, "partitioned"))
        })
    }

    /// That an index is the one by which a table is clustered, or by which replicas find its rows.
    fn used(&self, key: &Key, at: usize) -> Option<Fix> {
        let (table, name) = (self.qualified(&key.parent)?, quoted(&key.name)?);
        let (expected, found) = (self.wanted(key, at).unwrap_or_default(), self.found(key, at).unwrap_or_default());
        let mut actions = Vec::new();
        match (expected.contains("clustered"), found.contains("clustered")) {
            (true, false) => actions.push(format!("CLUSTER ON {name}")),
            (false, true) => actions.push("SET WITHOUT CLUSTER".to_owned()),
            _ => {}
        }
        if expected.contains("replica identity") && !found.contains("replica identity") {
            actions.push(format!("REPLICA IDENTITY USING INDEX {name}"));
        }
        (!actions.is_empty()).then(|| Fix::new(actions.iter().map(|action| format!("ALTER TABLE {table} {action}"))))
    }

    /// The state of a trigger or a rule, where it is not the one that it begins with.
    fn trigger_state(&self, key: &Key) -> Option<String> {
        if self.wanted(key, 1).as_deref() == Some("enabled") { None } else { self.set_state(key) }
    }

    fn set_state(&self, key: &Key) -> Option<String> {
        let action = match self.wanted(key, 1)?.as_str() {
            "enabled" => "ENABLE",
            "disabled" => "DISABLE",
            "enabled as replica" => "ENABLE REPLICA",
            _ => "ENABLE ALWAYS",
        };
        let what = key.kind.name().to_uppercase();
        Some(format!("ALTER TABLE {} {action} {what} {}", self.qualified(&key.parent)?, quoted(&key.name)?))
    }

    /// Whether it is its table's own, and not a parent's.
    fn is_local(&self, key: &Key, at: usize) -> Option<()> {
        let facets = self.reference.objects.0.get(key)?;
        (facet(facets, at) == Some("true")).then_some(())
    }
}

fn is_constraint(kind: ObjectKind) -> bool {
    matches!(kind, ObjectKind::PrimaryKey | ObjectKind::Unique | ObjectKind::Exclusion | ObjectKind::ForeignKey)
}

/// The statement without `ON ONLY`, which stands behind the index's name.
fn with_partitions(definition: &str) -> String {
    const ONLY: &str = " ON ONLY ";
    let is_outside = |at: usize| definition[..at].matches('"').count().is_multiple_of(2);
    match definition.match_indices(ONLY).map(|(at, _)| at).find(|at| is_outside(*at)) {
        Some(at) => format!("{} ON {}", &definition[..at], &definition[at + ONLY.len()..]),
        None => definition.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::with_partitions;

    #[test]
    fn only_is_taken_out_behind_the_name() {
        assert_eq!(
            with_partitions("CREATE INDEX \"x ON ONLY \"\"y\" ON ONLY s.t USING btree (a)"),
            "CREATE INDEX \"x ON ONLY \"\"y\" ON s.t USING btree (a)"
        );
    }
}
