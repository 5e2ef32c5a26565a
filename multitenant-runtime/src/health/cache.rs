use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use super::report::{HealthReport, HealthStatus};

/// The last answer. Who comes while somebody looks waits for what that finds: however many ask, one looks.
#[derive(Debug, Default)]
pub(super) struct Cache(Mutex<Option<(Instant, HealthReport)>>);

impl Cache {
    /// The last answer where it is no older than this, else a new one; and how well it was before.
    pub(super) async fn get(
        &self,
        fresh_for: Duration,
        look: impl Future<Output = HealthReport>,
    ) -> (HealthReport, Option<HealthStatus>) {
        let mut kept = self.0.lock().await;
        if let Some((at, report)) = &*kept
            && at.elapsed() < fresh_for
        {
            let report = HealthReport { age: at.elapsed(), ..report.clone() };
            let status = report.status;
            return (report, Some(status));
        }
        let before = kept.as_ref().map_or(HealthStatus::Healthy, |(_, report)| report.status);
        let report = look.await;
        *kept = Some((Instant::now(), report.clone()));
        (report, Some(before))
    }
}
