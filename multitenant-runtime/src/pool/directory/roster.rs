//! All tenants at once: for queries over many of them.

use std::collections::HashSet;

use diesel_async::SimpleAsyncConnection;

use crate::ident::TenantId;
use crate::migrator::{InVain, Selection};
use crate::registry::{
    Fleet, Registered, RegistryError, RegistrySource, Tenant, UnusableTenant, of_schemas, registry_query,
    schemas_query, targets,
};
use crate::settings::{RegistrySettings, Settings};
use crate::sqlstate::is_unreadable;
use crate::state::{StateTable, complete, listed, roster};
use crate::target::Target;

use super::super::builder::OnBehind;
use super::super::checkout::Checkout;
use super::super::error::PoolError;
use super::super::tenant_pool::Inner;
use super::statement::rows;

/// The registry's tenants.
#[derive(Debug, Default)]
pub(crate) struct Roster {
    /// Those with a schema of their own, and whether the state table says that they may be served as they are; of the
    /// others nobody knows.
    pub(crate) tenants: Vec<(Target, bool)>,
    /// Those without.
    pub(crate) unusable: Vec<UnusableTenant>,
}

impl Inner {
    /// Asks for all tenants: two statements, and a third where the registry is no SQL.
    pub(crate) async fn roster(&self, checkout: &mut Checkout) -> Result<Roster, PoolError> {
        let (context, source) = self.migrator.parts();
        let settings = &context.settings;
        // The registry's own SQL is not to be read under a path that is somebody's.
        if let Some(leave) = checkout.leave()
            && let Err(error) = checkout.connection().batch_execute(leave).await
        {
            return Err(checkout.explain(&error));
        }
        let (registry, mut unusable) = match registry_sql(source, settings) {
            Some(sql) => (sql, Vec::new()),
            None => {
                let Fleet { tenants, unusable } = targets(self.registered(source, checkout).await?, settings);
                let tenant = |target: Target| {
                    let id = target.tenant()?.clone();
                    Some(Tenant { id, schema: Some(target.schema().clone()) })
                };
                (listed(&tenants.into_iter().filter_map(tenant).collect::<Vec<_>>()), unusable)
            }
        };
        let state = settings.state_schema.as_ref().filter(|_| self.options.on_behind != OnBehind::Serve);
        let state = state.map(StateTable::in_schema);
        let question = |state| {
            let sql = roster(state, &registry, settings, complete(&context.tenant));
            format!("SELECT q.id, q.schema, q.is_good::text FROM (\n{sql}\n) AS q (id, schema, is_good)")
        };
        let found = match rows(checkout, question(state.as_ref())).await {
            Err(PoolError::Database(failure)) if failure.sqlstate.as_deref().is_some_and(is_unreadable) => {
                rows(checkout, question(None)).await
            }
            found => found,
        };
        let mut found = found.map_err(|error| match error {
            PoolError::Database(failure) => PoolError::Registry(RegistryError::Query(failure)),
            error => error,
        })?;
        found.sort_unstable();
        let good: HashSet<String> =
            found.iter().filter(|row| row.2.as_deref() == Some("true")).filter_map(|row| row.0.clone()).collect();
        let tenants = found.iter().map(|(id, schema, _)| Tenant::from_texts(id.as_deref(), schema.as_deref()));
        let fleet = targets(tenants.collect(), settings);
        unusable.extend(fleet.unusable);
        let is_good = |target: &Target| target.tenant().is_some_and(|id| good.contains(id.as_str()));
        let tenants = fleet.tenants.into_iter().map(|target| (is_good(&target), target));
        Ok(Roster { tenants: tenants.map(|(good, target)| (target, good)).collect(), unusable })
    }

    /// The tenants of a registry that is no SQL.
    async fn registered(&self, source: &RegistrySource, checkout: &mut Checkout) -> Result<Vec<Registered>, PoolError> {
        let settings = self.settings();
        match source {
            RegistrySource::Custom(registry) => {
                let tenants = registry.tenants().await;
                let tenants = tenants.map_err(|error| PoolError::Registry(RegistryError::Custom(error)))?;
                Ok(tenants.into_iter().map(Ok).collect())
            }
            RegistrySource::Configured(RegistrySettings::List { ids }) => {
                Ok(ids.iter().map(|id| Ok(Tenant { id: id.clone(), schema: None })).collect())
            }
            RegistrySource::Configured(_) => {
                let sql = schemas_query(settings);
                let sql = format!("SELECT name::text, NULL::text, NULL::text FROM ({sql}) AS s (name)");
                let names = rows(checkout, sql).await?;
                Ok(of_schemas(names.iter().filter_map(|row| row.0.as_deref()), settings))
            }
        }
    }
}

fn registry_sql(source: &RegistrySource, settings: &Settings) -> Option<String> {
    match source {
        RegistrySource::Configured(source) => registry_query(source, settings),
        RegistrySource::Custom(_) => None,
    }
}

impl Roster {
    /// Those that were asked for. One that is asked for by its id and not there is an error.
    pub(crate) fn select(mut self, selection: &Selection) -> Result<Self, PoolError> {
        let tenants = self.tenants.iter().filter_map(|(target, _)| target.tenant()).map(TenantId::as_str);
        let ids: HashSet<&str> = tenants.chain(self.unusable.iter().map(|unusable| &*unusable.tenant)).collect();
        if let Some(InVain::Ids(unknown)) = selection.in_vain(&ids)
            && let Some(tenant) = unknown.into_iter().next()
        {
            return Err(PoolError::UnknownTenant { tenant });
        }
        let is_wanted = selection.matcher();
        self.tenants.retain(|(target, _)| target.tenant().is_some_and(|id| is_wanted(id.as_str())));
        self.unusable.retain(|unusable| is_wanted(&unusable.tenant));
        Ok(self)
    }
}
