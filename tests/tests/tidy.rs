//! Rules about the source itself, which neither compiler nor lints know. See `ARCHITECTURE.md`.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};

const CRATES: [&str; 3] = ["cargo-multitenant", "multitenant-macros", "multitenant-runtime"];

/// A source file without its unit tests.
struct Source {
    /// From the workspace's root, with `/`.
    path: String,
    text: String,
}

impl Source {
    /// The lines that are code, with their numbers.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(i, line)| (i + 1, line)).filter(|(_, line)| !line.trim().starts_with("//"))
    }

    fn is_in(&self, rooms: &[&str]) -> bool {
        rooms.iter().any(|room| self.path.contains(room))
    }
}

#[test]
fn planning_is_pure() {
    let impure = ["tokio", "diesel", "connection", "Instant", "SystemTime", "async ", ".await", "std::fs", "std::env"];
    let found = violations(|source, line| source.is_in(&["/plan/"]) && impure.iter().any(|word| line.contains(word)));
    assert_eq!(found, [] as [String; 0], "a plan is made without a database, a clock or a runtime");
}

#[test]
fn sqlstates_have_one_place() {
    let rooms = ["/src/sqlstate.rs", "/connection/codes.rs"];
    let found = violations(|source, line| !source.is_in(&rooms) && literals(line).any(is_sqlstate));
    assert_eq!(found, [] as [String; 0], "failures are classed in sqlstate.rs, connections' in connection/codes.rs");
}

#[test]
fn only_the_rooms_that_print_print() {
    // The UI takes the terminal itself, in one file.
    let rooms =
        ["cargo-multitenant/src/output/", "cargo-multitenant/src/report/", "cargo-multitenant/src/tui/terminal.rs"];
    let prints = ["print!(", "println!(", "dbg!(", "io::stdout()", "io::stderr()", "stdout().lock", "stderr().lock"];
    let found = violations(|source, line| !source.is_in(&rooms) && prints.iter().any(|word| line.contains(word)));
    assert_eq!(found, [] as [String; 0], "results and messages go through output/ and report/");
}

