//! Which hooks are called: in which order, how often, and in what state of the run.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use multitenant_runtime::{
    CancellationToken, Error, Event, Extent, FailureClass, HookResult, Hooks, NewTenant, Operation, Outcome, Repair,
    Scope, Step, Target, TargetReport, async_trait,
};

use super::notes::{Notes, holds, incomplete, run, two_tenants};
use crate::project::outcomes;

#[tokio::test]
async fn each_hook_is_called_once_and_in_order() {
    let project = two_tenants().await.shared("0_s", "CREATE TABLE s (n int)");
    let notes = Notes::default();
    run(&project, &notes, Operation::migrate(Scope::all())).await.unwrap();
    let calls = notes.calls();
    assert_eq!(calls[0], "before_run 3 targets, 5 steps");
    assert_eq!(calls.last().unwrap(), "after_run 3 targets, 0 failed");
    assert_eq!(
        notes.of("public"),
        ["before_target 1", "before_migration apply 0", "after_migration apply 0", "after_target Applied 1"]
    );
    for schema in ["tenant_0", "tenant_1"] {
        assert_eq!(
            notes.of(schema),
            [
                "before_target 2",
                "before_migration apply 1",
                "after_migration apply 1",
                "before_migration apply 2",
                "after_migration apply 2",
                "after_target Applied 2"
            ]
        );
    }
    // Nothing to do: the run has its hooks, and no target has.
    let notes = Notes::default();
    run(&project, &notes, Operation::migrate(Scope::all())).await.unwrap();
    assert_eq!(notes.calls(), ["before_run 3 targets, 0 steps", "after_run 3 targets, 0 failed"]);
}

#[tokio::test]
async fn every_operation_has_them() {
    let project = two_tenants().await;
    let only = || Scope::tenants();
    let notes = Notes::default();
    run(&project, &notes, Operation::mark_applied(only())).await.unwrap();
    // One transaction: all calls before it, then all after it.
    assert_eq!(
        notes.of("tenant_0"),
        [
            "before_target 2",
            "before_migration mark 1",
            "before_migration mark 2",
            "after_migration mark 1",
            "after_migration mark 2",
            "after_target Recorded 2"
        ]
    );
    project.sql("CREATE TABLE tenant_0.b (n int); CREATE TABLE tenant_1.b (n int)").await;
    let notes = Notes::default();
    run(&project, &notes, Operation::redo(only(), Extent::default())).await.unwrap();
    assert_eq!(
        notes.of("tenant_1"),
        [
            "before_target 2",
            "before_migration revert 2",
            "after_migration revert 2",
            "before_migration apply 2",
            "after_migration apply 2",
            "after_target Applied 2"
        ]
    );
    project.sql("DELETE FROM tenant_0.__diesel_schema_migrations WHERE version = '1'").await;
    let notes = Notes::default();
    let repair = Repair { mark_missing: true, ..Repair::default() };
    run(&project, &notes, Operation::repair(only(), repair)).await.unwrap();
    assert_eq!(
        notes.of("tenant_0"),
        ["before_target 1", "before_migration mark 1", "after_migration mark 1", "after_target Recorded 1"]
    );
    let notes = Notes::default();
    run(&project, &notes, Operation::rollback(only(), Extent::default())).await.unwrap();
    assert_eq!(
        notes.of("tenant_0"),
        ["before_target 1", "before_migration revert 2", "after_migration revert 2", "after_target Reverted 1"]
    );
}

#[tokio::test]
async fn no_transaction_and_no_lock_is_held_meanwhile() {
    struct Look(tokio_postgres::Client, Arc<Mutex<Vec<i64>>>);

    impl Look {
        async fn note(&self) -> HookResult {
            let sql = "SELECT (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = \
                       (SELECT oid FROM pg_database WHERE datname = current_database())) \
                       + (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                       AND pid <> pg_backend_pid() AND xact_start IS NOT NULL AND backend_type = 'client backend')";
            let open: i64 = self.0.query_one(sql, &[]).await?.get(0);
            self.1.lock().unwrap().push(open);
            Ok(())
        }
    }

    #[async_trait]
    impl Hooks for Look {
        async fn before_migration(&self, _: &Target, _: &Step) -> HookResult {
            self.note().await
        }

        async fn after_migration(&self, _: &Target, _: &Step) -> HookResult {
            self.note().await
        }

        async fn after_target(&self, _: &TargetReport) -> HookResult {
            self.note().await
        }
    }

    let project = two_tenants().await;
    let open = Arc::new(Mutex::new(Vec::new()));
    let look = Look(project.client().await, open.clone());
    // One worker, so that no other one is at work meanwhile.
    project.builder().jobs(1).hooks(look).build().unwrap().migrate(Scope::all()).await.unwrap();
    assert_eq!(*open.lock().unwrap(), [0; 10]);
}

