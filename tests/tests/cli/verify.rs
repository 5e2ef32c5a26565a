//! `verify`: all migrations up, down and up again, in a database that is gone afterwards.

use serde_json::Value;

use crate::project::{Answer, Project, answer};

const ORDERS: &str = "create table orders (id bigint generated always as identity primary key, note text);";

/// A project on a server on which it may make databases.
async fn project() -> Project {
    Project::with_tenants(&["a"]).await
}

fn verify(project: &Project, flags: &[&str]) -> Answer {
    project.run(&[&["verify", "--format", "json"], flags].concat())
}

fn codes(document: &Value) -> Vec<&str> {
    let findings = document["findings"].as_array().unwrap().iter();
    findings.map(|finding| finding["code"].as_str().unwrap()).collect()
}

/// The only finding.
#[track_caller]
fn only(document: &Value) -> (&str, &str, &str) {
    let [finding] = document["findings"].as_array().unwrap().as_slice() else { panic!("{document:#}") };
    let text = |field: &str| finding[field].as_str().unwrap_or_default();
    (text("code"), text("message"), text("file"))
}

/// No database of ours is left on the server, and nothing was done to the configured one.
async fn nothing_is_left(project: &Project) {
    // Those of other tests that run now have somebody who holds their lock.
    let left = "select count(*) from pg_database d where datname ~ '^multitenant_scratch_' and not exists (select from \
                pg_locks l where l.locktype = 'advisory' and l.objsubid = 1 \
                and (l.classid::bigint << 32) | l.objid::bigint = hashtextextended(datname::text, 0))";
    assert_eq!(project.count(left).await, 0);
    let tables = "select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace \
                  where n.nspname in ('public', 'tenant_a') and c.relkind = 'r'";
    assert_eq!(project.count(tables).await, 0);
}

#[tokio::test]
async fn what_leads_back_is_silent() {
    let project = project()
        .await
        .migration("shared/1_plans", "create table plans (id int primary key);")
        .down("shared/1_plans", "drop table plans;")
        .migration("tenant/1_orders", ORDERS)
        .down("tenant/1_orders", "drop table orders;")
        .migration(
            "tenant/2_plan",
            "alter table orders add plan_id int references public.plans; create index on orders (plan_id);",
        )
        .down("tenant/2_plan", "alter table orders drop plan_id;")
        .migration("tenant/3_count", "create domain count as int not null default 0; alter table orders add count count;")
        .down("tenant/3_count", "alter table orders drop count; drop domain count;")
        .file(
            "src/schema.rs",
            "diesel::table! { orders { id -> Int8, note -> Nullable<Text>, plan_id -> Nullable<Int4>, count -> Int4, } }",
        )
        .file("Cargo.toml", "[package]\nname = \"p\"\nversion = \"0.0.0\"\n");
    let document = verify(&project, &[]).code(0).json();
    assert_eq!(codes(&document), [] as [&str; 0], "{document:#}");
    assert_eq!((&document["shared"]["down_and_up"], &document["tenants"]["down_and_up"]), (&1.into(), &3.into()));
    assert_eq!((&document["tenants_equal"], &document["schema_code"]), (&true.into(), &1.into()));
    project.run(&["verify"]).code(0).says(&[
        "shared: 1 applied of 1 migration; 1 down and up again",
        "tenants: 3 applied of 3 migrations; 3 down and up again",
        "✓ the second tenant is equal to the first",
        "✓ 1 `table!` is what the migrations make",
        "nothing found",
    ]);
    nothing_is_left(&project).await;
}

