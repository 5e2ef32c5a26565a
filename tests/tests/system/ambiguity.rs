//! A connection that breaks around COMMIT: the run finds out what happened, and nothing happens twice.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use multitenant_runtime::embedded::EmbeddedServer;
use multitenant_runtime::{Error, NewTenant, Scope, State};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio_util::sync::CancellationToken;

use super::environment::size;
use super::fleet::Fleet;
use super::leftovers::assert_none;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Loss {
    /// The server never gets it.
    BeforeCommit,
    /// The server commits, and nobody hears of it.
    AfterCommit,
    /// The server never gets it, and waits for it: it does not notice that the client is gone.
    Unnoticed,
}

/// A socket in front of a server's, which breaks some connections around their first COMMIT.
struct Breaker {
    folder: tempfile::TempDir,
    left: Arc<AtomicUsize>,
}

impl Breaker {
    fn in_front_of(server: &EmbeddedServer, loss: Loss, times: usize) -> Self {
        let folder = tempfile::Builder::new().prefix("mt").tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join(".s.PGSQL.5432")).unwrap();
        let target = server.folder().join(".s.PGSQL.5432");
        let left = Arc::new(AtomicUsize::new(times));
        let counter = Arc::clone(&left);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(relay(client, target.clone(), loss, Arc::clone(&counter)));
            }
        });
        Self { folder, left }
    }

    fn url(&self) -> String {
        format!("postgres://postgres@/postgres?host={}", self.folder.path().display())
    }
}

