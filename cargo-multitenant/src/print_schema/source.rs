//! Which database is looked at.

use multitenant_runtime::inspection::Inspector;
use multitenant_runtime::{Error, Failure, Migrator, SchemaName, Scope, Settings, State, TenantId, Tier};

use super::inspect;
use super::model::{Model, model};
use super::style::Style;
use crate::context::{Project, unless_interrupted};
use crate::error::CliError;
use crate::interrupt::Signals;
use crate::verify::{Scratch, Tenants, Where};

/// Which database is looked at.
#[derive(Debug)]
pub(crate) enum Source {
    /// One that is made for it, with all migrations, and dropped afterwards.
    Scratch(Where),
    /// The configured one, with this tenant.
    ///
    /// The migrator is the caller's to make, outside of all async code: it may have to start the development server,
    /// which waits for it.
    Tenant(Box<Migrator>, TenantId),
    /// The configured one, with the first tenant that has all migrations; where there is none, the scratch database.
    Migrated(Box<Migrator>, Where),
}

/// What that database holds. It sees to interrupts itself, so that a scratch database is dropped.
pub(crate) async fn look(project: &Project, style: &Style, source: &Source) -> Result<Model, CliError> {
    match source {
        Source::Scratch(place) => scratch(project, style, place).await,
        Source::Tenant(migrator, id) => Box::pin(unless_interrupted(of_tenant(project, style, migrator, id))).await,
        Source::Migrated(migrator, place) => {
            match Box::pin(unless_interrupted(migrated(project, style, migrator))).await? {
                Some(model) => Ok(model),
                None => scratch(project, style, place).await,
            }
        }
    }
}

async fn of_tenant(project: &Project, style: &Style, migrator: &Migrator, id: &TenantId) -> Result<Model, CliError> {
    let plan = migrator.plan(Scope::tenant(id.clone())).await.map_err(CliError::Runtime)?;
    let schema = plan.tenants.first().map(|plan| plan.target.schema().clone());
    let schema = schema.ok_or_else(|| CliError::Runtime(Error::UnknownTenants(vec![id.clone()])))?;
    at(project, style, migrator, &schema).await
}

/// The first tenant that has all migrations, where the shared schema has them too.
async fn migrated(project: &Project, style: &Style, migrator: &Migrator) -> Result<Option<Model>, CliError> {
    let plan = migrator.plan(Scope::all()).await.map_err(CliError::Runtime)?;
    if plan.shared.as_ref().is_some_and(|shared| shared.state != State::UpToDate) {
        return Ok(None);
    }
    match plan.tenants.iter().find(|tenant| tenant.state == State::UpToDate) {
        Some(tenant) => at(project, style, migrator, tenant.target.schema()).await.map(Some),
        None => Ok(None),
    }
}

async fn scratch(project: &Project, style: &Style, place: &Where) -> Result<Model, CliError> {
    let scratch = Scratch::create(place).await?;
    let mut signals = Signals::catch().map_err(CliError::System)?;
    let looked = tokio::select! {
        looked = Box::pin(rehearse(project, style, &scratch)) => looked,
        signal = signals.next() => Err(CliError::Interrupted(signal)),
    };
    let dropped = scratch.drop().await;
    let looked = looked?;
    dropped.map(|()| looked)
}

async fn rehearse(project: &Project, style: &Style, scratch: &Scratch) -> Result<Model, CliError> {
    let (shared, tenant) = project.sets();
    let settings = &project.config().settings;
    let tenants = Tenants::new()?;
    let migrator = scratch.migrator(shared, tenant, settings, &tenants)?;
    if shared.is_some() {
        Box::pin(migrator.migrate(Scope::shared())).await.map_err(CliError::Runtime)?;
    }
    Box::pin(migrator.migrate(Scope::tenant(tenants.plain.clone()))).await.map_err(CliError::Runtime)?;
    let schema = settings
        .schema_template
        .schema_of(&tenants.plain, &settings.shared_schema)
        .map_err(|error| CliError::Usage(error.to_string()))?;
    at(project, style, &migrator, &schema).await
}

/// What is in the tenant's schema, and in the shared one where the project has migrations for it.
async fn at(project: &Project, style: &Style, migrator: &Migrator, tenant: &SchemaName) -> Result<Model, CliError> {
    let inspector = migrator.inspector().await.map_err(CliError::Runtime)?;
    let settings = &project.config().settings;
    let has_shared = project.sets().0.is_some();
    let failed = |failure: Failure| CliError::Runtime(Error::Database(Box::new(failure)));
    if !inspect::exists(&inspector, tenant).await.map_err(failed)? {
        return Err(CliError::Usage(format!("there is no schema {tenant}: migrate the tenant first, or name another")));
    }
    let mut model = ask(&inspector, settings, tenant, has_shared, style).await.map_err(failed)?;
    if !model.has_tables_of(Tier::Tenant) && !project.sets().1.migrations().is_empty() {
        // As where they name another schema, or set the path: then Diesel CLI would find them, and no tenant has them.
        model
            .warnings
            .push(format!("no table is printed for tenants: their migrations leave none in the schema {tenant}"));
    }
    Ok(model)
}

async fn ask(
    inspector: &Inspector,
    settings: &Settings,
    tenant: &SchemaName,
    has_shared: bool,
    style: &Style,
) -> Result<Model, Failure> {
    let mut facts = Vec::new();
    let mut schemas = vec![tenant.as_str()];
    if has_shared {
        facts.push((Tier::Shared, inspect::columns(inspector, settings, Tier::Shared, &settings.shared_schema).await?));
        schemas.push(settings.shared_schema.as_str());
    }
    facts.push((Tier::Tenant, inspect::columns(inspector, settings, Tier::Tenant, tenant).await?));
    let keys = inspect::keys(inspector, &schemas).await?;
    Ok(model(settings, tenant, style, facts, &keys))
}
