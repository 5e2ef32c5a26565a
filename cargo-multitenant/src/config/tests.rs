//! What is said about configurations that cannot be used.

use std::path::Path;

use insta::assert_snapshot;
use multitenant_runtime::{RegistrySettings, Settings};

use super::layers::{DEFAULT, Environment};
use super::raw::RawConfig;
use super::{Config, Origin, Overrides, key, validate};
use crate::output::{draw, plain};

fn load_in(folder: &Path, toml: &str, variables: &[(&str, &str)]) -> Result<Config, String> {
    std::fs::write(folder.join("multitenant.toml"), toml).unwrap();
    let environment: Environment = variables.iter().copied().collect();
    Config::load(&Overrides::default(), environment, folder).map_err(|error| plain(&draw(&error)))
}

fn load(toml: &str) -> Result<Config, String> {
    load_in(tempfile::tempdir().unwrap().path(), toml, &[])
}

fn refused(toml: &str) -> String {
    load(toml).unwrap_err()
}

#[test]
fn built_in_configuration_is_the_runtime_s_default() {
    let (raw, problems) = RawConfig::parse(DEFAULT, |_| Origin::Default);
    assert_eq!(problems, []);
    assert_eq!(validate::settings(&raw).unwrap(), Settings::default());
    assert_eq!(validate::problems(&raw), []);
}

#[test]
fn built_in_configuration_shows_every_key() {
    for key in key::ALL {
        let (section, name) = (key.section(), key.name());
        let start = if section.is_empty() { 0 } else { DEFAULT.find(&format!("[{section}]")).unwrap() };
        let rest = &DEFAULT[start..];
        let shown = rest.lines().any(|line| line.trim_start_matches("# ").starts_with(&format!("{name} = ")));
        assert!(shown, "{}", key.path);
    }
}

#[test]
fn layers_win_in_order() {
    let toml = "[migrations]\njobs = 2\nlock_timeout = \"2s\"\n[tenants]\nsource = \"list\"\nids = [\"a\", \"b\"]";
    let folder = tempfile::tempdir().unwrap();
    let config = load_in(folder.path(), toml, &[("MULTITENANT_MIGRATIONS_JOBS", "9")]).unwrap();
    assert_eq!(config.settings.jobs, 9);
    assert_eq!(config.settings.lock_timeout.as_secs(), 2);
    assert!(matches!(config.settings.registry, RegistrySettings::List { .. }));
}

