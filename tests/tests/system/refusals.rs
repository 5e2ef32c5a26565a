//! Servers and roles that refuse: said clearly, with what to do. And what a migration leaves on its connection.

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};

use multitenant_runtime::embedded::ProjectServer;
use multitenant_runtime::{Error, Failure, FailureClass, NewTenant, Scope};

use super::fleet::{Fleet, with_parameter};

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_is_said_to_be_one() {
    let folder = tempfile::Builder::new().prefix("mt").tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let server = ProjectServer::new(folder.path().join("pg"));
    let url = server.start().unwrap();
    let fleet = Fleet::on(&url).tenant("1_a", "CREATE TABLE a (id int);");
    fleet.schemas(2, "").await;
    fleet.migrator().migrate(Scope::all()).await.unwrap();
    let data = fleet.one("SELECT current_setting('data_directory')").await;
    server.stop().unwrap();
    let signal = format!("{data}/standby.signal");
    std::fs::write(&signal, "").unwrap();
    let owner = std::fs::metadata(&data).unwrap();
    chown(&signal, Some(owner.uid()), Some(owner.gid())).unwrap();
    let fleet = Fleet::on(server.start().unwrap()).tenant("1_a", "CREATE TABLE a (id int);");
    // To look, and to find that nothing is to be done, it is good enough.
    assert_eq!(fleet.migrator().plan(Scope::all()).await.unwrap().summary().up_to_date, 2);
    assert_eq!(fleet.migrator().migrate(Scope::all()).await.unwrap().summary().up_to_date, 2);
    let fleet = fleet.tenant("2_b", "CREATE TABLE b (id int);");
    for error in [
        fleet.migrator().migrate(Scope::all()).await.err().unwrap(),
        fleet.migrator().create_tenant(NewTenant::new("new").unwrap()).await.err().unwrap(),
    ] {
        let failure = match &error {
            Error::Database(failure) => failure,
            Error::Incomplete(report) => report.targets[0].failure.as_ref().unwrap(),
            other => panic!("{other}"),
        };
        assert_eq!(failure.class, FailureClass::Permanent, "{failure:?}");
        assert!(failure.message.contains("standby"), "{failure:?}");
        assert!(failure.hint.as_deref().unwrap().contains("target_session_attrs=read-write"), "{failure:?}");
    }
    server.stop().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_right_is_said_with_what_to_do() {
    let fleet = Fleet::new().await.tenant("1_note", "ALTER TABLE a ADD COLUMN note text;");
    fleet.schemas(3, "CREATE TABLE a (id int)").await;
    let role = format!("weak_{}", fleet.one("SELECT current_database()::text").await);
    // No USAGE; no CREATE, so no history table; not the owner of the table.
    fleet
        .sql(&format!(
            "CREATE ROLE {role}; GRANT USAGE ON SCHEMA tenant_1 TO {role}; GRANT ALL ON SCHEMA tenant_2 TO {role}"
        ))
        .await;
    let url = with_parameter(fleet.url(), &format!("options=-crole%3D{role}"));
    let migrator = fleet.builder().database_url(&url).build().unwrap();
    let Err(Error::Incomplete(report)) = migrator.migrate(Scope::all()).await else { panic!("refused") };
    assert_eq!(report.summary().failed, 3);
    let failures: Vec<&Failure> = report.targets.iter().map(|target| target.failure.as_ref().unwrap()).collect();
    assert!(failures[0].hint.as_deref().unwrap_or_default().contains("USAGE"), "{:?}", failures[0]);
    for failure in &failures[1..] {
        assert_eq!(failure.sqlstate.as_deref(), Some("42501"), "{failure:?}");
        assert_eq!(failure.class, FailureClass::Permanent, "{failure:?}");
        assert!(failure.hint.as_deref().unwrap_or_default().contains("migrate_url"), "{failure:?}");
    }
    assert!(failures[1].message.contains("permission denied for schema tenant_1"), "{:?}", failures[1]);
    assert!(failures[2].message.contains("must be owner"), "{:?}", failures[2]);
    let created = migrator.create_tenant(NewTenant::new("new").unwrap()).await;
    let Err(Error::Incomplete(report)) = created else { panic!("no CREATE on the database: {created:?}") };
    let failure = report.targets[0].failure.as_ref().unwrap();
    assert!(failure.message.contains("permission denied for database"), "{failure:?}");
    assert!(failure.hint.as_deref().unwrap_or_default().contains("migrate_url"), "{failure:?}");
    fleet.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
}

/// What a session may have that the next migration on it must not find.
const SEEN: &str = "CREATE TABLE seen AS SELECT current_user = session_user AS same_role, \
    current_setting('search_path') LIKE '%' || current_schema() || '%' AS path, \
    current_setting('statement_timeout') || current_setting('work_mem') AS settings, \
    (SELECT count(*) FROM pg_listening_channels()) AS channels, \
    (SELECT count(*) FROM pg_prepared_statements WHERE name = 'left_over') AS prepared, \
    (SELECT count(*) FROM pg_cursors WHERE name = 'left_over') AS cursors, \
    to_regclass('pg_temp.left_over')::text AS temporary, \
    (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711) AS locks;";

#[tokio::test(flavor = "multi_thread")]
async fn what_a_migration_leaves_behind_reaches_no_other_tenant() {
    let role = format!("left_over_{}", std::process::id());
    let left = format!(
        "SELECT set_config('search_path', '', false); SET ROLE {role}; SET statement_timeout = '7s'; SET work_mem = '7MB';
         SET default_transaction_read_only = off; LISTEN left_over; PREPARE left_over AS SELECT 1;
         SELECT pg_advisory_lock(4711); CREATE TEMP TABLE left_over ();
         DECLARE left_over CURSOR WITH HOLD FOR SELECT 1;"
    );
    for outside in [false, true] {
        let fleet = Fleet::new().await.tenant("1_seen", SEEN);
        let fleet = if outside { fleet.tenant_outside("2_left", &left) } else { fleet.tenant("2_left", &left) }
            .tenant("3_more", &SEEN.replace("TABLE seen", "TABLE more"));
        fleet.schemas(4, "").await;
        fleet.sql(&format!("CREATE ROLE {role} SUPERUSER")).await;
        let report = fleet.builder().jobs(1).build().unwrap().migrate(Scope::all()).await;
        let report = report.unwrap_or_else(|error| panic!("outside: {outside}: {error}"));
        assert_eq!(report.summary().applied, 4);
        let mut found = Vec::new();
        for (i, table) in (0..4).flat_map(|i| [(i, "seen"), (i, "more")]) {
            found.push(fleet.one(&format!("SELECT to_jsonb(s)::text FROM tenant_{i}.{table} s")).await);
        }
        assert!(found[0].contains(r#""same_role": true"#) && found[0].contains(r#""path": true"#), "{}", found[0]);
        assert!(found.iter().all(|seen| *seen == found[0]), "outside: {outside}: {found:#?}");
        fleet.sql(&format!("DROP ROLE {role}")).await;
        super::leftovers::assert_none(&fleet).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_and_a_new_release_take_turns() {
    let first = "CREATE TABLE counter (version text); INSERT INTO counter VALUES ('1');";
    let old = Fleet::new().await.tenant("1_a", first);
    let new = Fleet::on(old.url()).tenant("1_a", first).tenant("2_b", "INSERT INTO counter VALUES ('2');");
    for (i, fleet) in [&old, &new, &old, &new, &new, &old].into_iter().enumerate() {
        fleet.sql(&format!("CREATE SCHEMA tenant_{i}")).await;
        let report = fleet.migrator().migrate(Scope::all()).await.unwrap_or_else(|error| panic!("{i}: {error}"));
        assert_eq!(report.targets.len(), i + 1);
        // An old release is content with what a newer one has done.
        let ahead = report.targets.iter().filter(|target| !target.unknown.is_empty()).count();
        assert_eq!(ahead > 0, i == 2 || i == 5, "{i}: {ahead}");
    }
    new.migrator().migrate(Scope::all()).await.unwrap();
    for i in 0..6 {
        let counted = format!("SELECT string_agg(version, ' ' ORDER BY version) FROM tenant_{i}.counter");
        assert_eq!(new.one(&counted).await, "1 2", "tenant_{i}");
    }
}
