//! What stands on what is changed.

use multitenant_runtime::Tier;

use super::made::*;

#[test]
fn a_sequence_gets_the_type_of_its_column() {
    let text =
        with("create table o (id serial primary key, a text);", "table! { o { id -> BigInt, a -> Nullable<Text>, } }");
    in_order(
        &lines(&text, &Flags::default()),
        &[
            "ALTER COLUMN id TYPE bigint",
            "ALTER SEQUENCE o_id_seq AS bigint;",
            "down.sql",
            "ALTER COLUMN id TYPE int ",
            "ALTER SEQUENCE o_id_seq AS int;",
        ],
    );
    let renamed = with("create table o (id serial primary key);", "table! { p (nr) { nr -> BigInt, } }");
    let flags = Flags { rename: &["o=p", "p.id=p.nr"], ..Flags::default() };
    in_order(&lines(&renamed, &flags), &["ALTER SEQUENCE o_id_seq AS bigint;"]);
    // What earlier migrations did with the names counts.
    for (before, name) in [
        (
            "create table o (id serial primary key); alter table o rename to p; alter table p rename id to nr;",
            "o_id_seq",
        ),
        ("create table p (nr serial primary key); alter sequence p_nr_seq rename to \"Numbers\";", "\"Numbers\""),
        (
            "create table p (id serial); alter table p rename to q; create table p (nr int); alter table p add id serial; alter table p \
          drop nr; alter table p rename id to nr; alter table p add primary key (nr);",
            "p_id_seq1",
        ),
    ] {
        let text = with(before, "table! { p (nr) { nr -> BigInt, } }");
        in_order(&lines(&text, &Flags::default()), &[&format!("ALTER SEQUENCE {name} AS bigint;")]);
    }
    // PostgreSQL does it itself.
    let identity =
        with("create table o (id int generated always as identity primary key);", "table! { o { id -> BigInt, } }");
    assert!(!lines(&identity, &Flags::default()).iter().any(|line| line.contains("ALTER SEQUENCE")));
}

#[test]
fn a_foreign_key_waits_while_both_sides_change() {
    let text = with(
        "create table o (id text primary key); create table i (id bigint primary key, o_id text not null constraint f references o(id)); create index on i(o_id);",
        "table! { o { id -> Uuid, } } table! { i { id -> BigInt, o_id -> Uuid, } }",
    );
    in_order(
        &lines(&text, &Flags::default()),
        &[
            "DROP CONSTRAINT f;",
            "ALTER COLUMN o_id TYPE uuid",
            "ALTER COLUMN id TYPE uuid",
            "ADD CONSTRAINT f FOREIGN KEY (o_id) REFERENCES o (id) NOT VALID;",
            "down.sql",
            "DROP CONSTRAINT f;",
            "ALTER COLUMN id TYPE text",
            "ADD CONSTRAINT f FOREIGN KEY (o_id) REFERENCES o (id);",
            "VALIDATE CONSTRAINT f;",
        ],
    );
    let one_side = text.replace("o_id -> Uuid", "o_id -> Text");
    refused(&one_side, &Flags::default(), "the foreign key f of the tenant table i needs the old type");
    let widened = with(
        "create table o (id int primary key); create table i (id bigint primary key, o_id int references o(id)); create index on i(o_id);",
        "table! { o { id -> BigInt, } } table! { i { id -> BigInt, o_id -> Nullable<BigInt>, } }",
    );
    assert!(!lines(&widened, &Flags::default()).iter().any(|line| line.contains("CONSTRAINT")));
}

#[test]
fn what_leads_to_the_other_tier_is_in_the_way() {
    let project = "
-- file: shared/1_a/up.sql
create table plans (id text primary key, code text unique);
-- file: tenant/1_a/up.sql
create table i (id bigint primary key, c text not null references public.plans(id), d text references public.plans(code));
-- file: src/schema.rs
table! { public.plans { id -> Text, code -> Nullable<Text>, } }
table! { i { id -> BigInt, c -> Text, d -> Nullable<Text>, } }
";
    let refused = |text: &str, flags: &Flags| of(Tier::Shared, text, flags).refused;
    let typed = refused(&project.replace("{ id -> Text", "{ id -> Uuid"), &Flags::default());
    assert!(typed.len() == 1 && typed[0].contains("i_c_fkey of the tenant table i needs"), "{typed:?}");
    let dropped = refused(project, &EXACT);
    assert!(
        dropped.len() == 1 && dropped[0].contains("plans_code_key of plans cannot go: the foreign key i_d_fkey"),
        "{dropped:?}"
    );
}

