//! For programs: one document.

use serde::Serialize;

use crate::finding::{Finding, Place, Sources, Summary};
use crate::report::FORMAT;

use super::Findings;

#[derive(Serialize)]
struct Document<'a> {
    format: u32,
    findings: Vec<Item<'a>>,
    summary: Summary,
}

#[derive(Serialize)]
struct Item<'a> {
    code: &'a str,
    level: &'a str,
    message: &'a str,
    #[serde(flatten)]
    place: At<'a>,
    object: &'a str,
    help: Option<&'a str>,
    /// Whether `--fix` mends it.
    fixable: bool,
    related: Vec<Related<'a>>,
}

#[derive(Serialize)]
struct Related<'a> {
    message: &'a str,
    #[serde(flatten)]
    place: At<'a>,
}

#[derive(Serialize)]
struct At<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

/// The findings as JSON.
pub(crate) fn json(findings: &Findings<'_>) -> serde_json::Result<String> {
    let items = findings.findings.iter().map(|finding| item(finding, findings.sources)).collect();
    let document = Document { format: FORMAT, findings: items, summary: findings.summary };
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

fn item<'a>(finding: &'a Finding, sources: &'a Sources) -> Item<'a> {
    Item {
        code: finding.code,
        level: finding.level.noun(),
        message: &finding.message,
        place: at(&finding.place, sources),
        object: &finding.object,
        help: finding.help.as_deref(),
        fixable: finding.fix.as_ref().is_some_and(|fix| fix.is_certain),
        related: finding
            .related
            .iter()
            .map(|(place, message)| Related { message, place: at(place, sources) })
            .collect(),
    }
}

fn at<'a>(place: &Place, sources: &'a Sources) -> At<'a> {
    let (start, end) = sources.points(place);
    At {
        file: &sources.get(place.file).path,
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
    }
}