#[test]
fn unknown_keys_are_pointed_at() {
    assert_snapshot!(refused("[database]\nshared-schema = \"app\"\n"), @r#"
    error: [database] has no key `shared-schema`
     --> multitenant.toml:2:1
      |
    2 | shared-schema = "app"
      | ^^^^^^^^^^^^^
      |
      = help: did you mean `shared_schema`?
    "#);
    assert_snapshot!(refused("[migration]\nfolder = \"m\"\n"), @r#"
    error: there is no `migration` in this configuration
     --> multitenant.toml:1:2
      |
    1 | [migration]
      |  ^^^^^^^^^
      |
      = help: did you mean `migrations`?
    "#);
    assert_snapshot!(refused("[tenants]\nurl = \"x\"\n"), @r#"
    error: [tenants] has no key `url`
     --> multitenant.toml:2:1
      |
    2 | url = "x"
      | ^^^
      |
      = help: `url` belongs under [database]
    "#);
    assert_snapshot!(refused("colour = 1\n"), @r#"
    error: there is no `colour` in this configuration
     --> multitenant.toml:1:1
      |
    1 | colour = 1
      | ^^^^^^
      |
      = help: what there is: database, isolation, tenants, migrations, seeds, scaffold, drift, print_schema, clone, lint, format
    "#);
}

#[test]
fn wrong_kinds_are_pointed_at() {
    assert_snapshot!(refused("[migrations]\njobs = -1\n"), @r#"
    error: `migrations.jobs` must be a whole number, 1 or more
     --> multitenant.toml:2:8
      |
    2 | jobs = -1
      |        ^^ this is a negative number
    "#);
    assert_snapshot!(refused("[isolation]\nsearch_path = [\"{tenant}\", 1]\n"), @r#"
    error: `isolation.search_path` must be a list of texts
     --> multitenant.toml:2:28
      |
    2 | search_path = ["{tenant}", 1]
      |                            ^ this is a number
    "#);
    assert_snapshot!(refused("database = \"x\"\n"), @r#"
    error: `database` is a section, not a key
     --> multitenant.toml:1:1
      |
    1 | database = "x"
      | ^^^^^^^^
      |
      = help: write [database] and its keys below
    "#);
    assert_snapshot!(refused("[database\nurl = 1"), @r#"
    error: this is no TOML
     --> multitenant.toml:1:10
      |
    1 | [database
      |          ^ unclosed table, expected `]`
    "#);
}

#[test]
fn bad_values_are_pointed_at() {
    assert_snapshot!(refused("format = 2\nnew = 1\n"), @r#"
    error: the configuration has format 2, and this version understands up to 1: upgrade cargo-multitenant and multitenant-runtime, or remove what needs the newer format
     --> multitenant.toml:1:10
      |
    1 | format = 2
      |          ^
    "#);
    assert_snapshot!(refused("[isolation]\nschema_name = \"tenant\"\n"), @r#"
    error: `isolation.schema_name`: the schema template "tenant" must hold `{id}` exactly once, as in "tenant_{id}"
     --> multitenant.toml:2:15
      |
    2 | schema_name = "tenant"
      |               ^^^^^^^^
    "#);
    assert_snapshot!(refused("[isolation]\nstrategy = \"row\"\nrole_name = \"tenant\"\n"), @r#"
    error: `isolation.strategy`: "row" is not supported by this version
     --> multitenant.toml:2:12
      |
    2 | strategy = "row"
      |            ^^^^^
      |
      = help: write strategy = "schema", or remove the key

    error: `isolation.role_name`: the template of roles "tenant" must hold `{schema}` exactly once and `{database}` at most once, and not begin with `pg_`, as in "{database}_{schema}"
     --> multitenant.toml:3:13
      |
    3 | role_name = "tenant"
      |             ^^^^^^^^
    "#);
    assert_snapshot!(refused("[tenants]\nsource = \"tabel\"\n"), @r#"
    error: `tenants.source`: "tabel" is none of "table", "query", "schemas" and "list"
     --> multitenant.toml:2:10
      |
    2 | source = "tabel"
      |          ^^^^^^^
      |
      = help: did you mean "table"?
    "#);
    assert_snapshot!(refused("[tenants]\nsource = \"list\"\n"), @r#"
    error: source = "list" needs `tenants.ids`
     --> multitenant.toml:2:10
      |
    2 | source = "list"
      |          ^^^^^^
      |
      = help: write `ids = …` under [tenants]
    "#);
    assert_snapshot!(refused("[tenants]\nquery = \"select 1\"\n"), @r#"
    error: `tenants.query` belongs to source = "query", and the source is "table"
     --> multitenant.toml:2:9
      |
    2 | query = "select 1"
      |         ^^^^^^^^^^
      |
      = help: remove the key, or write source = "query"
    "#);
    assert_snapshot!(refused("[migrations]\nfolder = \"m\"\nshared_folder = \"m/\"\n"), @r#"
    error: `migrations.shared_folder` is the tenants' folder too: every migration would run in both
     --> multitenant.toml:3:17
      |
    3 | shared_folder = "m/"
      |                 ^^^^
      |
      = help: keep the two tiers' migrations in folders of their own
    "#);
}

#[test]
fn a_bad_variable_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = load_in(folder.path(), "", &[("MULTITENANT_ISOLATION_SCHEMA_NAME", "x")]).unwrap_err();
    assert_snapshot!(error, @r#"
    error: `isolation.schema_name`: the schema template "x" must hold `{id}` exactly once, as in "tenant_{id}"
     |
     = note: the value comes from the environment variable MULTITENANT_ISOLATION_SCHEMA_NAME
    "#);
}

#[test]
fn passwords_are_never_shown() {
    let error = refused("[database]\nulr = \"postgres://u:secret@h/d\"\nurl = 1");
    assert!(error.contains("postgres://u:******@h/d") && !error.contains("secret"), "{error}");
}

#[test]
fn schema_code_has_one_file_or_one_for_each_tier() {
    assert_snapshot!(refused("[print_schema]\nfile = \"a.rs\"\ntenant_file = \"b.rs\"\n"), @r#"
    error: `print_schema.file` is for both tiers, and there are files for each
     --> multitenant.toml:2:8
      |
    2 | file = "a.rs"
      |        ^^^^^^
      |
      = help: name one file for both tiers by file, or two by shared_file and tenant_file
    "#);
    assert_snapshot!(refused("[print_schema]\nshared_file = \"a.rs\"\n"), @r#"
    error: `print_schema.shared_file` needs `print_schema.tenant_file` beside it
     --> multitenant.toml:2:15
      |
    2 | shared_file = "a.rs"
      |               ^^^^^^
      |
      = help: name one file for both tiers by file, or two by shared_file and tenant_file
    "#);
    for (toml, expected) in [
        ("[print_schema]\ntenant_file = \"a.rs\"\n", "needs `print_schema.shared_file` beside it"),
        ("[print_schema]\ntenant_file = \"a.rs\"\nshared_file = \"a.rs\"\n", "are the same file"),
        ("[print_schema]\nfile = \" \"\n", "names no file"),
        ("[print_schema]\nmark = true\n", "did you mean `marks`?"),
        ("[print_schema]\nmarks = \"no\"\n", "`print_schema.marks` must be true or false"),
    ] {
        let error = refused(toml);
        assert!(error.contains(expected), "{error}");
    }
    assert!(load("[print_schema]\nfile = \"src/schema.rs\"\nmarks = false\n").is_ok());
}