#[tokio::test]
async fn a_way_back_that_leads_elsewhere_is_found() {
    let project = project()
        .await
        .migration("tenant/1_orders", ORDERS)
        .down("tenant/1_orders", "drop table orders;")
        .migration("tenant/2_total", "alter table orders add total int; create index total on orders (total);")
        .down("tenant/2_total", "drop index total;")
        .migration("tenant/3_more", "alter table orders add more int;")
        .down("tenant/3_more", "alter table orders drop more;");
    let document = verify(&project, &[]).code(1).json();
    assert_eq!(codes(&document), ["verify-down-not-inverse"], "{document:#}");
    let finding = &document["findings"][0];
    assert!(finding["message"].as_str().unwrap().contains("total"), "{finding:#}");
    assert_eq!(finding["file"], "migrations/tenant/2_total/down.sql");
    assert_eq!(document["tenants"]["up"], 3, "those after it are tried all the same");
    assert_eq!(document["tenants"]["down_and_up"], 2);
    nothing_is_left(&project).await;
}

#[tokio::test]
async fn a_shared_way_back_is_tried_too() {
    let project = project()
        .await
        .migration("shared/1_plans", "create table plans (id int primary key);")
        .down("shared/1_plans", "alter table plans rename to old_plans;")
        .migration("shared/2_more", "create table more (id int primary key);")
        .down("shared/2_more", "drop table more;")
        .migration("tenant/1_orders", ORDERS)
        .down("tenant/1_orders", "drop table orders;");
    let document = verify(&project, &[]).code(1).json();
    assert_eq!(codes(&document), ["verify-down-not-inverse"], "{document:#}");
    assert_eq!((&document["shared"]["up"], &document["tenants"]["down_and_up"]), (&2.into(), &1.into()));
}

#[tokio::test]
async fn an_up_that_works_once_is_found() {
    let project = project()
        .await
        // No object remembers it: a row in the shared schema does, which no way back takes away.
        .migration("shared/1_seen", "create table seen (what text primary key);")
        .migration("tenant/1_orders", "create table orders (id int); insert into public.seen select current_schema();")
        .down("tenant/1_orders", "drop table orders;");
    let document = verify(&project, &[]).code(1).json();
    let (code, message, file) = only(&document);
    assert_eq!((code, file), ("verify-up-again-fails", "migrations/tenant/1_orders/up.sql"));
    assert!(message.contains("23505"), "{message}");
}

#[tokio::test]
async fn what_cannot_be_applied_ends_its_tier() {
    let project = project()
        .await
        .migration("tenant/1_orders", ORDERS)
        .migration("tenant/2_broken", "select 1;\ncreate tabel x ();")
        .migration("tenant/3_more", "create table more ();");
    let document = verify(&project, &[]).code(1).json();
    let (code, message, file) = only(&document);
    assert_eq!((code, file), ("verify-up-fails", "migrations/tenant/2_broken/up.sql"));
    assert!(message.contains("42601"), "{message}");
    assert_eq!(document["findings"][0]["line"], 2);
    assert_eq!((&document["tenants"]["up"], &document["tenants"]["irreversible"]), (&1.into(), &1.into()));
    assert_eq!(document["tenants_equal"], Value::Null);
    nothing_is_left(&project).await;
}

#[tokio::test]
async fn a_way_back_that_fails_is_found_and_the_rest_is_tried() {
    let project = project()
        .await
        .migration("tenant/1_orders", ORDERS)
        .down("tenant/1_orders", "drop table ordres;")
        .migration("tenant/2_more", "create table more (id int primary key);")
        .down("tenant/2_more", "drop table more;");
    let document = verify(&project, &[]).code(1).json();
    let (code, message, file) = only(&document);
    assert_eq!((code, file), ("verify-down-fails", "migrations/tenant/1_orders/down.sql"));
    assert!(message.contains("42P01"), "{message}");
    assert_eq!((&document["tenants"]["up"], &document["tenants"]["down_and_up"]), (&2.into(), &1.into()));
}

