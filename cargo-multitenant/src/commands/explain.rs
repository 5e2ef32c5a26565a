//! `cargo multitenant explain`

use clap::Args;
use serde::Serialize;

use crate::config::nearest;
use crate::context::Context;
use crate::doctor::{CHECKS, Check, entry, find_check};
use crate::error::CliError;
use crate::exit_code;
use crate::finding::codes::{CODES, CodeText, find_code};
#[cfg(feature = "lint")]
use crate::lint::{Rule, find_rule, manual, unknown_rule};
use crate::report::FORMAT;

/// What a rule of the linter, a check of the doctor or a finding of verify and drift is about
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo multitenant explain tenant-schema-qualified
  cargo multitenant explain connection              a check of the doctor
  cargo multitenant explain verify-down-fails       what verify has found
  cargo multitenant explain drift-table             a difference that drift has found
  cargo multitenant lint --list-rules               all rules there are")]
pub(crate) struct Explain {
    /// The rule, check or code, as findings name it
    #[arg(value_name = "CODE", value_parser = subject)]
    code: Subject,
}

/// What is explained.
#[derive(Debug, Clone, Copy)]
enum Subject {
    #[cfg(feature = "lint")]
    Rule(&'static Rule),
    Check(&'static Check),
    Code(&'static CodeText),
}

#[derive(Serialize)]
struct Explained {
    format: u32,
    code: &'static str,
    level: &'static str,
    /// Markdown.
    text: String,
}

fn subject(name: &str) -> Result<Subject, String> {
    if let Some(check) = find_check(name) {
        return Ok(Subject::Check(check));
    }
    #[cfg(feature = "lint")]
    if let Some(rule) = find_rule(name) {
        return Ok(Subject::Rule(rule));
    }
    if let Some(code) = find_code(name) {
        return Ok(Subject::Code(code));
    }
    let similar = nearest(name, CHECKS.iter().map(|check| check.name).chain(CODES.iter().map(|code| code.name)));
    Err(match similar {
        Some(similar) => format!("there is no such rule or check: did you mean `{similar}`?"),
        #[cfg(feature = "lint")]
        None => format!("there is no such rule or check: {}", unknown_rule(name)),
        #[cfg(not(feature = "lint"))]
        None => "there is no such check".to_owned(),
    })
}

impl Explain {
    pub(crate) fn run(self, context: &Context) -> Result<u8, CliError> {
        let (code, level, text) = match self.code {
            #[cfg(feature = "lint")]
            Subject::Rule(rule) => (rule.name, rule.level, manual::entry(rule)),
            Subject::Check(check) => (check.name, check.level, entry(check)),
            Subject::Code(code) => (code.name, code.level, code.entry()),
        };
        let explained = Explained { format: FORMAT, code, level: level.word(), text };
        context.console.result(&explained, |explained| format!("{}\n", explained.text.trim_end()))?;
        Ok(exit_code::DONE)
    }
}
