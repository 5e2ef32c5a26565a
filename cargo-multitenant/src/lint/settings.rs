//! `[lint]` of `multitenant.toml`: which rules, at which level, with which options.

use std::collections::BTreeMap;
use std::ops::Range;

use multitenant_runtime::{Tier, Version};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::options::{OptionValue, Options};
use super::rule::{OptionDefault, Rule};
use super::rules;
use crate::config::{Origin, Problem, nearest};
use crate::finding::Level;

pub(super) const KEYS: [&str; 6] =
    ["start_after", "extension_schemas", "shared_tables", "tenant_tables", "baseline", "rules"];

/// What the linter is told.
#[derive(Debug, Clone)]
pub(crate) struct LintSettings {
    /// Migrations up to this version are not judged by rules about hygiene and safety.
    pub(crate) start_after: Option<Version>,
    /// Schemas with extensions, which tenants' migrations may name.
    pub(crate) extension_schemas: Vec<String>,
    /// Patterns of tables that are not marked in code.
    pub(crate) shared_tables: Vec<String>,
    pub(crate) tenant_tables: Vec<String>,
    /// The file of findings that are known.
    pub(crate) baseline: Option<String>,
    levels: BTreeMap<&'static str, Level>,
    options: BTreeMap<&'static str, Options>,
}

impl Default for LintSettings {
    fn default() -> Self {
        Self {
            start_after: None,
            extension_schemas: vec!["extensions".to_owned()],
            shared_tables: Vec::new(),
            tenant_tables: Vec::new(),
            baseline: None,
            levels: BTreeMap::new(),
            options: BTreeMap::new(),
        }
    }
}

impl LintSettings {
    /// Reads the section of a configuration, which is known to be TOML; with everything that is wrong.
    pub(crate) fn parse(text: &str) -> (Self, Vec<Problem>) {
        let mut reader = Reader { settings: Self::default(), problems: Vec::new() };
        if let Ok(document) = DeTable::parse(text)
            && let Some(DeValue::Table(section)) = document.get_ref().get("lint").map(Spanned::get_ref)
        {
            reader.section(section);
        }
        (reader.settings, reader.problems)
    }

    /// The level that was set for a rule.
    pub(crate) fn level(&self, rule: &Rule) -> Option<Level> {
        self.levels.get(rule.name).copied()
    }

    /// Sets the level of a rule, as a flag does.
    pub(crate) fn set_level(&mut self, rule: &'static Rule, level: Level) {
        self.levels.insert(rule.name, level);
    }

    /// Gives every rule the level that it has by itself.
    #[cfg(feature = "scaffold")]
    pub(crate) fn forget_levels(&mut self) {
        self.levels.clear();
    }

    /// The options of a rule.
    pub(crate) fn options(&self, rule: &Rule) -> Options {
        self.options.get(rule.name).cloned().unwrap_or_else(|| Options::defaults(rule))
    }

    /// Whose a table is by the patterns.
    pub(crate) fn tier_by_pattern(&self, table: &str) -> Option<Tier> {
        let fits = |patterns: &[String]| patterns.iter().any(|p| wildmatch::WildMatch::new(p).matches(table));
        if fits(&self.shared_tables) { Some(Tier::Shared) } else { fits(&self.tenant_tables).then_some(Tier::Tenant) }
    }
}

struct Reader {
    settings: LintSettings,
    problems: Vec<Problem>,
}

type Value<'i> = Spanned<DeValue<'i>>;

impl Reader {
    fn wrong(&mut self, span: Range<usize>, message: impl Into<String>, help: Option<String>) {
        let problem = Problem::new(Origin::File(span), message);
        self.problems.push(match help {
            Some(help) => problem.help(help),
            None => problem,
        });
    }

    fn section(&mut self, section: &DeTable<'_>) {
        for (name, value) in section {
            let key: &str = name.get_ref();
            match key {
                "start_after" => self.start_after(value),
                "extension_schemas" => self.settings.extension_schemas = self.texts(key, value),
                "shared_tables" => self.settings.shared_tables = self.texts(key, value),
                "tenant_tables" => self.settings.tenant_tables = self.texts(key, value),
                "baseline" => self.settings.baseline = self.text(key, value),
                "rules" => self.rules(value),
                _ => {
                    let help = match nearest(key, KEYS) {
                        Some(meant) => format!("did you mean `{meant}`?"),
                        None if rules::find(key).is_some() => "rules stand under [lint.rules]".to_owned(),
                        None => format!("the keys of [lint]: {}", KEYS.join(", ")),
                    };
                    self.wrong(name.span(), format!("[lint] has no key `{key}`"), Some(help));
                }
            }
        }
    }

    fn start_after(&mut self, value: &Value<'_>) {
        let Some(text) = self.text("start_after", value) else { return };
        // A version as it stands in a folder's name, or as Diesel records it.
        match Version::of_folder(&format!("{text}_")) {
            Some(version) => self.settings.start_after = Some(version),
            None => self.wrong(
                value.span(),
                "`lint.start_after` is no version",
                Some(
                    "write the version of the last migration that is not to be judged, as in 2026-01-01-000000"
                        .to_owned(),
                ),
            ),
        }
    }

