//! What is asked to know all tenants, and what is made of the answers: by tasks and by threads alike.

use std::collections::HashSet;

use crate::migrator::Migrator;
use crate::registry::{
    Fleet, Registered, RegistryError, RegistrySource, Tenant, UnusableTenant, of_schemas, registry_query,
    schemas_query, targets,
};
use crate::run::Context;
use crate::settings::{RegistrySettings, Settings};
use crate::state::{StateTable, complete, listed, roster};
use crate::target::Target;

use super::super::builder::{OnBehind, Options};
use super::super::error::PoolError;
use super::roster::Roster;
use super::statement::Row;

/// A look at the whole registry.
pub(crate) struct Survey<'a> {
    context: &'a Context,
    source: &'a RegistrySource,
    with_state: bool,
}

/// The statements for all tenants, of which one is asked.
pub(crate) struct Questions<'a> {
    /// With the state table, where there is one that counts.
    pub(crate) with_state: Option<String>,
    pub(crate) without_state: String,
    settings: &'a Settings,
    unusable: Vec<UnusableTenant>,
}

impl<'a> Survey<'a> {
    pub(crate) fn new(migrator: &'a Migrator, options: &Options) -> Self {
        let (context, source) = migrator.parts();
        Self { context, source, with_state: options.on_behind != OnBehind::Serve }
    }

    /// The tenants of a registry that is not in the database; `None` where it is. The application's own function may take
    /// its time, and may need a connection itself: none is to be held for it.
    pub(crate) async fn elsewhere(&self) -> Result<Option<Vec<Registered>>, PoolError> {
        match self.source {
            RegistrySource::Custom(registry) => {
                let tenants = registry.tenants().await;
                let tenants = tenants.map_err(|error| PoolError::Registry(RegistryError::Custom(error)))?;
                Ok(Some(tenants.into_iter().map(Ok).collect()))
            }
            RegistrySource::Configured(RegistrySettings::List { ids }) => {
                Ok(Some(ids.iter().map(|id| Ok(Tenant { id: id.clone(), schema: None })).collect()))
            }
            RegistrySource::Configured(_) => Ok(None),
        }
    }

    /// The statement for the schemas' names, where these are the registry.
    pub(crate) fn schemas(&self) -> Option<String> {
        matches!(self.source, RegistrySource::Configured(RegistrySettings::Schemas)).then(|| {
            let sql = schemas_query(&self.context.settings);
            format!("SELECT name::text, NULL::text, NULL::text FROM ({sql}) AS s (name)")
        })
    }

    /// Its answer.
    pub(crate) fn of_schemas(&self, names: &[Row]) -> Vec<Registered> {
        of_schemas(names.iter().filter_map(|row| row.0.as_deref()), &self.context.settings)
    }

    /// What is to be asked; `registered` is what is known of a registry that is no SQL.
    pub(crate) fn questions(&self, registered: Option<Vec<Registered>>) -> Questions<'a> {
        let settings = &self.context.settings;
        let sql = match self.source {
            RegistrySource::Configured(source) => registry_query(source, settings),
            RegistrySource::Custom(_) => None,
        };
        let (registry, unusable) = sql.map_or_else(
            || {
                let Fleet { tenants, unusable } = targets(registered.unwrap_or_default(), settings);
                let tenant = |target: Target| {
                    let id = target.tenant()?.clone();
                    Some(Tenant { id, schema: Some(target.schema().clone()) })
                };
                (listed(&tenants.into_iter().filter_map(tenant).collect::<Vec<_>>()), unusable)
            },
            |sql| (sql, Vec::new()),
        );
        let state = settings.state_schema.as_ref().filter(|_| self.with_state).map(StateTable::in_schema);
        let question = |state| {
            let sql = roster(state, &registry, settings, complete(&self.context.tenant));
            format!("SELECT q.id, q.schema, q.is_good::text FROM (\n{sql}\n) AS q (id, schema, is_good)")
        };
        Questions {
            with_state: state.as_ref().map(|state| question(Some(state))),
            without_state: question(None),
            settings,
            unusable,
        }
    }
}

impl Questions<'_> {
    /// What the answer means.
    pub(crate) fn roster(self, answer: Result<Vec<Row>, PoolError>) -> Result<Roster, PoolError> {
        let mut found = answer.map_err(|error| match error {
            PoolError::Database(failure) => PoolError::Registry(RegistryError::Query(failure)),
            error => error,
        })?;
        found.sort_unstable();
        let good: HashSet<String> =
            found.iter().filter(|row| row.2.as_deref() == Some("true")).filter_map(|row| row.0.clone()).collect();
        let tenants = found.iter().map(|(id, schema, _)| Tenant::from_texts(id.as_deref(), schema.as_deref()));
        let fleet = targets(tenants.collect(), self.settings);
        let mut unusable = self.unusable;
        unusable.extend(fleet.unusable);
        let is_good = |target: &Target| target.tenant().is_some_and(|id| good.contains(id.as_str()));
        let tenants = fleet.tenants.into_iter().map(|target| (is_good(&target), target));
        Ok(Roster { tenants: tenants.map(|(good, target)| (target, good)).collect(), unusable })
    }
}
