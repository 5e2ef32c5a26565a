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
        ["import", ..] => "import",
        ["init", ..] => "init",
        ["print-schema", ..] => "print-schema",
        ["snapshot", ..] => "snapshot",
        ["drift", ..] => "drift",
        ["verify", ..] => "verify",
        ["doctor", ..] => "doctor",
        ["lint", ..] => "lint",
        ["explain", ..] => "explain",
        ["lock", ..] => "lock",
        ["generate", ..] if says("--from-schema") => "generate-from-schema",
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
    // With all keys that are commented out, too, but one file for both tiers, which the two for each exclude.
    let all: String = default
        .lines()
        .filter(|line| *line != "# file = \"src/schema.rs\"")
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
        "format = 0\n",
        "format = 2\n",
        "[database]\nmax_connections = 0\n",
        "[database]\nshared_schema = \"\"\n",
        "[database]\nshared_schema = \"pg_shared\"\n",
        "[isolation]\nschema_name = \"tenant\"\n",
        "[isolation]\nschema_name = \"{id}_{id}\"\n",
        "[isolation]\nrole_name = \"{database}\"\n",
        "[isolation]\nrole_name = \"pg_{schema}\"\n",
        "[isolation]\napplication_role = \"public\"\n",
        "[isolation]\nsearch_path = []\n",
        "[isolation]\nsearch_path = [\"{shared}\", \"{tenant}\"]\n",
        "[isolation]\nsearch_path = [\"{tenant}\", \"{tenant}\"]\n",
        "[isolation]\nsearch_path = [\"{tenant}\", \"pg_catalog\"]\n",
        "[tenants]\nsource = \"list\"\n",
        "[tenants]\nsource = \"query\"\n",
        "[tenants]\nsource = \"query\"\nquery = \" ;\"\n",
        "[tenants]\nsource = \"list\"\nids = [\"\"]\n",
        "[tenants]\nid_column = \"\"\n",
        "[tenants]\narchived_schema = \"{schema}\"\n",
        "[migrations]\njobs = 0\n",
        "[migrations]\nfolder = \"\"\n",
        "[migrations]\nstate_schema = \"public\"\n",
        "[migrations]\nlock_timeout = \"1 fortnight\"\n",
        "[migrations]\nlock_timeout = \"1.5s\"\n",
        "[migrations]\nlock_timeout = \"-1s\"\n",
        "[migrations]\nstatement_timeout = \"5\"\n",
        "[print_schema]\ntenant_file = \"t.rs\"\n",
        "[print_schema]\nshared_file = \"s.rs\"\n",
        "[print_schema]\nfile = \"f.rs\"\ntenant_file = \"t.rs\"\nshared_file = \"s.rs\"\n",
        "[print_schema]\nfile = \" \"\n",
        "[drift]\nignore = [\"foo\"]\n",
        "[drift]\nignore = [\"tabel:foo\"]\n",
        "[clone.anonymise]\nusers = \"hash\"\n",
        "[clone.anonymise]\nusers = { template = \"x\" }\n",
        "[clone.anonymise]\n\".email\" = \"hash\"\n",
        "[clone.anonymise]\n\"users.\" = \"hash\"\n",
        "[lint.rules]\nno-such-rule = \"warn\"\n",
        "[lint.rules]\ntable-naming = \"loud\"\n",
        "[lint.rules]\ntable-naming = [\"error\", { stile = \"snake_case\" }]\n",
    ] {
        assert!(!validator.is_valid(&value(wrong)), "{wrong}");
        // And so says the command.
        Project::on_disk().file("multitenant.toml", wrong).run(&["lint"]).code(3);
    }
}

/// What looks odd, and is right: an editor must not underline it.
#[test]
fn the_schema_of_the_configuration_takes_what_the_command_takes() {
    let validator = jsonschema::validator_for(&schema("config")).unwrap();
    for right in [
        "",
        "[database]\nurl = \"embedded\"\nshared_schema = \"größe\"\nmax_connections = 1\n",
        "[isolation]\nschema_name = \"{id}\"\nrole_name = \"{schema}@{database}\"\napplication_role = \"\"\n",
        "[isolation]\nsearch_path = [\"{tenant}\"]\n",
        "[isolation]\nsearch_path = [\"{tenant}\", \"a,b\", \"{shared}\"]\n",
        "[tenants]\nsource = \"list\"\nids = []\n",
        "[tenants]\nsource = \"query\"\nquery = \"select 1;\"\n",
        "[tenants]\narchived_column = \"\"\narchived_schema = \"{schema}_\"\n",
        "[migrations]\nstate_schema = \"\"\nlock_timeout = \"0\"\nstatement_timeout = \" 3 min \"\n",
        "[migrations]\nlock_timeout = \"2147483647ms\"\nstatement_timeout = \"0596h\"\n",
        "[print_schema]\nshared_file = \"s.rs\"\ntenant_file = \"t.rs\"\n",
        "[drift]\nignore = [\"*:tmp_?\", \"foreign-key:a.*\", \"foreign key:a\", \" table : b \"]\n",
        "[clone.anonymise]\nusers.email = \"null\"\n\"users.name\" = { constant = 1 }\n\"a.b.c\" = \"hash\"\n",
    ] {
        let value = serde_json::to_value(right.parse::<toml::Table>().unwrap()).unwrap();
        let errors: Vec<String> =
            validator.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{right}{errors:?}");
        let project = Project::on_disk().file("multitenant.toml", right).migration("tenant/1_a", "select 1;");
        let answer = project.run(&["lint"]);
        assert!(answer.code != Some(3), "{right}{}", answer.stderr);
    }
}

/// Whether a commented line is a key and its value.
fn is_key(line: &str) -> bool {
    line.split_once(" = ").is_some_and(|(name, _)| name.chars().all(|c| c.is_ascii_lowercase() || "_-".contains(c)))
        && line.parse::<toml::Table>().is_ok()
}