#[test]
fn what_is_made_for_the_old_type_is_in_the_way() {
    for (tenant, ty, expected) in [
        ("create table o (id int8 primary key, s text check (s <> 'x'));", "Integer", "the check o_s_check"),
        (
            "create table o (id int8 primary key, s text); create index x on o (s text_pattern_ops);",
            "Integer",
            "the index x",
        ),
        ("create table o (id int8 primary key, s jsonb); create index x on o using gin (s);", "Json", "the index x"),
        ("create table o (id int8 primary key, s int); create index x on o (id) where s > 3;", "Text", "the index x"),
        ("create table o (id int8 primary key, s int); create index x on o (abs(s));", "Numeric", "the index x"),
        ("create table o (id int8 primary key, s text unique);", "Json", "the key o_s_key"),
        (
            "create table o (id int8 primary key, s int, g int generated always as (s * 2) stored);",
            "BigInt",
            "generated column o.g",
        ),
    ] {
        let generated = if tenant.contains("generated") { "g -> Nullable<Int4>," } else { "" };
        let text = with(tenant, &format!("table! {{ o {{ id -> BigInt, s -> Nullable<{ty}>, {generated} }} }}"));
        refused(&text, &Flags::default(), expected);
    }
    let parted = with(
        "create table o (id int8, s int, primary key (id, s)) partition by range (s);",
        "table! { o (id, s) { id -> BigInt, s -> BigInt, } }",
    );
    refused(&parted, &Flags::default(), "o is partitioned by it");
    // What means the same is left.
    let text = with(
        "create table o (id int8 primary key, s int check (s >= 0) unique); create index x on o (s desc) where s > 3;",
        "table! { o { id -> BigInt, s -> Nullable<Numeric>, } }",
    );
    in_order(&lines(&text, &Flags::default()), &["TYPE numeric"]);
}

#[test]
fn an_index_that_goes_goes_before_the_type_changes() {
    let text = with(
        "create table o (id int8 primary key, s int default 1); create index x on o (id) where s > 3;",
        "table! { o { id -> BigInt, s -> Nullable<Text>, } }",
    );
    in_order(
        &lines(&text, &EXACT),
        &["DROP INDEX x;", "DROP DEFAULT;", "TYPE text", "down.sql", "TYPE int", "SET DEFAULT 1;", "CREATE INDEX x"],
    );
}

#[test]
fn generated_columns_come_last_and_go_first() {
    let start = "create table o (id int8 primary key, a int, g int generated always as (a * 2) stored);";
    let keeps = with(start, "table! { o { id -> BigInt, g -> Nullable<Integer>, } }");
    refused(&keeps, &Flags::default(), "the generated column o.g is computed from it");
    let both = with(start, "table! { o { id -> BigInt, } }");
    in_order(
        &lines(&both, &Flags::default()),
        &["DROP COLUMN g;", "DROP COLUMN a;", "ADD COLUMN a int", "ADD COLUMN g int"],
    );
    let new = with(
        "create table o (id int8 primary key);",
        "table! { o { id -> BigInt, total -> Nullable<Integer>, price -> Nullable<Integer>, } }
         #[derive(TenantTable)] #[diesel(table_name = o)] struct O { #[multitenant(generated = \"price * 2\")] total: i32 }",
    );
    in_order(
        &lines(&new, &Flags::default()),
        &["ADD COLUMN price", "ADD COLUMN total", "DROP COLUMN total", "DROP COLUMN price"],
    );
}

