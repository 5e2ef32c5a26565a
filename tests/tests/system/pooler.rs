//! Behind PgBouncer in transaction mode, where that program is installed.

use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use multitenant_runtime::embedded::EmbeddedServer;
use multitenant_runtime::{
    Error, FailureClass, FleetScript, FunctionResult, NewTenant, RustMigration, Scope, SeedOptions, SeedSet,
};
use multitenant_tests::pooler::Pooler;

use super::environment::say;
use super::fleet::{Fleet, client};

/// In front of a server of its own.
async fn pooler(connections: usize) -> Option<Pooler> {
    let pooler = Pooler::start(EmbeddedServer::start().unwrap(), "transaction", connections).await;
    if pooler.is_none() {
        say("skipped: PgBouncer is not installed");
    }
    pooler
}

fn fleet(pooler: &Pooler) -> Fleet {
    Fleet::on(pooler.direct_url())
}

/// What any other client finds on the pool's one connection.
async fn found_by_others(pooler: &Pooler) -> String {
    let client = client(&pooler.url()).await;
    let sql = "SELECT concat_ws(' ', current_setting('search_path'), current_setting('default_transaction_read_only'), \
               current_setting('lock_timeout'), current_setting('statement_timeout'), current_user, \
               current_setting('standard_conforming_strings'))";
    let rows = client.simple_query(sql).await.unwrap();
    let row = rows.iter().find_map(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    row.unwrap().get(0).unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn transactional_migrations_work_on_a_single_connection() {
    let Some(pooler) = pooler(1).await else { return };
    let fleet = fleet(&pooler)
        .shared("1_tenants", "CREATE TABLE tenants (id text PRIMARY KEY);")
        .tenant("1_a", "CREATE TABLE a (id int);")
        .tenant("2_b", "CREATE TABLE b AS SELECT current_schema()::text AS place;")
        .tenant("3_c", "CREATE TABLE c (id int);");
    fleet.schemas(20, "").await;
    let before = found_by_others(&pooler).await;
    let migrator = fleet.builder().database_url(pooler.url()).jobs(4).build().unwrap();
    migrator.migrate(Scope::shared()).await.unwrap();
    fleet.sql("INSERT INTO tenants SELECT i FROM generate_series(0, 19) i").await;
    let report = migrator.migrate(Scope::all()).await.unwrap();
    assert_eq!(report.summary().applied, 20);
    let places = (0..20).map(|i| format!("SELECT place FROM tenant_{i}.b")).collect::<Vec<_>>().join(" UNION ");
    assert_eq!(fleet.texts(&places).await.len(), 20, "each in its own schema");
    migrator.create_tenant(NewTenant::new("new").unwrap()).await.unwrap();
    assert_eq!(migrator.plan(Scope::all()).await.unwrap().summary().up_to_date, 21);
    assert_eq!(found_by_others(&pooler).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_migration_leaves_nothing_and_the_pool_usable() {
    let Some(pooler) = pooler(1).await else { return };
    let fleet = fleet(&pooler).tenant("1_bad", "CREATE TABLE a (id int);\nSELECT 1/0;");
    fleet.schemas(6, "").await;
    let before = found_by_others(&pooler).await;
    let migrator = fleet.builder().database_url(pooler.url()).jobs(4).build().unwrap();
    let Err(Error::Incomplete(report)) = migrator.migrate(Scope::all()).await else { panic!("fails") };
    assert_eq!(report.summary().failed, 6);
    for target in &report.targets {
        let failure = target.failure.as_ref().unwrap();
        assert_eq!((failure.sqlstate.as_deref(), failure.line), (Some("22012"), Some(2)), "{failure:?}");
    }
    assert_eq!(fleet.one("SELECT count(*)::text FROM pg_tables WHERE schemaname LIKE 'tenant%'").await, "0");
    assert_eq!(found_by_others(&pooler).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_migration_sets_does_not_reach_other_clients() {
    let Some(pooler) = pooler(1).await else { return };
    // As pg_dump writes it.
    let fleet = fleet(&pooler).tenant(
        "1_dump",
        "SET statement_timeout = '7s'; SET lock_timeout = '7s'; SET standard_conforming_strings = off;
         CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (a int REFERENCES a DEFERRABLE INITIALLY DEFERRED);
         SELECT set_config('search_path', '', false);",
    );
    fleet.schemas(3, "").await;
    let before = found_by_others(&pooler).await;
    let migrator = fleet.builder().database_url(pooler.url()).jobs(2).build().unwrap();
    assert_eq!(migrator.migrate(Scope::all()).await.unwrap().summary().applied, 3);
    assert_eq!(found_by_others(&pooler).await, before);
    migrator.create_tenant(NewTenant::new("new").unwrap()).await.unwrap();
    assert_eq!(found_by_others(&pooler).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn deferred_triggers_see_the_tenants_search_path() {
    let Some(pooler) = pooler(1).await else { return };
    let fleet = fleet(&pooler).tenant(
        "1_trigger",
        "CREATE TABLE seen (n int); CREATE TABLE a (n int);
         CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN INSERT INTO seen VALUES (NEW.n); RETURN NULL; END $$;
         CREATE CONSTRAINT TRIGGER noted AFTER INSERT ON a DEFERRABLE INITIALLY DEFERRED
         FOR EACH ROW EXECUTE FUNCTION note();
         INSERT INTO a VALUES (7);",
    );
    fleet.schemas(2, "").await;
    let migrator = fleet.builder().database_url(pooler.url()).build().unwrap();
    assert_eq!(migrator.migrate(Scope::all()).await.unwrap().summary().applied, 2);
    assert_eq!(
        fleet.texts("SELECT n::text FROM tenant_0.seen UNION ALL SELECT n::text FROM tenant_1.seen").await,
        ["7", "7"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_needs_a_session_is_refused_and_names_the_way() {
    let Some(pooler) = pooler(2).await else { return };
    let fleet = fleet(&pooler)
        .shared("1_tenants", "CREATE TABLE tenants (id text PRIMARY KEY); INSERT INTO tenants VALUES ('0'), ('1');")
        .tenant("1_a", "CREATE TABLE a (id int);")
        .tenant_outside("2_index", "CREATE INDEX CONCURRENTLY a_id ON a (id);");
    fleet.schemas(2, "").await;
    let before = found_by_others(&pooler).await;
    let migrator = fleet.builder().database_url(pooler.url()).jobs(4).build().unwrap();
    let Err(Error::Incomplete(report)) = migrator.migrate(Scope::all()).await else { panic!("refused") };
    for target in report.incomplete() {
        let failure = target.failure.as_ref().unwrap();
        assert!(failure.hint.as_ref().unwrap().contains("migrate_url"), "{failure:?}");
        assert!(failure.file.as_ref().unwrap().ends_with("2_index/up.sql"));
        assert_eq!(target.applied.len(), 1, "what came before it is done");
    }
    // A tenant with such a migration cannot be created there either, and nothing is left of it.
    let Err(Error::Incomplete(report)) = migrator.create_tenant(NewTenant::new("new").unwrap()).await else {
        panic!("refused")
    };
    assert!(report.targets[0].failure.as_ref().unwrap().hint.as_ref().unwrap().contains("migrate_url"));
    assert_eq!(fleet.one("SELECT count(*)::text FROM pg_namespace WHERE nspname = 'tenant_new'").await, "0");
    assert_eq!(found_by_others(&pooler).await, before);
    let both = fleet.builder().database_url(pooler.url()).migrate_url(pooler.direct_url()).build().unwrap();
    assert_eq!(both.migrate(Scope::all()).await.unwrap().summary().applied, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rust_function_is_refused_before_it_is_called() {
    async fn fill(conn: &mut AsyncPgConnection) -> FunctionResult {
        conn.batch_execute("INSERT INTO a VALUES (1)").await?;
        Ok(())
    }

    let Some(pooler) = pooler(2).await else { return };
    let fleet = fleet(&pooler).tenant("1_a", "CREATE TABLE a (id int);").tenant("3_b", "CREATE TABLE b (id int);");
    fleet.schemas(2, "").await;
    let before = found_by_others(&pooler).await;
    let builder = || fleet.builder().database_url(pooler.url()).tenant_migration(RustMigration::new("2_fill", fill));
    let Err(Error::Incomplete(report)) = builder().build().unwrap().migrate(Scope::all()).await else {
        panic!("refused")
    };
    assert_eq!(report.summary().failed, 2);
    for target in &report.targets {
        let failure = target.failure.as_ref().unwrap();
        assert_eq!(failure.class, FailureClass::Permanent, "{failure:?}");
        assert!(failure.message.contains("is a Rust function needs a session of its own"), "{failure:?}");
        assert!(failure.hint.as_ref().unwrap().contains("migrate_url"), "{failure:?}");
        assert_eq!((failure.migration.as_deref(), failure.file.as_deref()), (Some("2"), Some("2_fill")));
        assert_eq!(target.applied.len(), 1, "what came before it is done, and nothing behind it");
    }
    let rows = "SELECT n::text FROM (SELECT count(*) FROM tenant_0.a UNION ALL SELECT count(*) FROM tenant_1.a) t (n)";
    assert_eq!(fleet.texts(rows).await, ["0", "0"], "it was not called");
    assert_eq!(found_by_others(&pooler).await, before);
    let both = builder().migrate_url(pooler.direct_url()).build().unwrap();
    assert_eq!(both.migrate(Scope::all()).await.unwrap().summary().applied, 2);
    assert_eq!(fleet.texts(rows).await, ["1", "1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn seeds_and_questions_leave_nothing_to_the_next_client() {
    let Some(pooler) = pooler(1).await else { return };
    let fleet = fleet(&pooler)
        .shared("1_tenants", "CREATE TABLE tenants (id text PRIMARY KEY);")
        .tenant("1_a", "CREATE TABLE a (id int);");
    fleet.schemas(5, "").await;
    let before = found_by_others(&pooler).await;
    let migrator = fleet.builder().database_url(pooler.url()).jobs(1).build().unwrap();
    migrator.migrate(Scope::shared()).await.unwrap();
    fleet.sql("INSERT INTO tenants SELECT i FROM generate_series(0, 4) i").await;
    migrator.migrate(Scope::tenants()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("1.sql");
    std::fs::write(&file, "SET statement_timeout = 77000; INSERT INTO a SELECT count(*) FROM a;").unwrap();
    let seeds = SeedSet::from_files(&[], &[file]).unwrap();
    for applied in [5, 0] {
        let report = migrator.seed(&seeds, SeedOptions::new(Scope::tenants()).once()).await.unwrap();
        assert_eq!(report.summary().applied, applied);
        assert_eq!(found_by_others(&pooler).await, before);
    }
    for script in [FleetScript::read_only, FleetScript::read_write] {
        let script = script("x", "SET lock_timeout = 99000; SELECT * FROM a").unwrap();
        let mut rows = 0;
        let read = |_: &multitenant_runtime::Target, answer| {
            rows += usize::from(matches!(answer, multitenant_runtime::FleetAnswer::Row(_)));
            std::ops::ControlFlow::Continue(())
        };
        migrator.ask(&script, Scope::tenants(), read).await.unwrap();
        assert_eq!((rows, found_by_others(&pooler).await), (5, before.clone()));
    }
}
