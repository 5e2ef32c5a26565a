//! Faults at random moments, under one to five processes at once: killed processes, a server that crashes or is
//! stopped, backends that an administrator ends, connections that are cut or fall silent.
//!
//! What is promised, and checked after each round and at the end:
//!
//! - a tenant holds its migrations in order, each once, with all of its effects; a migration outside a transaction may
//!   be half done as long as it is not recorded, and is then begun anew, which its statements must bear;
//! - what a process reports as applied is applied, by this process and no other; what is applied and not reported
//!   belongs to a process that was killed, or to a target that it reports as failed;
//! - what a process reports as complete is complete;
//! - no lock and no session remains;
//! - one more run without faults completes everything. Where a crash has left an invalid index, that run says so, and
//!   the one after its removal does.
//!
//! The moments come from a seed, which each test says, and takes from `MULTITENANT_SEED`.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use multitenant_runtime::Scope;
use multitenant_runtime::embedded::ProjectServer;
use multitenant_tests::proxy::{Fault, Proxy, Way};

use super::counted::{Middle, Origin, PENDING, fleet, fleet_on, holdings, whole};
use super::environment::{say, size};
use super::fleet::Fleet;
use super::leftovers::{SESSIONS, assert_none};
use super::moments::Moments;
use super::worker::{Ended, Worker};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Harm {
    /// `kill -9` of a process of ours.
    Kill,
    /// `kill -9` of one of the server's processes, or an immediate stop and a new start.
    Server,
    /// `pg_terminate_backend` of sessions of ours, whatever they are doing.
    Terminate,
    Cut,
    Stall,
}

/// What the tenants' histories hold, as `schema version`.
async fn histories(fleet: &Fleet, n: usize) -> BTreeMap<String, Vec<String>> {
    let mut all = BTreeMap::new();
    for (i, holding) in holdings(fleet, n).await.iter().enumerate() {
        let versions = holding.split('|').next().unwrap().split_whitespace().map(str::to_owned).collect();
        all.insert(format!("tenant_{i}"), versions);
    }
    all
}

/// A server that can be stopped at once and started again.
struct Crashing {
    server: ProjectServer,
    _folder: tempfile::TempDir,
}

