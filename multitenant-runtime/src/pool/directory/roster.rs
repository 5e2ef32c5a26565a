//! All tenants at once: for queries over many of them.

use std::collections::HashSet;

use diesel_async::SimpleAsyncConnection;

use crate::ident::TenantId;
use crate::migrator::{InVain, Selection};
use crate::registry::{Registered, UnusableTenant};
use crate::sqlstate::is_unreadable;
use crate::target::Target;

use super::super::checkout::Checkout;
use super::super::error::PoolError;
use super::statement::rows;
use super::survey::Survey;

/// The registry's tenants.
#[derive(Debug, Default)]
pub(crate) struct Roster {
    /// Those with a schema of their own, and whether the state table says that they may be served as they are; of the
    /// others nobody knows.
    pub(crate) tenants: Vec<(Target, bool)>,
    /// Those without.
    pub(crate) unusable: Vec<UnusableTenant>,
}

impl Roster {
    /// Asks for all tenants: two statements, and a third where the registry is the schemas; `registered` is what
    /// [`Survey::elsewhere`] has given.
    pub(in crate::pool) async fn ask(
        survey: &Survey<'_>,
        checkout: &mut Checkout,
        mut registered: Option<Vec<Registered>>,
    ) -> Result<Self, PoolError> {
        // The registry's own SQL is not to be read under a path that is somebody's.
        if let Some(leave) = checkout.leave()
            && let Err(error) = checkout.connection().batch_execute(leave).await
        {
            return Err(checkout.explain(&error));
        }
        if let Some(schemas) = survey.schemas() {
            registered = Some(survey.of_schemas(&rows(checkout, schemas).await?));
        }
        let mut questions = survey.questions(registered);
        if let Some(sql) = questions.with_state.take() {
            match rows(checkout, sql).await {
                Err(PoolError::Database(failure)) if failure.sqlstate.as_deref().is_some_and(is_unreadable) => {}
                found => return questions.roster(found),
            }
        }
        let found = rows(checkout, std::mem::take(&mut questions.without_state)).await;
        questions.roster(found)
    }

    /// Those with a schema of their own, in the order in which they are.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &TenantId> {
        self.tenants.iter().filter_map(|(target, _)| target.tenant())
    }

    /// Those that were asked for. One that is asked for by its id and not there is an error, and so is a
    /// pattern that none fits.
    pub(crate) fn select(mut self, selection: &Selection) -> Result<Self, PoolError> {
        let tenants = self.ids().map(TenantId::as_str);
        let ids: HashSet<&str> = tenants.chain(self.unusable.iter().map(|unusable| &*unusable.tenant)).collect();
        match selection.in_vain(&ids) {
            Some(InVain::Ids(unknown)) => {
                if let Some(tenant) = unknown.into_iter().next() {
                    return Err(PoolError::UnknownTenant { tenant });
                }
            }
            Some(InVain::Patterns(patterns)) => return Err(PoolError::NoTenantMatches { patterns }),
            None => {}
        }
        let is_wanted = selection.matcher();
        self.tenants.retain(|(target, _)| target.tenant().is_some_and(|id| is_wanted(id.as_str())));
        self.unusable.retain(|unusable| is_wanted(&unusable.tenant));
        Ok(self)
    }
}
