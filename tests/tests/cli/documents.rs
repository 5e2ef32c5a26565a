//! Every JSON document is held against its schema: those that the other tests of this program ask for, and the schemas
//! themselves.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use jsonschema::Validator;
use serde_json::Value;

use crate::project::{Answer, Project, answer};

static VALIDATORS: LazyLock<Mutex<BTreeMap<&'static str, Validator>>> = LazyLock::new(Mutex::default);

/// The schema of what a command with these arguments answers, where it answers with a document.
fn schema_of(args: &[&str]) -> Option<&'static str> {
    let says = |flag: &str| args.contains(&flag);
    let words: Vec<&str> = args.iter().copied().take_while(|arg| !arg.starts_with('-')).collect();
    Some(match words.as_slice() {
        ["migrate" | "rollback" | "redo" | "seed", ..] | ["tenant", "create", ..] if says("--dry-run") => "plan",
        ["migrate" | "rollback" | "redo" | "seed", ..] | ["tenant", "create", ..] => "run",
        ["repair", ..]
            if !args
                .iter()
                .any(|arg| arg.starts_with("--mark") || arg.starts_with("--forget") || arg.starts_with("--accept")) =>
        {
            "repair"
        }
        ["repair", ..] if says("--dry-run") => "plan",
        ["repair", ..] => "run",
        ["scaffold", "templates", ..] if !says("--write") => "scaffold-templates",
        ["scaffold", ..] => "scaffold",
        ["tenant", "list", ..] => "tenant-list",
        ["tenant", "rename", ..] => "tenant-rename",
        ["tenant", "archive", ..] => "tenant-archive",
        ["tenant", "restore", ..] => "tenant-restore",
        ["tenant", "drop", ..] => "tenant-drop",
        ["tenant", "clone" | "load", ..] => "tenant-copy",
        ["tenant", "dump", ..] => "tenant-dump",
        ["lint", ..] if says("--list-rules") => "rules",
        ["status", ..] => "status",
        ["init", ..] => "init",
        ["print-schema", ..] => "print-schema",
        ["snapshot", ..] => "snapshot",
        ["drift", ..] => "drift",
        ["verify", ..] => "verify",
        ["doctor", ..] => "doctor",
        ["lint", ..] => "lint",
        ["explain", ..] => "explain",
        ["lock", ..] => "lock",
        ["generate", ..] => "generate",
        ["db", ..] => "db",
        ["sql", ..] => "sql",
        _ => return None,
    })
}

/// What a command with `--format json` has answered must be what the schema says.
#[track_caller]
pub(crate) fn check(args: &[&str], answer: &Answer) {
    if !args.windows(2).any(|pair| pair == ["--format", "json"]) || answer.stdout.trim().is_empty() {
        return;
    }
    let name = schema_of(args).unwrap_or_else(|| panic!("there is no schema of what {args:?} answers"));
    let document = answer.json();
    let mut validators = VALIDATORS.lock().unwrap_or_else(PoisonError::into_inner);
    let validator = validators.entry(name).or_insert_with(|| jsonschema::validator_for(&schema(name)).unwrap());
    let errors: Vec<String> =
        validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    drop(validators);
    assert!(
        errors.is_empty(),
        "{args:?} does not answer with what the schema `{name}` says:\n{}\n{document:#}",
        errors.join("\n")
    );
}

fn schema(name: &str) -> Value {
    let mut command = Project::on_disk().command(&["json-schema", name]);
    command.current_dir(std::env::temp_dir());
    answer(command).code(0).json()
}

#[test]
fn every_schema_is_a_schema() {
    let listed = Project::on_disk().run(&["json-schema", "nonsense"]).code(2);
    let names = listed.stderr.split("possible values: ").nth(1).unwrap().split(']').next().unwrap().to_owned();
    let names: Vec<&str> = names.split(',').map(str::trim).collect();
    assert!(names.len() > 20, "{names:?}");
    for name in names {
        let schema = schema(name);
        assert!(jsonschema::meta::is_valid(&schema), "{name}");
        jsonschema::validator_for(&schema).unwrap();
        assert!(schema["title"].is_string(), "{name}");
    }
}

#[test]
fn the_schema_of_the_configuration_knows_what_the_command_knows() {
    let validator = jsonschema::validator_for(&schema("config")).unwrap();
    let value = |text: &str| serde_json::to_value(text.parse::<toml::Table>().unwrap()).unwrap();
    let default = include_str!("../../../cargo-multitenant/src/config/default.toml");
    // With all keys that are commented out, too.
    let all: String = default
        .lines()
        .map(|line| line.strip_prefix("# ").filter(|code| is_key(code)).unwrap_or(line).to_owned() + "\n")
        .collect();
    for text in [default, &all, "[lint.rules]\ntable-naming = [\"error\", { style = \"snake_case\" }]\n"] {
        let errors: Vec<String> =
            validator.iter_errors(&value(text)).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:?}");
    }
    for wrong in [
        "[database]\nurll = \"x\"\n",
        "[database]\nmax_connections = \"10\"\n",
        "[database]\nmax_connections = -1\n",
        "[tenants]\nsource = \"tabel\"\n",
        "[tenant]\nsource = \"table\"\n",
        "[lint.rules]\nno-such-rule = \"warn\"\n",
        "[lint.rules]\ntable-naming = \"loud\"\n",
        "[lint.rules]\ntable-naming = [\"error\", { stile = \"snake_case\" }]\n",
    ] {
        assert!(!validator.is_valid(&value(wrong)), "{wrong}");
        // And so says the command.
        Project::on_disk().file("multitenant.toml", wrong).run(&["lint"]).code(3);
    }
}

/// Whether a commented line is a key and its value.
fn is_key(line: &str) -> bool {
    line.split_once(" = ").is_some_and(|(name, _)| name.chars().all(|c| c.is_ascii_lowercase() || "_-".contains(c)))
        && line.parse::<toml::Table>().is_ok()
}
