//! A connection that breaks around COMMIT: the run finds out what happened, and nothing happens twice.

use std::time::Duration;

use multitenant_runtime::embedded::EmbeddedServer;
use multitenant_runtime::{Error, NewTenant, Scope, State};
use multitenant_tests::proxy::{Proxy, Way};
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

impl Loss {
    /// A proxy that breaks so many connections around their first COMMIT: the statement in a message of the client's, and
    /// the tag in the server's answer to it, both end with a zero.
    async fn before(self, server: &EmbeddedServer, times: usize) -> Proxy {
        const COMMIT: &[u8] = b"COMMIT\0";
        let proxy = Proxy::before(&server.url("postgres")).await;
        match self {
            Self::BeforeCommit => proxy.cutting(Way::ToServer, COMMIT, times),
            Self::AfterCommit => proxy.cutting(Way::ToClient, COMMIT, times),
            Self::Unnoticed => proxy.losing_the_client(COMMIT, times),
        }
    }
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
        let proxy = loss.before(&server, 9).await;
        let migrator = fleet.builder().database_url(proxy.url()).jobs(3).build().unwrap();
        let report = migrator.migrate(Scope::all()).await.unwrap_or_else(|error| panic!("{loss:?}: {error}"));
        assert_eq!(report.targets.len(), 6);
        assert_eq!(proxy.happened(), 9, "all were broken");
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
            let proxy = loss.before(&server, times).await;
            let migrator = fleet.builder().database_url(proxy.url()).build().unwrap();
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
        let proxy = Loss::Unnoticed.before(&server, 1).await;
        let token = CancellationToken::new();
        let migrator = fleet.builder().database_url(proxy.url()).cancellation(token.clone()).build().unwrap();
        let creation = tokio::spawn(async move { migrator.create_tenant(NewTenant::new("x").unwrap()).await });
        while proxy.happened() == 0 {
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
