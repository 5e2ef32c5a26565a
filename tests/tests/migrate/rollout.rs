//! Waves: canaries first, a pause, limits on failures; which tenants a run is about.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use multitenant_runtime::{
    Canary, Error, Event, MaxFailures, Operation, Report, Rollout, Scope, Selection, Stop, TenantId,
};

use super::project::{Project, outcomes};

/// Tenants in which a table is made; in those with these numbers it is there already.
async fn fleet(tenants: usize, broken: &[usize]) -> Project {
    let project = Project::new().await.tenant("1_a", "CREATE TABLE a (id int);");
    project.schemas(tenants).await;
    for i in broken {
        project.sql(&format!("CREATE TABLE tenant_{i}.a (id int)")).await;
    }
    project
}

fn tenants(ids: &[&str]) -> Vec<TenantId> {
    ids.iter().map(|id| TenantId::new(id).unwrap()).collect()
}

async fn roll_out(project: &Project, rollout: Rollout) -> Report {
    let migrator = project.builder().jobs(1).build().unwrap();
    match migrator.run(Operation::migrate(Scope::all()).rollout(rollout)).await {
        Ok(report) => report,
        Err(Error::Incomplete(report)) => *report,
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_canary_that_fails_saves_the_others() {
    let project = fleet(4, &[2]).await;
    let canary = Rollout::default().canary(Canary::Tenants(tenants(&["1", "2"])));
    let report = roll_out(&project, canary).await;
    assert_eq!(
        outcomes(&report),
        ["tenant_0:not tried", "tenant_1:applied 1", "tenant_2:failed after 0", "tenant_3:not tried"]
    );
    assert_eq!(report.stopped, Some(Stop::Canary { failed: 1 }));
    // An unknown canary is no canary.
    let unknown = Operation::migrate(Scope::all()).rollout(Rollout::default().canary(Canary::Tenants(tenants(&["x"]))));
    let result = project.migrator().run(unknown).await;
    assert!(matches!(&result, Err(Error::UnknownTenants(ids)) if *ids == tenants(&["x"])), "{result:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_others_wait_for_the_canaries_and_for_the_pause() {
    let project = fleet(5, &[]).await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let observer = move |event: &Event| match event {
        Event::TargetFinished { target, .. } => log.lock().unwrap().push(target.to_string()),
        Event::WaveFinished { targets, failed, .. } => log.lock().unwrap().push(format!("wave {targets} {failed}")),
        Event::Paused { pause } => log.lock().unwrap().push(format!("pause {}", pause.as_millis())),
        _ => {}
    };
    let migrator = project.builder().jobs(4).observer(observer).build().unwrap();
    let pause = Duration::from_millis(300);
    let rollout = Rollout::default().canary(Canary::Percent(20)).pause(pause);
    let begun = Instant::now();
    let report = migrator.run(Operation::migrate(Scope::all()).rollout(rollout)).await.unwrap();
    assert!(begun.elapsed() >= pause);
    assert_eq!((report.summary().applied, report.stopped), (5, None));
    let seen = seen.lock().unwrap();
    assert_eq!(seen[..3], ["tenant_0", "wave 1 0", "pause 300"]);
    assert_eq!(seen.len(), 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn enough_failures_are_enough() {
    let project = fleet(6, &[1, 2, 4]).await;
    let two = MaxFailures::Count(NonZeroUsize::new(2).unwrap());
    let report = roll_out(&project, Rollout::default().max_failures(two)).await;
    assert_eq!(
        outcomes(&report),
        [
            "tenant_0:applied 1",
            "tenant_1:failed after 0",
            "tenant_2:failed after 0",
            "tenant_3:not tried",
            "tenant_4:not tried",
            "tenant_5:not tried"
        ]
    );
    assert_eq!(report.stopped, Some(Stop::TooManyFailures { failed: 2 }));
    let report = roll_out(&project, Rollout::default().stop_on_error()).await;
    assert_eq!(report.summary().failed, 1);
    // Half of the five that are left are three.
    let report = roll_out(&project, Rollout::default().max_failures(MaxFailures::Percent(50))).await;
    assert_eq!((report.summary().failed, report.summary().not_tried), (3, 1), "{report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_failed_is_tried_again() {
    let project = fleet(4, &[1, 3]).await;
    roll_out(&project, Rollout::default()).await;
    project.sql("DROP TABLE tenant_1.a").await;
    let again = Operation::migrate(Scope::all()).failed_only();
    let Err(Error::Incomplete(report)) = project.migrator().run(again.clone()).await else { panic!("one fails") };
    assert_eq!(outcomes(&report), ["tenant_1:applied 1", "tenant_3:failed after 0"]);
    project.sql("DROP TABLE tenant_3.a").await;
    assert_eq!(outcomes(&project.migrator().run(again.clone()).await.unwrap()), ["tenant_3:applied 1"]);
    assert!(project.migrator().run(again).await.unwrap().targets.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn patterns_choose_tenants() {
    let project = fleet(12, &[]).await;
    let matching = |patterns: &[&str]| {
        let patterns = patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
        Operation::migrate(Scope { shared: false, tenants: Selection::Matching(patterns) })
    };
    let report = project.migrator().run(matching(&["1?", "3"])).await.unwrap();
    assert_eq!(outcomes(&report), ["tenant_10:applied 1", "tenant_11:applied 1", "tenant_3:applied 1"]);
    let result = project.migrator().run(matching(&["*", "x*"])).await;
    assert!(matches!(&result, Err(Error::NoTenantMatches(patterns)) if patterns == &["x*"]), "{result:?}");
}
