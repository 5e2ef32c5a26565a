//! What a probe is told by a thread.

use std::time::Duration;

use multitenant_runtime::health::{HealthCheckName, HealthStatus};

use super::place::Place;

#[test]
fn a_thread_is_told_the_same() {
    let place = Place::with(&["a"]);
    let pool = place.pool_of(1);
    let health = || pool.health().time_limit(Duration::from_secs(20));
    let report = health().blocking_readiness();
    assert_eq!((report.status, report.checks.len()), (HealthStatus::Healthy, 4), "{report:?}");
    place.sql("DROP SCHEMA tenant_a CASCADE");
    assert_eq!(health().blocking_readiness().status, HealthStatus::Degraded);
    // The answer of a moment ago, on another thread and another runtime.
    let kept = health().fresh_for(Duration::from_secs(600));
    let first = kept.blocking_readiness();
    let again = std::thread::scope(|scope| scope.spawn(|| kept.blocking_readiness()).join().unwrap());
    assert_eq!((again.checks, again.age > Duration::ZERO), (first.checks, true));
    assert!(pool.close(Duration::from_secs(5)));
    let report = health().blocking_readiness();
    assert_eq!(report.check(HealthCheckName::Pool).unwrap().status, HealthStatus::Unhealthy);
}
