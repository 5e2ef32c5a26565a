use multitenant_runtime::{Anonymise, AnonymiseRules, CloneOptions};

use super::{NOTHING, filled, id, new, portrait, refusal, standing};

fn rules(rules: &[(&str, Anonymise)]) -> AnonymiseRules {
    rules.iter().fold(AnonymiseRules::new(), |all, (column, rule)| all.column(column, rule.clone()).unwrap())
}

fn constant(text: &str) -> Anonymise {
    Anonymise::Constant(text.to_owned())
}

fn template(text: &str) -> Anonymise {
    Anonymise::Template(text.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_hold_what_their_rules_say() {
    let project = filled().await;
    let migrator = project.migrator();
    let all = rules(&[
        ("users.email", template("user{row}@example.com")),
        ("users.name", template("n{row}")),
        ("users.phone", Anonymise::Hash),
        ("users.mood", constant("a\\b")),
        ("users.place", constant("(x,y,{})")),
        ("users.note", constant("it's; DROP TABLE users; --")),
        ("measures.v", constant("1.5")),
    ]);
    let copy = migrator.clone_tenant(&id("a"), new("b"), CloneOptions::anonymised(all)).await.unwrap();
    assert_eq!(copy.anonymised, 7);
    assert_eq!(portrait(&migrator, "b").await.differences(&portrait(&migrator, "a").await), []);
    let sql = "SELECT string_agg(concat_ws(' ', email, name, upper_name = upper(name), length(phone), phone = '123', mood, place, note), '|' ORDER BY id) FROM tenant_b.users";
    let rest = "a\\b (x,y,{}) it's; DROP TABLE users; --";
    // NULL stays NULL under a hash, and a hash is as long as the column takes.
    assert_eq!(project.one(sql).await, format!("user1@example.com n1 t 20 f {rest}|user2@example.com n2 t {rest}"));
    assert_eq!(project.one("SELECT sum(v)::text FROM tenant_b.measures").await, "91.5");
    let found = project.one("SELECT count(*)::text FROM tenant_a.users a JOIN tenant_b.users b USING (name)").await;
    assert_eq!(found, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_that_do_not_fit_are_told_before_anything_is_made() {
    let project = filled().await;
    let migrator = project.migrator();
    let wrong = rules(&[
        ("nobody.x", Anonymise::Null),
        ("users.x", Anonymise::Null),
        ("users.name", Anonymise::Null),
        ("users.upper_name", Anonymise::Hash),
        ("users.email", constant("a@b")),
        ("users.plan_id", constant("1")),
        ("users.id", Anonymise::Null),
        ("users.mood", constant("angry")),
        ("users.phone", constant("123456789012345678901")),
        ("measures.v", Anonymise::Hash),
        ("happy.name", Anonymise::Null),
        ("__diesel_schema_migrations.version", template("{row}")),
    ]);
    let said = refusal(migrator.clone_tenant(&id("a"), new("b"), CloneOptions::anonymised(wrong)).await);
    for expected in [
        "no table \"nobody\"",
        "no column \"x\"",
        "\"users.name\": it is NOT NULL",
        "\"users.upper_name\": the server generates",
        "\"users.email\": it is unique",
        "\"users.plan_id\": the foreign key",
        "\"users.id\": the foreign key",
        "\"users.mood\": invalid input value for enum",
        "\"users.phone\": the constant is longer than 20",
        "\"measures.v\": its type is double precision",
        "no table \"happy\"",
        "says what was applied",
        "clone.anonymise",
    ] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    assert_eq!(standing(&project, "b", "tenant_b").await, NOTHING);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_breaks_a_key_leaves_nothing() {
    let project = filled().await;
    let migrator = project.migrator();
    project.sql("CREATE UNIQUE INDEX two ON tenant_a.users (phone, (1)); CREATE UNIQUE INDEX note ON tenant_a.measures (at, v)").await;
    project
        .sql("SET search_path = tenant_a, public; INSERT INTO tenant_a.measures VALUES ('2019-12-01', 'Happy', -1)")
        .await;
    let same = rules(&[("measures.v", constant("1"))]);
    let error = migrator.clone_tenant(&id("a"), new("b"), CloneOptions::anonymised(same)).await.unwrap_err();
    assert!(error.to_string().contains("23505"), "{error}");
    assert_eq!(standing(&project, "b", "tenant_b").await, NOTHING);
}
