//! In which waves a fleet is worked through, and when the run stops.

use std::num::NonZeroUsize;
use std::time::Duration;

use crate::ident::TenantId;

use super::TargetPlan;

/// In which waves a fleet is worked through, and when the run stops before its end. The default is one wave that
/// goes on whatever fails.
///
/// ```
/// use std::time::Duration;
/// use multitenant_runtime::{Canary, MaxFailures, Rollout};
///
/// // One tenant in a hundred first; then, ten minutes later and only if none of them failed, the others, until
/// // one in twenty has failed.
/// let careful = Rollout::default()
///     .canary(Canary::Percent(1))
///     .pause(Duration::from_secs(600))
///     .max_failures(MaxFailures::Percent(5));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct Rollout {
    pub(crate) canary: Canary,
    pub(crate) pause: Duration,
    pub(crate) max_failures: Option<MaxFailures>,
}

/// The tenants that go first. Where one of them fails, nobody else is tried.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Canary {
    /// There are none: all tenants are one wave.
    #[default]
    None,
    /// These; one that does not belong to the run is an error.
    Tenants(Vec<TenantId>),
    /// So many of a hundred of the tenants with something to do, in the registry's order, and at least one.
    Percent(u8),
}

/// How many tenants may fail before no further one is begun. What has begun is brought to its end.
///
/// Counted are tenants that fail while they are worked on; those that cannot be worked on at all are failures that
/// were there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum MaxFailures {
    /// The run stops at this many.
    Count(NonZeroUsize),
    /// The run stops at this many of a hundred of the tenants with something to do, and at least one.
    Percent(u8),
}

impl Rollout {
    /// Who goes first.
    pub fn canary(self, canary: Canary) -> Self {
        Self { canary, ..self }
    }

    /// How long to wait between the canaries and the others; without canaries there is nothing to wait for.
    pub fn pause(self, pause: Duration) -> Self {
        Self { pause, ..self }
    }

    /// When to stop.
    pub fn max_failures(self, limit: MaxFailures) -> Self {
        Self { max_failures: Some(limit), ..self }
    }

    /// Stops at the first failure.
    pub fn stop_on_error(self) -> Self {
        self.max_failures(MaxFailures::Count(NonZeroUsize::MIN))
    }

    /// Says of each plan in which wave it is.
    ///
    /// # Errors
    ///
    /// The canaries that are not among them.
    pub(crate) fn assign(&self, plans: &mut [TargetPlan]) -> Result<(), Vec<TenantId>> {
        let has_canaries = self.canary != Canary::None;
        plans.iter_mut().for_each(|plan| plan.wave = if has_canaries { 2 } else { 1 });
        match &self.canary {
            Canary::None => {}
            Canary::Percent(percent) => {
                let first = share(plans.iter().filter(|plan| plan.has_work()).count(), *percent);
                plans.iter_mut().filter(|plan| plan.has_work()).take(first).for_each(|plan| plan.wave = 1);
            }
            Canary::Tenants(ids) => {
                for plan in plans.iter_mut().filter(|plan| plan.target.tenant().is_some_and(|id| ids.contains(id))) {
                    plan.wave = 1;
                }
                let there = |id: &TenantId| plans.iter().any(|plan| plan.target.tenant() == Some(id));
                let missing: Vec<TenantId> = ids.iter().filter(|id| !there(id)).cloned().collect();
                if !missing.is_empty() {
                    return Err(missing);
                }
            }
        }
        Ok(())
    }

    /// How many failures are too many, where so many tenants have something to do.
    pub(crate) fn limit(&self, with_work: usize) -> Option<usize> {
        self.max_failures.map(|limit| limit.of(with_work))
    }
}

impl MaxFailures {
    /// How many that is of so many.
    pub(crate) fn of(self, total: usize) -> usize {
        match self {
            Self::Count(count) => count.get(),
            Self::Percent(percent) => share(total, percent),
        }
    }
}

/// So many of a hundred, rounded up, and at least one.
fn share(of: usize, percent: u8) -> usize {
    (of * usize::from(percent)).div_ceil(100).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ident::SchemaName;
    use crate::migration::Version;
    use crate::plan::Step;
    use crate::target::Target;

    fn plans(with_work: &[bool]) -> Vec<TargetPlan> {
        let plan = |(i, has_work): (usize, &bool)| {
            let target =
                Target::tenant_in(TenantId::new(i.to_string()).unwrap(), SchemaName::new(format!("t{i}")).unwrap());
            let mut plan = TargetPlan::unseen(target);
            plan.steps.extend(has_work.then(|| Step::Apply(Version::recorded("1"))));
            plan
        };
        with_work.iter().enumerate().map(plan).collect()
    }

    fn waves(canary: Canary, with_work: &[bool]) -> Result<Vec<usize>, Vec<TenantId>> {
        let mut plans = plans(with_work);
        Rollout::default().canary(canary).assign(&mut plans)?;
        Ok(plans.iter().map(|plan| plan.wave).collect())
    }

    #[test]
    fn canaries_go_first() {
        let id = |id: &str| TenantId::new(id).unwrap();
        assert_eq!(waves(Canary::None, &[true, true]), Ok(vec![1, 1]));
        assert_eq!(waves(Canary::Tenants(vec![id("1")]), &[true, false, true]), Ok(vec![2, 1, 2]));
        assert_eq!(waves(Canary::Tenants(vec![id("7")]), &[true]), Err(vec![id("7")]));
        // Of those with something to do, rounded up.
        assert_eq!(waves(Canary::Percent(34), &[false, true, true, true]), Ok(vec![2, 1, 1, 2]));
        assert_eq!(waves(Canary::Percent(1), &[true, true]), Ok(vec![1, 2]));
        assert_eq!(waves(Canary::Percent(1), &[]), Ok(vec![]));
    }

    #[test]
    fn a_limit_is_at_least_one() {
        let limit = |limit| Rollout::default().max_failures(limit).limit(50);
        assert_eq!(limit(MaxFailures::Percent(10)), Some(5));
        assert_eq!(limit(MaxFailures::Percent(1)), Some(1));
        assert_eq!(Rollout::default().stop_on_error().limit(50), Some(1));
        assert_eq!(Rollout::default().limit(50), None);
    }
}