impl Crashing {
    fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("mt").tempdir().unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let server = ProjectServer::new(folder.path().join("pg"));
        server.start().unwrap();
        Self { server, _folder: folder }
    }

    fn url(&self) -> String {
        self.server.url("postgres")
    }

    /// One of its processes dies, and with it all connections; or it stops at once and starts again.
    async fn crash(&self, moments: &mut Moments) {
        let client = super::fleet::client(&self.url()).await;
        let text = |sql: &'static str| {
            let client = &client;
            async move { client.query_one(sql, &[]).await.unwrap().get::<_, String>(0) }
        };
        if moments.below_n(2) == 0 {
            let pid = text("SELECT pg_backend_pid()::text").await;
            signal("KILL", &pid);
            return;
        }
        let data = text("SELECT current_setting('data_directory')").await;
        let file = std::fs::read_to_string(format!("{data}/postmaster.pid")).unwrap();
        signal("QUIT", file.lines().next().unwrap());
        let until = Instant::now() + Duration::from_secs(60);
        while std::fs::exists(format!("{data}/postmaster.pid")).unwrap() {
            assert!(Instant::now() < until, "the server does not stop");
            std::thread::sleep(Duration::from_millis(10));
        }
        self.server.start().unwrap();
    }

    /// Waits until it takes connections, which a crash interrupts.
    async fn wait(&self) {
        let until = Instant::now() + Duration::from_secs(60);
        while tokio_postgres::connect(&self.url(), tokio_postgres::NoTls).await.is_err() {
            assert!(Instant::now() < until, "the server does not come back");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Crashing {
    fn drop(&mut self) {
        let _ = self.server.stop();
    }
}

/// Ends one of the sessions that are there, if there is any, and says how many.
async fn terminate(fleet: &Fleet, moments: &mut Moments) -> usize {
    let sessions = fleet.texts(&format!("SELECT pid::text {SESSIONS} ORDER BY pid")).await;
    if sessions.is_empty() {
        return 0;
    }
    let pid = &sessions[moments.below_n(sessions.len())];
    // It may have ended by itself in the meantime.
    fleet.texts(&format!("SELECT pid::text {SESSIONS} AND pid = {pid} AND pg_terminate_backend(pid)")).await.len()
}

fn signal(name: &str, pid: &str) {
    assert!(Command::new("/bin/sh").args(["-c", &format!("kill -s {name} {pid}")]).status().unwrap().success());
}

/// The end of each process, none of which may take for ever.
fn ends(workers: Vec<Worker>) -> Vec<Ended> {
    let (sender, receiver) = mpsc::channel();
    let n = workers.len();
    for worker in workers {
        let sender = sender.clone();
        std::thread::spawn(move || sender.send(worker.end()));
    }
    let patience = Duration::from_secs(240);
    (0..n).map(|_| receiver.recv_timeout(patience).unwrap_or_else(|_| panic!("a process hangs"))).collect()
}

/// Faults until so many have happened.
async fn suite(harm: Harm, faults: usize) {
    let started = Instant::now();
    let mut moments = Moments::new(&format!("{harm:?}"));
    let n = size(8, 20);
    let (mut happened, mut rounds, mut fleets, mut invalid) = (0, 0, 0, 0);
    let mut span = Duration::from_millis(300);
    let server = (harm == Harm::Server).then(Crashing::start);
    while happened < faults {
        let middle = if fleets % 2 == 0 { Middle::InTransaction } else { Middle::Outside };
        fleets += 1;
        let fleet = match &server {
            Some(server) => {
                let database = format!("fleet_{fleets}");
                Fleet::on(server.url()).sql(&format!("CREATE DATABASE {database}")).await;
                fleet_on(Fleet::on(server.server.url(&database)), n, Origin::Ours, middle).await
            }
            None => fleet(n, Origin::Ours, middle).await,
        };
        let proxy = Proxy::before(fleet.url()).await;
        let mut before = histories(&fleet, n).await;
        while happened < faults && before.values().any(|versions| versions.len() < PENDING.len()) {
            rounds += 1;
            let so_far = happened;
            let through = if matches!(harm, Harm::Cut | Harm::Stall) { proxy.url() } else { fleet.url() };
            let processes = 1 + moments.below_n(size(3, 5));
            let mut workers: Vec<Worker> =
                (0..processes).map(|_| Worker::ready(through, fleet.folder(), 3, &["migrate"])).collect();
            let already = proxy.happened();
            proxy.plan(planned(harm, processes, &mut moments));
            workers.iter_mut().for_each(Worker::go);
            // Not a synchronisation: the moment is to be any.
            tokio::time::sleep(moments.below(span)).await;
            let (mut killed, mut finished) = (0, None);
            match (&server, harm) {
                (_, Harm::Kill) => {
                    let ended = workers.swap_remove(moments.below_n(processes)).kill();
                    killed = usize::from(!ended.status.success());
                    happened += killed;
                    // It may have come to its end before.
                    finished = Some(ended).filter(|ended| ended.status.success());
                }
                (_, Harm::Terminate) => {
                    // As many as there are workers in one process; each of them any, and at any moment.
                    for _ in 0..3 {
                        happened += terminate(&fleet, &mut moments).await;
                        tokio::time::sleep(moments.below(Duration::from_millis(30))).await;
                    }
                }
                (Some(server), _) => {
                    server.crash(&mut moments).await;
                    happened += 1;
                }
                _ => {}
            }
            let mut ended = ends(workers);
            ended.extend(finished);
            happened += proxy.happened() - already;
            proxy.forget();
            if let Some(server) = &server {
                server.wait().await;
            }
            assert_none(&fleet).await;
            let after = histories(&fleet, n).await;
            compare(&before, &after, &ended, killed > 0);
            for (i, holding) in holdings(&fleet, n).await.iter().enumerate() {
                let versions = &after[&format!("tenant_{i}")];
                assert_eq!(versions[..], PENDING[..versions.len()], "tenant_{i}: {holding}");
                let half_done = middle == Middle::Outside && holding.starts_with("1 2|");
                let versions: Vec<&str> = versions.iter().map(String::as_str).collect();
                assert!(half_done || *holding == whole(&versions), "tenant_{i} is in between: {holding}");
            }
            let nothing_done = after == before;
            before = after;
            // The moments are to be any of the work's, however fast this machine is.
            if happened > so_far {
                span = if nothing_done { span.mul_f64(1.5).min(Duration::from_secs(20)) } else { span };
            } else if nothing_done {
                // What is left, such as an invalid index, is no longer the processes' work.
                break;
            } else {
                span = span.mul_f64(0.7).max(Duration::from_millis(20));
            }
        }
        invalid += complete(&fleet, n).await;
    }
    say(&format!(
        "{harm:?}: {happened} faults in {rounds} rounds on {fleets} fleets of {n}, {invalid} invalid indexes dropped, {:?}",
        started.elapsed()
    ));
}

/// What befalls the connections of this round: the looks', the workers' and the others'.
fn planned(harm: Harm, processes: usize, moments: &mut Moments) -> Vec<Option<Fault>> {
    let one = |moments: &mut Moments| {
        if moments.below_n(4) == 0 {
            return None;
        }
        let way = if moments.below_n(2) == 0 { Way::ToServer } else { Way::ToClient };
        // As many bytes as a look, or as many as five migrations.
        let most = if moments.below_n(2) == 0 { 1_500 } else { 12_000 };
        let after = moments.below_n(most);
        match harm {
            Harm::Cut => Some(Fault::Cut(way, after)),
            Harm::Stall => Some(Fault::Stall(way, after, Some(moments.below(Duration::from_secs(1))))),
            Harm::Kill | Harm::Server | Harm::Terminate => None,
        }
    };
    (0..processes * 3).map(|_| one(moments)).collect()
}

/// Every report told the truth.
fn compare(
    before: &BTreeMap<String, Vec<String>>,
    after: &BTreeMap<String, Vec<String>>,
    ended: &[Ended],
    killed: bool,
) {
    let mut unaccounted: Vec<(&str, &str)> = Vec::new();
    for (schema, versions) in after {
        unaccounted.extend(versions[before[schema].len()..].iter().map(|version| (schema.as_str(), version.as_str())));
    }
    for end in ended {
        assert_eq!(end.status.success(), end.done.is_some(), "{end:?}");
        assert!(end.status.success() || !end.error.is_empty(), "it says why: {end:?}");
        assert!(!end.error.contains("panicked"), "{end:?}");
        for told in &end.told {
            for version in &told.applied {
                let place = unaccounted.iter().position(|done| *done == (told.schema.as_str(), version.as_str()));
                let place = place
                    .unwrap_or_else(|| panic!("{version} of {} was not applied by this one: {ended:?}", told.schema));
                unaccounted.swap_remove(place);
            }
            if matches!(told.outcome.as_str(), "Applied" | "UpToDate") {
                assert_eq!(after[&told.schema].len(), PENDING.len(), "{told:?} is not complete");
                assert_eq!(told.class, "-", "{told:?}");
            } else {
                assert!(told.class != "-" || told.outcome == "NotTried", "{told:?}");
            }
        }
    }
    for (schema, version) in unaccounted {
        let doubtful = |end: &Ended| end.told.iter().any(|told| told.schema == schema && told.outcome == "Failed");
        assert!(killed || ended.iter().any(doubtful), "nobody says that {version} of {schema} is applied: {ended:?}");
    }
}

/// A last run without faults.
async fn complete(fleet: &Fleet, n: usize) -> usize {
    let run = || {
        let mut last = Worker::ready(fleet.url(), fleet.folder(), 3, &["migrate"]);
        last.go();
        ends(vec![last]).remove(0)
    };
    let mut ended = run();
    let invalid = fleet
        .texts("SELECT format('DROP INDEX %I.%I', n.nspname, c.relname) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
                JOIN pg_namespace n ON n.oid = c.relnamespace WHERE NOT i.indisvalid")
        .await;
    for drop in &invalid {
        assert!(!ended.status.success() && ended.error.contains("is invalid"), "{drop} is said: {ended:?}");
        fleet.sql(drop).await;
    }
    if !invalid.is_empty() {
        ended = run();
    }
    assert!(ended.status.success(), "{ended:?}");
    assert_eq!(ended.done.unwrap().0, n);
    for (i, holding) in holdings(fleet, n).await.iter().enumerate() {
        assert_eq!(*holding, whole(&PENDING), "tenant_{i}");
    }
    assert_none(fleet).await;
    assert_eq!(fleet.migrator().migrate(Scope::all()).await.unwrap().summary().up_to_date, n);
    invalid.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_processes() {
    suite(Harm::Kill, size(4, 100)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn crashes_of_the_server() {
    suite(Harm::Server, size(2, 20)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn terminated_backends() {
    suite(Harm::Terminate, size(6, 50)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cut_connections() {
    suite(Harm::Cut, size(6, 40)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stalled_connections() {
    suite(Harm::Stall, size(5, 20)).await;
}
