//! The SARIF of a project in which everything is found, against what the standard's schema demands.
//!
//! The schema is the standard's; what it says of those objects that we write stands here in our own words: which fields
//! there may be, which there must be, and what is in them. A field that is not here is an error, so whoever writes a new
//! one looks it up (SARIF 2.1.0, chapter 3).

use serde_json::Value;

use super::projects::lint;

/// What a field holds.
enum Is {
    Text,
    /// An absolute URI, or a relative one.
    Uri,
    /// A whole number that is not less.
    From(i64),
    Flag,
    One(&'static [&'static str]),
    The(&'static str),
    /// A list, in which nothing is there twice where that is asked for.
    Many(&'static str),
    Different(&'static str),
    /// Any names, with texts.
    Texts,
}
use Is::{Different, Flag, From, Many, One, Text, Texts, The, Uri};

struct Object {
    name: &'static str,
    required: &'static [&'static str],
    /// One of these must be there.
    any: &'static [&'static str],
    fields: &'static [(&'static str, Is)],
}

const fn object(
    name: &'static str,
    required: &'static [&'static str],
    any: &'static [&'static str],
    fields: &'static [(&'static str, Is)],
) -> Object {
    Object { name, required, any, fields }
}

const LEVELS: &[&str] = &["none", "note", "warning", "error"];

const OBJECTS: &[Object] = &[
    object("log", &["version", "runs"], &[], &[("$schema", Uri), ("version", One(&["2.1.0"])), ("runs", Many("run"))]),
    object(
        "run",
        &["tool"],
        &[],
        &[
            ("tool", The("tool")),
            ("results", Many("result")),
            ("columnKind", One(&["utf16CodeUnits", "unicodeCodePoints"])),
        ],
    ),
    object("tool", &["driver"], &[], &[("driver", The("component"))]),
    object(
        "component",
        &["name"],
        &[],
        &[("name", Text), ("version", Text), ("informationUri", Uri), ("rules", Different("descriptor"))],
    ),
    object(
        "descriptor",
        &["id"],
        &[],
        &[
            ("id", Text),
            ("shortDescription", The("multiformat")),
            ("help", The("multiformat")),
            ("defaultConfiguration", The("configuration")),
        ],
    ),
    object("multiformat", &["text"], &[], &[("text", Text), ("markdown", Text)]),
    object("configuration", &[], &[], &[("enabled", Flag), ("level", One(LEVELS))]),
    object(
        "result",
        &["message"],
        &[],
        &[
            ("ruleId", Text),
            ("ruleIndex", From(-1)),
            ("level", One(LEVELS)),
            ("message", The("message")),
            ("locations", Many("location")),
            ("relatedLocations", Different("location")),
            ("partialFingerprints", Texts),
            ("fixes", Different("fix")),
        ],
    ),
    object("message", &[], &["text", "id"], &[("text", Text)]),
    object(
        "location",
        &[],
        &[],
        &[("id", From(-1)), ("physicalLocation", The("physical")), ("message", The("message"))],
    ),
    object(
        "physical",
        &[],
        &["address", "artifactLocation"],
        &[("artifactLocation", The("artifact")), ("region", The("region"))],
    ),
    object("artifact", &[], &[], &[("uri", Uri)]),
    object(
        "region",
        &[],
        &["startLine", "charOffset", "byteOffset"],
        &[("startLine", From(1)), ("startColumn", From(1)), ("endLine", From(1)), ("endColumn", From(1))],
    ),
    object(
        "fix",
        &["artifactChanges"],
        &[],
        &[("description", The("message")), ("artifactChanges", Different("change"))],
    ),
    object(
        "change",
        &["artifactLocation", "replacements"],
        &[],
        &[("artifactLocation", The("artifact")), ("replacements", Many("replacement"))],
    ),
    object(
        "replacement",
        &["deletedRegion"],
        &[],
        &[("deletedRegion", The("region")), ("insertedContent", The("content"))],
    ),
    object("content", &[], &[], &[("text", Text)]),
];

