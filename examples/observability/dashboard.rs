//! Reads the dashboard as Grafana would.

use std::collections::BTreeSet;

use multitenant_runtime::metrics::{METRICS, MetricKind};
use serde_json::Value;

const DASHBOARD: &str = include_str!("grafana/dashboard.json");

/// The metrics that its expressions name.
pub(crate) fn metrics() -> BTreeSet<String> {
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    let expressions = dashboard["panels"].as_array().unwrap().iter().flat_map(expressions);
    expressions.flat_map(|expression| names(&expression)).collect()
}

fn expressions(panel: &Value) -> Vec<String> {
    let targets = panel["targets"].as_array().map(Vec::as_slice).unwrap_or_default();
    targets.iter().map(|target| target["expr"].as_str().unwrap().to_owned()).collect()
}

/// Names of ours in an expression; of a histogram's series, the histogram's.
fn names(expression: &str) -> Vec<String> {
    let words = expression.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("multitenant_")).map(family).collect()
}

/// The metric to which a series belongs.
pub(crate) fn family(series: &str) -> String {
    let histogram = ["_bucket", "_sum", "_count"]
        .iter()
        .filter_map(|suffix| series.strip_suffix(suffix))
        .find(|name| METRICS.iter().any(|metric| metric.kind == MetricKind::Histogram && metric.name == *name));
    histogram.unwrap_or(series).to_owned()
}

#[test]
fn it_can_be_imported() {
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    assert!(dashboard["id"].is_null(), "an id is of one Grafana");
    assert!(dashboard["title"].is_string() && dashboard["uid"].is_string() && dashboard["schemaVersion"].is_u64());
    let variables: Vec<_> = dashboard["templating"]["list"].as_array().unwrap().iter().map(|v| &v["name"]).collect();
    assert_eq!(variables, ["datasource", "pool"]);
    let panels = dashboard["panels"].as_array().unwrap();
    let ids: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_u64().unwrap()).collect();
    assert_eq!(ids.len(), panels.len());
    for panel in panels {
        let title = panel["title"].as_str().unwrap();
        let place = |key: &str| panel["gridPos"][key].as_u64().unwrap_or_else(|| panic!("{title} has no place"));
        assert!(place("x") + place("w") <= 24 && place("h") > 0, "{title}");
        if panel["type"] == "row" {
            continue;
        }
        assert_eq!(panel["datasource"]["uid"], "${datasource}", "{title}");
        assert!(panel["fieldConfig"]["defaults"]["unit"].is_string(), "{title}");
        assert!(!expressions(panel).is_empty(), "{title}");
        for expression in expressions(panel) {
            let count = |c: char| expression.chars().filter(|found| *found == c).count();
            assert_eq!((count('('), count('{'), count('[')), (count(')'), count('}'), count(']')), "{expression}");
            // A counter is a rate, and a gauge is none.
            for name in names(&expression) {
                let metric = METRICS.iter().find(|metric| metric.name == name).unwrap_or_else(|| panic!("{name}"));
                let is_rate = expression.contains("rate(") || expression.contains("increase(");
                assert_eq!(is_rate, metric.kind != MetricKind::Gauge, "{expression}");
            }
        }
    }
}
