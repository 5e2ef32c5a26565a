use serde_json::json;

use super::shop_with;
use crate::project::Project;

#[tokio::test]
async fn is_shown_and_not_done_without_consent() {
    let project = shop_with(&["a"]).await;
    project.run(&["tenant", "drop", "a"]).code(13).complains(&[
        " a  to be dropped\n     the schema tenant_a: 1 table, about 0 rows, ",
        " kB\n     what registers it\n     the role ",
        "this is no terminal: nothing was done; say --yes to agree",
    ]);
    // What nobody has looked at is not called empty.
    project
        .sql(
            "alter table tenant_a.users set (autovacuum_enabled = off); insert into tenant_a.users (name) values ('u')",
        )
        .await;
    project
        .run(&["tenant", "drop", "a"])
        .code(13)
        .complains(&["1 table, rows that the server has not estimated yet, "]);
    project.sql("analyze tenant_a.users").await;
    project.run(&["tenant", "drop", "a"]).code(13).complains(&["1 table, about 1 row, "]);
    assert_eq!(project.count("select count(*) from tenant_a.users").await, 1);
    let answer = project.run(&["tenant", "drop", "a", "--yes"]).code(0);
    answer.says(&[" a  dropped: the schema tenant_a and the role "]);
    project.run(&["tenant", "drop", "a", "--yes"]).code(4).complains(&["\"a\""]);
    assert_eq!(project.count("select count(*) from pg_namespace where nspname = 'tenant_a'").await, 0);
}

#[tokio::test]
async fn programs_read_what_has_gone() {
    let project = shop_with(&["it's \"é\""]).await;
    project.run(&["tenant", "archive", "it's \"é\""]).code(0);
    let refers = "create table invoices (t text references tenants on delete cascade); insert into invoices select id from tenants";
    project.sql(refers).await;
    project.run(&["tenant", "drop", "it's \"é\""]).code(13).complains(&[
        "archived since 2",
        "     with the registry's row (ON DELETE CASCADE): 1 row of public.invoices\n",
    ]);
    let document = project.run(&["tenant", "drop", "it's \"é\"", "--yes", "--format", "json"]).code(0).json();
    assert_eq!(
        (&document["tenant"], &document["schema"]),
        (&json!("it's \"é\""), &json!("archived_tenant_it's \"é\""))
    );
    assert_eq!(
        (&document["format"], &document["tables"], &document["role_left"]),
        (&json!(1), &json!(1), &json!(null))
    );
    let invoices = json!([{ "schema": "public", "table": "invoices", "rows": 1, "on_delete": "cascade" }]);
    assert_eq!(document["shared_rows"], invoices);
    assert_eq!(project.texts("select id from tenants").await, [""; 0]);
}

#[tokio::test]
async fn the_shared_schema_is_no_tenant_and_what_others_have_is_not_dropped() {
    let project = shop_with(&["a"]).await;
    project.sql("create view seen as select id from tenant_a.users").await;
    project.run(&["tenant", "drop", "a", "--yes"]).code(11).complains(&["view public.seen", "drop the tenant again"]);
    let project = project.file("multitenant.toml", "[isolation]\nschema_name = \"{id}\"\n");
    project.sql("insert into tenants values ('public')").await;
    project.run(&["tenant", "drop", "public", "--yes"]).code(13).complains(&["\"public\"", "reserved"]);
    assert_eq!(project.count("select count(*) from tenants").await, 2);
}

#[cfg(unix)]
#[tokio::test]
#[expect(clippy::disallowed_macros, reason = "a test that is left out says so")]
async fn the_id_is_to_be_typed() {
    let project: Project = shop_with(&["a b"]).await;
    for (typed, code, left) in [("a\n", 13, 1), ("\n", 13, 1), ("a b\n", 0, 0)] {
        let Some(answer) = crate::terminal::on_a_terminal(&project, &["tenant", "drop", "a b"], typed) else {
            eprintln!("skipped: there is no `script` of util-linux");
            return;
        };
        answer.code(code).says(&["to be dropped", "Type the tenant's id to drop it"]);
        assert_eq!(project.count("select count(*) from tenants").await, left);
    }
}
