//! Five processes that begin at the same moment: every migration exactly once in each schema, every process
//! succeeds.

use multitenant_runtime::Scope;

use super::counted::{Middle, Origin, PENDING, fleet, holdings, whole};
use super::environment::size;
use super::fleet::Fleet;
use super::leftovers::assert_none;
use super::worker::Worker;

const PROCESSES: usize = 5;

async fn check(origin: Origin, middle: Middle) {
    let n = size(40, 200);
    let fleet = fleet(n, origin, middle).await;
    let mut workers: Vec<Worker> =
        (0..PROCESSES).map(|_| Worker::ready(fleet.url(), fleet.folder(), 3, &["migrate"])).collect();
    workers.iter_mut().for_each(Worker::go);
    let ended: Vec<_> = workers.into_iter().map(Worker::end).collect();
    let mut applied = 0;
    for end in &ended {
        assert!(end.status.success(), "{ended:?}");
        let (targets, by_this_one) = end.done.unwrap();
        assert_eq!(targets, n, "each process reports on every tenant: {ended:?}");
        applied += by_this_one;
    }
    assert_eq!(applied, n * PENDING.len(), "each migration is one process's: {ended:?}");
    let whole = whole(&PENDING);
    for (i, holding) in holdings(&fleet, n).await.iter().enumerate() {
        assert_eq!(*holding, whole, "tenant_{i}");
    }
    assert_none(&fleet).await;
    assert_eq!(fleet.migrator().migrate(Scope::all()).await.unwrap().summary().up_to_date, n);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_migration_exactly_once() {
    check(Origin::Ours, Middle::InTransaction).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn from_histories_of_diesels() {
    check(Origin::Diesel, Middle::InTransaction).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_migration_outside_a_transaction_among_them() {
    check(Origin::Ours, Middle::Outside).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn from_histories_of_diesels_with_a_migration_outside_a_transaction() {
    check(Origin::Diesel, Middle::Outside).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_an_old_and_a_new_release() {
    let n = size(40, 200);
    let fleet = fleet(n, Origin::Ours, Middle::InTransaction).await;
    // The old release does not know the last two migrations.
    let mut old = Fleet::on(fleet.url());
    for entry in std::fs::read_dir(fleet.folder().join("tenant")).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if name.as_str() < "4" {
            old = old.tenant(&name, &std::fs::read_to_string(entry.path().join("up.sql")).unwrap());
        }
    }
    let mut workers: Vec<Worker> = [&fleet, &old, &fleet, &old]
        .into_iter()
        .map(|fleet| Worker::ready(fleet.url(), fleet.folder(), 3, &["migrate"]))
        .collect();
    workers.iter_mut().for_each(Worker::go);
    let ended: Vec<_> = workers.into_iter().map(Worker::end).collect();
    assert!(ended.iter().all(|end| end.status.success()), "{ended:?}");
    assert_eq!(ended.iter().map(|end| end.done.unwrap().1).sum::<usize>(), n * PENDING.len());
    let whole = whole(&PENDING);
    assert!(holdings(&fleet, n).await.iter().all(|holding| *holding == whole));
    // To the old one they are ahead now, which is no failure.
    let plan = old.migrator().plan(Scope::all()).await.unwrap();
    assert_eq!((plan.summary().ahead, plan.summary().behind), (n, 0));
}
