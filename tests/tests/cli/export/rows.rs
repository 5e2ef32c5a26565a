//! JSON Schema, held against a validator, and rows of a real database against it.

use jsonschema::Validator;
use serde_json::{Value, json};

use crate::project::Project;

use super::{shop, with_migrations};

/// The validator of one definition of an exported document.
fn validator(document: &Value, pointer: &str) -> Validator {
    let schema = json!({ "$schema": document["$schema"], "$ref": pointer, "$defs": document["$defs"] });
    jsonschema::validator_for(&schema).unwrap()
}

#[test]
fn the_document_is_a_schema_and_says_all_that_a_table_is() {
    let document = shop().run(&["export", "--format", "json-schema"]).code(0).json();
    assert!(jsonschema::meta::is_valid(&document));
    let users = &document["$defs"]["tenant"]["$defs"]["users"];
    assert_eq!(users["x-columns"], json!(["id", "plan_id", "email", "shown", "flags", "type", "2nd try"]));
    assert_eq!((&users["x-tier"], &users["x-primary-key"]["columns"]), (&json!("tenant"), &json!(["id"])));
    let key = &users["x-foreign-keys"][0];
    assert_eq!((&key["table"], &key["home"], &key["crosses_tiers"]), (&json!("plans"), &json!("shared"), &json!(true)));
    let column = |name: &str| &users["properties"][name];
    assert_eq!(column("id")["x-identity"], json!({ "always": true, "options": null }));
    assert_eq!(column("shown")["x-generated"], json!({ "expression": "lower(email)", "stored": true }));
    assert_eq!(column("flags")["x-default"], json!({ "expression": "'{}'" }));
    assert_eq!((&column("flags")["x-postgres-type"], &column("id")["readOnly"]), (&json!("bool[]"), &json!(true)));
    let orders = &document["$defs"]["tenant"]["$defs"]["orders"];
    assert_eq!(orders["description"], "what somebody bought");
    let index = &orders["x-indexes"][0];
    assert_eq!(index["items"][1], json!({ "column": null, "text": "(id + 1) DESC" }));
    assert_eq!((&index["predicate"], &index["method"]), (&json!("state <> 'paid'"), &json!("btree")));
    assert_eq!(orders["properties"]["id"]["x-default"], "serial");
    let check = &document["$defs"]["shared"]["$defs"]["plans"]["x-checks"][0];
    assert_eq!((&check["name"], &check["text"]), (&json!("plans_price_check"), &json!("price >= 0")));
}

#[tokio::test]
async fn rows_of_a_database_are_valid_and_others_refused() {
    let project = with_migrations(Project::with_tenants(&["a"]).await);
    project.run(&["migrate"]).code(0);
    project
        .sql(
            "insert into public.plans values (1, 'basic', 'us-dollar', 9.5), (2, 'odd', 'it''s \"odd\"', 'infinity');
             set search_path = tenant_a, public;
             insert into users (plan_id, email, flags, type, \"2nd try\") values
                 (1, 'A@b', '{t,f,null}', 3, '\\x00ff'), (2, 'c@d', '{}', null, null);
             insert into orders (user_id, state, states, currency, span, waits, search) values
                 (1, 'paid', '{new,null}', 'EUR', '[1,5)', '1 day', 'a b'), (2, 'new', null, null, null, null, null);
             insert into order_users values (1, 2, 'a note');",
        )
        .await;
    let document = project.run(&["export", "--format", "json-schema"]).code(0).json();
    for (tier, schema, tables) in
        [("shared", "public", &["plans"][..]), ("tenant", "tenant_a", &["users", "orders", "order_users"])]
    {
        for table in tables {
            let validator = validator(&document, &format!("#/$defs/{tier}/$defs/{table}"));
            let rows = project.texts(&format!("select to_json(t)::text from {schema}.{table} t")).await;
            assert!(!rows.is_empty());
            for row in &rows {
                let row: Value = serde_json::from_str(row).unwrap();
                let errors: Vec<String> = validator.iter_errors(&row).map(|error| error.to_string()).collect();
                assert_eq!(errors, [] as [String; 0], "{table}: {row}");
                // Each column counts.
                for name in row.as_object().unwrap().keys() {
                    let mut other = row.clone();
                    other.as_object_mut().unwrap().remove(name);
                    assert!(!validator.is_valid(&other), "{table} without {name}");
                    other[name] = json!({ "no": "value" });
                    assert!(!validator.is_valid(&other), "{table} with another {name}");
                }
                let mut more = row.clone();
                more["more"] = json!(1);
                assert!(!validator.is_valid(&more), "{table} with more");
            }
        }
    }
    let user = json!({ "id": 1, "plan_id": 1, "email": "a@b", "shown": null, "flags": [], "type": 1, "2nd try": null });
    let users = validator(&document, "#/$defs/tenant/$defs/users");
    assert!(users.is_valid(&user));
    for (column, value) in [
        ("plan_id", json!(2_147_483_648_u64)),
        ("plan_id", json!(1.5)),
        ("plan_id", Value::Null),
        ("email", json!("x".repeat(201))),
        ("type", json!("1")),
        ("2nd try", json!("00ff")),
        ("flags", json!(["t"])),
    ] {
        let mut other = user.clone();
        other[column] = value;
        assert!(!users.is_valid(&other), "{other}");
    }
    let all = jsonschema::validator_for(&document).unwrap();
    assert!(all.is_valid(&json!({ "tenant": { "users": [user] } })));
    assert!(!all.is_valid(&json!({ "tenant": { "users": [{}] } })) && !all.is_valid(&json!({ "other": {} })));
}