#[test]
fn a_partitioned_table_has_no_gentle_way() {
    let text = with(
        "create table u (id bigint primary key); create table p (id bigint not null, at date not null, u bigint not null, n text, primary key (id, at)) partition by range (at);",
        "table! { u { id -> BigInt, } } table! { p (id, at) { id -> BigInt, at -> Date, u -> BigInt, n -> Nullable<Text>, } }
         #[derive(TenantTable)] #[diesel(table_name = p)] #[multitenant(unique(at, u))]
         struct P { #[multitenant(index, references = \"u(id)\")] u: i64, #[multitenant(index)] n: String }",
    );
    let made = made(&text);
    assert!(!made.contains("CONCURRENTLY") && !made.contains("NOT VALID") && !made.contains("6_x"), "{made}");
    assert!(made.contains("CREATE INDEX p_n_idx ON p (n);") && made.contains("UNIQUE (at, u);"), "{made}");
}

#[test]
fn words_in_texts_are_no_columns() {
    let text = with(
        "create table o (id bigint primary key, total int, note text constraint keep_me check (note <> 'no total here')); create index keep_idx on o (note) where note <> 'a total b';",
        "table! { o { id -> BigInt, note -> Nullable<Text>, } }",
    );
    assert_eq!(of(Tier::Tenant, &text, &Flags::default()).changes, ["drop the column o.total"]);
}

#[test]
fn the_way_back_can_be_gone() {
    let text = with(
        "create table o (id bigint primary key, a text not null default 'x');",
        "table! { o { id -> BigInt, a -> Bool, } }
         #[derive(TenantTable)] #[diesel(table_name = o)] struct O { #[multitenant(default = \"true\")] a: bool }",
    );
    let alters: Vec<String> =
        lines(&text, &Flags::default()).into_iter().filter(|line| line.starts_with("ALTER")).collect();
    assert_eq!(
        alters,
        [
            "ALTER TABLE o ALTER COLUMN a DROP DEFAULT;",
            "ALTER TABLE o ALTER COLUMN a TYPE bool USING a::bool;",
            "ALTER TABLE o ALTER COLUMN a SET DEFAULT true;",
            "ALTER TABLE o ALTER COLUMN a DROP DEFAULT;",
            "ALTER TABLE o ALTER COLUMN a TYPE text USING a::text;",
            "ALTER TABLE o ALTER COLUMN a SET DEFAULT 'x';",
        ]
    );
    let serial = with(
        "create table a (id serial primary key, n serial);",
        "table! { z { id -> Integer, n -> Integer, } }
         #[derive(TenantTable)] #[diesel(table_name = z)] struct Z { #[multitenant(default = \"5\")] n: i32 }",
    );
    let flags = Flags { rename: &["a=z"], ..Flags::default() };
    in_order(&lines(&serial, &flags), &["SET DEFAULT 5;", "SET DEFAULT nextval('a_n_seq');"]);
}

#[test]
fn a_name_is_free_once_its_table_has_gone() {
    let text = with(
        "create table old_t (id bigint primary key, e text); create index by_email on old_t(e);",
        "table! { new_t { id -> BigInt, e -> Nullable<Text>, q -> Text, z -> Text, } }
         #[derive(TenantTable)] #[diesel(table_name = new_t)] #[multitenant(index(columns(e), name = \"by_email\"))] struct N { id: i64 }",
    );
    in_order(
        &lines(&text, &Flags::default()),
        &[
            "DROP TABLE old_t;",
            "CREATE INDEX by_email ON new_t",
            "DROP TABLE new_t;",
            "-- Not restored:",
            "CREATE INDEX by_email ON old_t",
        ],
    );
}

#[test]
fn values_that_change_are_said() {
    let of_types = |old: &str, new: &str| {
        let tenant = format!("create table o (id bigint primary key, a {old});");
        of(
            Tier::Tenant,
            &with(&tenant, &format!("table! {{ o {{ id -> BigInt, a -> Nullable<{new}>, }} }}")),
            &Flags::default(),
        )
    };
    assert!(of_types("timestamp", "Timestamptz").text.contains("taken as UTC"));
    assert!(of_types("timestamptz", "Timestamp").text.contains("taken as UTC"));
    assert_eq!(of_types("json", "Jsonb").loses.len(), 1);
    assert_eq!(of_types("jsonb", "Json").loses.len(), 0);
}

#[test]
fn a_type_without_a_cast_goes_by_its_text() {
    for (old, new, up, down) in [
        ("int", "Uuid", "a::text::uuid", "a::text::int"),
        ("timestamptz", "Time", "a::time", "a::text::timestamptz"),
        ("bool", "Int4", "a::int", "a::bool"),
        ("bool", "Int8", "a::text::bigint", "a::text::bool"),
        ("uuid[]", "Array<Int4>", "a::text::int[]", "a::text::uuid[]"),
        ("int", "Array<Uuid>", "ARRAY[a::text]::uuid[] END", "a[1]::text::int"),
        ("mood", "Int4", "a::text::int", "a::text::mood"),
        ("mood", "Text", "a::text", "a::mood"),
        ("citext", "Int4", "a::int", "a::citext"),
    ] {
        let tenant = format!("create type mood as enum ('1'); create table o (id bigint primary key, a {old});");
        let text = with(&tenant, &format!("table! {{ o {{ id -> BigInt, a -> Nullable<{new}>, }} }}"));
        in_order(&lines(&text, &Flags::default()), &[&format!("{up};"), "down.sql", &format!("{down};")]);
    }
}
