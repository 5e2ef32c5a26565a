//! What is scaffolded passes the linter, and can be applied, taken back and applied again.

use super::{scaffold, with_package};
use crate::project::Project;

/// All templates, in both tiers, with all options.
const LINES: &[&str] = &[
    "schema plans --type shared code:text:unique price:numeric:default=9.5 --timestamps --soft-delete --uuid",
    "schema features --type shared plan_id:references=plans name:text",
    "schema users --type tenant email:text:unique at:timestamptz:default=now --timestamps --soft-delete",
    "schema orders --type tenant user_id:references=users plan_id:references=plans data:jsonb:null --uuid",
    "migration create_visits --type tenant day:date user_id:bigint raw:bytea:null --timestamps",
    "migration create_logs --type shared n:int k:bigint",
    "migration add_note_to_visits --type tenant note:text:unique rank:int:default=1 order_id:references=orders",
    "migration add_note_to_logs --type shared note:text:unique plan_id:references=plans",
    "migration add_index_on_visits_day --type tenant",
    "migration add_unique_index_on_logs_n --type shared",
    "migration add_feature_id_to_logs --type shared feature_id:bigint",
    "migration add_fk_logs_feature_id --type shared",
    "migration add_fk_visits_user_id --type tenant",
    "migration two --type tenant --template add-index --table visits rank day",
    "migration backfill --type tenant",
    "migration backfill --type shared",
    "seed 10_plans --type shared",
    "seed 20_features --type shared",
    "seed 10_users --type tenant",
    "seed 20_orders --type tenant",
    "seed 30_visits --type tenant",
    "seed everything --type tenant --env dev --table visits user_id:bigint:default=1 day raw note",
];

#[tokio::test]
async fn all_of_it_passes_lint_and_verify_and_can_be_seeded_twice() {
    let project = Project::with_tenants(&["a", "b"]).await;
    let project = with_package(project, &["chrono", "uuid", "serde_json", "numeric"]);
    for line in LINES {
        let answer = scaffold(&project, line).code(0);
        // Nothing can be made of a blank one until it is written.
        if line.contains("backfill") {
            for file in answer.stdout.lines() {
                std::fs::write(project.path(file), "SELECT 1;\n").unwrap();
            }
        }
    }
    let found = project.run(&["lint", "--format", "json", "--fail-on", "warn"]).code(0).json();
    let findings = found["findings"].as_array().unwrap();
    assert!(findings.iter().all(|finding| finding["code"] == "prefer-uuid-pk"), "{found}");
    let found = project.run(&["verify", "--format", "json", "--fail-on", "info"]).code(0).json();
    assert_eq!(found["findings"].as_array().map(Vec::len), Some(0), "{found}");

    project.run(&["migrate"]).code(0);
    for _ in 0..2 {
        project.run(&["seed", "--env", "dev"]).code(0);
        assert_eq!(project.count("select count(*) from plans").await, 1);
        assert_eq!(project.count("select count(*) from tenant_b.orders").await, 1);
        // One of each seed: the second has a unique note, and the first has none.
        assert_eq!(project.count("select count(*) from tenant_b.visits").await, 2);
    }
    project.run(&["rollback", "--yes", "tenants", "--steps", "3"]).code(0);
    project.run(&["migrate"]).code(0);
}
