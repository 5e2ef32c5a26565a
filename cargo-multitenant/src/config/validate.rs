//! What the values mean, and which of them cannot be used together: pure.

use multitenant_runtime::{Ignore, RegistryText, Settings, SettingsText};

use super::key::{self, Key};
use super::problem::{Origin, Problem};
use super::raw::RawConfig;
use super::suggest::nearest;

/// The kinds of registry, each with the keys that are its own.
const SOURCES: [(&str, &[&Key]); 4] = [
    (
        "table",
        &[
            &key::TENANTS_TABLE,
            &key::TENANTS_ID_COLUMN,
            &key::TENANTS_SCHEMA_COLUMN,
            &key::TENANTS_FILTER,
            &key::TENANTS_ARCHIVED_COLUMN,
            &key::TENANTS_ARCHIVED_SCHEMA,
        ],
    ),
    ("query", &[&key::TENANTS_QUERY]),
    ("schemas", &[]),
    ("list", &[&key::TENANTS_IDS]),
];

/// What is wrong beyond what the runtime's own validation finds.
pub(super) fn problems(raw: &RawConfig) -> Vec<Problem> {
    let mut problems: Vec<Problem> =
        [strategy(raw), connections(raw), source(raw), ignored(raw)].into_iter().flatten().collect();
    problems.extend(keys_of_other_sources(raw));
    problems.extend(folders(raw));
    problems
}

/// The settings, validated by the runtime, as an application's are.
pub(super) fn settings(raw: &RawConfig) -> Result<Settings, Problem> {
    let default = SettingsText::DEFAULT;
    let text = |key, otherwise| raw.text(key).unwrap_or(otherwise);
    let (path, ids) = (raw.texts(&key::ISOLATION_SEARCH_PATH), raw.texts(&key::TENANTS_IDS).unwrap_or_default());
    let count = |key: &Key, otherwise: u64| raw.count(key).unwrap_or(otherwise);
    let settings = SettingsText {
        format: u32::try_from(count(&key::FORMAT, default.format.into())).unwrap_or(u32::MAX),
        shared_schema: text(&key::DATABASE_SHARED_SCHEMA, default.shared_schema),
        schema_name: text(&key::ISOLATION_SCHEMA_NAME, default.schema_name),
        search_path: path.as_deref().unwrap_or(default.search_path),
        role_per_tenant: raw.flag(&key::ISOLATION_ROLE_PER_TENANT).unwrap_or(default.role_per_tenant),
        role_name: text(&key::ISOLATION_ROLE_NAME, default.role_name),
        application_role: text(&key::ISOLATION_APPLICATION_ROLE, default.application_role),
        shared_history: text(&key::MIGRATIONS_SHARED_TABLE, default.shared_history),
        tenant_history: text(&key::MIGRATIONS_TABLE, default.tenant_history),
        registry: registry(raw, &ids),
        archived_column: match raw.text(&key::TENANTS_SOURCE) {
            // A key of another source is a problem of its own.
            None | Some("table") => text(&key::TENANTS_ARCHIVED_COLUMN, default.archived_column),
            Some(_) => default.archived_column,
        },
        archived_schema: text(&key::TENANTS_ARCHIVED_SCHEMA, default.archived_schema),
        state_schema: text(&key::MIGRATIONS_STATE_SCHEMA, default.state_schema),
        lock_timeout: text(&key::MIGRATIONS_LOCK_TIMEOUT, default.lock_timeout),
        statement_timeout: text(&key::MIGRATIONS_STATEMENT_TIMEOUT, default.statement_timeout),
        out_of_order: text(&key::MIGRATIONS_OUT_OF_ORDER, default.out_of_order),
        jobs: raw.count(&key::MIGRATIONS_JOBS).map_or(default.jobs, |jobs| usize::try_from(jobs).unwrap_or(usize::MAX)),
    };
    Settings::try_from(settings)
        .map_err(|error| Problem::new(raw.origin(error.key()), format!("`{}`: {}", error.key(), error.message())))
}

/// A format that this version does not understand.
pub(super) fn unknown_format(raw: &RawConfig) -> Option<Problem> {
    let format = u32::try_from(raw.count(&key::FORMAT)?).unwrap_or(u32::MAX);
    if format == 0 {
        return Some(Problem::new(raw.origin(key::FORMAT.path), "there is no such format: the first is 1"));
    }
    let error = Settings::try_from(SettingsText { format, ..SettingsText::DEFAULT }).err()?;
    Some(Problem::new(raw.origin(key::FORMAT.path), error.message()))
}