/// Both ways until one side ends, or the connection is to break.
async fn relay(client: UnixStream, target: PathBuf, loss: Loss, left: Arc<AtomicUsize>) {
    let Ok(server) = UnixStream::connect(target).await else { return };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let (mut asked, mut told) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    let mut breaking = false;
    loop {
        tokio::select! {
            read = from_client.read(&mut asked) => {
                let Ok(n @ 1..) = read else { return };
                let ours = |left: usize| left.checked_sub(1);
                if !breaking
                    && contains_commit(&asked[..n])
                    && left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, ours).is_ok()
                {
                    match loss {
                        Loss::BeforeCommit => return,
                        Loss::AfterCommit => {}
                        Loss::Unnoticed => {
                            drop((from_client, to_client));
                            let _ = from_server.read_to_end(&mut told).await;
                            return;
                        }
                    }
                    breaking = true;
                }
                if to_server.write_all(&asked[..n]).await.is_err() {
                    return;
                }
            }
            read = from_server.read(&mut told) => {
                let Ok(n @ 1..) = read else { return };
                if breaking {
                    // From here on the client hears nothing, and with the answer to COMMIT it is cut off.
                    if contains_commit(&told[..n]) {
                        return;
                    }
                } else if to_client.write_all(&told[..n]).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// The statement in a message of the client's, and the tag in the server's answer to it, both end with a zero.
fn contains_commit(bytes: &[u8]) -> bool {
    bytes.windows(7).any(|window| window == b"COMMIT\0")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_is_applied_once() {
    for loss in [Loss::BeforeCommit, Loss::AfterCommit] {
        let server = EmbeddedServer::start().unwrap();
        let fleet = Fleet::on(server.url("postgres")).tenant("0_base", "CREATE TABLE counter (version int);");
        fleet.schemas(6, "").await;
        fleet.migrator().migrate(Scope::all()).await.unwrap();
        let fleet = fleet
            .tenant("1_a", "INSERT INTO counter VALUES (1);")
            .tenant("2_b", "INSERT INTO counter VALUES (2);")
            .tenant_outside(
                "3_c",
                "INSERT INTO counter SELECT 3 WHERE NOT EXISTS (SELECT FROM counter WHERE version = 3);",
            )
            .tenant("4_d", "INSERT INTO counter VALUES (4);");
        let breaker = Breaker::in_front_of(&server, loss, 9);
        let migrator = fleet.builder().database_url(breaker.url()).jobs(3).build().unwrap();
        let report = migrator.migrate(Scope::all()).await.unwrap_or_else(|error| panic!("{loss:?}: {error}"));
        assert_eq!(report.targets.len(), 6);
        assert_eq!(breaker.left.load(Ordering::SeqCst), 0, "all were broken");
        for i in 0..6 {
            let counted = format!("SELECT string_agg(version::text, ' ' ORDER BY version) FROM tenant_{i}.counter");
            assert_eq!(fleet.one(&counted).await, "1 2 3 4", "{loss:?}: tenant_{i}");
        }
        assert_eq!(fleet.migrator().plan(Scope::all()).await.unwrap().summary().up_to_date, 6);
        assert_none(&fleet).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_is_created_once() {
    for (loss, outside) in
        [(Loss::BeforeCommit, false), (Loss::AfterCommit, false), (Loss::BeforeCommit, true), (Loss::AfterCommit, true)]
    {
        for times in 1..=if outside { 4 } else { 1 } {
            let server = EmbeddedServer::start().unwrap();
            let fleet = Fleet::on(server.url("postgres"))
                .shared("1_tenants", "CREATE TABLE tenants (id text PRIMARY KEY);")
                .tenant("1_a", "CREATE TABLE a (id int);");
            let index = "CREATE INDEX CONCURRENTLY IF NOT EXISTS a_id ON a (id);";
            let fleet = if outside { fleet.tenant_outside("2_b", index) } else { fleet };
            fleet.migrator().migrate(Scope::all()).await.unwrap();
            let breaker = Breaker::in_front_of(&server, loss, times);
            let migrator = fleet.builder().database_url(breaker.url()).build().unwrap();
            let created = migrator.create_tenant(NewTenant::new("acme").unwrap()).await;
            if let Err(error) = &created {
                let Error::Incomplete(report) = error else { panic!("{error}") };
                let failure = report.targets[0].failure.as_ref().unwrap();
                assert_eq!(loss, Loss::AfterCommit, "{error}");
                assert!(failure.hint.as_ref().unwrap().contains("may be the one that made it"), "{failure:?}");
            }
            // Whatever it said, the tenant is whole: there is one who asked for it.
            let plan = fleet.migrator().plan(Scope::all()).await.unwrap();
            let states: Vec<_> = plan.tenants.iter().map(|tenant| tenant.state).collect();
            assert_eq!(states, [State::UpToDate], "{loss:?} {outside} {times}: {created:?}");
            let mark = "SELECT coalesce(obj_description('tenant_acme'::regnamespace), 'none')";
            assert_eq!(fleet.one(mark).await, "none", "{loss:?} {outside} {times}: {created:?}");
            assert_none(&fleet).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_does_not_end_is_not_waited_for_for_ever() {
    // Without the word it takes a minute.
    let cancelled: &[bool] = if size(0, 1) == 0 { &[true] } else { &[true, false] };
    for &cancelled in cancelled {
        let server = EmbeddedServer::start().unwrap();
        let fleet = Fleet::on(server.url("postgres"))
            .shared("1_tenants", "CREATE TABLE tenants (id text PRIMARY KEY);")
            .tenant("1_a", "CREATE TABLE a (n int);");
        fleet.migrator().migrate(Scope::all()).await.unwrap();
        let breaker = Breaker::in_front_of(&server, Loss::Unnoticed, 1);
        let token = CancellationToken::new();
        let migrator = fleet.builder().database_url(breaker.url()).cancellation(token.clone()).build().unwrap();
        let creation = tokio::spawn(async move { migrator.create_tenant(NewTenant::new("x").unwrap()).await });
        while breaker.left.load(Ordering::SeqCst) > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        // By now the end is asked for.
        tokio::time::sleep(Duration::from_millis(700)).await;
        assert!(!creation.is_finished(), "the server waits");
        if cancelled {
            token.cancel();
        }
        let limit = Duration::from_secs(if cancelled { 20 } else { 90 });
        let created = tokio::time::timeout(limit, creation).await.expect("it is waited for for ever").unwrap();
        let there = fleet.one("SELECT (to_regclass('tenant_x.a') IS NOT NULL)::text").await;
        assert_eq!(there, created.is_ok().to_string(), "{created:?}");
        assert!(cancelled || created.is_ok(), "{created:?}");
        assert_none(&fleet).await;
    }
}
