//! What the process answers with.
//!
//! Of several that would fit a run, the first of these is taken: interrupted, [`FAILED`], [`SOME_FAILED`],
//! [`REFUSED`], [`HELD`].

use multitenant_runtime::{DumpError, Error, Failure, FailureClass, Outcome, RegistryError};

use crate::error::CliError;
use crate::interrupt::Signal;
use crate::report::{Kind, TargetResult};

/// Done; no tenants at all is also done.
pub const DONE: u8 = 0;
/// Under `--check` something is pending, failed, edited, missing or refused; or there are findings at or above the
/// level asked for.
pub const FINDINGS: u8 = 1;
/// The command line cannot be understood.
pub const USAGE: u8 = 2;
/// The configuration, the migrations or the project's folders cannot be used.
pub const CONFIGURATION: u8 = 3;
/// A selection matched nothing: a tenant that was asked for is not registered, a pattern fits none, no migration has the
/// version, no seed is of the environment, or there is no such path to lint.
pub const NO_MATCH: u8 = 4;
/// Some targets failed, the others are done.
pub const SOME_FAILED: u8 = 10;
/// The shared schema failed, or every tenant did, or a query that the whole run depends on.
pub const FAILED: u8 = 11;
/// A target was still held by another run when `--wait` was over.
pub const HELD: u8 = 12;
/// Refused: what reverts or repairs was neither agreed to nor given `--yes`, or a migration to be reverted has no
/// `down.sql`; a tenant's change stands against what is there; or a target was, since its applied migrations were edited, a newer release has written its history, or
/// what is pending is out of order and `migrations.out_of_order` says so.
pub const REFUSED: u8 = 13;
/// The database cannot be reached.
pub const UNREACHABLE: u8 = 20;
/// A bug in cargo-multitenant, or its output could not be written.
pub const BUG: u8 = 70;
/// Interrupted by Ctrl-C.
pub const INTERRUPTED: u8 = 130;
/// Interrupted by SIGTERM.
pub const TERMINATED: u8 = 143;

/// What an error that ended a command amounts to.
pub(crate) fn of_error(error: &CliError) -> u8 {
    match error {
        CliError::Usage(_) => USAGE,
        #[cfg(feature = "lint")]
        CliError::NoMatch(_) => NO_MATCH,
        CliError::Refused(_) => REFUSED,
        CliError::Config(_) | CliError::Files { .. } => CONFIGURATION,
        CliError::Embedded(_) | CliError::Development(_) => UNREACHABLE,
        CliError::Runtime(error) => of_runtime(error),
        CliError::Output(_) | CliError::System(_) => BUG,
        CliError::Interrupted(signal) => of_signal(*signal),
    }
}

/// What a signal amounts to.
pub(crate) fn of_signal(signal: Signal) -> u8 {
    match signal {
        Signal::Interrupt => INTERRUPTED,
        Signal::Terminate => TERMINATED,
    }
}

/// What an error of the runtime amounts to.
fn of_runtime(error: &Error) -> u8 {
    match error {
        Error::Settings(_) | Error::Migrations(_) | Error::Seeds(_) | Error::Url(_) | Error::NoDatabase => {
            CONFIGURATION
        }
        Error::Connect(_) => UNREACHABLE,
        Error::Registry(RegistryError::Query(failure)) if is_lost(failure) => UNREACHABLE,
        Error::Registry(_) => CONFIGURATION,
        Error::UnknownTenants(_)
        | Error::NoTenantMatches(_)
        | Error::UnknownVersion(_)
        | Error::UnknownEnvironment(_) => NO_MATCH,
        Error::Irreversible(_) | Error::Dump(DumpError::Exists { .. } | DumpError::NoFile { .. }) => REFUSED,
        Error::Dump(_) => CONFIGURATION,
        Error::TwoTiers => USAGE,
        Error::Database(failure) if is_lost(failure) => UNREACHABLE,
        Error::Database(failure) if failure.class == FailureClass::Refused => REFUSED,
        Error::Database(failure) if failure.class == FailureClass::Held => HELD,
        Error::Database(_) => FAILED,
        Error::Incomplete(report) => of_run(&TargetResult::all(report, Kind::Migrate), None),
        Error::Aborted { error, .. } | Error::Hook { aborted_by: Some(error), .. } => of_runtime(error),
        // Where all outcomes are good, the hook itself is what failed.
        Error::Hook { report, .. } => match of_run(&TargetResult::all(report, Kind::Migrate), None) {
            DONE => FAILED,
            code => code,
        },
        // The runtime's list may grow; a code that says nothing wrong is better than one that does.
        _ => BUG,
    }
}

