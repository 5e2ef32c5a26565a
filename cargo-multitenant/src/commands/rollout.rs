//! In which waves the tenants are worked through, and when a run stops.

use std::num::NonZeroUsize;
use std::time::Duration;

use clap::{Args, ValueEnum};
use multitenant_runtime::{Canary, IdentError, MaxFailures, Rollout, TenantId, parse_duration};

use crate::error::CliError;

use super::scope::tenant_ids;

/// In which waves the tenants are worked through, and when a run stops.
#[derive(Debug, Args)]
#[command(next_help_heading = "Waves")]
pub(super) struct RolloutArgs {
    /// These tenants go first; if one of them fails, nobody else is tried [default: all tenants are one wave]
    #[arg(long, value_name = "ID,…", value_parser = canary, conflicts_with = "canary_percent")]
    canary: Vec<Canaries>,
    /// So many of a hundred of the tenants with something to do go first, at least one [default: none]
    #[arg(long, value_name = "P", value_parser = percent)]
    canary_percent: Option<u8>,
    /// How long to wait between the canaries and the others, as in 10m [default: 0s]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pause: Option<Duration>,
    /// What to do when a tenant fails; what has begun is brought to its end [default: continue]
    #[arg(long, value_enum, value_name = "WHAT")]
    on_error: Option<OnError>,
    /// Begin no further tenant when so many have failed: a number, or a share of those with something to do,
    /// as in 5% [default: no limit]
    #[arg(long, value_name = "N|P%", value_parser = max_failures)]
    max_failures: Option<MaxFailures>,
}

#[derive(Debug, Clone)]
struct Canaries(Vec<TenantId>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OnError {
    /// Go on with the other tenants
    Continue,
    /// Begin no further tenant
    Stop,
}

impl RolloutArgs {
    /// The rollout, or why these flags contradict each other.
    pub(super) fn rollout(&self) -> Result<Rollout, CliError> {
        let usage = |message: &str| Err(CliError::Usage(message.to_owned()));
        let ids: Vec<TenantId> = self.canary.iter().flat_map(|canaries| &canaries.0).cloned().collect();
        let canary = match self.canary_percent {
            Some(percent) => Canary::Percent(percent),
            None if ids.is_empty() => Canary::None,
            None => Canary::Tenants(ids),
        };
        if self.pause.is_some() && canary == Canary::None {
            return usage(
                "--pause is between the canaries and the others: name them with --canary or --canary-percent",
            );
        }
        let rollout = Rollout::default().canary(canary).pause(self.pause.unwrap_or_default());
        Ok(match (self.on_error, self.max_failures) {
            (Some(OnError::Stop), Some(_)) => {
                return usage("--on-error stop ends the run at the first failure: leave out --max-failures");
            }
            (Some(OnError::Stop), None) => rollout.stop_on_error(),
            (_, Some(limit)) => rollout.max_failures(limit),
            (_, None) => rollout,
        })
    }
}

fn canary(text: &str) -> Result<Canaries, IdentError> {
    tenant_ids(text).map(Canaries)
}

/// 1 to 100, with or without the sign.
fn percent(text: &str) -> Result<u8, String> {
    let number = text.strip_suffix('%').unwrap_or(text);
    let percent = number.parse().ok().filter(|percent| (1..=100).contains(percent));
    percent.ok_or_else(|| "a percentage is a whole number from 1 to 100".to_owned())
}

fn max_failures(text: &str) -> Result<MaxFailures, String> {
    if text.ends_with('%') {
        return percent(text).map(MaxFailures::Percent);
    }
    let count = text.parse::<NonZeroUsize>();
    count.map(MaxFailures::Count).map_err(|_| "say a number, 1 or more, or a percentage, 1% to 100%".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_numbers_or_shares() {
        for (text, limit) in [
            ("3", Ok(MaxFailures::Count(NonZeroUsize::new(3).unwrap()))),
            ("5%", Ok(MaxFailures::Percent(5))),
            ("100%", Ok(MaxFailures::Percent(100))),
        ] {
            assert_eq!(max_failures(text), limit, "{text}");
        }
        for text in ["0", "0%", "101%", "256%", "-1", "%", "", "1.5%", "many"] {
            assert!(max_failures(text).is_err(), "{text}");
        }
        assert_eq!((percent("10"), percent("10%")), (Ok(10), Ok(10)));
        assert!(percent("0").is_err() && percent("101").is_err());
    }
}
