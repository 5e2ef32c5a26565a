//! Everything that the catalogue folds, in migrations of our own.

use std::path::Path;

use super::applied::applied;

#[tokio::test(flavor = "multi_thread")]
async fn are_folded_as_a_server_has_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/constructs");
    let applied = applied(&folder, &[]).await;
    assert_eq!(applied.failures, [] as [String; 0]);
    assert!(applied.comparison.facts > 1000, "{}", applied.comparison);
    assert_eq!(applied.comparison.differences, [] as [String; 0], "{}", applied.comparison);
    assert!(applied.comparison.unknown < 100, "{}", applied.comparison);
}

mod comparing {
    use serde_json::json;

    use crate::compared::compare;

    fn public(table: &serde_json::Value, opaque: bool) -> serde_json::Value {
        json!({ "public": { "opaque": opaque, "relations": table, "indexes": {}, "types": {} } })
    }

    #[test]
    fn finds_what_differs() {
        let table = |ty: &str, key: &[&str]| json!({ "a": { "kind": "table", "columns": { "id": { "type": ty } }, "order": ["id"], "primary_key": key } });
        let server = public(&table("int4", &["id"]), false);
        let differences = |folded| compare(&folded, &server).differences.len();
        assert_eq!(differences(server.clone()), 0);
        assert_eq!(compare(&server, &server).facts, 4);
        assert_eq!(differences(public(&table("int8", &["id"]), false)), 1);
        assert_eq!(differences(public(&table("int8", &[]), false)), 2);
        assert_eq!(differences(public(&json!({}), false)), 1);
        assert_eq!(differences(public(&json!({ "b": {}, "a": server["public"]["relations"]["a"] }), false)), 1);
    }

    #[test]
    fn does_not_blame_what_is_said_to_be_unknown() {
        let server = public(&json!({ "a": { "kind": "table", "order": ["id"], "columns": {} } }), false);
        assert_eq!(compare(&public(&json!({}), true), &server).differences, [] as [String; 0]);
        let opaque = public(&json!({ "a": { "kind": "table", "opaque": true, "order": [], "columns": {} } }), false);
        let comparison = compare(&opaque, &server);
        assert_eq!((comparison.facts, comparison.unknown, comparison.differences.len()), (1, 1, 0));
        // It may hold more than is known, not less.
        let wrong = public(&json!({ "b": {} }), true);
        assert_eq!(compare(&wrong, &public(&json!({}), false)).differences.len(), 1);
    }
}
