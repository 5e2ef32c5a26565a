//! What only reads.

use std::path::{Path, PathBuf};

use multitenant_runtime::migration::Migration;
use multitenant_runtime::{ConnectionUrl, DriftOptions, MigrationSet, Scope, Selection, TenantId};

use crate::config::Database;
use crate::context::{Context, Project, block_on};
use crate::doctor::{Ground, Health, examine};
use crate::error::CliError;
use crate::report::{DriftDocument, StatusDocument, TenantListDocument, overview_text};
use crate::seeds::listed;
use crate::tui::items::{self, Texts};
use crate::tui::message::{Fleet, Seen};
use crate::tui::state::{Content, Line, Screen, Trouble};

use super::trouble::trouble;

/// How all schemas stand: one look, whatever the number of tenants.
pub(super) fn seen(context: &Context) -> Result<Seen, Trouble> {
    look(context).map_err(|error| trouble(&error))
}

fn look(context: &Context) -> Result<Seen, CliError> {
    let project = context.project()?;
    let migrator = project.migrator(|builder| builder)?;
    let plan = block_on(async { Box::pin(migrator.plan(Scope::all())).await.map_err(CliError::Runtime) })?;
    let document = StatusDocument::new(&plan, false);
    let names = project.names();
    let config = project.config();
    let (shared, tenant) = project.sets();
    let tenant = texts(tenant, config.tenant_folder().ok().as_deref());
    let shared = shared.map(|set| texts(set, config.shared_folder().ok().flatten().as_deref())).unwrap_or_default();
    let of_shared: Vec<_> = document.shared().cloned().into_iter().collect();
    Ok(Seen {
        fleet: Fleet {
            place: place(&project),
            shared: plan.shared.as_ref().map(|plan| plan.target.schema().as_str().to_owned()),
            tenants: plan
                .tenants
                .iter()
                .filter_map(|plan| {
                    let target = &plan.target;
                    Some((target.tenant()?.as_str().to_owned(), target.schema().as_str().to_owned()))
                })
                .collect(),
            naming: Some((config.settings.schema_template.clone(), config.settings.shared_schema.clone())),
            warnings: config.warnings.clone(),
        },
        contents: [
            items::tenant_status(&document, &names),
            items::shared_status(&document, &names),
            items::migrations(&tenant, document.tenants(), false),
            items::migrations(&shared, &of_shared, true),
        ],
    })
}

/// The project's folder and its database, without a password.
fn place(project: &Project) -> String {
    let config = project.config();
    let root = std::path::absolute(&config.root).unwrap_or_else(|_| config.root.clone());
    let folder = root.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let database = match config.database() {
        Ok(Database::Embedded) => "the development server".to_owned(),
        Ok(Database::Url(url, _)) => ConnectionUrl::parse(url).map_or_else(
            |_| String::new(),
            |url| match url.database() {
                Some(database) => format!("{database} on {}", url.host_for_display()),
                None => url.host_for_display(),
            },
        ),
        Err(_) => String::new(),
    };
    Line::one(crate::tui::state::Tone::Plain, format!("{folder}: {database}")).text().to_owned()
}

/// The migrations of a set, with what stands in their files.
fn texts(set: &MigrationSet, folder: Option<&Path>) -> Vec<Texts> {
    let text = |migration: &Migration, file: &str| {
        let path: PathBuf = folder?.join(migration.name()).join(file);
        std::fs::read_to_string(path).ok()
    };
    let texts = |migration: &Migration| Texts {
        version: migration.version().as_str().to_owned(),
        name: migration.name().to_owned(),
        up: text(migration, "up.sql"),
        down: text(migration, "down.sql"),
        is_reversible: migration.is_reversible(),
    };
    set.migrations().iter().map(texts).collect()
}

/// What stands on a screen that is read by itself.
pub(super) fn read(context: &Context, screen: Screen) -> Result<Content, Trouble> {
    match screen {
        Screen::Lint => lint(context),
        Screen::Tenants => tenants(context).map_err(|error| trouble(&error)),
        Screen::Seeding => seeds(context).map_err(|error| trouble(&error)),
        Screen::Health => health(context).map_err(|error| trouble(&error)),
        Screen::Doctor => doctor(context).map_err(|error| trouble(&error)),
        Screen::Drift => drift(context).map_err(|error| trouble(&error)),
        // These are read with all schemas, or not at all.
        _ => Ok(Content::default()),
    }
}

fn tenants(context: &Context) -> Result<Content, CliError> {
    let migrator = context.project()?.migrator(|builder| builder)?;
    let list = async { Box::pin(migrator.list_tenants(Selection::All, false)).await.map_err(CliError::Runtime) };
    let list = block_on(list)?;
    Ok(items::tenants(&TenantListDocument::new(&list, false)))
}

fn seeds(context: &Context) -> Result<Content, CliError> {
    Ok(items::seeds(&listed(&context.config()?)?))
}

fn health(context: &Context) -> Result<Content, CliError> {
    let mut ground = Ground::of_project(context, 1);
    // What is wrong with the project is told as everywhere.
    context.project()?.migrator(|builder| builder)?;
    let health = block_on(async {
        ground.connect().await;
        Ok(Health::take(&ground).await)
    })?;
    let Some(health) = health else {
        let migrator = context.project()?.migrator(|builder| builder)?;
        block_on(async { migrator.inspector().await.map_err(CliError::Runtime) })?;
        return Ok(Content { items: Vec::new(), note: "the server did not answer: look again".to_owned() });
    };
    let plan = ground.plan().ok();
    Ok(items::health(&health, plan.map(|plan| StatusDocument::new(plan, false)).as_ref()))
}

fn doctor(context: &Context) -> Result<Content, CliError> {
    let mut ground = Ground::of_project(context, 1);
    let examined = block_on(async {
        ground.connect().await;
        Ok(examine(&ground).await)
    })?;
    Ok(items::doctor(&examined))
}

fn drift(context: &Context) -> Result<Content, CliError> {
    let project = context.project()?;
    let mut options = DriftOptions::new(Scope::all());
    options.ignore.extend(project.config().ignored_drift());
    let migrator = project.migrator(|builder| builder)?;
    let report = block_on(async { Box::pin(migrator.drift(options)).await.map_err(CliError::Runtime) })?;
    Ok(items::drift(&DriftDocument::new(&report, &context.program)))
}

#[cfg(feature = "lint")]
fn lint(context: &Context) -> Result<Content, Trouble> {
    let found = context.config().and_then(|config| crate::commands::lint::found(context, &config));
    let (project, findings, summary) = found.map_err(|error| trouble(&error))?;
    Ok(items::lint(&findings, &project.sources, &summary))
}

#[cfg(not(feature = "lint"))]
fn lint(_: &Context) -> Result<Content, Trouble> {
    Err(super::not_built(Screen::Lint))
}

/// What would go with a tenant.
pub(super) fn overview(context: &Context, id: &str) -> Result<Vec<Line>, Trouble> {
    let overview = || {
        let tenant = TenantId::new(id).map_err(|error| CliError::Usage(error.to_string()))?;
        let migrator = context.project()?.migrator(|builder| builder)?;
        block_on(async { Box::pin(migrator.tenant_overview(&tenant)).await.map_err(CliError::Runtime) })
    };
    let overview = overview().map_err(|error| trouble(&error))?;
    Ok(Line::of_report(&overview_text(&overview, false)))
}
