//! One tenant of many fails: the others are done, and the report says where and why, as text and as JSON.

use multitenant_runtime::{Error, Outcome, Scope};

use super::command_line;
use super::environment::size;
use super::fleet::Fleet;

#[tokio::test(flavor = "multi_thread")]
async fn the_others_are_done() {
    let n = size(60, 300);
    let fleet = Fleet::new()
        .await
        .tenant("1_users", "CREATE TABLE users (id int PRIMARY KEY);")
        .tenant("2_orders", "-- é\nCREATE TABLE lines (id int);\n\n  CREATE TABLE orders (id int);")
        .tenant("3_more", "CREATE TABLE more (id int);");
    fleet.schemas(n, "").await;
    fleet.sql("CREATE TABLE tenant_17.orders ()").await;
    let Err(error) = fleet.migrator().migrate(Scope::all()).await else { panic!("one fails") };
    let text = error.to_string();
    let expected = format!("{} of {n} schemas are migrated, 1 failed, 0 were left alone, 0 not tried", n - 1);
    assert!(text.starts_with(&expected), "{text}");
    assert!(text.contains("tenant_17: 42P07 relation \"orders\" already exists"), "{text}");
    assert!(text.contains("tenant/2_orders/up.sql:4:3"), "{text}");
    let Error::Incomplete(report) = error else { panic!("{error}") };
    assert_eq!(report.targets.len(), n);
    for target in &report.targets {
        let seventeen = target.target.schema().as_str() == "tenant_17";
        assert_eq!(target.outcome, if seventeen { Outcome::Failed } else { Outcome::Applied }, "{}", target.target);
        assert_eq!(target.applied.len(), if seventeen { 1 } else { 3 }, "{}", target.target);
    }
    let failure = report.incomplete().next().and_then(|target| target.failure.as_ref()).unwrap();
    let json = serde_json::to_value(failure).unwrap();
    assert_eq!(json["class"], "permanent");
    assert_eq!(json["sqlstate"], "42P07");
    assert_eq!(json["migration"], "2");
    assert!(json["file"].as_str().unwrap().ends_with("tenant/2_orders/up.sql"));
    assert_eq!((&json["line"], &json["column"]), (&4.into(), &3.into()));
    assert_eq!(json["message"], "relation \"orders\" already exists");
    for key in ["detail", "hint"] {
        assert!(json.as_object().unwrap().contains_key(key), "{key} is there, if only as null");
    }
    let tables =
        "SELECT count(*)::text FROM pg_tables WHERE schemaname = 'tenant_17' AND tablename IN ('lines', 'more')";
    assert_eq!(fleet.one(tables).await, "0", "what failed left nothing");

    // Mended, the next run does just that.
    fleet.sql("DROP TABLE tenant_17.orders").await;
    let report = fleet.migrator().migrate(Scope::all()).await.unwrap();
    assert_eq!((report.summary().applied, report.summary().up_to_date), (1, n - 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_says_so_with_exit_code_10() {
    let n = size(60, 300);
    let fleet = Fleet::new()
        .await
        .tenant("1_users", "CREATE TABLE users (id int PRIMARY KEY);")
        .tenant("2_orders", "CREATE TABLE lines (id int);\n\n  CREATE TABLE orders (id int);");
    fleet.schemas(n, "").await;
    fleet.sql("CREATE TABLE tenant_17.orders ()").await;
    let migrations = fleet.folder().join("tenant");
    let answer = command_line::run(&migrations, fleet.url(), &["migrate", "--format", "json"]);
    assert_eq!(answer.code, Some(10), "{answer:?}");
    let json: serde_json::Value = serde_json::from_str(&answer.stdout).unwrap();
    let summary = &json["summary"];
    assert_eq!((&summary["applied"], &summary["failed"]), (&(n - 1).into(), &1.into()), "{summary}");
    let targets = json["targets"].as_array().unwrap();
    assert_eq!(targets.len(), n);
    let failed: Vec<_> = targets.iter().filter(|target| target["outcome"] == "failed").collect();
    let [failed] = failed[..] else { panic!("{failed:?}") };
    let failure = &failed["failure"];
    assert_eq!((&failed["schema"], &failure["sqlstate"]), (&"tenant_17".into(), &"42P07".into()), "{failure}");
    assert_eq!((&failure["line"], &failure["column"]), (&3.into(), &3.into()), "{failure}");
    assert!(failure["file"].as_str().unwrap().ends_with("tenant/2_orders/up.sql"), "{failure}");

    // Again, for people: all but one are done, and that one fails again.
    let answer = command_line::run(&migrations, fleet.url(), &["migrate"]);
    assert_eq!(answer.code, Some(10), "{answer:?}");
    let text = answer.stdout + &answer.stderr;
    for part in ["tenant_17", "42P07", "2_orders/up.sql:3:3", "relation \"orders\" already exists"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}