#[tokio::test]
async fn the_second_tenant_is_compared_with_the_first() {
    // Found by no look at the migrations: what it makes depends on who was there before.
    let up = "create table public.seen (at timestamptz);\ncreate table orders (id int primary key);";
    let again = "do $$ begin if to_regclass('public.first') is null then create table public.first (); \
                 create table only_here (id int primary key); end if; end $$;";
    let project = project().await.migration("tenant/1_orders", "create table orders (id int primary key);");
    let project = project.migration("tenant/2_once", again);
    let document = verify(&project, &[]).code(1).json();
    let (code, message, _) = only(&document);
    assert_eq!(code, "verify-tenants-differ");
    assert!(message.contains("only_here"), "{message}");
    // What the second tenant cannot have at all.
    let project = self::project().await.migration("tenant/1_orders", up);
    let document = verify(&project, &[]).code(1).json();
    let (code, message, _) = only(&document);
    assert_eq!(code, "verify-second-tenant-fails");
    assert!(message.contains("42P07") && message.contains("1_orders/up.sql:1"), "{message}");
}

#[tokio::test]
async fn schema_code_is_compared_with_the_database() {
    let project = project()
        .await
        .migration(
            "tenant/1_orders",
            "create table orders (id bigint primary key, note text, at timestamptz not null);",
        )
        .file("Cargo.toml", "[package]\nname = \"p\"\nversion = \"0.0.0\"\n")
        .file("src/schema.rs", "diesel::table! { orders { id -> Int4, note -> Text, gone -> Text, } }\n");
    let document = verify(&project, &["--fail-on", "warn"]).code(1).json();
    let messages: Vec<&str> =
        document["findings"].as_array().unwrap().iter().map(|finding| finding["message"].as_str().unwrap()).collect();
    assert_eq!(codes(&document), ["verify-schema-code"; 4], "{document:#}");
    for column in ["orders.id", "orders.note", "orders.gone", "`at`"] {
        assert!(messages.iter().any(|message| message.contains(column)), "{column}: {messages:#?}");
    }
    assert_eq!(document["findings"][0]["file"], "src/schema.rs");
}

#[test]
fn without_any_database_a_throw_away_server_does() {
    let project = Project::on_disk().migration("tenant/1_orders", ORDERS).down("tenant/1_orders", "drop table orders;");
    project.run(&["verify"]).code(0).says(&["1 down and up again"]);
    project.run(&["verify", "--on", "server"]).code(3).complains(&["no database is configured"]);
    let mut command = project.command(&["verify", "--on", "embedded"]);
    command.env("DATABASE_URL", "postgres://127.0.0.1:1/nowhere");
    answer(command).code(0);
    let mut command = project.command(&["verify"]);
    command.env("DATABASE_URL", "postgres://127.0.0.1:1/nowhere");
    answer(command).code(20);
}

#[tokio::test]
async fn what_a_tenant_s_migration_does_to_the_shared_schema_is_undone_too() {
    let up = "create table orders (id int primary key); create index plans_name on public.plans (name);";
    let project = project()
        .await
        .migration("shared/1_plans", "create table plans (id int primary key, name text);")
        .migration("tenant/1_orders", up)
        .down("tenant/1_orders", "drop table orders;")
        .file(
            "migrations/tenant/1_orders/metadata.toml",
            "run_in_transaction = true\n[multitenant]\nallow_shared_locks = true\n",
        );
    let document = verify(&project, &[]).code(1).json();
    let findings = document["findings"].as_array().unwrap();
    assert_eq!(findings[0]["code"], "verify-shared-changed", "{document:#}");
    assert!(findings[0]["message"].as_str().unwrap().contains("plans_name"), "{document:#}");
    // And no second tenant can do it again.
    assert_eq!(findings[1]["code"], "verify-second-tenant-fails", "{document:#}");
}

#[tokio::test]
async fn a_label_that_stays_is_told_with_what_can_be_done() {
    let project = project()
        .await
        .migration("tenant/1_mood", "create type mood as enum ('sad');")
        .down("tenant/1_mood", "drop type mood;")
        .migration("tenant/2_ok", "alter type mood add value 'ok';")
        .down("tenant/2_ok", "select 1;");
    let document = verify(&project, &[]).code(1).json();
    let finding = &document["findings"][0];
    assert_eq!(finding["code"], "verify-down-not-inverse", "{document:#}");
    assert!(finding["help"].as_str().unwrap().contains("leave down.sql out"), "{finding:#}");
    // The past is as it is.
    let document = verify(&project, &["--from", "3"]).code(0).json();
    assert_eq!((&document["tenants"]["only_applied"], &document["tenants"]["up"]), (&2.into(), &2.into()));
    let project = project.migration("tenant/0_zoo", "create tabel zoo ();");
    let document = verify(&project, &["--from", "3"]).code(1).json();
    assert_eq!(only(&document).2, "migrations/tenant/0_zoo/up.sql", "{document:#}");
}