fn registry<'a>(raw: &'a RawConfig, ids: &'a [&'a str]) -> RegistryText<'a> {
    match raw.text(&key::TENANTS_SOURCE) {
        Some("query") => RegistryText::Query { sql: raw.text(&key::TENANTS_QUERY).unwrap_or_default() },
        Some("schemas") => RegistryText::Schemas,
        Some("list") => RegistryText::List { ids },
        _ => RegistryText::Table {
            table: raw.text(&key::TENANTS_TABLE).unwrap_or_default(),
            id_column: raw.text(&key::TENANTS_ID_COLUMN).unwrap_or_default(),
            schema_column: raw.text(&key::TENANTS_SCHEMA_COLUMN),
            filter: raw.text(&key::TENANTS_FILTER),
        },
    }
}

fn strategy(raw: &RawConfig) -> Option<Problem> {
    let strategy = raw.text(&key::ISOLATION_STRATEGY).filter(|strategy| *strategy != "schema")?;
    let origin = raw.origin(key::ISOLATION_STRATEGY.path);
    let message = format!("`isolation.strategy`: {strategy:?} is not supported by this version");
    Some(Problem::new(origin, message).help("write strategy = \"schema\", or remove the key"))
}

/// What is to be ignored of drift, where it cannot be read.
fn ignored(raw: &RawConfig) -> Option<Problem> {
    let patterns = raw.texts(&key::DRIFT_IGNORE)?;
    let error = patterns.iter().find_map(|pattern| pattern.parse::<Ignore>().err())?;
    Some(Problem::new(raw.origin(key::DRIFT_IGNORE.path), format!("`{}`: {error}", key::DRIFT_IGNORE.path)))
}

fn connections(raw: &RawConfig) -> Option<Problem> {
    raw.count(&key::DATABASE_MAX_CONNECTIONS).filter(|count| *count == 0)?;
    let origin = raw.origin(key::DATABASE_MAX_CONNECTIONS.path);
    Some(Problem::new(origin, "`database.max_connections`: nothing works without a connection").help("use 1 or more"))
}

fn source(raw: &RawConfig) -> Option<Problem> {
    let names = || SOURCES.iter().map(|(name, _)| *name);
    let source = raw.text(&key::TENANTS_SOURCE)?;
    if names().any(|name| name == source) {
        return missing_own_key(raw, source);
    }
    let problem = Problem::new(
        raw.origin(key::TENANTS_SOURCE.path),
        format!("`tenants.source`: {source:?} is none of \"table\", \"query\", \"schemas\" and \"list\""),
    );
    Some(match nearest(source, names()) {
        Some(meant) => problem.help(format!("did you mean {meant:?}?")),
        None => problem,
    })
}

/// A query and a list have no default.
fn missing_own_key(raw: &RawConfig, source: &str) -> Option<Problem> {
    let key = match source {
        "query" => &key::TENANTS_QUERY,
        "list" => &key::TENANTS_IDS,
        _ => return None,
    };
    if raw.entry(key).is_some() {
        return None;
    }
    let origin = raw.origin(key::TENANTS_SOURCE.path);
    Some(
        Problem::new(origin, format!("source = {source:?} needs `{}`", key.path))
            .help(format!("write `{} = …` under [tenants]", key.name())),
    )
}

/// A key that would be silently without effect is a mistake about the source.
fn keys_of_other_sources(raw: &RawConfig) -> Vec<Problem> {
    let source = raw.text(&key::TENANTS_SOURCE).unwrap_or_default();
    if !SOURCES.iter().any(|(name, _)| *name == source) {
        return Vec::new();
    }
    SOURCES
        .iter()
        .filter(|(owner, _)| *owner != source)
        .flat_map(|(owner, keys)| keys.iter().map(move |key| (*owner, *key)))
        .filter_map(|(owner, key)| raw.entry(key).map(|entry| (owner, key, entry.origin.clone())))
        // What was embedded belongs to the source that was embedded, and gives way with it.
        .filter(|(.., origin)| !matches!(origin, Origin::Default | Origin::Embedded))
        .map(|(owner, key, origin)| {
            Problem::new(origin, format!("`{}` belongs to source = {owner:?}, and the source is {source:?}", key.path))
                .help(format!("remove the key, or write source = {owner:?}"))
        })
        .collect()
}

fn folders(raw: &RawConfig) -> Vec<Problem> {
    let folders = [&key::MIGRATIONS_FOLDER, &key::MIGRATIONS_SHARED_FOLDER];
    let mut problems: Vec<Problem> = folders
        .iter()
        .filter(|key| raw.text(key).is_some_and(str::is_empty))
        .map(|key| {
            Problem::new(raw.origin(key.path), format!("`{}`: the folder has no name", key.path))
                .help("write the folder, or remove the key")
        })
        .collect();
    let [tenant, shared] = folders.map(|key| raw.text(key).map(|folder| folder.trim_end_matches('/')));
    if tenant == shared {
        let origin = raw.origin(key::MIGRATIONS_SHARED_FOLDER.path);
        let message = "`migrations.shared_folder` is the tenants' folder too: every migration would run in both";
        problems.push(Problem::new(origin, message).help("keep the two tiers' migrations in folders of their own"));
    }
    problems
}