fn is_lost(failure: &Failure) -> bool {
    failure.class == FailureClass::ConnectionLost
}

/// What a run amounts to, by its targets and the signal that ended it, if one did.
pub(crate) fn of_run(targets: &[TargetResult<'_>], cancelled_by: Option<Signal>) -> u8 {
    let any = |wanted: &dyn Fn(&TargetResult<'_>) -> bool| targets.iter().any(wanted);
    let failed = |target: &TargetResult<'_>| target.outcome == Outcome::Failed;
    let mut tenants = targets.iter().filter(|target| target.tenant.is_some()).peekable();
    if let Some(signal) = cancelled_by {
        of_signal(signal)
    } else if any(&|target| target.tenant.is_none() && failed(target))
        || (tenants.peek().is_some() && tenants.all(failed))
    {
        FAILED
    } else if any(&failed) {
        SOME_FAILED
    } else if any(&is_refused) {
        REFUSED
    } else if any(&|target| target.outcome == Outcome::Skipped) {
        HELD
    } else if any(&|target| target.outcome == Outcome::NotTried) {
        // Nothing failed and nobody interrupted, and yet the run did not come to its end.
        FAILED
    } else {
        DONE
    }
}

/// Skipped for any reason but that another run holds it.
fn is_refused(target: &TargetResult<'_>) -> bool {
    target.outcome == Outcome::Skipped && target.failure.as_ref().is_none_or(|f| f.class != FailureClass::Held)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::FailureView;

    fn target(tenant: Option<&'static str>, outcome: Outcome, class: Option<FailureClass>) -> TargetResult<'static> {
        let failure = class.map(|class| FailureView { class, message: "x", ..FailureView::EMPTY });
        TargetResult { failure, ..TargetResult::foretold(tenant, Some("s"), outcome) }
    }

    #[test]
    fn an_error_s_code_says_who_has_to_do_something() {
        let version = multitenant_runtime::Version::of_folder("1_a").unwrap();
        for (error, code) in [
            (Error::UnknownVersion(version), NO_MATCH),
            (Error::NoTenantMatches(vec!["eu-*".to_owned()]), NO_MATCH),
            (Error::Irreversible(vec!["1_a has no down.sql".to_owned()]), REFUSED),
            (Error::TwoTiers, USAGE),
        ] {
            assert_eq!(of_error(&CliError::Runtime(error)), code);
        }
        assert_eq!(of_error(&CliError::Refused("not agreed".to_owned())), REFUSED);
    }

    #[test]
    fn a_run_s_code_follows_from_its_targets() {
        use FailureClass::{Held, Permanent, Refused};
        let shared = |outcome, class| target(None, outcome, class);
        let tenant = |outcome, class| target(Some("a"), outcome, class);
        let (up, done) = (tenant(Outcome::UpToDate, None), tenant(Outcome::Applied, None));
        let failed = tenant(Outcome::Failed, Some(Permanent));
        let held = tenant(Outcome::Skipped, Some(Held));
        let refused = tenant(Outcome::Skipped, Some(Refused));
        let not_tried = tenant(Outcome::NotTried, None);
        let shared_failed = shared(Outcome::Failed, Some(Permanent));
        let shared_up = shared(Outcome::UpToDate, None);
        for (targets, signal, code) in [
            (vec![], None, DONE),
            (vec![&shared_up, &up, &done], None, DONE),
            (vec![&tenant(Outcome::Reverted, None), &tenant(Outcome::Recorded, None)], None, DONE),
            (vec![&shared_up, &up, &failed], None, SOME_FAILED),
            (vec![&shared_up, &failed, &failed], None, FAILED),
            (vec![&shared_failed, &not_tried], None, FAILED),
            (vec![&up, &failed, &refused, &held], None, SOME_FAILED),
            (vec![&up, &refused, &held], None, REFUSED),
            (vec![&up, &held], None, HELD),
            (vec![&shared(Outcome::Skipped, Some(Held)), &not_tried], None, HELD),
            (vec![&shared_failed, &not_tried], Some(Signal::Interrupt), INTERRUPTED),
            (vec![&up, &not_tried], Some(Signal::Terminate), TERMINATED),
        ] {
            let targets: Vec<_> = targets.into_iter().cloned().collect();
            assert_eq!(of_run(&targets, signal), code, "{targets:?}");
        }
    }
}