    fn text(&mut self, key: &str, value: &Value<'_>) -> Option<String> {
        let text = value.get_ref().as_str().map(str::to_owned);
        if text.is_none() {
            self.wrong(value.span(), format!("`lint.{key}` must be a text in quotes"), None);
        }
        text
    }

    fn texts(&mut self, key: &str, value: &Value<'_>) -> Vec<String> {
        let texts = texts(value);
        if texts.is_none() {
            self.wrong(value.span(), format!("`lint.{key}` must be a list of texts"), None);
        }
        texts.unwrap_or_default()
    }

    fn rules(&mut self, value: &Value<'_>) {
        let DeValue::Table(table) = value.get_ref() else {
            let help = "write [lint.rules] and the rules below it".to_owned();
            return self.wrong(value.span(), "`lint.rules` is a section, not a key", Some(help));
        };
        for (name, value) in table {
            match rules::find(name.get_ref()) {
                Some(rule) => self.rule(rule, value),
                None => {
                    let message = format!("there is no rule `{}`", name.get_ref());
                    self.wrong(name.span(), message, Some(unknown_rule(name.get_ref())));
                }
            }
        }
    }

    /// `"warn"`, or `["error", { style = "…" }]`.
    fn rule(&mut self, rule: &'static Rule, value: &Value<'_>) {
        match value.get_ref() {
            DeValue::String(_) => self.level(rule, value),
            DeValue::Array(items) => {
                let mut items = items.iter();
                match items.next() {
                    Some(level) => self.level(rule, level),
                    None => self.form(rule, value.span()),
                }
                match (items.next().map(|item| (item.span(), item.get_ref())), items.next()) {
                    (None, _) => {}
                    (Some((_, DeValue::Table(options))), None) => self.options(rule, options),
                    (Some((span, _)), _) => self.form(rule, span),
                }
            }
            _ => self.form(rule, value.span()),
        }
    }

    fn form(&mut self, rule: &Rule, span: Range<usize>) {
        let help = format!("write `{} = \"warn\"`, or `[\"warn\", {{ option = … }}]`", rule.name);
        self.wrong(span, format!("`lint.rules.{}` must be a level, or a level and options", rule.name), Some(help));
    }

    fn level(&mut self, rule: &'static Rule, value: &Value<'_>) {
        match value.get_ref().as_str().and_then(Level::parse) {
            Some(level) => self.settings.set_level(rule, level),
            None => {
                let help = "the levels: \"off\", \"info\", \"warn\", \"error\"".to_owned();
                self.wrong(value.span(), format!("`lint.rules.{}`: there is no such level", rule.name), Some(help));
            }
        }
    }

    fn options(&mut self, rule: &'static Rule, table: &DeTable<'_>) {
        let mut options = Options::defaults(rule);
        for (name, value) in table {
            let key: &str = name.get_ref();
            let Some(spec) = rule.options.iter().find(|option| option.name == key) else {
                let names: Vec<&str> = rule.options.iter().map(|option| option.name).collect();
                let help = match nearest(key, names.iter().copied()) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None if names.is_empty() => "it has none".to_owned(),
                    None => format!("its options: {}", names.join(", ")),
                };
                self.wrong(name.span(), format!("`{}` has no option `{key}`", rule.name), Some(help));
                continue;
            };
            match option(spec.default, value) {
                Ok(value) => options.set(spec.name, value),
                Err(what) => self.wrong(value.span(), format!("`{key}` of `{}` must be {what}", rule.name), None),
            }
        }
        self.settings.options.insert(rule.name, options);
    }
}

fn option(default: OptionDefault, value: &Value<'_>) -> Result<OptionValue, String> {
    match default {
        OptionDefault::Choice(choices) => {
            let text = value.get_ref().as_str().filter(|text| choices.contains(text));
            let list = || choices.iter().map(|choice| format!("{choice:?}")).collect::<Vec<_>>().join(", ");
            text.map(|text| OptionValue::Text(text.to_owned())).ok_or_else(|| format!("one of {}", list()))
        }
        OptionDefault::Number(_) => {
            let number = value.get_ref().as_integer().filter(|number| number.radix() == 10);
            let number = number.and_then(|number| number.as_str().parse().ok());
            number.map(OptionValue::Number).ok_or_else(|| "a whole number".to_owned())
        }
        OptionDefault::Texts(_) => texts(value).map(OptionValue::Texts).ok_or_else(|| "a list of texts".to_owned()),
    }
}

fn texts(value: &Value<'_>) -> Option<Vec<String>> {
    let DeValue::Array(items) = value.get_ref() else { return None };
    items.iter().map(|item| item.get_ref().as_str().map(str::to_owned)).collect()
}

/// What to do about a rule that does not exist.
pub(crate) fn unknown_rule(name: &str) -> String {
    match nearest(name, rules::ALL.iter().map(|rule| rule.name)) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "`cargo multitenant lint --list-rules` shows them all".to_owned(),
    }
}
