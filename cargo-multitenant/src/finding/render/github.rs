//! For GitHub: workflow commands, which it shows beside the lines of a pull request.

use crate::finding::{Finding, Level, Sources};

use super::Findings;

/// The findings as workflow commands.
pub(crate) fn github(findings: &Findings<'_>) -> String {
    findings.findings.iter().map(|finding| command(finding, findings.sources)).collect()
}

fn command(finding: &Finding, sources: &Sources) -> String {
    let word = match finding.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Info | Level::Off => "notice",
    };
    let (start, end) = sources.points(&finding.place);
    // Columns are only understood within one line.
    let columns =
        if start.line == end.line { format!(",col={},endColumn={}", start.column, end.column) } else { String::new() };
    let help = finding.help.as_ref().map(|help| format!("\n{help}")).unwrap_or_default();
    format!(
        "::{word} file={},line={},endLine={}{columns},title={}::{}\n",
        property(&sources.get(finding.place.file).path),
        start.line,
        end.line,
        property(finding.code),
        data(&format!("{}{help}", finding.message)),
    )
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