/// What is wrong with a value.
fn check(is: &Is, value: &Value, at: &str, wrong: &mut Vec<String>) {
    let holds = match is {
        Text => value.is_string(),
        Uri => value.as_str().is_some_and(|uri| !uri.is_empty() && uri.bytes().all(is_of_uris)),
        From(least) => value.as_i64().is_some_and(|number| number >= *least),
        Flag => value.is_boolean(),
        One(words) => value.as_str().is_some_and(|word| words.contains(&word)),
        Texts => value.as_object().is_some_and(|texts| texts.values().all(Value::is_string)),
        The(name) => return object_is(name, value, at, wrong),
        Many(name) | Different(name) => match value.as_array() {
            None => false,
            Some(items) => {
                for (number, item) in items.iter().enumerate() {
                    object_is(name, item, &format!("{at}[{number}]"), wrong);
                }
                let is_new = |(number, item)| !items[..number].contains(item);
                matches!(is, Many(_)) || items.iter().enumerate().all(is_new)
            }
        },
    };
    if !holds {
        wrong.push(format!("{at} = {value}"));
    }
}

fn object_is(name: &str, value: &Value, at: &str, wrong: &mut Vec<String>) {
    let object = OBJECTS.iter().find(|object| object.name == name).unwrap();
    let Some(fields) = value.as_object() else { return wrong.push(format!("{at} is no object")) };
    let missing = object.required.iter().filter(|field| !fields.contains_key(**field));
    wrong.extend(missing.map(|field| format!("{at} has no {field}")));
    if !object.any.is_empty() && !object.any.iter().any(|field| fields.contains_key(*field)) {
        wrong.push(format!("{at} has none of {:?}", object.any));
    }
    for (field, value) in fields {
        match object.fields.iter().find(|(name, _)| name == field) {
            Some((_, is)) => check(is, value, &format!("{at}.{field}"), wrong),
            None => wrong.push(format!("{at}.{field} is not known")),
        }
    }
}

fn is_of_uris(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte)
}

/// What is wrong with a log, and what goes beyond single objects: a result's rule is the one that its index says, an end is
/// not before its beginning, a fix is inside its file.
fn wrong_with(log: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    check(&The("log"), log, "log", &mut wrong);
    let Some(run) = log["runs"].get(0) else { return wrong };
    for result in run["results"].as_array().unwrap() {
        let index = usize::try_from(result["ruleIndex"].as_i64().unwrap()).unwrap();
        if run["tool"]["driver"]["rules"][index]["id"] != result["ruleId"] {
            wrong.push(format!("ruleIndex {index} is not {}", result["ruleId"]));
        }
        for location in result["locations"].as_array().unwrap() {
            let region = &location["physicalLocation"]["region"];
            let point = |line: &str, column: &str| (region[line].as_i64(), region[column].as_i64());
            if point("startLine", "startColumn") > point("endLine", "endColumn") {
                wrong.push(format!("{region} ends before it begins"));
            }
        }
    }
    wrong
}

#[test]
fn what_is_written_is_what_the_standard_asks_for() {
    for (project, code) in [("every-rule", 1), ("clean", 0)] {
        let log = lint(project, &["--format", "sarif"]).code(code).json();
        assert_eq!(wrong_with(&log), [] as [&str; 0]);
    }
}

#[test]
fn results_are_known_again() {
    let log = lint("every-rule", &["--format", "sarif"]).json();
    let results = log["runs"][0]["results"].as_array().unwrap();
    let key = |result: &Value| {
        let file = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
        format!("{file} {} {}", result["ruleId"], result["partialFingerprints"]["statementHash/v1"])
    };
    let keys: Vec<String> = results.iter().map(key).collect();
    let mut once = keys.clone();
    once.sort();
    once.dedup();
    assert_eq!(keys.len(), once.len(), "two results cannot be told apart");
}

#[test]
fn what_is_wrong_is_seen() {
    let log = lint("every-rule", &["--format", "sarif"]).json();
    let mutated = |change: fn(&mut Value)| {
        let mut log = log.clone();
        change(&mut log);
        wrong_with(&log).len()
    };
    assert_eq!(mutated(|_| ()), 0);
    for change in [
        (|log| log["version"] = "2.0.0".into()) as fn(&mut Value),
        |log| log["runs"][0]["tool"]["driver"]["name"] = Value::Null,
        |log| log["runs"][0]["results"][0]["level"] = "info".into(),
        |log| log["runs"][0]["results"][0]["extra"] = true.into(),
        |log| log["runs"][0]["results"][0]["ruleIndex"] = 0.into(),
        |log| log["runs"][0]["results"][0]["message"] = serde_json::json!({}),
        |log| log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0.into(),
        |log| {
            log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] = "a b".into();
        },
    ] {
        assert!(mutated(change) > 0);
    }
}
