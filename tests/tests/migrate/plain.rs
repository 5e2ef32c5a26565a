//! Plain migrations, which nobody looks at afterwards, cannot change the shared schema either.

use multitenant_runtime::{Error, FailureClass, NewTenant, Scope};

use super::project::{Project, outcomes};

const SHARED: &str = "
    CREATE TABLE users (id int PRIMARY KEY, email text);
    CREATE TABLE base (id int);
    CREATE INDEX users_email ON users (email);";

/// Changes the shared schema when it is called, once there is a row in `armed`.
const CODE: &str = "
    CREATE TABLE public.armed (id int);
    CREATE FUNCTION tenant_a.change() RETURNS void LANGUAGE plpgsql AS
    'BEGIN IF EXISTS (SELECT FROM public.armed) THEN DELETE FROM public.armed; ALTER TABLE public.base ADD COLUMN x int; END IF; END';
    CREATE FUNCTION tenant_a.f(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
    'BEGIN PERFORM tenant_a.change(); RETURN $1; END';
    CREATE TABLE tenant_a.t (a int, b int, m int);
    INSERT INTO tenant_a.t VALUES (1, 1, 1), (2, 2, 2);";

/// Runs migrations of one tenant, each after the others, on what was made before; says whether the last is refused.
async fn refused(before: &str, migrations: &[&str]) -> Result<(), String> {
    let mut project = Project::new().await.shared("1_shared", SHARED);
    for (i, sql) in migrations.iter().enumerate() {
        project = project.tenant(&format!("{}_m", i + 1), &format!("{sql};"));
    }
    project.migrator().migrate(Scope::shared()).await.unwrap();
    project.sql(&format!("CREATE SCHEMA tenant_a; {before}")).await;
    let report = match project.migrator().migrate(Scope::all()).await {
        Err(Error::Incomplete(report)) => report,
        Ok(_) => return Err(format!("passed: {migrations:?} after {before}")),
        Err(error) => return Err(format!("{error}: {migrations:?}")),
    };
    let failure = report.targets[1].failure.as_ref().unwrap();
    let done = format!("tenant_a:failed after {}", migrations.len() - 1);
    let right = failure.class == FailureClass::SharedSchemaTouched && outcomes(&report)[1] == done;
    if right { Ok(()) } else { Err(format!("{failure}: {migrations:?}")) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_falls_through_the_path_is_refused() {
    for migrations in [
        &["ALTER TABLE users ADD COLUMN note text"][..],
        &["ALTER TABLE \"users\" RENAME TO people"],
        &["CREATE INDEX ON users (id, email)"],
        &["DROP INDEX users_email"],
        &["CREATE TABLE a (b int)", "CREATE TABLE c (d int)", "DROP TABLE base"],
        // Where there is nothing to be renamed, nothing has the new name.
        &["ALTER TABLE IF EXISTS customers RENAME TO users; ALTER TABLE users DROP COLUMN email"],
        // The index goes with its column.
        &[
            "CREATE TABLE u (a int)",
            "CREATE INDEX users_email ON u (a)",
            "ALTER TABLE u DROP COLUMN a; ALTER TABLE users_email RENAME TO mine",
        ],
        // After its own is gone.
        &["CREATE TABLE users (id int); DROP TABLE users; ALTER TABLE users ADD COLUMN note text"],
        &["CREATE TABLE users (id int); ALTER TABLE users RENAME TO u; ALTER TABLE users ADD COLUMN note text"],
        &["CREATE TABLE users (id int)", "ALTER TABLE users RENAME TO u", "ALTER TABLE users ADD COLUMN note text"],
        &[
            "CREATE TABLE u (a int); CREATE INDEX users_email ON u (a); ALTER TABLE u DROP COLUMN a; DROP INDEX users_email",
        ],
        &["CREATE TABLE u (a int); CREATE INDEX users_email ON u (a); DROP TABLE u; DROP INDEX users_email"],
    ] {
        refused("", migrations).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_the_tenants_own_passes_under_a_shared_name() {
    let project = Project::new().await.shared("1_shared", SHARED).tenant(
        "1_users",
        "CREATE TABLE users (id int); ALTER TABLE users ADD COLUMN note text; CREATE INDEX users_email ON users (note);",
    );
    let project = project.tenant("2_more", "ALTER TABLE users DROP COLUMN note; CREATE INDEX ON users (id);");
    project.migrator().migrate(Scope::shared()).await.unwrap();
    project.sql("CREATE SCHEMA tenant_a").await;
    project.migrator().migrate(Scope::all()).await.unwrap();
    assert_eq!(
        project
            .one("SELECT count(*)::text FROM pg_indexes WHERE schemaname = 'public' AND indexname = 'users_email'")
            .await,
        "1"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_hangs_on_a_tenants_table_is_not_changed_with_it() {
    for (before, migration) in [
        (
            "CREATE TABLE tenant_a.p (id int); CREATE TABLE public.heir () INHERITS (tenant_a.p)",
            "ALTER TABLE p ADD a int",
        ),
        (
            "CREATE TABLE tenant_a.p (id int) PARTITION BY LIST (id); \
             CREATE TABLE public.part PARTITION OF tenant_a.p FOR VALUES IN (1)",
            "DROP TABLE p",
        ),
        (
            "CREATE TABLE tenant_a.p (id int) PARTITION BY LIST (id); \
             CREATE TABLE public.part PARTITION OF tenant_a.p FOR VALUES IN (1)",
            "CREATE INDEX ON p (id)",
        ),
        (
            "CREATE TABLE tenant_a.p (a int, b int); CREATE STATISTICS public.st ON a, b FROM tenant_a.p",
            "ALTER TABLE p DROP COLUMN a",
        ),
    ] {
        refused(before, &[migration]).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn code_that_a_statement_runs_is_behind_the_wall_too() {
    const CLASS: &str = "
        CREATE TYPE tenant_a.odd AS (v int);
        CREATE FUNCTION tenant_a.less(tenant_a.odd, tenant_a.odd) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1.v < $2.v';
        CREATE FUNCTION tenant_a.compare(tenant_a.odd, tenant_a.odd) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
        'BEGIN PERFORM tenant_a.change(); RETURN $1.v - $2.v; END';
        CREATE OPERATOR tenant_a.<# (LEFTARG = tenant_a.odd, RIGHTARG = tenant_a.odd, FUNCTION = tenant_a.less);
        CREATE OPERATOR CLASS tenant_a.odd_ops DEFAULT FOR TYPE tenant_a.odd USING btree AS
        OPERATOR 1 tenant_a.<#, FUNCTION 1 tenant_a.compare(tenant_a.odd, tenant_a.odd);
        CREATE TABLE tenant_a.o (c tenant_a.odd); INSERT INTO tenant_a.o VALUES (ROW(1)), (ROW(2)), (ROW(0));";
    const ARM: &str = "INSERT INTO public.armed VALUES (1);";
    let arm = |before: &str| format!("{CODE} {before}; {ARM}");
    for (before, migrations) in [
        (arm(CLASS), &["CREATE INDEX ON o (c)"][..]),
        (arm("CREATE INDEX ON tenant_a.t (tenant_a.f(a))"), &["ALTER TABLE t ADD u uuid DEFAULT gen_random_uuid()"]),
        (arm("CREATE INDEX ON tenant_a.t (tenant_a.f(a))"), &["ALTER TABLE t ALTER COLUMN b TYPE bigint"]),
        (arm(""), &["CREATE INDEX ON t (f(a))"]),
        (arm(""), &["ALTER TABLE t ADD CHECK (f(a) > 0)"]),
        (
            arm("CREATE DOMAIN tenant_a.d AS text CHECK (tenant_a.f(1) = 1)"),
            &["CREATE TABLE n (a d[] DEFAULT '{x}')"],
        ),
        (
            arm("CREATE FUNCTION public.e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN PERFORM tenant_a.change(); END';
                 CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION public.e();"),
            &["CREATE TABLE n (a int)"],
        ),
        (
            CODE.to_owned(),
            &[
                "CREATE FUNCTION e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN PERFORM tenant_a.change(); END'; \
                 CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION e()",
                "INSERT INTO public.armed VALUES (1)",
                "CREATE TABLE n (a int)",
            ],
        ),
        (CODE.to_owned(), &[&format!("{CLASS} {ARM}")[..], "CREATE INDEX ON o (c)"]),
    ] {
        refused(&before, migrations).await.unwrap();
    }
}

/// A creation is one transaction, in which nothing was there before.
#[tokio::test(flavor = "multi_thread")]
async fn a_creation_is_refused_as_a_migration_is() {
    for migrations in [
        &["CREATE TABLE a (b int)", "ALTER TABLE users ADD COLUMN note text"][..],
        &["CREATE TABLE users (id int)", "DROP TABLE users", "ALTER TABLE users ADD COLUMN note text"],
        &["CREATE TABLE users (id int); ALTER TABLE users RENAME TO u", "CREATE INDEX ON users (id)"],
    ] {
        let mut project = Project::new().await.shared("1_shared", SHARED);
        for (i, sql) in migrations.iter().enumerate() {
            project = project.tenant(&format!("{}_m", i + 1), &format!("{sql};"));
        }
        let migrator = project.migrator();
        migrator.migrate(Scope::shared()).await.unwrap();
        let Err(Error::Incomplete(report)) = migrator.create_tenant(NewTenant::new("b").unwrap()).await else {
            panic!("passed: {migrations:?}")
        };
        let failure = report.targets[0].failure.as_ref().unwrap();
        assert_eq!(failure.class, FailureClass::SharedSchemaTouched, "{failure}");
        assert_eq!(failure.migration.as_deref(), Some(migrations.len().to_string().as_str()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_trigger_is_noticed_by_a_creation() {
    let project = Project::new().await.shared("1_shared", SHARED).tenant("1_a", "CREATE TABLE a (b int);");
    let migrator = project.migrator();
    migrator.migrate(Scope::shared()).await.unwrap();
    migrator.create_tenant(NewTenant::new("b").unwrap()).await.unwrap();
    project
        .sql(
            "CREATE FUNCTION public.e() RETURNS event_trigger LANGUAGE plpgsql AS
             'BEGIN IF current_schema() = ''tenant_c'' THEN ALTER TABLE public.base ADD COLUMN IF NOT EXISTS x int; END IF; END';
             CREATE EVENT TRIGGER e ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION public.e()",
        )
        .await;
    let Err(Error::Incomplete(report)) = migrator.create_tenant(NewTenant::new("c").unwrap()).await else {
        panic!("passed")
    };
    assert_eq!(report.targets[0].failure.as_ref().unwrap().class, FailureClass::SharedSchemaTouched);
}

/// Whoever waits for a lock looks the name up once more when it is there: by then it may mean the shared table.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_changes_its_meaning_while_it_is_waited_for_is_refused() {
    for (migration, column) in [
        ("ALTER TABLE users DROP COLUMN email", "email"),
        ("DROP TABLE users", "id"),
        ("ALTER TABLE users ADD x int", "id"),
    ] {
        let project = Project::new().await.shared("1_shared", SHARED).tenant("1_m", &format!("{migration};"));
        project.migrator().migrate(Scope::shared()).await.unwrap();
        project.sql("CREATE SCHEMA tenant_a; CREATE TABLE tenant_a.users (id int, email text)").await;
        // Somebody who does not take our lock drops the tenant's table, and takes his time.
        let other = project.client().await;
        other.batch_execute("BEGIN; DROP TABLE tenant_a.users").await.unwrap();
        let migrator = project.builder().lock_timeout(std::time::Duration::from_secs(30)).build().unwrap();
        let run = tokio::spawn(async move { migrator.migrate(Scope::all()).await });
        let waits = "SELECT count(*) > 0 FROM pg_locks l JOIN pg_database d ON d.oid = l.database \
                     WHERE d.datname = current_database() AND NOT granted";
        let client = project.client().await;
        while !client.query_one(waits, &[]).await.unwrap().get::<_, bool>(0) {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        other.batch_execute("COMMIT").await.unwrap();
        let Err(Error::Incomplete(report)) = run.await.unwrap() else { panic!("passed: {migration}") };
        let failure = report.targets[1].failure.as_ref().unwrap();
        assert_eq!(failure.class, FailureClass::SharedSchemaTouched, "{migration}: {failure}");
        let kept = format!(
            "SELECT count(*)::text FROM information_schema.columns WHERE table_schema = 'public' AND table_name = 'users' AND column_name = '{column}'"
        );
        assert_eq!(project.one(&kept).await, "1", "{migration}");
    }
}
