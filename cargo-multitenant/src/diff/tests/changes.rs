//! Changes of what is there.

use insta::assert_snapshot;
use multitenant_runtime::Tier;

use super::made::*;

#[test]
fn columns_come() {
    let text = made(&code("table! { orders {
        id -> Int8, note -> Nullable<Varchar>, total -> Int4, plan -> Text, seen -> Nullable<Timestamptz>, state -> Text, buyer -> Nullable<Text>,
    } }
    joinable!(orders -> plans (buyer));
    #[derive(TenantTable)] #[diesel(table_name = orders)] struct Order {
        #[multitenant(default = \"'new'\", check = \"state <> ''\")] state: String, #[multitenant(unique)] seen: i64 }"));
    assert_snapshot!(text, @r"
    -- file: tenant/5_x/up.sql
    ALTER TABLE orders ADD COLUMN seen timestamptz;
    ALTER TABLE orders ADD COLUMN state text NOT NULL DEFAULT 'new';
    ALTER TABLE orders ADD COLUMN buyer text;
    ALTER TABLE orders ADD CONSTRAINT orders_state_check CHECK (state <> '') NOT VALID;

    ALTER TABLE orders
        ADD CONSTRAINT orders_buyer_fkey FOREIGN KEY (buyer) REFERENCES public.plans (id) NOT VALID;
    -- file: tenant/5_x/down.sql
    ALTER TABLE orders DROP CONSTRAINT orders_buyer_fkey;
    ALTER TABLE orders DROP CONSTRAINT orders_state_check;
    ALTER TABLE orders DROP COLUMN buyer;
    ALTER TABLE orders DROP COLUMN state;
    ALTER TABLE orders DROP COLUMN seen;
    -- file: tenant/6_x_orders_seen_key/up.sql
    CREATE UNIQUE INDEX CONCURRENTLY orders_seen_key ON orders (seen);
    -- file: tenant/6_x_orders_seen_key/down.sql
    DROP INDEX CONCURRENTLY orders_seen_key;
    -- file: tenant/6_x_orders_seen_key/metadata.toml
    # CONCURRENTLY is refused in a transaction.
    run_in_transaction = false
    -- file: tenant/7_x_orders_buyer_idx/up.sql
    CREATE INDEX CONCURRENTLY orders_buyer_idx ON orders (buyer);
    -- file: tenant/7_x_orders_buyer_idx/down.sql
    DROP INDEX CONCURRENTLY orders_buyer_idx;
    -- file: tenant/7_x_orders_buyer_idx/metadata.toml
    # CONCURRENTLY is refused in a transaction.
    run_in_transaction = false
    -- file: tenant/8_x_validate/up.sql
    ALTER TABLE orders ADD CONSTRAINT orders_seen_key UNIQUE USING INDEX orders_seen_key;
    ALTER TABLE orders VALIDATE CONSTRAINT orders_state_check;
    ALTER TABLE orders VALIDATE CONSTRAINT orders_buyer_fkey;
    -- file: tenant/8_x_validate/down.sql
    ALTER TABLE orders DROP CONSTRAINT orders_buyer_fkey;

    ALTER TABLE orders
        ADD CONSTRAINT orders_buyer_fkey FOREIGN KEY (buyer) REFERENCES public.plans (id) NOT VALID;

    ALTER TABLE orders DROP CONSTRAINT orders_state_check;
    ALTER TABLE orders ADD CONSTRAINT orders_state_check CHECK (state <> '') NOT VALID;
    ALTER TABLE orders DROP CONSTRAINT orders_seen_key;
    CREATE UNIQUE INDEX orders_seen_key ON orders (seen);
    ");
}

#[test]
fn columns_change() {
    let text = made(&code(
        "table! { orders { id -> Int8, note -> Text, total -> BigInt, plan -> Nullable<Text>, } }
    #[derive(TenantTable)] #[diesel(table_name = orders)] struct Order {
        #[multitenant(default = \"''\", sql_type = \"varchar(40)\")] note: String }",
    ));
    assert_snapshot!(text, @r"
    -- file: tenant/5_x/up.sql
    ALTER TABLE orders ALTER COLUMN note TYPE varchar(40);
    ALTER TABLE orders ALTER COLUMN note SET DEFAULT '';

    -- Writes all of the table anew, while nobody reads or writes it.
    -- multitenant: allow(not-backward-compatible) the schema code has the new type
    ALTER TABLE orders ALTER COLUMN total TYPE bigint USING total::bigint;

    ALTER TABLE orders ALTER COLUMN plan DROP NOT NULL;

    -- From here on no row can be written with NULL; those that have it are to be filled before note is NOT NULL.
    ALTER TABLE orders ADD CONSTRAINT orders_note_not_null CHECK (note IS NOT NULL) NOT VALID;
    -- file: tenant/5_x/down.sql
    ALTER TABLE orders DROP CONSTRAINT orders_note_not_null;
    ALTER TABLE orders ALTER COLUMN plan SET NOT NULL;
    ALTER TABLE orders ALTER COLUMN total TYPE int USING total::int;
    ALTER TABLE orders ALTER COLUMN note DROP DEFAULT;
    ALTER TABLE orders ALTER COLUMN note TYPE varchar(20);
    -- file: tenant/6_x_validate/up.sql
    -- Fails where there are rows with NULL.
    ALTER TABLE orders VALIDATE CONSTRAINT orders_note_not_null;

    -- multitenant: allow(constraint-not-valid) the condition has read all rows
    ALTER TABLE orders ALTER COLUMN note SET NOT NULL;

    ALTER TABLE orders DROP CONSTRAINT orders_note_not_null;
    -- file: tenant/6_x_validate/down.sql
    ALTER TABLE orders ALTER COLUMN note DROP NOT NULL;
    ALTER TABLE orders ADD CONSTRAINT orders_note_not_null CHECK (note IS NOT NULL) NOT VALID;
    ");
}

#[test]
fn what_goes_is_lost() {
    let text = code("table! { orders { id -> Int8, total -> Int2, plan -> Text, } }");
    assert_snapshot!(made(&text), @r"
    -- file: tenant/5_x/up.sql
    -- loses data: values of orders.total that are no smallint
    -- multitenant: allow(not-backward-compatible) the schema code has the new type
    ALTER TABLE orders ALTER COLUMN total TYPE smallint USING total::smallint;

    -- loses data: the column orders.note
    -- multitenant: allow(not-backward-compatible) asked for by --allow-data-loss
    ALTER TABLE orders DROP COLUMN note;
    -- file: tenant/5_x/down.sql
    ALTER TABLE orders ADD COLUMN note varchar(20);
    ALTER TABLE orders ALTER COLUMN total TYPE int USING total::int;
    ");
    assert_eq!(
        of(Tier::Tenant, &text, &Flags::default()).loses,
        ["values of orders.total that are no smallint", "the column orders.note"]
    );
    assert_eq!(
        made_with(Tier::Tenant, &text.replace("Int2", "Int4"), &Flags { keep: &["orders.note"], ..Flags::default() }),
        ""
    );
    let none = of(Tier::Tenant, &code("table! { other { id -> Int8, } }"), &Flags::default());
    assert_eq!(none.loses, ["the table orders with all of its rows"]);
    assert_eq!(none.changes, ["drop the table orders", "add the table other"]);
}

#[test]
fn what_the_code_does_not_say_stays_unless_it_is_the_whole_truth() {
    let text = "
-- file: tenant/1_a/up.sql
create table a (id int primary key, b int default 1 constraint positive check (b > 0), c text unique);
create index by_b on a (b);
create table no_key (id int);
create table parts (id int primary key) partition by range (id);
-- file: tenant/1_a/down.sql
drop table parts; drop table no_key; drop table a;
-- file: src/schema.rs
table! { a { id -> Int4, b -> Nullable<Int4>, c -> Nullable<Text>, } }
";
    assert_eq!(made(text), "");
    assert_snapshot!(made_with(Tier::Tenant, text, &Flags { exact: true, ..Flags::default() }), @r"
    -- file: tenant/5_x/up.sql
    ALTER TABLE a DROP CONSTRAINT a_c_key;
    ALTER TABLE a DROP CONSTRAINT positive;
    ALTER TABLE a ALTER COLUMN b DROP DEFAULT;
    -- file: tenant/5_x/down.sql
    ALTER TABLE a ALTER COLUMN b SET DEFAULT 1;
    ALTER TABLE a ADD CONSTRAINT positive CHECK (b > 0);
    ALTER TABLE a ADD CONSTRAINT a_c_key UNIQUE (c);
    -- file: tenant/6_x_drop_by_b/up.sql
    DROP INDEX CONCURRENTLY by_b;
    -- file: tenant/6_x_drop_by_b/down.sql
    CREATE INDEX CONCURRENTLY by_b ON a (b);
    -- file: tenant/6_x_drop_by_b/metadata.toml
    # CONCURRENTLY is refused in a transaction.
    run_in_transaction = false
    ");
}

#[test]
fn renames_are_said() {
    let text = code("table! { purchases { id -> Int8, remark -> Nullable<Varchar>, total -> Int4, plan -> Text, } }");
    let flags = Flags { rename: &["orders=purchases", "purchases.note=purchases.remark"], ..Flags::default() };
    assert_snapshot!(made_with(Tier::Tenant, &text, &flags), @r"
    -- file: tenant/5_x/up.sql
    -- multitenant: allow(not-backward-compatible) asked for by --rename
    ALTER TABLE orders RENAME TO purchases;

    -- multitenant: allow(not-backward-compatible) asked for by --rename
    ALTER TABLE purchases RENAME COLUMN note TO remark;
    -- file: tenant/5_x/down.sql
    ALTER TABLE purchases RENAME COLUMN remark TO note;
    ALTER TABLE purchases RENAME TO orders;
    ");
}

#[test]
fn labels_come_and_stay() {
    let before = "
-- file: shared/1_a/up.sql
create type mood as enum ('glad', 'sad');
create table a (id int primary key, m mood);
-- file: shared/1_a/down.sql
drop table a; drop type mood;
-- file: src/schema.rs
pub mod sql_types { #[diesel(postgres_type(name = \"mood\"))] pub struct Mood; }
table! { public.a { id -> Int4, m -> Nullable<Mood>, } }
shared_tables! { a }
";
    let of_labels = |labels: &str| format!("{before}\n#[derive(SharedEnum)] enum Mood {{ {labels} }}");
    assert_snapshot!(made_with(Tier::Shared, &of_labels("First, Glad, Between, Sad, Last"), &Flags::default()), @r"
    -- file: shared/5_x/up.sql
    ALTER TYPE mood ADD VALUE IF NOT EXISTS 'first' BEFORE 'glad';
    ALTER TYPE mood ADD VALUE IF NOT EXISTS 'between' AFTER 'glad';
    ALTER TYPE mood ADD VALUE IF NOT EXISTS 'last';
    -- file: shared/5_x/down.sql
    -- irreversible: PostgreSQL removes no label of an enum, so those that up.sql adds stay.
    SELECT 1;
    ");
    for labels in ["Glad", "Sad, Glad"] {
        let refused = of(Tier::Shared, &of_labels(labels), &Flags::default()).refused;
        assert!(refused.len() == 1 && refused[0].contains("PostgreSQL"), "{refused:?}");
    }
}

#[test]
fn what_cannot_be_made_is_refused_with_a_remedy() {
    let refused = |text: &str| of(Tier::Tenant, &code(text), &Flags::default()).refused.join("\n");
    let of_orders = |more: &str, attributes: &str| {
        refused(&format!(
            "table! {{ orders {{ id -> Int8, note -> Nullable<Varchar>, total -> Int4, plan -> Text, {more} }} }}
             #[derive(TenantTable)] #[diesel(table_name = orders)] {attributes}"
        ))
    };
    for (more, attributes, expected) in [
        ("state -> Text,", "struct A { id: i64 }", "say one by `#[multitenant(default"),
        ("mood -> Nullable<Mood>,", "struct A { id: i64 }", "no type of PostgreSQL is known for Mood"),
        (
            "",
            "struct A { #[multitenant(default = \"1); drop table orders; --\")] total: i32 }",
            "closes what it has not",
        ),
        ("", "struct A { #[multitenant(default = \"1 -- one\")] total: i32 }", "has a comment"),
        (
            "",
            "struct A { #[multitenant(default = \"0); drop table orders; select (1\")] total: i32 }",
            "closes what it has not",
        ),
        ("", "struct A { #[multitenant(sql_type = \"int; drop table orders\")] total: i32 }", "is no type"),
        (
            "",
            "struct A { #[multitenant(references = \"plans(id); drop table x\")] plan: String }",
            "is no table with columns",
        ),
        ("", "struct A { #[multitenant(references = \"plans(id)\")] total: i32 }", "give both the same type"),
        ("", "struct A { #[multitenant(references = \"plans(region)\")] plan: String }", "nothing makes it unique"),
        ("", "struct A { #[multitenant(references = \"nowhere(id)\")] plan: String }", "there is no tenant table"),
        ("", "#[multitenant(index(columns(\"note); drop table x; --\")))] struct A;", "is no item of an index"),
        ("", "#[multitenant(unique(nothing))] struct A;", "has no column `nothing`"),
        ("", "#[multitenant(wrong)] struct A;", "does not know \"wrong\""),
        ("", "struct A { #[multitenant(generated = \"total * 2\")] total: i32 }", "drop it with one migration"),
    ] {
        let refused = of_orders(more, attributes);
        assert!(refused.contains(expected), "{attributes}: {refused}");
    }
}
