//! For code scanning: SARIF 2.1.0.

use serde_json::{Value, json};

use crate::finding::{Code, Finding, Level, Place, Sources, fingerprint};

use super::Findings;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// The findings as a SARIF log.
pub(crate) fn sarif(findings: &Findings<'_>) -> serde_json::Result<String> {
    let results: Vec<Value> =
        findings.findings.iter().map(|finding| result(finding, findings.sources, findings.codes)).collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "cargo-multitenant",
                "version": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": findings.codes.iter().map(rule).collect::<Vec<_>>(),
            } },
            "columnKind": "utf16CodeUnits",
            "results": results,
        }],
    });
    Ok(serde_json::to_string_pretty(&log)? + "\n")
}

fn rule(code: &Code) -> Value {
    let plain: Vec<&str> = code.docs.lines().map(str::trim).collect();
    // The first paragraph of what it does.
    let first = plain.iter().skip_while(|line| line.is_empty() || line.starts_with('#'));
    let summary: Vec<&str> = first.take_while(|line| !line.is_empty()).copied().collect();
    json!({
        "id": code.name,
        "shortDescription": { "text": summary.join(" ") },
        "help": { "text": plain.join("\n"), "markdown": plain.join("\n") },
        "defaultConfiguration": { "enabled": code.level != Level::Off, "level": level(code.level) },
    })
}

fn result(finding: &Finding, sources: &Sources, codes: &[Code]) -> Value {
    let mut result = json!({
        "ruleId": finding.code,
        "level": level(finding.level),
        "message": { "text": message(finding) },
        "locations": [{ "physicalLocation": location(&finding.place, sources) }],
        "partialFingerprints": { "statementHash/v1": fingerprint(finding, sources) },
    });
    if let Some(index) = codes.iter().position(|code| code.name == finding.code) {
        result["ruleIndex"] = json!(index);
    }
    if !finding.related.is_empty() {
        let related = finding.related.iter().enumerate().map(|(id, (place, label))| {
            json!({ "id": id, "physicalLocation": location(place, sources), "message": { "text": label } })
        });
        result["relatedLocations"] = related.collect();
    }
    if let Some(fix) = finding.fix.as_ref().filter(|fix| !fix.edits.is_empty()) {
        let changes = fix.edits.iter().map(|edit| {
            json!({
                "artifactLocation": artifact(&edit.place, sources),
                "replacements": [{
                    "deletedRegion": region(&edit.place, sources),
                    "insertedContent": { "text": edit.text },
                }],
            })
        });
        let description = finding.help.as_deref().unwrap_or("mend it");
        result["fixes"] =
            json!([{ "description": { "text": description }, "artifactChanges": changes.collect::<Vec<_>>() }]);
    }
    result
}

fn message(finding: &Finding) -> String {
    finding.help.as_ref().map_or_else(|| finding.message.clone(), |help| format!("{}: {help}", finding.message))
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Info => "note",
        Level::Off => "none",
    }
}

fn location(place: &Place, sources: &Sources) -> Value {
    json!({ "artifactLocation": artifact(place, sources), "region": region(place, sources) })
}

fn artifact(place: &Place, sources: &Sources) -> Value {
    json!({ "uri": uri(&sources.get(place.file).path) })
}

fn region(place: &Place, sources: &Sources) -> Value {
    let (start, end) = sources.points(place);
    json!({ "startLine": start.line, "startColumn": start.column, "endLine": end.line, "endColumn": end.column })
}

/// A path as a URI reference.
fn uri(path: &str) -> String {
    path.bytes().fold(String::new(), |mut uri, byte| {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
        uri
    })
}
