//! A tenant that is created with its seeds: all or nothing, in one transaction or in steps.

use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use multitenant_runtime::{
    Error, Failure, FailureClass, FunctionResult, NewTenant, Outcome, Scope, SeedOptions, SeedSet, Snapshots,
    TargetReport,
};

use super::project::{Project, outcomes};
use super::snapshot::created_from_snapshot;

/// How a tenant is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// In one transaction.
    AtOnce,
    /// In steps: a migration runs outside of a transaction.
    InSteps,
}

const WAYS: [Way; 2] = [Way::AtOnce, Way::InSteps];

async fn shop(way: Way, seeds: &[(&str, &str)]) -> Project {
    let project = Project::new()
        .await
        .tenants_in_table()
        .shared("1_tenants", "CREATE TABLE tenants (id text PRIMARY KEY); CREATE TABLE plans (id int PRIMARY KEY);")
        .tenant("1_users", "CREATE TABLE users (id int PRIMARY KEY, name text);");
    let project = match way {
        Way::AtOnce => project,
        Way::InSteps => project
            .tenant("2_index", "CREATE INDEX CONCURRENTLY users_name ON users (name);")
            .metadata("2_index", "run_in_transaction = false"),
    };
    project.migrator().migrate(Scope::shared()).await.unwrap();
    for (file, sql) in seeds {
        let file = project.path("seeds/tenant").join(file);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, sql).unwrap();
    }
    project
}

/// The path is the tenant's, and the registry has it already, as it has when `seed` runs.
const FIRST: (&str, &str) = (
    "01_first.sql",
    "INSERT INTO users SELECT 1, id || ' in ' || current_schema() FROM tenants; INSERT INTO plans VALUES (1);",
);
const SECOND: (&str, &str) = ("03_second.sql", "INSERT INTO users SELECT max(id) + 1, 'last' FROM users");

fn files(project: &Project) -> SeedSet {
    SeedSet::from_folder(&project.path("seeds")).unwrap()
}

async fn create(project: &Project, tenant: NewTenant) -> Result<TargetReport, Failure> {
    match project.migrator().create_tenant(tenant).await {
        Ok(report) => Ok(report),
        Err(Error::Incomplete(mut report)) => Err(report.targets.remove(0).failure.unwrap()),
        Err(error) => panic!("{error}"),
    }
}

fn acme(seeds: &SeedSet) -> NewTenant {
    NewTenant::new("acme").unwrap().seeded(seeds)
}

const USERS: &str = "SELECT string_agg(name, ', ' ORDER BY id) FROM tenant_acme.users";

/// Schemas, rows of the registry, roles, and what a seed has put into the shared schema.
async fn assert_nothing(project: &Project) {
    let left = "SELECT concat_ws(' ', (SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'tenant%'), \
                (SELECT count(*) FROM tenants), (SELECT count(*) FROM plans), \
                (SELECT count(*) FROM pg_roles WHERE starts_with(rolname::text, current_database() || '_tenant')))";
    assert_eq!(project.one(left).await, "0 0 0 0");
}

async fn run(conn: &mut AsyncPgConnection, sql: &str) -> FunctionResult {
    Ok(conn.batch_execute(sql).await?)
}

async fn from_rust(conn: &mut AsyncPgConnection) -> FunctionResult {
    run(conn, "INSERT INTO users VALUES (2, 'Rust in ' || current_schema())").await
}

