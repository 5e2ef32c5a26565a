//! One look at everything: registry, catalogue, histories. At most three statements, and one more for each 256
//! history tables.

use std::collections::HashSet;

use crate::connection::{ConnectError, ConnectErrorKind, Session};
use crate::error::Error;
use crate::ident::TenantId;
use crate::inventory::{Reading, Subject, observe};
use crate::plan::{Plan, TargetPlan, Wanted, decide};
use crate::registry::{Discovery, Fleet, RegistryError, UnusableTenant, discover};
use crate::run::Frame;
use crate::state::{StateTable, digest};
use crate::target::Target;

use super::again::lost_the_registry;
use super::scope::InVain;
use super::{Migrator, Operation, Scope, Selection};

/// What a look has found.
pub(super) struct View {
    /// The shared schema, where there are shared migrations and they belong to the scope.
    pub(super) shared: Option<TargetPlan>,
    /// The tenants in the scope; an error where the registry could not be read, which may be for lack of a
    /// shared migration that is about to be applied.
    tenants: Result<Tenants, RegistryError>,
    /// The server's time of the look.
    pub(super) at: Option<String>,
    /// Whether there is a state table that can be read.
    pub(super) has_state: bool,
    /// Whether the registry's table is missing and about to be made by shared migrations: there are no tenants yet.
    before_first: bool,
}

/// The tenants in a scope.
#[derive(Default)]
pub(super) struct Tenants {
    /// Those with a schema.
    pub(super) plans: Vec<TargetPlan>,
    /// Those that the registry has and no run can work on.
    pub(super) unusable: Vec<UnusableTenant>,
}

impl Migrator {
    /// Connects for one look, without a question.
    pub(super) async fn connect_to_look(&self) -> Result<Session, Error> {
        patiently(|| self.context.connect_to_look()).await
    }

    /// Connects.
    pub(crate) async fn connect(&self) -> Result<Session, Error> {
        patiently(|| self.context.connect()).await
    }

    /// Looks at the scope. The registry is read first, so that one statement serves all schemas, the shared one
    /// included.
    pub(super) async fn look(&self, session: &Session, operation: &Operation, reading: Reading) -> Result<View, Error> {
        let scope = &operation.scope;
        let context = &*self.context;
        let discovery = match scope.tenants {
            Selection::None => Ok(Discovery::Fleet(Fleet::default())),
            _ => discover(session, &self.registry, &context.settings).await,
        };
        let discovery = match discovery {
            Err(error) if lost_the_registry(&error) => return Err(error.into()),
            discovery => discovery,
        };
        let no_table = matches!(discovery, Ok(Discovery::NoTable { .. }));
        let shared_target = Target::shared(context.settings.shared_schema.clone());
        let look_at_shared = context.shared.is_some() && (scope.shared || no_table);
        let fleet = match discovery.and_then(Discovery::fleet) {
            Ok(fleet) => Ok(select(fleet, &scope.tenants)?),
            Err(error) => Err(error),
        };
        let mut targets: Vec<&Target> = Vec::new();
        targets.extend(look_at_shared.then_some(&shared_target));
        targets.extend(fleet.iter().flat_map(|fleet| &fleet.tenants));
        let subjects: Vec<Subject<'_>> = targets
            .iter()
            .map(|target| {
                let frame = Frame::new(&context.settings, target);
                Subject { target, table: frame.table, set: context.set(target) }
            })
            .collect();
        let table = context.settings.state_schema.as_ref().map(StateTable::in_schema);
        let observation = observe(session, &subjects, table.as_ref(), reading).await;
        let mut observation = observation.map_err(|error| Error::from(&error))?;
        let mut recorded = std::mem::take(&mut observation.recorded);
        let mut plans = targets.iter().zip(&observation.schemas).map(|(&target, observed)| {
            let set = context.set(target);
            let wanted = Wanted { goal: &operation.goal, rest: None, policy: context.policy };
            let mut plan = decide(target.clone(), set, observed, wanted);
            if let Some(recorded) = recorded.remove(target.schema().as_str()) {
                let is_it = |recorded: String| recorded == digest(set, &plan.applied, &plan.edited);
                plan.recorded =
                    recorded.last_failure.is_none() && (plan.by_state.is_some() || recorded.digest.is_some_and(is_it));
                // Of an unreadable history the reason is there already.
                plan.last_failure = plan.last_failure.or(recorded.last_failure);
            }
            operation.refuse_unshown(&mut plan);
            plan
        });
        let shared = if look_at_shared { plans.next() } else { None };
        let wanted = |plan: &TargetPlan| !operation.failed_only || plan.last_failure.is_some();
        let plans: Vec<TargetPlan> = plans.filter(wanted).collect();
        // A table that is still missing when shared migrations were applied may be misspelt: only who is about to
        // apply the rest may take it for one that they make.
        let makes_it = |shared: &TargetPlan| !shared.pending.is_empty() && (scope.shared || shared.applied.is_empty());
        Ok(View {
            before_first: no_table && shared.as_ref().is_some_and(makes_it),
            shared: shared.filter(|_| scope.shared),
            tenants: fleet.map(|fleet| Tenants { plans, unusable: fleet.unusable }),
            at: observation.at,
            has_state: observation.has_state,
        })
    }
}

