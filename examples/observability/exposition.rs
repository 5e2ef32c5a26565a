//! Reads what is exported by the rules of Prometheus' text format.

use std::collections::{BTreeMap, BTreeSet};

use super::dashboard::family;

#[derive(Debug, Default)]
pub(crate) struct Exported {
    pub(crate) help: BTreeMap<String, String>,
    pub(crate) types: BTreeMap<String, String>,
    /// By name and labels, as they are written.
    pub(crate) samples: BTreeMap<String, f64>,
    pub(crate) families: BTreeSet<String>,
}

/// Every line is one that Prometheus takes, and each metric is told of before its first sample, once.
pub(crate) fn read(text: &str) -> Exported {
    let mut exported = Exported::default();
    assert!(text.ends_with('\n'));
    for line in text.lines().filter(|line| !line.is_empty()) {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').unwrap_or_else(|| panic!("{line}"));
            assert!(exported.help.insert(name.to_owned(), help.to_owned()).is_none(), "twice: {line}");
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap_or_else(|| panic!("{line}"));
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            assert!(exported.types.insert(name.to_owned(), kind.to_owned()).is_none(), "twice: {line}");
        } else {
            let (series, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("{line}"));
            let name = series.split('{').next().unwrap();
            let is_name = |name: &str| {
                name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':')
                    && !name.starts_with(|c: char| c.is_ascii_digit())
            };
            assert!(is_name(name), "{line}");
            if let Some(labels) = series.strip_prefix(name).and_then(|rest| rest.strip_prefix('{')) {
                let labels = labels.strip_suffix('}').unwrap_or_else(|| panic!("{line}"));
                for label in labels.split(',') {
                    let (key, value) = label.split_once('=').unwrap_or_else(|| panic!("{line}"));
                    assert!(
                        is_name(key) && value.len() >= 2 && value.starts_with('"') && value.ends_with('"'),
                        "{line}"
                    );
                }
            }
            let family = family(name);
            let kind = exported.types.get(&family).unwrap_or_else(|| panic!("no TYPE before {line}"));
            assert!(exported.help.contains_key(&family), "no HELP before {line}");
            assert_eq!(kind == "counter", family.ends_with("_total"), "{line}");
            assert_eq!(kind == "histogram", family != name, "{line}");
            let value: f64 = value.parse().unwrap_or_else(|_| panic!("{line}"));
            assert!(exported.samples.insert(series.to_owned(), value).is_none(), "twice: {line}");
            exported.families.insert(family);
        }
    }
    exported
}
