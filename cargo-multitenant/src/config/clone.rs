//! `[clone]`: what stands in a clone's columns instead.

use std::ops::Range;

use multitenant_runtime::{Anonymise, AnonymiseRules};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Origin, Problem};
use super::suggest::nearest;

/// How a rule is written.
const FORMS: &str = "write \"null\", \"hash\", { constant = \"…\" }, or { template = \"user{row}@example.com\" }";

/// The rules of a configuration that is known to be TOML, with everything that is wrong.
pub(super) fn rules(text: &str) -> (AnonymiseRules, Vec<Problem>) {
    let mut reader = Reader { rules: AnonymiseRules::new(), problems: Vec::new() };
    if let Ok(document) = DeTable::parse(text)
        && let Some(DeValue::Table(section)) = document.get_ref().get("clone").map(Spanned::get_ref)
    {
        reader.section(section);
    }
    (reader.rules, reader.problems)
}

struct Reader {
    rules: AnonymiseRules,
    problems: Vec<Problem>,
}

impl Reader {
    fn section(&mut self, section: &DeTable<'_>) {
        for (name, value) in section {
            match (name.get_ref().as_ref(), value.get_ref()) {
                ("anonymise", DeValue::Table(rules)) => self.columns(rules),
                ("anonymise", _) => self.wrong(value.span(), "`clone.anonymise` is a section".to_owned(), FORMS),
                (other, _) => {
                    let message = format!("[clone] has no key `{other}`");
                    let help = match nearest(other, ["anonymise"]) {
                        Some(meant) => format!("did you mean `{meant}`?"),
                        None => "the keys of [clone]: anonymise".to_owned(),
                    };
                    self.wrong(name.span(), message, &help);
                }
            }
        }
    }

    fn columns(&mut self, rules: &DeTable<'_>) {
        for (column, value) in rules {
            let name: &str = column.get_ref();
            let rule = match value.get_ref() {
                // `users.email = …` without quotes is a table in a table.
                DeValue::Table(table)
                    if !name.contains('.')
                        && !table.is_empty()
                        && table.iter().all(|(key, _)| !is_form(key.get_ref())) =>
                {
                    for (key, value) in table {
                        self.column(&format!("{name}.{}", key.get_ref()), key.span(), value);
                    }
                    continue;
                }
                _ => value,
            };
            self.column(name, column.span(), rule);
        }
    }

    fn column(&mut self, name: &str, span: Range<usize>, value: &Spanned<DeValue<'_>>) {
        let Some(rule) = rule(value.get_ref()) else {
            return self.wrong(value.span(), format!("`clone.anonymise`: this is no rule for {name:?}"), FORMS);
        };
        match self.rules.clone().column(name, rule) {
            Ok(rules) => self.rules = rules,
            Err(error) => self.wrong(span, format!("`clone.anonymise`: {error}"), FORMS),
        }
    }

    fn wrong(&mut self, span: Range<usize>, message: String, help: &str) {
        self.problems.push(Problem::new(Origin::File(span), message).help(help));
    }
}

fn is_form(key: &str) -> bool {
    matches!(key, "constant" | "template")
}

fn rule(value: &DeValue<'_>) -> Option<Anonymise> {
    match value {
        DeValue::String(text) if text == "null" => Some(Anonymise::Null),
        DeValue::String(text) if text == "hash" => Some(Anonymise::Hash),
        DeValue::Table(table) => {
            let mut entries = table.iter();
            let (key, value) = entries.next()?;
            if entries.next().is_some() {
                return None;
            }
            match (key.get_ref().as_ref(), value.get_ref()) {
                ("template", DeValue::String(text)) => Some(Anonymise::Template(text.to_string())),
                ("constant", DeValue::String(text)) => Some(Anonymise::Constant(text.to_string())),
                ("constant", DeValue::Integer(number)) => Some(Anonymise::Constant(number.as_str().to_owned())),
                ("constant", DeValue::Float(number)) => Some(Anonymise::Constant(number.as_str().to_owned())),
                ("constant", DeValue::Boolean(flag)) => Some(Anonymise::Constant(flag.to_string())),
                _ => None,
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read_in_all_their_forms() {
        let (rules, problems) = rules(
            "[clone.anonymise]\n\"users.email\" = { template = \"u{row}@x\" }\n\"users.phone\" = \"null\"\n\
             users.name = \"hash\"\n\"users.age\" = { constant = 7 }\n\"users.note\" = { constant = \"x\" }\n",
        );
        assert_eq!(problems, []);
        let expected = [
            ("users.email", Anonymise::Template("u{row}@x".to_owned())),
            ("users.phone", Anonymise::Null),
            ("users.name", Anonymise::Hash),
            ("users.age", Anonymise::Constant("7".to_owned())),
            ("users.note", Anonymise::Constant("x".to_owned())),
        ];
        let expected = expected.into_iter().fold(AnonymiseRules::new(), |all, (c, r)| all.column(c, r).unwrap());
        assert_eq!(rules, expected);
    }

    #[test]
    fn what_is_no_rule_is_shown_where_it_stands() {
        for (line, at, expected) in [
            ("anonymize = {}", "anonymize", "no key `anonymize`"),
            ("anonymise = 1", "1", "is a section"),
            ("anonymise = { \"a.b\" = \"nul\" }", "\"nul\"", "no rule for \"a.b\""),
            ("anonymise = { \"a.b\" = { template = \"{x}\" } }", "\"a.b\"", "{x}"),
            ("anonymise = { \"a.b\" = { template = \"x\", constant = \"y\" } }", "{ template", "no rule"),
            ("anonymise = { a = \"null\" }", "a", "write table.column"),
        ] {
            let text = format!("[clone]\n{line}\n");
            let (_, problems) = rules(&text);
            assert_eq!(problems.len(), 1, "{line}: {problems:?}");
            let Origin::File(span) = &problems[0].origin else { panic!("{problems:?}") };
            assert!(text[span.start..].starts_with(at), "{line}: {:?}", &text[span.clone()]);
            assert!(problems[0].message.contains(expected), "{line}: {problems:?}");
        }
    }
}