impl View {
    /// All targets that it has found.
    pub(super) fn targets(&self) -> impl Iterator<Item = &TargetPlan> {
        self.shared.iter().chain(self.tenants.iter().flat_map(|tenants| &tenants.plans))
    }

    /// The tenants, where the registry could be read.
    pub(super) fn known_tenants(&mut self) -> Option<&mut [TargetPlan]> {
        self.tenants.as_mut().ok().map(|tenants| tenants.plans.as_mut_slice())
    }

    /// What an operation would do by what it has found. A registry that cannot be read yet has no tenants yet.
    pub(super) fn plan(&self, operation: &Operation) -> Plan {
        let tenants = self.tenants.as_ref().ok();
        let mut plans = tenants.map(|tenants| tenants.plans.clone()).unwrap_or_default();
        // A canary that is not there ends the run when its turn has come: a shared migration may bring it.
        let _ = operation.rollout.assign(&mut plans);
        let unusable = tenants.map(|tenants| tenants.unusable.clone()).unwrap_or_default();
        Plan { shared: self.shared.clone(), tenants: plans, unusable }
    }

    /// The tenants that the look has found.
    pub(super) fn tenants(self, scope: &Scope) -> Result<Tenants, Error> {
        match (self.tenants, &scope.tenants) {
            (Ok(tenants), _) => Ok(tenants),
            (Err(RegistryError::NoTable { .. }), Selection::Only(ids)) if self.before_first => {
                Err(Error::UnknownTenants(ids.clone()))
            }
            (Err(RegistryError::NoTable { .. }), Selection::Matching(patterns)) if self.before_first => {
                Err(Error::NoTenantMatches(patterns.clone()))
            }
            (Err(RegistryError::NoTable { .. }), _) if self.before_first => Ok(Tenants::default()),
            (Err(error), _) => Err(Error::Registry(error)),
        }
    }
}

/// Waits a little for a server that is there but not ready, and not for one that is not there.
async fn patiently<F>(connect: impl Fn() -> F) -> Result<Session, Error>
where
    F: Future<Output = Result<Session, ConnectError>>,
{
    // Somebody is there and hangs up, as a server does that starts again after a crash; who always does so, like one
    // that wants something else of us, is not asked for long.
    const HANGS_UP: usize = 3;
    let not_ready = |kind| matches!(kind, ConnectErrorKind::NotAccepting | ConnectErrorKind::TooManyConnections);
    let mut delays = crate::run::delays();
    let mut tries = 0;
    loop {
        tries += 1;
        match connect().await {
            Err(error) if not_ready(error.kind()) || (error.hung_up() && tries <= HANGS_UP) => match delays.next() {
                Some(delay) => tokio::time::sleep(delay).await,
                None => return Err(error.into()),
            },
            result => return Ok(result?),
        }
    }
}

/// The tenants asked for, or what was asked for in vain.
pub(super) fn select(mut fleet: Fleet, selection: &Selection) -> Result<Fleet, Error> {
    let targets = fleet.tenants.iter().filter_map(Target::tenant).map(TenantId::as_str);
    let ids: HashSet<&str> = targets.chain(fleet.unusable.iter().map(|unusable| &*unusable.tenant)).collect();
    match selection.in_vain(&ids) {
        Some(InVain::Ids(unknown)) => return Err(Error::UnknownTenants(unknown)),
        Some(InVain::Patterns(patterns)) => return Err(Error::NoTenantMatches(patterns)),
        None => {}
    }
    let is_wanted = selection.matcher();
    fleet.tenants.retain(|target| target.tenant().is_some_and(|id| is_wanted(id.as_str())));
    fleet.unusable.retain(|unusable| is_wanted(&unusable.tenant));
    Ok(fleet)
}