#[tokio::test(flavor = "multi_thread")]
async fn seeds_are_a_part_of_the_creation_and_recorded() {
    for way in WAYS {
        for roles in [false, true] {
            let mut project =
                shop(way, &[FIRST, SECOND, ("dev/01_more.sql", "INSERT INTO users VALUES (9, 'dev')")]).await;
            project.settings.role_per_tenant = roles;
            let seeds = files(&project);
            let report = create(&project, acme(&seeds)).await.unwrap();
            assert_eq!(report.applied.len(), if way == Way::InSteps { 2 } else { 1 });
            let seeded: Vec<&str> = report.seeded.iter().map(multitenant_runtime::Version::as_str).collect();
            assert_eq!(seeded, ["01_first.sql", "03_second.sql"], "{way:?}");
            assert_eq!(project.one(USERS).await, "acme in tenant_acme, last", "{way:?}");
            // Recorded, so that they are not done again; that of an environment was not asked for.
            let once = SeedOptions::new(Scope::tenants()).once();
            let again = project.migrator().seed(&seeds, once.clone().environment("dev")).await.unwrap();
            assert_eq!(outcomes(&again), ["tenant_acme:applied 1"]);
            let again = project.migrator().seed(&seeds, once).await.unwrap();
            assert_eq!(outcomes(&again), ["tenant_acme:up to date"]);
            assert_eq!(project.one(USERS).await, "acme in tenant_acme, last, dev");
            // Nothing is left of its making, and nobody but who migrates writes to the record.
            let marks = "SELECT count(*)::text FROM pg_description WHERE objoid = 'tenant_acme'::regnamespace";
            assert_eq!(project.one(marks).await, "0");
            let others = "SELECT count(*)::text FROM pg_roles WHERE starts_with(rolname::text, current_database() || '_tenant') \
                          AND has_table_privilege(rolname, 'tenant_acme.__multitenant_seeds', 'SELECT, INSERT, DELETE')";
            assert_eq!(project.one(others).await, "0", "{way:?}");
            assert_eq!(project.migrator().migrate(Scope::all()).await.unwrap().summary().up_to_date, 2);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn those_of_an_environment_come_with_it_and_none_without_migrations() {
    let project = shop(Way::AtOnce, &[FIRST, ("dev/01_more.sql", "INSERT INTO users VALUES (9, 'dev')")]).await;
    let seeds = files(&project);
    let unknown = project.migrator().create_tenant(acme(&seeds).environment("nowhere")).await;
    assert!(matches!(unknown, Err(Error::UnknownEnvironment(_))), "{unknown:?}");
    assert_nothing(&project).await;
    create(&project, acme(&seeds).environment("dev")).await.unwrap();
    assert_eq!(project.one(USERS).await, "acme in tenant_acme, dev");
    let report = create(&project, NewTenant::new("bare").unwrap().seeded(&seeds).without_migrations()).await.unwrap();
    assert!(report.seeded.is_empty());
    // No table of ours where there is nothing to record.
    create(&project, NewTenant::new("plain").unwrap().seeded(&SeedSet::default())).await.unwrap();
    assert_eq!(project.one("SELECT count(*)::text FROM pg_class WHERE relname = '__multitenant_seeds'").await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_fails_leaves_nothing_and_has_its_place() {
    for way in WAYS {
        for (sql, code, line) in [
            ("SELECT 1;\nINSERT INTO users VALUES (1, 'again');", Some("23505"), Some(2)),
            ("SELECT *\n  FROM no_such_table", Some("42P01"), Some(2)),
            // The tenant's own table has no such column, and the shared schema's is not the tenant's to change.
            ("SELECT 1;\nALTER TABLE plans ADD COLUMN price int", None, None),
            ("SELECT 1;\nALTER SCHEMA tenant_acme RENAME TO other", None, None),
        ] {
            let mut project = shop(way, &[FIRST, ("02_bad.sql", sql)]).await;
            project.settings.role_per_tenant = true;
            let failure = create(&project, acme(&files(&project))).await.unwrap_err();
            assert_eq!(failure.sqlstate.as_deref(), code, "{way:?} {failure}");
            assert_eq!((failure.line, &failure.migration), (line, &None), "{way:?} {failure}");
            assert!(failure.file.as_deref().is_some_and(|file| file.ends_with("seeds/tenant/02_bad.sql")), "{failure}");
            assert_nothing(&project).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn none_takes_the_tenant_out_of_the_registry() {
    const GONE: &str = "DELETE FROM public.tenants WHERE id = 'acme'";
    async fn deletes(conn: &mut AsyncPgConnection) -> FunctionResult {
        run(conn, GONE).await
    }
    for way in WAYS {
        let project = shop(way, &[FIRST]).await;
        let file = project.path("seeds/tenant/02_bad.sql");
        let refused = async |tenant: NewTenant, place: &str| {
            let failure = create(&project, tenant).await.unwrap_err();
            assert!(failure.message.contains("out of the registry"), "{way:?} {failure}");
            assert!(failure.file.as_deref().is_some_and(|file| file.ends_with(place)), "{way:?} {failure}");
            assert_nothing(&project).await;
        };
        for sql in [GONE, "UPDATE public.tenants SET id = 'renamed' WHERE id = 'acme'", "DELETE FROM public.tenants"] {
            std::fs::write(&file, sql).unwrap();
            refused(acme(&files(&project)), "02_bad.sql").await;
        }
        let registered = acme(&files(&project)).registered_by("INSERT INTO tenants VALUES ('acme')");
        refused(registered, "02_bad.sql").await;
        std::fs::remove_file(&file).unwrap();
        refused(acme(&files(&project).with_tenant("02_f", deletes)), "02_f").await;
        // What it has not itself taken out is not its doing: the registry shows it later.
        let later = acme(&files(&project)).registered_by("SELECT 1");
        create(&project, later).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn none_drops_another_tenant_s_schema() {
    async fn drops(conn: &mut AsyncPgConnection) -> FunctionResult {
        run(conn, "DROP SCHEMA tenant_b CASCADE").await
    }
    for way in WAYS {
        let project = shop(way, &[("01.sql", "INSERT INTO users VALUES (1)")]).await;
        create(&project, NewTenant::new("b").unwrap()).await.unwrap();
        let function = files(&project).with_tenant("02_bad", drops);
        let block = "DO $$ BEGIN DROP SCHEMA tenant_b CASCADE; EXCEPTION WHEN division_by_zero THEN NULL; END $$";
        std::fs::write(project.path("seeds/tenant/02_bad.sql"), block).unwrap();
        for seeds in [files(&project), function] {
            let failure = create(&project, acme(&seeds)).await.unwrap_err();
            assert!(failure.message.contains("drops a schema"), "{way:?} {failure}");
            assert!(failure.file.as_deref().is_some_and(|file| file.contains("02_bad")), "{way:?} {failure}");
            let left = "SELECT concat_ws(' ', (SELECT string_agg(id, ',') FROM tenants), (SELECT count(*) FROM tenant_b.users), \
                        (SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'tenant%'))";
            assert_eq!(project.one(left).await, "b 0 1", "{way:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_tenant_s_failure_is_its_own() {
    let bad = ("02_bad.sql", "SELECT 1 / (current_schema() <> 'tenant_b')::int");
    let project = shop(Way::AtOnce, &[("01.sql", "INSERT INTO users VALUES (1)"), bad]).await;
    let seeds = files(&project);
    let tenants = ["a", "b", "c"].map(|id| NewTenant::new(id).unwrap().seeded(&seeds)).to_vec();
    let Err(Error::Incomplete(report)) = project.migrator().create_tenants(tenants).await else { panic!("b fails") };
    let outcomes: Vec<Outcome> = report.targets.iter().map(|target| target.outcome).collect();
    assert_eq!(outcomes, [Outcome::Applied, Outcome::Failed, Outcome::Applied]);
    assert!(report.targets[1].seeded.is_empty());
    assert_eq!(project.one("SELECT string_agg(id, ',' ORDER BY id) FROM tenants").await, "a,c");
    assert_eq!(project.one("SELECT count(*)::text FROM pg_namespace WHERE nspname LIKE 'tenant%'").await, "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_has_its_place_among_the_files() {
    for way in WAYS {
        for roles in [false, true] {
            let mut project = shop(way, &[FIRST, SECOND]).await;
            project.settings.role_per_tenant = roles;
            let seeds = files(&project).with_tenant("02_function", from_rust);
            let report = create(&project, acme(&seeds)).await.unwrap();
            assert_eq!((report.applied.len(), report.seeded.len()), (if way == Way::InSteps { 2 } else { 1 }, 3));
            assert_eq!(project.one(USERS).await, "acme in tenant_acme, Rust in tenant_acme, last");
            let again = project.migrator().seed(&seeds, SeedOptions::new(Scope::tenants()).once()).await.unwrap();
            assert_eq!(outcomes(&again), ["tenant_acme:up to date"]);
            assert_eq!(project.migrator().migrate(Scope::all()).await.unwrap().summary().up_to_date, 2);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_fails_leaves_nothing() {
    async fn fails(conn: &mut AsyncPgConnection) -> FunctionResult {
        run(conn, "INSERT INTO users VALUES (2)").await?;
        Err("not today".into())
    }
    async fn fails_there(conn: &mut AsyncPgConnection) -> FunctionResult {
        run(conn, "INSERT INTO users VALUES (1)").await
    }
    async fn touches(conn: &mut AsyncPgConnection) -> FunctionResult {
        run(conn, "ALTER TABLE plans ADD COLUMN price int").await
    }
    async fn panics(_: &mut AsyncPgConnection) -> FunctionResult {
        panic!("at once")
    }
    let mut project = shop(Way::AtOnce, &[FIRST, SECOND]).await;
    project.settings.role_per_tenant = true;
    let attempt = async |seeds: SeedSet| {
        let failure = create(&project, acme(&seeds)).await.unwrap_err();
        assert_nothing(&project).await;
        failure
    };
    let files = || files(&project);
    let failure = attempt(files().with_tenant("02_f", fails)).await;
    assert_eq!(failure.to_string(), "the function failed: not today (02_f)");
    let failure = attempt(files().with_tenant("02_f", fails_there)).await;
    assert_eq!((failure.sqlstate.as_deref(), failure.file.as_deref()), (Some("23505"), Some("02_f")));
    let failure = attempt(files().with_tenant("02_f", touches)).await;
    assert_eq!(failure.class, FailureClass::SharedSchemaTouched, "{failure}");
    assert!(attempt(files().with_tenant("02_f", panics)).await.message.contains("at once"));
    // A file beside a function, and the registry's row beside both.
    std::fs::write(project.path("seeds/tenant/04.sql"), "SELECT 1;\n SELECT 1 / 0;").unwrap();
    let failure = attempt(files().with_tenant("02_f", from_rust)).await;
    assert!(failure.to_string().ends_with("seeds/tenant/04.sql:2:2)"), "{failure}");
    std::fs::remove_file(project.path("seeds/tenant/04.sql")).unwrap();
    let tenant = acme(&files().with_tenant("02_f", from_rust)).registered_by("INSERT INTO tenants VALUES (NULL)");
    let failure = create(&project, tenant).await.unwrap_err();
    assert_eq!((failure.sqlstate.as_deref(), failure.file), (Some("23502"), None));
    assert_nothing(&project).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seed_commits_nothing_of_the_creation() {
    async fn commits(conn: &mut AsyncPgConnection) -> FunctionResult {
        run(conn, "INSERT INTO users VALUES (2); COMMIT").await
    }
    async fn rolls_back(conn: &mut AsyncPgConnection) -> FunctionResult {
        run(conn, "ROLLBACK").await
    }
    let project = shop(Way::AtOnce, &[("01.sql", "INSERT INTO users VALUES (1)")]).await;
    // In a file it is refused before there is a set, and by a procedure the server refuses it.
    std::fs::write(project.path("seeds/tenant/02.sql"), "INSERT INTO users VALUES (2);\nCOMMIT;").unwrap();
    let refused = SeedSet::from_folder(&project.path("seeds")).unwrap_err().to_string();
    assert!(refused.contains("02.sql:2:1: `COMMIT` cannot be used in a seed"), "{refused}");
    std::fs::write(project.path("seeds/tenant/02.sql"), "DO $$ BEGIN COMMIT; END $$").unwrap();
    let failure = create(&project, acme(&files(&project))).await.unwrap_err();
    assert_eq!(failure.sqlstate.as_deref(), Some("2D000"), "{failure}");
    assert_nothing(&project).await;
    std::fs::remove_file(project.path("seeds/tenant/02.sql")).unwrap();
    for (function, says) in [
        (files(&project).with_tenant("02_f", rolls_back), "the function ended the transaction"),
        (files(&project).with_tenant("02_f", commits), "\"a seed must not commit\""),
    ] {
        let failure = create(&project, acme(&function)).await.unwrap_err();
        assert!(failure.message.contains(says) && failure.file.as_deref() == Some("02_f"), "{failure:?}");
        // The row in the registry neither, which is there by then.
        assert_nothing(&project).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_migration_sets_or_opens_is_not_the_seeds() {
    let project = shop(Way::AtOnce, &[("01.sql", "INSERT INTO users SELECT 1, current_setting('datestyle')")])
        .await
        .tenant("3_open", "ALTER TABLE plans ADD COLUMN IF NOT EXISTS price int; SET datestyle = german;")
        .metadata("3_open", "run_in_transaction = true\n[multitenant]\nallow_shared_locks = true");
    create(&project, acme(&files(&project))).await.unwrap();
    assert_eq!(project.one(USERS).await, project.one("SELECT current_setting('datestyle')").await);
    // And a seed that takes on somebody else does not record as such, nor does what follows it.
    std::fs::write(project.path("seeds/tenant/01.sql"), "SET ROLE pg_monitor").unwrap();
    create(&project, NewTenant::new("b").unwrap().seeded(&files(&project))).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_is_seeded_too() {
    let project = shop(Way::AtOnce, &[FIRST]).await;
    project.migrator().make_snapshot().await.unwrap();
    let seeds = files(&project);
    assert!(created_from_snapshot(project.builder().snapshots(Snapshots::Use), acme(&seeds)).await);
    assert_eq!(project.one(USERS).await, "acme in tenant_acme");
    let again = project.migrator().seed(&seeds, SeedOptions::new(Scope::tenants()).once()).await.unwrap();
    assert_eq!(outcomes(&again), ["tenant_acme:up to date"]);
    let failure = create(&project, NewTenant::new("b").unwrap().seeded(&seeds)).await.unwrap_err();
    assert_eq!(failure.sqlstate.as_deref(), Some("23505"), "{failure}");
    assert!(failure.file.is_some_and(|file| file.ends_with("01_first.sql")));
    assert_eq!(project.one("SELECT count(*)::text FROM tenants").await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_that_wants_a_commit_before_a_seed_gets_one() {
    let project = shop(Way::AtOnce, &[("01.sql", "INSERT INTO users VALUES (1, 'new'::mood::text)")])
        .await
        .tenant("2_mood", "CREATE TYPE mood AS ENUM ('old');")
        .tenant("3_mood", "ALTER TYPE mood ADD VALUE 'new';");
    create(&project, acme(&files(&project))).await.unwrap();
    assert_eq!(project.one(USERS).await, "new");
}
