//! `repair`: what it finds, what it asks, and that it changes histories alone.

use serde_json::json;

use crate::project::Project;

/// Of tenant a's history 1 is missing, and 9 is unknown; of both tenants 2 is edited.
async fn disagreeing() -> Project {
    let project = Project::with_tenants(&["a", "b"])
        .await
        .migration("shared/1_plans", "create table plans (id int);")
        .migration("tenant/1_users", "create table users (id int);")
        .migration("tenant/2_orders", "create table orders (id int);");
    project.run(&["migrate"]).code(0);
    project.run(&["repair"]).code(0).says(&[" 3 schemas: nothing to repair\n"]);
    project
        .sql(
            "update tenant_a.__diesel_schema_migrations set version = '9' where version = '1'; \
             drop table tenant_a.users",
        )
        .await;
    project.migration("tenant/2_orders", "create table orders (id bigint);")
}

#[tokio::test]
async fn shows_what_disagrees_and_writes_nothing() {
    let project = disagreeing().await;
    let answer = project.run(&["repair"]).code(1);
    assert_eq!(
        answer.stdout,
        " tenant_a  missing: 1_users
 tenant_a  unknown: 9
 tenant_a  edited: 2_orders
 tenant_b  edited: 2_orders
 3 schemas: 2 with something to repair
   --mark-missing    would record what is missing as applied; else `migrate` applies it (1 schema)
   --forget-unknown  would remove the records; see first that no newer release is in use (1 schema)
   --accept-edited   would take the files as they are now for what was applied (2 schemas)
"
    );
    project.run(&["repair", "shared"]).code(0);
    let document = project.run(&["repair", "--match", "a", "--format", "json"]).code(1).json();
    assert_eq!(
        document["targets"],
        json!([{
            "tenant": "a", "schema": "tenant_a", "missing": ["1"], "unknown": ["9"], "edited": ["2"], "refused": null,
        }])
    );
    project
        .run(&["status"])
        .code(0)
        .says(&["edited      2_orders; older than what is applied: 1_users; not in this project: 9\n"]);
    assert_eq!(project.history("tenant_a").await, ["2", "9"]);
}

#[tokio::test]
async fn nothing_is_repaired_without_consent() {
    let project = disagreeing().await;
    let all = ["repair", "--mark-missing", "--forget-unknown", "--accept-edited"];
    project.run(&all).code(13).complains(&[
        " tenant_a  forget 1, accept 1, record 1\n     forget 9\n     accept 2_orders\n     record 1_users\n",
        " 3 schemas: 2 to be repaired with 4 changes of histories\n",
        "`repair` asks",
        "--yes",
    ]);
    project.run(&[&all[..], &["--dry-run"]].concat()).code(0).says(&["; nothing was written\n"]);
    assert_eq!(project.history("tenant_a").await, ["2", "9"]);
    project.run(&[&all[..], &["--yes"]].concat()).code(0).says(&[
        " tenant_a  forgot 9, accepted 2, recorded 1\n",
        " tenant_b  accepted 2\n",
        " 3 schemas: 2 repaired, 1 up to date (",
    ]);
    assert_eq!(project.history("tenant_a").await, ["1", "2"]);
    assert_eq!(project.count("select count(*) from pg_tables where tablename = 'users'").await, 1);
    project.run(&["repair"]).code(0);
    project.run(&["status", "--check"]).code(0);
}

#[tokio::test]
async fn each_flag_does_its_own_and_json_tells_it() {
    let project = disagreeing().await;
    let repair = |flag: &'static str| project.run(&["repair", flag, "--yes", "--tenant", "a", "--format", "json"]);
    let recorded = |document: serde_json::Value| {
        assert_eq!(document["targets"][0]["outcome"], "recorded", "{document}");
        assert!(document["targets"][0].get("applied").is_none(), "{document}");
        document["targets"][0]["recorded"].clone()
    };
    let document = repair("--mark-missing").code(0).json();
    assert_eq!(document["summary"]["recorded"], 1);
    assert_eq!(recorded(document), json!([{ "do": "mark", "version": "1" }]));
    assert_eq!(recorded(repair("--forget-unknown").code(0).json()), json!([{ "do": "forget", "version": "9" }]));
    assert_eq!(recorded(repair("--accept-edited").code(0).json()), json!([{ "do": "accept", "version": "2" }]));
    assert_eq!(project.history("tenant_a").await, ["1", "2"]);
    project.run(&["repair", "--tenant", "a"]).code(0);
    project.run(&["repair", "--tenant", "b"]).code(1);
}

#[tokio::test]
async fn what_cannot_be_read_is_something_to_repair_by_hand() {
    let project = disagreeing().await;
    project.sql("drop schema tenant_b cascade").await;
    project.run(&["repair", "--tenant", "b"]).code(1).says(&[" tenant_b  refused: the schema does not exist"]);
}
