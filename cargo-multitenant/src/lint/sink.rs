//! Where rules put what they find.

use super::options::Options;
use super::rule::Rule;
use crate::finding::{Edit, Finding, Fix, Level, Place};

/// Takes the findings of one rule.
#[derive(Debug)]
pub(crate) struct Sink<'a> {
    pub(super) rule: &'static Rule,
    pub(super) options: &'a Options,
    /// The level that was configured, if one was.
    pub(super) level: Option<Level>,
    pub(super) findings: &'a mut Vec<Finding>,
}

impl Sink<'_> {
    /// The options of the rule.
    pub(crate) fn options(&self) -> &Options {
        self.options
    }

    /// Reports something at a place.
    pub(crate) fn report(&mut self, place: Place, message: impl Into<String>) -> Draft<'_> {
        let level = self.level.unwrap_or(self.rule.level);
        self.findings.push(Finding {
            code: self.rule.name,
            level,
            message: message.into(),
            label: String::new(),
            around: place.clone(),
            place,
            related: Vec::new(),
            help: None,
            fix: None,
            object: String::new(),
        });
        let is_level_given = self.level.is_some();
        let last = self.findings.len() - 1;
        Draft { finding: &mut self.findings[last], is_level_given }
    }
}

/// A finding to which details are added.
#[derive(Debug)]
pub(crate) struct Draft<'a> {
    finding: &'a mut Finding,
    is_level_given: bool,
}

impl Draft<'_> {
    /// A few words at the place itself.
    pub(crate) fn label(self, label: impl Into<String>) -> Self {
        self.finding.label = label.into();
        self
    }

    /// What to do.
    pub(crate) fn help(self, help: impl Into<String>) -> Self {
        self.finding.help = Some(help.into());
        self
    }

    /// What it is about.
    pub(crate) fn object(self, object: impl Into<String>) -> Self {
        self.finding.object = object.into();
        self
    }

    /// The statement or item around the place.
    pub(crate) fn around(self, place: Place) -> Self {
        self.finding.around = place;
        self
    }

    /// Another place that matters.
    pub(crate) fn related(self, place: Place, label: impl Into<String>) -> Self {
        self.finding.related.push((place, label.into()));
        self
    }

    /// Another level than the rule's usual one, unless the configuration gives one.
    pub(crate) fn level(self, level: Level) -> Self {
        if !self.is_level_given {
            self.finding.level = level;
        }
        self
    }

    /// What mends it for certain.
    pub(crate) fn fix(self, place: Place, text: impl Into<String>) -> Self {
        let fix = self.finding.fix.get_or_insert(Fix { edits: Vec::new(), is_certain: true });
        fix.edits.push(Edit { place, text: text.into() });
        self
    }
}
