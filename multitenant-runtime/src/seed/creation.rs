//! The seeds that a tenant is created with.

use crate::error::Error;
use crate::migrator::NewTenant;
use crate::run::{Frame, Seeding};
use crate::target::Tier;

use super::record::Record;

/// What this tenant begins with, recorded as seeds are that are done once.
///
/// # Errors
///
/// [`Error::UnknownEnvironment`].
pub(crate) fn seeding(tenant: &NewTenant, frame: Frame<'_>) -> Result<Seeding, Error> {
    let environment = tenant.environment.as_deref();
    if let Some(name) = environment.filter(|name| !tenant.seeds.has_environment(name)) {
        return Err(Error::UnknownEnvironment(name.to_owned()));
    }
    let seeds = tenant.seeds.scripts(Tier::Tenant, environment);
    let record = Record::of(frame);
    Ok(Seeding {
        record: vec![record.create(), record.withhold()],
        notes: seeds.iter().map(|seed| record.note(seed)).collect(),
        seeds,
    })
}
