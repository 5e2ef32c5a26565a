//! One look at everything: registry, catalogue, histories. At most three statements, and one more for each 256
//! history tables.

use std::collections::{HashMap, HashSet};

use wildmatch::WildMatch;

use crate::connection::{ConnectError, ConnectErrorKind, Session};
use crate::error::Error;
use crate::ident::TenantId;
use crate::inventory::{Subject, observe};
use crate::plan::{TargetPlan, Wanted, decide};
use crate::registry::{Discovery, Fleet, RegistryError, UnusableTenant, discover};
use crate::run::Frame;
use crate::state::{StateTable, digest};
use crate::target::Target;

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
    pub(super) async fn connect(&self) -> Result<Session, Error> {
        patiently(|| self.context.connect()).await
    }

    /// Looks at the scope. The registry is read first, so that one statement serves all schemas, the shared one
    /// included.
    pub(super) async fn look(&self, session: &Session, operation: &Operation) -> Result<View, Error> {
        let scope = &operation.scope;
        let context = &*self.context;
        let discovery = match scope.tenants {
            Selection::None => Ok(Discovery::Fleet(Fleet::default())),
            _ => discover(session, &self.registry, &context.settings).await,
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
        let observation = observe(session, &subjects, table.as_ref()).await.map_err(|error| Error::from(&error))?;
        let mut recorded = match &table {
            Some(table) if observation.has_state => table.read(session).await.map_err(|error| Error::from(&error))?,
            _ => HashMap::new(),
        };
        let mut plans = targets.iter().zip(&observation.schemas).map(|(&target, observed)| {
            let set = context.set(target);
            let wanted = Wanted { goal: &operation.goal, rest: None, policy: context.policy };
            let mut plan = decide(target.clone(), set, observed, wanted);
            if let Some(recorded) = recorded.remove(target.schema().as_str()) {
                let holds = digest(set, &plan.applied, &plan.edited);
                plan.recorded =
                    recorded.last_failure.is_none() && recorded.digest.is_some_and(|digest| digest == holds);
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
    /// The tenants, where the registry could be read.
    pub(super) fn known_tenants(&mut self) -> Option<&mut [TargetPlan]> {
        self.tenants.as_mut().ok().map(|tenants| tenants.plans.as_mut_slice())
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
    let not_ready = |kind| matches!(kind, ConnectErrorKind::NotAccepting | ConnectErrorKind::TooManyConnections);
    let mut delays = crate::run::delays();
    loop {
        match connect().await {
            Err(error) if not_ready(error.kind()) => match delays.next() {
                Some(delay) => tokio::time::sleep(delay).await,
                None => return Err(error.into()),
            },
            result => return Ok(result?),
        }
    }
}

/// The tenants asked for, or those that were asked for in vain.
fn select(fleet: Fleet, selection: &Selection) -> Result<Fleet, Error> {
    let ids = match selection {
        Selection::Only(ids) => ids,
        Selection::Matching(patterns) => return matching(fleet, patterns),
        Selection::None | Selection::All => return Ok(fleet),
    };
    let wanted: HashSet<&str> = ids.iter().map(TenantId::as_str).collect();
    let Fleet { mut tenants, mut unusable } = fleet;
    tenants.retain(|target| target.tenant().is_some_and(|id| wanted.contains(id.as_str())));
    unusable.retain(|unusable| wanted.contains(&*unusable.tenant));
    let targets = tenants.iter().filter_map(Target::tenant).map(TenantId::as_str);
    let found: HashSet<&str> = targets.chain(unusable.iter().map(|unusable| &*unusable.tenant)).collect();
    let unknown: Vec<TenantId> = ids.iter().filter(|id| !found.contains(id.as_str())).cloned().collect();
    if unknown.is_empty() { Ok(Fleet { tenants, unusable }) } else { Err(Error::UnknownTenants(unknown)) }
}

/// The tenants whose ids fit one of the patterns, or the patterns that no tenant fits.
fn matching(mut fleet: Fleet, patterns: &[String]) -> Result<Fleet, Error> {
    let globs: Vec<WildMatch> = patterns.iter().map(|pattern| WildMatch::new(pattern)).collect();
    let ids = || {
        let tenants = fleet.tenants.iter().filter_map(Target::tenant).map(TenantId::as_str);
        tenants.chain(fleet.unusable.iter().map(|unusable| &*unusable.tenant))
    };
    let in_vain = patterns.iter().zip(&globs).filter(|(_, glob)| !ids().any(|id| glob.matches(id)));
    let in_vain: Vec<String> = in_vain.map(|(pattern, _)| pattern.clone()).collect();
    if !in_vain.is_empty() {
        return Err(Error::NoTenantMatches(in_vain));
    }
    let fits = |id: &str| globs.iter().any(|glob| glob.matches(id));
    fleet.tenants.retain(|target| target.tenant().is_some_and(|id| fits(id.as_str())));
    fleet.unusable.retain(|unusable| fits(&unusable.tenant));
    Ok(fleet)
}