#[tokio::test]
async fn a_label_that_down_sql_says_to_leave_is_a_note() {
    let stays = "-- irreversible: PostgreSQL removes no label of an enum\nselect 1;";
    let project = project()
        .await
        .migration("tenant/1_mood", "create type mood as enum ('sad'); create table t (m mood);")
        .down("tenant/1_mood", "drop table t; drop type mood;")
        .migration("tenant/2_ok", "alter type mood add value if not exists 'it''s, ok' before 'sad';")
        .down("tenant/2_ok", stays)
        .migration("tenant/3_more", "create table more (id int);")
        .down("tenant/3_more", "drop table more;");
    let document = verify(&project, &[]).code(0).json();
    let (code, message, file) = only(&document);
    assert_eq!((code, file), ("verify-down-not-inverse", "migrations/tenant/2_ok/down.sql"));
    assert!(message.contains("it''s, ok"), "{message}");
    assert_eq!((&document["findings"][0]["level"], &document["summary"]["infos"]), (&"info".into(), &1.into()));
    assert_eq!((&document["tenants"]["down_and_up"], &document["tenants_equal"]), (&3.into(), &true.into()));
    verify(&project, &["--fail-on", "info"]).code(1);
    // What else is left is no label, whatever down.sql says; nor is an enum that was not there, or is another one.
    for (up, down) in [
        ("alter type mood add value if not exists 'b'; create table if not exists u (id int);", ""),
        ("create type new as enum ('a');", ""),
        ("create type b as enum ('b', 'a'); drop type a;", "drop type b; create type a as enum ('b', 'a');"),
        ("alter type a rename value 'a' to 'c';", ""),
    ] {
        let project = self::project()
            .await
            .migration("tenant/1_types", "create type mood as enum ('a'); create type a as enum ('a', 'b');")
            .down("tenant/1_types", "drop type mood; drop type a;")
            .migration("tenant/2_more", up)
            .down("tenant/2_more", &format!("{stays} {down}"));
        let document = verify(&project, &[]).code(1).json();
        assert_eq!(codes(&document), ["verify-down-not-inverse"], "{up}: {document:#}");
        assert_eq!(document["findings"][0]["level"], "error", "{up}: {document:#}");
    }
    // A label that cannot be added twice leads nowhere.
    let project = project.migration("tenant/2_ok", "alter type mood add value 'it''s, ok' before 'sad';");
    let document = verify(&project, &[]).code(1).json();
    assert_eq!(codes(&document), ["verify-down-not-inverse", "verify-up-again-fails"], "{document:#}");
}

#[test]
fn no_migrations_are_no_success() {
    let project = Project::on_disk().file("migrations/tenant/.gitkeep", "");
    let document = verify(&project, &[]).code(1).json();
    assert_eq!(only(&document).0, "verify-no-migrations");
}

#[cfg(unix)]
#[tokio::test]
async fn an_interrupt_leaves_no_database() {
    let project = project().await.migration("tenant/1_slow", "select pg_sleep(30);");
    let mut command = project.command(&["verify"]);
    let mut child = command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap();
    let sleeps = "select count(*) from pg_stat_activity where query like '%pg_sleep(30)%' \
                  and datname ~ '^multitenant_scratch_' and backend_type = 'client backend'";
    while project.count(sleeps).await == 0 {
        assert_eq!(child.try_wait().unwrap(), None, "it has ended before it began");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    nothing_is_left(&project).await;
}
