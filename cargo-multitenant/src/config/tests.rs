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
    assert_snapshot!(refused("[database]\nshared-schema = \"app\"\n"), @"");
    assert_snapshot!(refused("[migration]\nfolder = \"m\"\n"), @"");
    assert_snapshot!(refused("[tenants]\nurl = \"x\"\n"), @"");
    assert_snapshot!(refused("colour = 1\n"), @"");
}

#[test]
fn wrong_kinds_are_pointed_at() {
    assert_snapshot!(refused("[migrations]\njobs = -1\n"), @"");
    assert_snapshot!(refused("[isolation]\nsearch_path = [\"{tenant}\", 1]\n"), @"");
    assert_snapshot!(refused("database = \"x\"\n"), @"");
    assert_snapshot!(refused("[database\nurl = 1"), @"");
}

#[test]
fn bad_values_are_pointed_at() {
    assert_snapshot!(refused("format = 2\n"), @"");
    assert_snapshot!(refused("[isolation]\nschema_name = \"tenant\"\n"), @"");
    assert_snapshot!(refused("[isolation]\nstrategy = \"row\"\nrole_per_tenant = true\n"), @"");
    assert_snapshot!(refused("[tenants]\nsource = \"tabel\"\n"), @"");
    assert_snapshot!(refused("[tenants]\nsource = \"list\"\n"), @"");
    assert_snapshot!(refused("[tenants]\nquery = \"select 1\"\n"), @"");
    assert_snapshot!(refused("[migrations]\nfolder = \"m\"\nshared_folder = \"m/\"\n"), @"");
}

#[test]
fn a_bad_variable_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = load_in(folder.path(), "", &[("MULTITENANT_ISOLATION_SCHEMA_NAME", "x")]).unwrap_err();
    assert_snapshot!(error, @"");
}

#[test]
fn passwords_are_never_shown() {
    let error = refused("[database]\nulr = \"postgres://u:secret@h/d\"\nurl = 1");
    assert!(error.contains("postgres://u:******@h/d") && !error.contains("secret"), "{error}");
}
