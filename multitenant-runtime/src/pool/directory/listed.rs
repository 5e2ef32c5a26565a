use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::Mutex;

use crate::ident::TenantId;
use crate::registry::{Fleet, Registry, RegistryError, UnusableTenant, targets};
use crate::settings::Settings;
use crate::target::Target;

use super::super::error::PoolError;

/// The application's own registry, which knows only whole lists.
///
/// It is asked once for all who wait: an answer serves everybody who had come before it was asked for.
#[derive(Default)]
pub(crate) struct Listed(Mutex<Option<(Instant, Arc<Tenants>)>>);

#[derive(Default)]
struct Tenants {
    targets: HashMap<TenantId, Target>,
    unusable: HashMap<String, UnusableTenant>,
}

impl Listed {
    pub(crate) async fn find(
        &self,
        registry: &dyn Registry,
        settings: &Settings,
        id: &TenantId,
    ) -> Result<Target, PoolError> {
        let came = Instant::now();
        let mut held = self.0.lock().await;
        let tenants = match &*held {
            Some((asked, tenants)) if *asked >= came => Arc::clone(tenants),
            _ => {
                let asked = Instant::now();
                let list =
                    registry.tenants().await.map_err(|error| PoolError::Registry(RegistryError::Custom(error)))?;
                let tenants = Arc::new(Tenants::new(targets(list.into_iter().map(Ok).collect(), settings)));
                *held = Some((asked, Arc::clone(&tenants)));
                tenants
            }
        };
        drop(held);
        tenants.find(id)
    }
}

impl Tenants {
    fn new(fleet: Fleet) -> Self {
        let id = |target: &Target| target.tenant().cloned();
        Self {
            targets: fleet.tenants.into_iter().filter_map(|target| Some((id(&target)?, target))).collect(),
            unusable: fleet.unusable.into_iter().map(|unusable| (unusable.tenant.clone(), unusable)).collect(),
        }
    }

    fn find(&self, id: &TenantId) -> Result<Target, PoolError> {
        match (self.targets.get(id), self.unusable.get(id.as_str())) {
            (_, Some(unusable)) => Err(PoolError::UnusableTenant(Box::new(unusable.clone()))),
            (Some(target), None) => Ok(target.clone()),
            (None, None) => Err(PoolError::UnknownTenant { tenant: id.clone() }),
        }
    }
}
