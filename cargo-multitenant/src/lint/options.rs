//! The options of a rule, as they were set or by default.

use std::collections::BTreeMap;

use super::rule::{OptionDefault, Rule};

/// The value of an option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OptionValue {
    Text(String),
    Texts(Vec<String>),
    Number(u32),
}

/// The options of one rule.
#[derive(Debug, Clone, Default)]
pub(crate) struct Options {
    values: BTreeMap<&'static str, OptionValue>,
}

impl Options {
    /// The options of a rule where nobody sets any.
    pub(crate) fn defaults(rule: &Rule) -> Self {
        let values = rule.options.iter().map(|option| {
            let value = match option.default {
                OptionDefault::Choice(choices) => OptionValue::Text((*choices.first().unwrap_or(&"")).to_owned()),
                OptionDefault::Texts(texts) => {
                    OptionValue::Texts(texts.iter().map(|text| (*text).to_owned()).collect())
                }
                OptionDefault::Number(number) => OptionValue::Number(number),
            };
            (option.name, value)
        });
        Self { values: values.collect() }
    }

    pub(super) fn set(&mut self, name: &'static str, value: OptionValue) {
        self.values.insert(name, value);
    }

    /// A choice.
    pub(crate) fn text(&self, name: &str) -> &str {
        match self.values.get(name) {
            Some(OptionValue::Text(text)) => text,
            _ => "",
        }
    }

    /// A list.
    pub(crate) fn texts(&self, name: &str) -> &[String] {
        match self.values.get(name) {
            Some(OptionValue::Texts(texts)) => texts,
            _ => &[],
        }
    }

    /// A number.
    pub(crate) fn number(&self, name: &str) -> usize {
        match self.values.get(name) {
            Some(OptionValue::Number(number)) => usize::try_from(*number).unwrap_or(usize::MAX),
            _ => 0,
        }
    }

    /// Whether one of a list's patterns, with `*` and `?`, fits a name.
    pub(crate) fn any_fits(&self, name: &str, subject: &str) -> bool {
        self.texts(name).iter().any(|pattern| wildmatch::WildMatch::new(pattern).matches(subject))
    }
}
