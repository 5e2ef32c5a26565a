//! Findings that are known: a file of them, so that only new ones count.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Sources, fingerprint};

/// The format of the file.
const FORMAT: u32 = 1;

/// The findings that are known.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Baseline {
    format: u32,
    findings: Vec<Known>,
}

/// A finding, and how often it is there. The message is for people who read the file.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    file: String,
    code: String,
    fingerprint: String,
    count: usize,
    message: String,
}

impl Baseline {
    /// The baseline of these findings.
    pub(crate) fn of(findings: &[Finding], sources: &Sources) -> Self {
        let mut known: BTreeMap<_, (usize, &str)> = BTreeMap::new();
        for finding in findings {
            known.entry(key(finding, sources)).or_insert((0, &finding.message)).0 += 1;
        }
        let findings = known.into_iter().map(|((file, code, fingerprint), (count, message))| Known {
            file,
            code,
            fingerprint,
            count,
            message: message.to_owned(),
        });
        Self { format: FORMAT, findings: findings.collect() }
    }

    /// Reads a baseline; the error says what is wrong.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let baseline: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if baseline.format > FORMAT {
            return Err(format!("it has the format {}, and this release reads {FORMAT}", baseline.format));
        }
        Ok(baseline)
    }

    /// The file's text.
    pub(crate) fn text(&self) -> serde_json::Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// Takes out what is known, as often as it is; how many that are, and how many that are known are not there any more.
    pub(crate) fn take_out(&self, findings: &mut Vec<Finding>, sources: &Sources) -> (usize, usize) {
        let known = self.findings.iter();
        let mut left: BTreeMap<_, usize> = known
            .map(|known| ((known.file.clone(), known.code.clone(), known.fingerprint.clone()), known.count))
            .collect();
        let before = findings.len();
        findings.retain(|finding| match left.get_mut(&key(finding, sources)) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            _ => true,
        });
        (before - findings.len(), left.values().sum())
    }
}

fn key(finding: &Finding, sources: &Sources) -> (String, String, String) {
    let file = sources.get(finding.place.file).path.clone();
    (file, finding.code.to_owned(), fingerprint(finding, sources))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::testing::{lint, rule};

    #[test]
    fn known_findings_are_taken_out_as_often_as_they_are_known() {
        let rules = [rule("tenant-schema-qualified")];
        let (project, linted) = lint(&rules, "create table public.a (id int);\ncreate table public.b (id int);\n");
        let baseline = Baseline::parse(&Baseline::of(&linted.findings, &project.sources).text().unwrap()).unwrap();

        let moved = "-- a line\n\ncreate table public.a\n  (id int);\ncreate table public.c (id int);\ncreate table public.b (id int);\ncreate table public.b (id int);\n";
        let (project, mut linted) = lint(&rules, moved);
        assert_eq!(baseline.take_out(&mut linted.findings, &project.sources), (2, 0));
        assert_eq!(baseline.take_out(&mut Vec::new(), &project.sources), (0, 2), "both are mended");
        let left: Vec<&str> = linted.findings.iter().map(|finding| finding.object.as_str()).collect();
        assert_eq!(left, ["public.c", "public.b"]);
    }

    #[test]
    fn newer_formats_and_other_files_are_refused() {
        assert!(Baseline::parse("{\"format\": 2, \"findings\": []}").unwrap_err().contains("format 2"));
        assert!(Baseline::parse("[]").is_err());
    }
}
