//! Two listings, fact by fact.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

/// How two listings differ. A fact is one property of one thing: a column's type, a key's columns, an enum's labels.
#[derive(Debug, Default)]
pub(crate) struct Comparison {
    pub(crate) facts: usize,
    pub(crate) differences: Vec<String>,
    /// What the linter says that it does not know.
    pub(crate) unknown: usize,
}

impl Comparison {
    pub(crate) fn equal(&self) -> usize {
        self.facts - self.differences.len()
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (facts, equal) = (self.facts, self.equal());
        let percent = if facts == 0 { 100.0 } else { 100.0 * equal as f64 / facts as f64 };
        write!(f, "{equal} of {facts} equal ({percent:.2} %), {} unknown", self.unknown)?;
        self.differences.iter().try_for_each(|difference| write!(f, "\n    {difference}"))
    }
}

/// Compares what the linter folds with what a server has.
pub(crate) fn compare(folded: &Value, server: &Value) -> Comparison {
    let mut comparison = Comparison::default();
    let empty = serde_json::json!({});
    let of = |value: &'_ Value, key: &str| value.get(key).unwrap_or(&empty).clone();
    for schema in names(folded, server) {
        let (folded, server) = (of(folded, schema), of(server, schema));
        for room in ["relations", "indexes", "types"] {
            let (folded_room, server_room) = (of(&folded, room), of(&server, room));
            for name in names(&folded_room, &server_room) {
                let what = format!("{room} {schema}.{name}");
                let sides = (folded_room.get(name), server_room.get(name));
                if sides.0.is_none() && folded["opaque"] == true {
                    comparison.unknown += 1;
                    continue;
                }
                thing(&what, sides, &mut comparison);
            }
        }
    }
    comparison
}

fn names<'a>(a: &'a Value, b: &'a Value) -> std::collections::BTreeSet<&'a str> {
    [a, b].into_iter().filter_map(Value::as_object).flat_map(|map| map.keys().map(String::as_str)).collect()
}

fn thing(what: &str, (folded, server): (Option<&Value>, Option<&Value>), comparison: &mut Comparison) {
    let (Some(folded), Some(server)) = (folded, server) else {
        comparison.facts += 1;
        comparison
            .differences
            .push(format!("{what}: only {}", if folded.is_some() { "folded" } else { "on the server" }));
        return;
    };
    let (mine, theirs) = (facts(folded), facts(server));
    let is_opaque = folded.get("opaque") == Some(&Value::Bool(true));
    for (key, theirs) in &theirs {
        let own = mine.get(key);
        let is_of_columns = key.starts_with("columns/") || key == "order" || key == "of";
        match own {
            _ if is_of_columns && is_opaque => comparison.unknown += 1,
            Some(Value::Null) if key.starts_with("columns/") => comparison.unknown += 1,
            Some(own) if own == theirs => comparison.facts += 1,
            _ => {
                comparison.facts += 1;
                let own = own.map_or_else(|| "nothing".to_owned(), Value::to_string);
                comparison.differences.push(format!("{what} {key}: folded {own}, on the server {theirs}"));
            }
        }
    }
    for (key, own) in mine.iter().filter(|(key, _)| !theirs.contains_key(*key) && *key != "opaque") {
        if !is_opaque {
            comparison.facts += 1;
            comparison.differences.push(format!("{what} {key}: folded {own}, on the server nothing"));
        }
    }
}

/// The leaves of a thing: its columns are taken apart, all else is one fact.
fn facts(thing: &Value) -> BTreeMap<String, Value> {
    let mut facts = BTreeMap::new();
    for (key, value) in thing.as_object().into_iter().flatten() {
        match (key.as_str(), value) {
            ("columns", Value::Object(columns)) => {
                for (column, properties) in columns {
                    for (property, value) in properties.as_object().into_iter().flatten() {
                        facts.insert(format!("columns/{column}/{property}"), value.clone());
                    }
                }
            }
            ("uniques" | "foreign_keys", Value::Object(keys)) => {
                facts.extend(keys.iter().map(|(name, value)| (format!("{key}/{name}"), value.clone())));
            }
            _ => _ = facts.insert(key.clone(), value.clone()),
        }
    }
    facts
}
