//! Other people's migrations, which are nowhere in this repository: `MULTITENANT_REAL` is a folder with a folder for each
//! project, of migrations or with a folder `migrations`. They are once those of the shared schema and once a tenant's. What is
//! exported is imported into an empty project, and the two documents are compared, and what a server makes of both.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::project::Project;

use super::round_trips::catalogue;

/// Facts of both documents, and those that are equal.
type Figures = BTreeMap<&'static str, (usize, usize)>;

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::disallowed_methods, clippy::disallowed_macros, reason = "a tool for developers")]
async fn come_back() {
    let Some(folder) = std::env::var_os("MULTITENANT_REAL") else { return };
    let mut folders: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.retain(|folder| folder.is_dir());
    folders.sort();
    let mut all = Figures::new();
    for folder in folders {
        for (tier, schema) in [("shared", "public"), ("tenant", "tenant_a")] {
            let said = round_trip(&folder, tier, schema, &mut all).await;
            println!("{} as {tier}: {said}", folder.file_name().unwrap().to_string_lossy());
        }
    }
    println!("all: {}", shown(&all));
    let (equal, facts) = all.values().fold((0, 0), |(equal, facts), of| (equal + of.0, facts + of.1));
    assert!(facts > 0 && equal * 100 >= facts * 99, "{equal} of {facts} equal: less than 99 %");
}

async fn round_trip(folder: &Path, tier: &str, schema: &str, all: &mut Figures) -> String {
    let migrations = Some(folder.join("migrations")).filter(|folder| folder.is_dir()).unwrap_or(folder.to_owned());
    let (first, second) = (Project::with_tenants(&["a"]).await, Project::with_tenants(&["a"]).await);
    for folder in ["migrations/shared", "migrations/tenant"] {
        fs::create_dir_all(first.path(folder)).unwrap();
        fs::create_dir_all(second.path(folder)).unwrap();
    }
    for entry in fs::read_dir(migrations).unwrap() {
        let folder = entry.unwrap().path();
        for file in ["up.sql", "metadata.toml"] {
            if let Ok(text) = fs::read_to_string(folder.join(file)) {
                let name = folder.file_name().unwrap().to_string_lossy().into_owned();
                fs::create_dir_all(first.path(&format!("migrations/{tier}/{name}"))).unwrap();
                fs::write(first.path(&format!("migrations/{tier}/{name}/{file}")), text).unwrap();
            }
        }
    }
    let export = |project: &Project| project.run(&["export", "--format", "json-schema"]);
    let document = export(&first).code(0).json();
    fs::write(second.path("schema.json"), document.to_string()).unwrap();
    // Tables whose columns nobody knows without a database are named by the command, and left out here.
    let known: Vec<String> =
        tables(&document, tier).filter(|(_, table)| is_known(table)).map(|(name, _)| name.clone()).collect();
    let left_out = tables(&document, tier).count() - known.len();
    let mut import = second.command(&["import", "--from", "schema.json", "--no-code"]);
    if left_out > 0 {
        import.args(["--table", &known.join(",")]);
    }
    let output = import.output().unwrap();
    if !output.status.success() {
        return format!(
            "not imported: {}",
            String::from_utf8_lossy(&output.stderr).chars().take(600).collect::<String>()
        );
    }
    let again = export(&second).code(0).json();
    let mut figures = Figures::new();
    compare(tier, &document, &again, &known, &mut figures);
    let mut said = format!("{} tables left out; documents: {}", left_out, shown(&figures));
    for (what, (equal, facts)) in figures {
        let of_all = all.entry(what).or_default();
        *of_all = (of_all.0 + equal, of_all.1 + facts);
    }
    let migrated = first.command(&["migrate"]).output().unwrap();
    if !migrated.status.success() {
        let text = String::from_utf8_lossy(&migrated.stdout) + String::from_utf8_lossy(&migrated.stderr);
        let why = text.lines().find(|line| line.contains("failed")).or(text.lines().next());
        return said + &format!("; their own migrations do not apply here: {}", why.unwrap_or_default());
    }
    let migrated = second.command(&["migrate"]).output().unwrap();
    if !migrated.status.success() {
        return said
            + &format!(
                "; NOT APPLIED: {}{}",
                String::from_utf8_lossy(&migrated.stdout),
                String::from_utf8_lossy(&migrated.stderr)
            );
    }
    let (one, other) = (catalogue(&first, schema).await, catalogue(&second, schema).await);
    let differ: Vec<&String> = one.iter().filter(|line| !other.contains(line)).collect();
    let more: Vec<&String> = other.iter().filter(|line| !one.contains(line)).collect();
    said += &format!("; on the server {} of {} facts equal, {} more", one.len() - differ.len(), one.len(), more.len());
    for line in differ.iter().take(12) {
        said += &format!("\n    - {line}");
    }
    for line in more.iter().take(6) {
        said += &format!("\n    + {line}");
    }
    said
}

fn tables<'a>(document: &'a Value, tier: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    let defined = document["$defs"][tier]["$defs"].as_object().into_iter().flatten();
    defined.filter(|(_, defined)| defined.get("x-columns").is_some())
}

fn is_known(table: &Value) -> bool {
    table["properties"].as_object().unwrap().values().all(|column| !column["x-type"].is_null())
}

fn compare(tier: &str, one: &Value, other: &Value, known: &[String], figures: &mut Figures) {
    let other_s = |name: &String| &other["$defs"][tier]["$defs"][name];
    let mut count = |what: &'static str, one: &Value, other: &Value| {
        if one.is_null() || one == &Value::Bool(true) {
            return;
        }
        let entry = figures.entry(what).or_default();
        entry.1 += 1;
        entry.0 += usize::from(one == other);
    };
    for (name, defined) in one["$defs"][tier]["$defs"].as_object().into_iter().flatten() {
        let again = other_s(name);
        let Some(columns) = defined.get("x-columns") else {
            if defined["x-complete"] == true && !again.is_null() {
                count("types", &defined["x-kind"], &again["x-kind"]);
            }
            continue;
        };
        if !known.contains(name) {
            continue;
        }
        count("tables", columns, &again["x-columns"]);
        for (name, column) in defined["properties"].as_object().unwrap() {
            let again = &again["properties"][name];
            count("columns", &column["x-type"], &again["x-type"]);
            count(
                "not null",
                &Value::String(column["x-nullable"].to_string()),
                &Value::String(again["x-nullable"].to_string()),
            );
            for key in ["x-default", "x-identity", "x-generated"] {
                count("defaults", &column[key], &again[key]);
            }
        }
        count("primary keys", &defined["x-primary-key"], &again["x-primary-key"]);
        for (what, key) in [
            ("unique", "x-uniques"),
            ("foreign keys", "x-foreign-keys"),
            ("indexes", "x-indexes"),
            ("checks", "x-checks"),
        ] {
            for item in defined[key].as_array().unwrap() {
                let same = again[key].as_array().into_iter().flatten().find(|same| same["name"] == item["name"]);
                count(what, item, same.unwrap_or(&Value::Null));
            }
        }
    }
}

fn shown(figures: &Figures) -> String {
    figures.iter().map(|(what, (equal, facts))| format!("{what} {equal}/{facts}")).collect::<Vec<_>>().join(", ")
}