#[tokio::test]
async fn a_held_target_and_a_second_try_have_each_hook_once() {
    let project = two_tenants().await;
    std::fs::write(project.path("tenant/2_b/up.sql"), "DROP TABLE IF EXISTS b; CREATE TABLE b (n int)").unwrap();
    project.sql("CREATE TABLE tenant_0.b (n int)").await;
    let (holder, blocker) = (project.client().await, project.client().await);
    // The lock of `tenant_1`, as another run has it, and a table that a migration of `tenant_0` waits for.
    let lock = "SELECT pg_advisory_lock(('x' || left(encode(sha256('cargo-multitenant target' || '\\x00'::bytea || \
                'tenant_1'), 'hex'), 16))::bit(64)::bigint)";
    holder.batch_execute(lock).await.unwrap();
    blocker.batch_execute("BEGIN; LOCK TABLE tenant_0.b").await.unwrap();
    let seen = Arc::new(Mutex::new((0, 0)));
    let observer = {
        let seen = seen.clone();
        move |event: &Event| match event {
            Event::Held { .. } => seen.lock().unwrap().0 += 1,
            Event::Retrying { .. } => seen.lock().unwrap().1 += 1,
            _ => {}
        }
    };
    let notes = Notes::default();
    let builder = project.builder().lock_timeout(Duration::from_millis(50)).observer(observer).hooks(notes.clone());
    let migrator = builder.build().unwrap();
    let release = async {
        while !matches!(*seen.lock().unwrap(), (1.., 2..)) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        holder.batch_execute("SELECT pg_advisory_unlock_all()").await.unwrap();
        blocker.batch_execute("COMMIT").await.unwrap();
    };
    let (report, ()) = tokio::join!(migrator.migrate(Scope::all()), release);
    report.unwrap();
    for schema in ["tenant_0", "tenant_1"] {
        assert_eq!(notes.of(schema).len(), 6, "{:?}", notes.calls());
    }
}

#[tokio::test]
async fn a_cancelled_run_has_the_hooks_of_what_was_done() {
    let project = two_tenants().await;
    let token = CancellationToken::new();
    let notes = Notes { cancels: Some(("before_migration apply 1", token.clone())), ..Notes::default() };
    let migrator = project.builder().jobs(1).hooks(notes.clone()).cancellation(token).build().unwrap();
    let report = incomplete(migrator.migrate(Scope::all()).await);
    assert!(report.cancelled);
    assert_eq!(report.targets[1].outcome, Outcome::NotTried);
    assert_eq!(notes.of("tenant_1"), [] as [String; 0]);
    // The migration is not begun any more.
    assert_eq!(notes.of("tenant_0"), ["before_target 2", "before_migration apply 1", "after_target NotTried 0"]);
    assert_eq!(notes.calls().last().unwrap(), "after_run 2 targets, 0 failed");

    // What is committed when the word comes has its hook.
    let project = two_tenants().await;
    let token = CancellationToken::new();
    let notes = Notes { cancels: Some(("after_migration apply 1", token.clone())), ..Notes::default() };
    let migrator = project.builder().jobs(1).hooks(notes.clone()).cancellation(token).build().unwrap();
    let report = incomplete(migrator.migrate(Scope::all()).await);
    assert_eq!(report.targets[0].applied.len(), 1);
    assert_eq!(notes.of("tenant_0").last().unwrap(), "after_target Failed 1");
}

#[tokio::test]
async fn the_creation_of_a_tenant_has_those_of_the_target() {
    let project = two_tenants().await;
    let create = async |notes: &Notes, id: &str| {
        let migrator = project.builder().hooks(notes.clone()).build().unwrap();
        migrator.create_tenant(NewTenant::new(id).unwrap()).await
    };
    let notes = Notes::default();
    create(&notes, "good").await.unwrap();
    assert_eq!(notes.calls(), ["before_target 2 @tenant_good", "after_target Applied 2 @tenant_good"]);

    let notes = Notes::failing("before_target");
    let Err(Error::Incomplete(report)) = create(&notes, "refused").await else { panic!("it may not begin") };
    assert_eq!(report.targets[0].failure.as_ref().unwrap().class, FailureClass::Hook);
    assert_eq!(project.one("SELECT count(*)::text FROM pg_namespace WHERE nspname = 'tenant_refused'").await, "0");

    let notes = Notes::failing("after_target");
    let Err(Error::Incomplete(report)) = create(&notes, "there").await else { panic!("its hook failed") };
    assert_eq!(outcomes(&report), ["tenant_there:failed after 2"]);
    assert_eq!(holds(&project, "tenant_there").await, "a,b/1,2");

    // In several transactions too.
    let project = two_tenants().await.tenant("3_c", "CREATE INDEX CONCURRENTLY ON a (n)");
    let project = project.metadata("3_c", "run_in_transaction = false");
    let notes = Notes::default();
    let migrator = project.builder().hooks(notes.clone()).build().unwrap();
    migrator.create_tenant(NewTenant::new("steps").unwrap()).await.unwrap();
    assert_eq!(notes.calls(), ["before_target 3 @tenant_steps", "after_target Applied 3 @tenant_steps"]);
}