#[test]
fn only_identifiers_quote() {
    // Doubling quotes by hand is how a name that is not validated gets into SQL.
    let rooms = ["/src/ident/", "/src/testing/"];
    let by_hand = [r#"replace('"', "\"\"")"#, r#"replace('\'', "''")"#];
    let found = violations(|source, line| {
        source.path.contains("multitenant-runtime/")
            && !source.is_in(&rooms)
            && by_hand.iter().any(|h| line.contains(h))
    });
    assert_eq!(found, [] as [String; 0], "SQL is quoted in ident/ only");
}

#[test]
fn the_readme_lists_every_feature() {
    let readme = read("README.md");
    for package in ["cargo-multitenant", "multitenant-runtime"] {
        let manifest: toml::Table = read(&format!("{package}/Cargo.toml")).parse().unwrap();
        let features = manifest["features"].as_table().unwrap();
        let default: Vec<_> = features["default"].as_array().unwrap().iter().filter_map(|f| f.as_str()).collect();
        for feature in features.keys().filter(|feature| *feature != "default") {
            let state = if default.contains(&feature.as_str()) { "on" } else { "off" };
            let row = format!("| `{package}` | `{feature}` | {state} |");
            assert!(readme.contains(&row), "README.md has no row that begins with: {row}");
        }
    }
}

#[test]
fn the_architecture_names_every_room() {
    let architecture = read("ARCHITECTURE.md");
    for package in CRATES {
        let section = architecture.split(&format!("### `{package}`")).nth(1);
        let section = section.unwrap_or_else(|| panic!("ARCHITECTURE.md has no section on {package}"));
        let section = section.split("\n### ").next().unwrap_or_default();
        for entry in fs::read_dir(root().join(package).join("src")).unwrap() {
            let entry = entry.unwrap();
            let mut room = entry.file_name().into_string().unwrap();
            if entry.path().is_dir() {
                room.push('/');
            }
            assert!(section.contains(&format!("`{room}`")), "ARCHITECTURE.md does not name `{room}` of {package}");
        }
    }
}

#[test]
fn an_application_is_spared_what_only_a_project_needs() {
    let tree = |features: &str| {
        let mut cargo = std::process::Command::new(env!("CARGO"));
        cargo.current_dir(root()).args([
            "tree",
            "--quiet",
            "--locked",
            "--package",
            "cargo-multitenant",
            "--prefix",
            "none",
        ]);
        cargo.args(["--edges", "normal,no-proc-macro", "--no-default-features", "--features", features]);
        let output = cargo.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let has = |tree: &str, name: &str| tree.lines().any(|line| line.starts_with(name));
    let spared = [
        "squawk",
        "syn ",
        "minijinja ",
        "toml_edit ",
        "cargo_metadata ",
        "clap_complete ",
        "rpds ",
        "jiff ",
        "ratatui ",
        "crossterm ",
    ];
    for features in ["", "functions", "functions,tls"] {
        let tree = tree(features);
        assert!(has(&tree, "clap "), "{tree}");
        let found: Vec<_> = spared.into_iter().filter(|name| has(&tree, name)).collect();
        assert_eq!(found, [""; 0], "of the library for applications, with the features {features:?}");
    }
    let all = tree("lint,scaffold,tui");
    assert_eq!(
        spared.into_iter().filter(|name| !has(&all, name)).collect::<Vec<_>>(),
        [""; 0],
        "names that are not right"
    );
}

#[test]
fn links_between_the_documents_lead_somewhere() {
    let documents = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(str::to_owned);
    for document in documents.into_iter().chain(CRATES.map(|package| format!("{package}/README.md"))) {
        let folder = Path::new(&document).parent().unwrap().to_owned();
        for link in read(&document).split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = link.split('#').next().unwrap_or_default();
            let leads_out = path.is_empty() || path.contains("://");
            assert!(leads_out || root().join(&folder).join(path).exists(), "{document} links to {link}");
        }
    }
}

#[test]
fn every_module_says_what_it_is_for() {
    let found: Vec<_> = sources()
        .filter(|source| source.path.ends_with("/mod.rs") || source.path.ends_with("/lib.rs"))
        .filter(|source| !source.path.contains("/tests/") && !source.text.starts_with("//!"))
        .map(|source| source.path)
        .collect();
    assert_eq!(found, [] as [String; 0], "these begin without `//!`");
}

#[test]
fn the_rules_see_what_they_forbid() {
    let codes =
        r#"if code == Some("42P07") || code == "XX000" || size == "256MB" || word == "BEGIN" || n == "12345678""#;
    assert_eq!(literals(codes).filter(|literal| is_sqlstate(literal)).collect::<Vec<_>>(), ["42P07", "XX000"]);
    assert!(sources().count() > 100);
    assert!(sources().any(|source| source.is_in(&["/plan/"])));
}

/// `path:line: text` of every line of code that is against the rule.
fn violations(is_one: impl Fn(&Source, &str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources() {
        let lines = source.code().filter(|(_, line)| is_one(&source, line));
        found.extend(lines.map(|(number, line)| format!("{}:{number}: {}", source.path, line.trim())));
    }
    found
}

/// The string literals of a line, roughly: what stands between two quotes.
fn literals(line: &str) -> impl Iterator<Item = &str> {
    line.split('"').skip(1).step_by(2)
}

fn is_sqlstate(literal: &str) -> bool {
    let is_code = literal.len() == 5 && literal.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
    is_code && literal.bytes().any(|b| b.is_ascii_digit()) && !literal.ends_with("MB") && !literal.ends_with("GB")
}

/// All sources of the published crates, without their tests.
fn sources() -> impl Iterator<Item = Source> {
    let mut paths = Vec::new();
    for package in CRATES {
        walk(&root().join(package).join("src"), &mut paths);
    }
    paths.sort();
    paths.into_iter().map(|path| {
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned();
        let path = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
        Source { path, text: code }
    })
}

fn walk(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "tests" {
            walk(&path, paths);
        } else if name.ends_with(".rs") && name != "tests.rs" {
            paths.push(path);
        }
    }
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}
