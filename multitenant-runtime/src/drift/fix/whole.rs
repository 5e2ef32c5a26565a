//! What stands by itself, but for tables.

use crate::ident::literal;

use super::super::ObjectKind;
use super::super::object::Key;
use super::super::report::Fix;
use super::table::continued;
use super::{Mender, facet, quoted};

impl Mender<'_> {
    pub(super) fn create_whole(&self, key: &Key) -> Option<Fix> {
        let own = || self.qualified(&key.name);
        let definition = self.wanted(key, 0).unwrap_or_default();
        let sql = match key.kind {
            ObjectKind::Enum => format!("CREATE TYPE {} AS ENUM ({definition})", own()?),
            ObjectKind::CompositeType => format!("CREATE TYPE {} AS ({definition})", own()?),
            ObjectKind::RangeType => format!("CREATE TYPE {} AS RANGE ({definition})", own()?),
            ObjectKind::Domain => self.domain(key)?,
            ObjectKind::Sequence => {
                let mut fix = Fix::new([format!("CREATE SEQUENCE {} {definition}", own()?)]);
                fix.afterwards.extend(self.owned_by(key));
                fix.afterwards.extend(self.continued(key));
                return Some(fix);
            }
            ObjectKind::Function | ObjectKind::Procedure => return self.create_function(key),
            ObjectKind::Aggregate => {
                let name = format!("{}.{}", self.schema.quoted(), self.wanted(key, 2)?);
                format!(
                    "CREATE OR REPLACE AGGREGATE {name}({}) ({definition})",
                    self.wanted(key, 3).unwrap_or_else(|| "*".to_owned())
                )
            }
            ObjectKind::View => {
                let mut fix = Fix::new([self.view(key, "OR REPLACE VIEW")?]);
                fix.afterwards.extend(self.defaults_of_a_view(key));
                for kind in [ObjectKind::Rule, ObjectKind::Trigger] {
                    for (part, _) in self.reference.objects.parts(kind, &key.name) {
                        fix.afterwards.extend(self.create_part(part).unwrap_or_default());
                    }
                }
                return Some(fix);
            }
            ObjectKind::MaterializedView => return Some(Fix::new(self.materialized_view(key)?)),
            ObjectKind::Statistics => {
                let mut fix = Fix::new([format!("CREATE STATISTICS {}.{definition}", self.schema.quoted())]);
                fix.statements.extend(self.target_of_statistics(key));
                return Some(fix);
            }
            _ => return None,
        };
        Some(Fix::new([sql]))
    }

    pub(super) fn alter_whole(&self, key: &Key, at: usize) -> Option<Fix> {
        let own = self.qualified(&key.name);
        match (key.kind, at) {
            (ObjectKind::Enum, _) => self.new_labels(key),
            (ObjectKind::Domain, 1) => {
                let action = if self.wanted(key, 1)? == "not null" { "SET NOT NULL" } else { "DROP NOT NULL" };
                Some(Fix::new([format!("ALTER DOMAIN {} {action}", own?)]))
            }
            (ObjectKind::Domain, 2) => {
                let action =
                    self.wanted(key, 2).map_or("DROP DEFAULT".to_owned(), |text| format!("SET DEFAULT {text}"));
                Some(Fix::new([format!("ALTER DOMAIN {} {action}", own?)]))
            }
            (ObjectKind::Sequence, 0) => Some(Fix::new([format!("ALTER SEQUENCE {} {}", own?, self.wanted(key, 0)?)])),
            (ObjectKind::Sequence, 1) => {
                Some(Fix::new([self.owned_by(key).unwrap_or(format!("ALTER SEQUENCE {} OWNED BY NONE", own?))]))
            }
            (ObjectKind::Function | ObjectKind::Procedure, _) => self.replace_function(key),
            (ObjectKind::View, 2) => {
                let fix = Fix::new(self.defaults_of_a_view(key));
                (!fix.statements.is_empty()).then_some(fix)
            }
            (ObjectKind::View, _) => Some(Fix::new([self.view(key, "OR REPLACE VIEW")?])),
            (ObjectKind::Aggregate, 0) if self.found(key, 1) == facet(self.reference.objects.0.get(key)?, 1) => {
                self.create_whole(key)
            }
            (ObjectKind::MaterializedView, 0) => {
                let drop = format!("DROP MATERIALIZED VIEW {}", own?);
                Some(Fix::new([drop].into_iter().chain(self.materialized_view(key)?)))
            }
            (ObjectKind::MaterializedView, 1) => {
                let own = own?;
                let actions = super::set_options(self.wanted(key, 1).as_deref(), self.found(key, 1));
                Some(Fix::new(actions.into_iter().map(|action| format!("ALTER MATERIALIZED VIEW {own} {action}"))))
            }
            (ObjectKind::Statistics, 0) => {
                let mut fix = self.create_whole(key)?;
                fix.statements.insert(0, format!("DROP STATISTICS {}", own?));
                Some(fix)
            }
            (ObjectKind::Statistics, _) => Some(Fix::new([self
                .target_of_statistics(key)
                .unwrap_or(format!("ALTER STATISTICS {} SET STATISTICS -1", own?))])),
            _ => None,
        }
    }

    fn domain(&self, key: &Key) -> Option<String> {
        let mut sql = format!("CREATE DOMAIN {} AS {}", self.qualified(&key.name)?, self.wanted(key, 0)?);
        sql.extend(self.wanted(key, 3).map(|collation| format!(" COLLATE {collation}")));
        sql.extend(self.wanted(key, 2).map(|default| format!(" DEFAULT {default}")));
        if self.wanted(key, 1).as_deref() == Some("not null") {
            sql.push_str(" NOT NULL");
        }
        for (check, _) in self.reference.objects.parts(ObjectKind::DomainConstraint, &key.name) {
            sql.push_str(&format!(" CONSTRAINT {} {}", quoted(&check.name)?, self.wanted(check, 0)?));
        }
        Some(sql)
    }

    /// `a: 1, b: 'x'` as a statement each, where no default can be mistaken for two.
    fn defaults_of_a_view(&self, key: &Key) -> Vec<String> {
        let defaults = self.wanted(key, 2).unwrap_or_default();
        let own = self.qualified(&key.name);
        let one = |default: &str| {
            let (column, expression) = default.split_once(": ")?;
            Some(format!("ALTER VIEW {} ALTER COLUMN {column} SET DEFAULT {expression}", own.as_ref()?))
        };
        outside_of_quotes(&defaults).filter(|default| !default.is_empty()).filter_map(one).collect()
    }

    fn view(&self, key: &Key, what: &str) -> Option<String> {
        let options = self.wanted(key, 1).map(|options| format!(" WITH ({options})")).unwrap_or_default();
        let definition = self.wanted(key, 0)?;
        let definition = definition.trim_end().trim_end_matches(';');
        Some(format!("CREATE {what} {}{options} AS\n{definition}", self.qualified(&key.name)?))
    }

    fn materialized_view(&self, key: &Key) -> Option<Vec<String>> {
        let mut statements = vec![self.view(key, "MATERIALIZED VIEW")?];
        for (index, _) in self.reference.objects.parts(ObjectKind::Index, &key.name) {
            statements.extend(self.index(index, false));
        }
        Some(statements)
    }

    fn owned_by(&self, key: &Key) -> Option<String> {
        Some(format!("ALTER SEQUENCE {} OWNED BY {}", self.qualified(&key.name)?, self.wanted(key, 1)?))
    }

    /// A sequence that is made anew goes on behind what its column has.
    fn continued(&self, key: &Key) -> Option<String> {
        let owner = facet(self.reference.objects.0.get(key)?, 1)?;
        let columns = |kind| self.reference.objects.0.iter().filter(move |(key, _)| key.kind == kind);
        let written =
            |name: &str| -> Vec<String> { [Some(name.to_owned()), quoted(name)].into_iter().flatten().collect() };
        let (column, facets) = columns(ObjectKind::Column).find(|(column, _)| {
            let names = (written(&column.parent), written(&column.name));
            names.0.iter().any(|table| names.1.iter().any(|name| format!("{table}.{name}") == owner))
        })?;
        ["smallint", "integer", "bigint"].contains(&facet(facets, 0)?).then_some(())?;
        let sequence = literal(&self.qualified(&key.name)?);
        let parameters = self.wanted(key, 0)?;
        continued(&sequence, &parameters, &self.qualified(&column.parent)?, &quoted(&column.name)?)
    }

    fn target_of_statistics(&self, key: &Key) -> Option<String> {
        Some(format!("ALTER STATISTICS {} SET STATISTICS {}", self.qualified(&key.name)?, self.wanted(key, 1)?))
    }

    /// Labels that the enum lacks; nothing where it has others, or in another order.
    fn new_labels(&self, key: &Key) -> Option<Fix> {
        let expected = labels(facet(self.reference.objects.0.get(key)?, 0)?);
        let found = labels(self.found(key, 0)?);
        let mut kept = expected.iter().filter(|label| found.contains(label));
        if !found.iter().all(|label| kept.next() == Some(label)) {
            return None;
        }
        let own = self.qualified(&key.name)?;
        let mut statements = Vec::new();
        for (at, label) in expected.iter().enumerate().filter(|(_, label)| !found.contains(label)) {
            let place = match (at.checked_sub(1).and_then(|at| expected.get(at)), found.first()) {
                (Some(before), _) => format!(" AFTER {before}"),
                (None, Some(first)) => format!(" BEFORE {first}"),
                (None, None) => String::new(),
            };
            statements.push(format!("ALTER TYPE {own} ADD VALUE {label}{place}"));
        }
        Some(Fix::new(statements))
    }
}

/// The parts between commas that are in no quotes and no brackets.
pub(super) fn outside_of_quotes(text: &str) -> impl Iterator<Item = &str> {
    let (mut quote, mut depth) = (None, 0_i32);
    let parts = text.split(move |c: char| {
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, '(' | '[') => depth += 1,
            (None, ')' | ']') => depth -= 1,
            (None, ',') if depth == 0 => return true,
            _ => {}
        }
        false
    });
    parts.map(str::trim)
}

/// The labels of an enum, each as a literal.
fn labels(text: &str) -> Vec<&str> {
    let mut labels = Vec::new();
    let (mut start, mut inside) = (0, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'\'' => inside = !inside,
            b',' if !inside => {
                labels.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    labels.push(text[start..].trim());
    labels
}

#[cfg(test)]
mod tests {
    use super::labels;

    #[test]
    fn labels_may_hold_commas_and_quotes() {
        assert_eq!(labels("'a', 'b,c', 'it''s'"), ["'a'", "'b,c'", "'it''s'"]);
    }
}
