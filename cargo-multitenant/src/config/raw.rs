//! One layer as it was written: every value with its place, nothing interpreted.

use std::collections::BTreeMap;
use std::fmt;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::key::{self, Key, Kind};
use super::problem::{Origin, Problem};
use super::suggest::nearest;

/// A value as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Text(String),
    Count(u64),
    Flag(bool),
    Texts(Vec<String>),
}

/// A value and where it comes from.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) value: Value,
    pub(crate) origin: Origin,
}

impl fmt::Debug for Entry {
    /// Without the value, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.origin.fmt(f)
    }
}

/// The values of one layer, or of several laid over each other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RawConfig {
    entries: BTreeMap<&'static str, Entry>,
}

impl RawConfig {
    /// Reads a TOML text; what could be read is there even where something is wrong.
    pub(crate) fn parse(text: &str, origin: fn(std::ops::Range<usize>) -> Origin) -> (Self, Vec<Problem>) {
        let mut reader = Reader { config: Self::default(), problems: Vec::new(), origin };
        match DeTable::parse(text) {
            Ok(document) => reader.document(document.get_ref()),
            Err(error) => {
                let place = error.span().map_or(Origin::Nowhere, origin);
                reader.problems.push(Problem::new(place, "this is no TOML").label(error.message().to_owned()));
            }
        }
        (reader.config, reader.problems)
    }

    /// Sets one value.
    pub(crate) fn set(&mut self, key: &Key, value: Value, origin: Origin) {
        self.entries.insert(key.path, Entry { value, origin });
    }

    /// Lays a later layer over this one.
    pub(crate) fn overlay(&mut self, later: Self) {
        self.entries.extend(later.entries);
    }

    /// The value of a key, with its origin.
    pub(crate) fn entry(&self, key: &Key) -> Option<&Entry> {
        self.entries.get(key.path)
    }

    /// Where the value of a key comes from.
    pub(crate) fn origin(&self, path: &str) -> Origin {
        self.entries.get(path).map_or(Origin::Nowhere, |entry| entry.origin.clone())
    }

    /// The values that an application embeds, as texts; of a list a line for each entry.
    #[cfg(feature = "project")]
    pub(crate) fn embedded(&self) -> BTreeMap<&'static str, String> {
        let embedded = self.entries.iter().filter(|(path, _)| key::EMBEDDED.iter().any(|key| key.path == **path));
        let text = |value: &Value| match value {
            Value::Text(text) => text.clone(),
            Value::Count(count) => count.to_string(),
            Value::Flag(flag) => flag.to_string(),
            Value::Texts(texts) => texts.join("\n"),
        };
        embedded.map(|(path, entry)| (*path, text(&entry.value))).collect()
    }

    pub(crate) fn text(&self, key: &Key) -> Option<&str> {
        match &self.entry(key)?.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn count(&self, key: &Key) -> Option<u64> {
        match self.entry(key)?.value {
            Value::Count(count) => Some(count),
            _ => None,
        }
    }

    pub(crate) fn flag(&self, key: &Key) -> Option<bool> {
        match self.entry(key)?.value {
            Value::Flag(flag) => Some(flag),
            _ => None,
        }
    }

    pub(crate) fn texts(&self, key: &Key) -> Option<Vec<&str>> {
        match &self.entry(key)?.value {
            Value::Texts(texts) => Some(texts.iter().map(String::as_str).collect()),
            _ => None,
        }
    }
}

struct Reader {
    config: RawConfig,
    problems: Vec<Problem>,
    origin: fn(std::ops::Range<usize>) -> Origin,
}

impl Reader {
    fn document(&mut self, document: &DeTable<'_>) {
        for (name, value) in document {
            let section: &str = name.get_ref();
            let place = (self.origin)(name.span());
            if key::OPEN_SECTIONS.contains(&section) || key::sections().any(|known| known == section) {
                match value.get_ref() {
                    DeValue::Table(_) if key::OPEN_SECTIONS.contains(&section) => {}
                    DeValue::Table(table) => self.section(section, table),
                    _ => self.problems.push(
                        Problem::new(place, format!("`{section}` is a section, not a key"))
                            .help(format!("write [{section}] and its keys below")),
                    ),
                }
            } else if let Some(key) = key::find(section) {
                self.value(key, value);
            } else {
                self.problems.push(unknown_at_top(section, place));
            }
        }
    }

    fn section(&mut self, section: &str, table: &DeTable<'_>) {
        for (name, value) in table {
            match key::find(&format!("{section}.{}", name.get_ref())) {
                Some(key) => self.value(key, value),
                None => self.problems.push(unknown_in(section, name.get_ref(), (self.origin)(name.span()))),
            }
        }
    }

    fn value(&mut self, key: &Key, value: &Spanned<DeValue<'_>>) {
        match read(key.kind, value.get_ref()) {
            Some(read) => self.config.set(key, read, (self.origin)(value.span())),
            None => {
                let culprit = culprit(key.kind, value);
                self.problems.push(
                    Problem::new((self.origin)(culprit.span()), format!("`{}` must be {}", key.path, key.kind.noun()))
                        .label(format!("this is {}", describe(culprit.get_ref()))),
                );
            }
        }
    }
}

fn read(kind: Kind, value: &DeValue<'_>) -> Option<Value> {
    match (kind, value) {
        (Kind::Text, DeValue::String(text)) => Some(Value::Text(text.to_string())),
        (Kind::Flag, DeValue::Boolean(flag)) => Some(Value::Flag(*flag)),
        (Kind::Count, DeValue::Integer(number)) => {
            u64::from_str_radix(number.as_str(), number.radix()).ok().map(Value::Count)
        }
        (Kind::Texts, DeValue::Array(items)) => {
            items.iter().map(|item| item.get_ref().as_str().map(str::to_owned)).collect::<Option<_>>().map(Value::Texts)
        }
        _ => None,
    }
}

/// The value that is wrong: in a list, the item.
fn culprit<'a, 'i>(kind: Kind, value: &'a Spanned<DeValue<'i>>) -> &'a Spanned<DeValue<'i>> {
    match value.get_ref() {
        DeValue::Array(items) if kind == Kind::Texts => {
            items.iter().find(|item| !item.get_ref().is_str()).unwrap_or(value)
        }
        _ => value,
    }
}

fn describe(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(number) if number.as_str().starts_with('-') => "a negative number",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

fn unknown_at_top(name: &str, place: Origin) -> Problem {
    let names = || key::sections().chain(["format"]);
    let problem = Problem::new(place, format!("there is no `{name}` in this configuration"));
    match (key::ALL.iter().find(|key| key.name() == name), nearest(name, names())) {
        (Some(key), _) => problem.help(format!("`{name}` belongs under [{}]", key.section())),
        (None, Some(meant)) => problem.help(format!("did you mean `{meant}`?")),
        (None, None) => problem.help(format!("what there is: {}", list(names()))),
    }
}

fn unknown_in(section: &str, name: &str, place: Origin) -> Problem {
    let names = || key::ALL.iter().filter(|key| key.section() == section).map(Key::name);
    let problem = Problem::new(place, format!("[{section}] has no key `{name}`"));
    match (nearest(name, names()), key::ALL.iter().find(|key| key.name() == name)) {
        (Some(meant), _) => problem.help(format!("did you mean `{meant}`?")),
        (None, Some(key)) if key.section().is_empty() => problem.help(format!("`{name}` stands above all sections")),
        (None, Some(key)) => problem.help(format!("`{name}` belongs under [{}]", key.section())),
        (None, None) => problem.help(format!("the keys of [{section}]: {}", list(names()))),
    }
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}
