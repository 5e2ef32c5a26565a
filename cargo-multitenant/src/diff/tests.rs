//! Schema code and migrations in, migrations out; what comes out is linted, and is all that was missing.

use std::collections::BTreeSet;

use insta::assert_snapshot;
use multitenant_runtime::Tier;

use super::{Change, Rename, compare, folders, obstacles, renamed, steps};
use crate::finding::Level;
use crate::from_schema::{FromSchema, Wanted, Wish, wanted};
use crate::lint::testing::lint;
use crate::lint::{LintSettings, RULES, Rule};

mod dependents;

/// What is asked for beside the tier.
#[derive(Default)]
struct Flags {
    exact: bool,
    keep: &'static [&'static str],
    rename: &'static [&'static str],
}

struct Made {
    /// Each folder with its files, in the linter's notation.
    text: String,
    changes: Vec<String>,
    loses: Vec<String>,
    refused: Vec<String>,
}

fn of(tier: Tier, text: &str, flags: &Flags) -> Made {
    let (project, _) = lint(&[], text);
    let FromSchema { before, code } = FromSchema::of(&project, &LintSettings::default(), "public");
    let renames: Vec<Rename> = flags.rename.iter().map(|rename| rename.parse().unwrap()).collect();
    let (start, mut changes) = renamed(&before, &code, tier, &renames).unwrap();
    let keep: BTreeSet<String> = flags.keep.iter().map(|name| (*name).to_owned()).collect();
    let Wanted { model, mut refused, .. } = wanted(&start, &code, &Wish { tier, exact: flags.exact, keep: &keep });
    changes.extend(compare(&start, &model, tier));
    refused.extend(obstacles(&start, &model, &changes));
    let steps = steps(&start, &model, &changes);
    let mut text = String::new();
    for (at, folder) in folders("x", &steps).iter().enumerate() {
        for (file, content) in &folder.files {
            let tier = if tier == Tier::Tenant { "tenant" } else { "shared" };
            text += &format!("-- file: {tier}/{}_{}/{file}\n{content}", at + 5, folder.name);
        }
    }
    Made {
        text,
        changes: changes.iter().map(Change::shown).collect(),
        loses: steps.iter().filter_map(|step| step.loses.clone()).collect(),
        refused,
    }
}

/// What is made of a project, which our lint finds nothing wrong with, and after which nothing is left to make.
#[track_caller]
fn made_with(tier: Tier, text: &str, flags: &Flags) -> String {
    let made = of(tier, text, flags);
    assert_eq!(made.refused, [""; 0]);
    let after = format!("{text}\n{}", made.text);
    let rules: Vec<&'static Rule> = RULES.iter().copied().filter(|rule| rule.level != Level::Off).collect();
    let (project, linted) = lint(&rules, &after);
    let findings: Vec<String> = linted
        .findings
        .iter()
        .map(|finding| (finding, &project.sources.get(finding.place.file).path))
        // What a table is called is not ours to say.
        .filter(|(finding, _)| !finding.code.ends_with("-naming"))
        .filter(|(finding, path)| finding.level != Level::Info && !path.contains("/1_") && !path.ends_with(".rs"))
        .map(|(finding, path)| format!("{path}: {}: {}", finding.code, finding.message))
        .collect();
    assert_eq!(findings, [""; 0], "{}", made.text);
    let again = of(tier, &after, &Flags { exact: flags.exact, keep: flags.keep, rename: &[] });
    assert_eq!((again.changes, again.refused), (Vec::new(), Vec::new()), "{}", made.text);
    made.text
}

#[track_caller]
fn made(text: &str) -> String {
    made_with(Tier::Tenant, text, &Flags::default())
}

const BEFORE: &str = "
-- file: shared/1_a/up.sql
create table plans (id text primary key, region text not null);
-- file: tenant/1_a/up.sql
create table orders (id bigint primary key, note varchar(20), total int not null, plan text not null);
-- file: tenant/1_a/down.sql
drop table orders;
-- file: src/schema.rs
table! { public.plans { id -> Text, region -> Text, } }
";

/// Behind the migrations above, these declarations.
fn code(text: &str) -> String {
    format!("{BEFORE}{text}")
}

const ORDERS: &str = "table! { orders { id -> Int8, note -> Nullable<Varchar>, total -> Int4, plan -> Text, } }";

#[test]
fn nothing_is_made_of_what_fits() {
    assert_eq!(made(&code(ORDERS)), "");
    // Other words of Diesel for the same types.
    assert_eq!(
        made(&code("table! { orders { id -> BigInt, note -> Nullable<Text>, total -> Integer, plan -> VarChar, } }")),
        ""
    );
}

#[test]
fn tables_of_an_empty_folder() {
    let code = "
-- file: src/schema.rs
pub mod sql_types {
    #[derive(diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = \"mood\", schema = \"public\"))]
    pub struct Mood;
}
table! { public.plans { id -> Text, region -> Text, } }
table! { items (order_id, n) { order_id -> Int8, n -> Int4, name -> Text, doubled -> Int4, } }
table! {
    orders {
        id -> Int8, #[max_length = 20] note -> Nullable<Varchar>, total -> Numeric, tags -> Array<Nullable<Text>>,
        plan -> Text, mood -> Mood, placed_at -> Timestamptz, #[sql_name = \"Odd one\"] odd -> Bool,
    }
}
joinable!(items -> orders (order_id));
#[derive(SharedTable)] #[diesel(table_name = plans)] #[multitenant(unique(id, region))] struct Plan { id: String }
#[derive(TenantTable)]
#[diesel(table_name = orders)]
#[multitenant(index(columns(placed_at, \"lower(note)\"), name = \"by_note\", filter = \"total > 0\"), check(name = \"positive\", \"total >= 0\"))]
struct Order {
    #[multitenant(identity)]
    id: i64,
    #[multitenant(sql_type = \"numeric(10, 2)\", default = \"0\")]
    total: String,
    #[multitenant(references = \"plans(id)\", on_delete = \"restrict\")]
    plan: String,
    #[multitenant(default = \"now()\", index)]
    placed_at: i64,
    #[multitenant(unique)]
    #[diesel(column_name = odd)]
    is_odd: bool,
}
#[derive(TenantTable)]
#[diesel(table_name = items)]
#[multitenant(foreign_key(columns(order_id, n), references = \"items(order_id, n)\", name = \"own\"))]
struct Item { #[multitenant(check = \"n > 0\")] n: i32, #[multitenant(generated = \"n * 2\")] doubled: i32 }
#[derive(SharedEnum)]
#[multitenant(type_name = \"mood\")]
#[diesel(sql_type = sql_types::Mood)]
enum Mood { Glad, #[multitenant(label = \"so so\")] SoSo }
";
    assert_snapshot!(made_with(Tier::Shared, code, &Flags::default()), @r"
    -- file: shared/5_x/up.sql
    CREATE TYPE mood AS ENUM ('glad', 'so so');

    CREATE TABLE plans (
        id text,
        region text NOT NULL,
        CONSTRAINT plans_pkey PRIMARY KEY (id),
        CONSTRAINT plans_id_region_key UNIQUE (id, region)
    );
    -- file: shared/5_x/down.sql
    DROP TABLE plans;
    DROP TYPE mood;
    ");
    let shared = of(Tier::Shared, code, &Flags::default()).text;
    let text = made_with(Tier::Tenant, &format!("{code}\n{shared}"), &Flags::default());
    assert_snapshot!(text, @r#"
    -- file: tenant/5_x/up.sql
    CREATE TABLE orders (
        id bigint GENERATED BY DEFAULT AS IDENTITY,
        note varchar(20),
        total numeric(10, 2) NOT NULL DEFAULT 0,
        tags text[] NOT NULL,
        plan text NOT NULL,
        mood public.mood NOT NULL,
        placed_at timestamptz NOT NULL DEFAULT now(),
        "Odd one" bool NOT NULL,
        CONSTRAINT orders_pkey PRIMARY KEY (id),
        CONSTRAINT "orders_Odd one_key" UNIQUE ("Odd one"),
        CONSTRAINT positive CHECK (total >= 0)
    );

    CREATE INDEX orders_placed_at_idx ON orders (placed_at);
    CREATE INDEX by_note ON orders (placed_at, lower(note)) WHERE total > 0;
    CREATE INDEX orders_plan_idx ON orders (plan);

    ALTER TABLE orders
        ADD CONSTRAINT orders_plan_fkey FOREIGN KEY (plan) REFERENCES public.plans (id) ON DELETE RESTRICT;

    CREATE TABLE items (
        order_id bigint,
        n int,
        name text NOT NULL,
        doubled int NOT NULL GENERATED ALWAYS AS (n * 2) STORED,
        CONSTRAINT items_pkey PRIMARY KEY (order_id, n),
        CONSTRAINT items_n_check CHECK (n > 0)
    );

    ALTER TABLE items
        ADD CONSTRAINT own FOREIGN KEY (order_id, n) REFERENCES items (order_id, n);

    ALTER TABLE items
        ADD CONSTRAINT items_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders (id);
    -- file: tenant/5_x/down.sql
    DROP TABLE items;
    DROP TABLE orders;
    "#);
}

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
    -- PostgreSQL removes no label of an enum: those that up.sql adds stay.
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

#[test]
fn names_and_texts_are_quoted() {
    let text = code(&format!("{ORDERS}
    table! {{ #[sql_name = \"o\\\"; drop table orders; --\"] odd (id) {{ #[sql_name = \"i'd\"] id -> Int4, #[sql_name = \"select\"] s -> Text, }} }}
    #[derive(TenantTable)] #[diesel(table_name = odd)]
    #[multitenant(index(columns(s), name = \"I x;--\"), check(name = \"c\\\"'\", \"\\\"select\\\" <> ';--'\"))]
    struct Odd {{ #[multitenant(default = \"'it''s; -- '\")] s: String }}"));
    assert_snapshot!(made(&text), @r#"
    -- file: tenant/5_x/up.sql
    CREATE TABLE "o""; drop table orders; --" (
        "i'd" int,
        "select" text NOT NULL DEFAULT 'it''s; -- ',
        CONSTRAINT "o""; drop table orders; --_pkey" PRIMARY KEY ("i'd"),
        CONSTRAINT "c""'" CHECK ("select" <> ';--')
    );

    CREATE INDEX "I x;--" ON "o""; drop table orders; --" ("select");
    -- file: tenant/5_x/down.sql
    DROP TABLE "o""; drop table orders; --";
    "#);
}

#[test]
fn what_is_exported_is_made_again() {
    let before = "
-- file: shared/1_a/up.sql
create type mood as enum ('glad', 'so so', 'SAD');
create table plans (id serial primary key, region varchar(9) not null default 'eu', m mood not null default 'glad', unique (region, id));
-- file: tenant/1_a/up.sql
create domain slug as text check (value <> '');
create table orders (
    id bigint generated always as identity primary key, plan int references public.plans on delete set null, s slug,
    total numeric(10, 2) not null default 0 constraint positive check (total >= 0), tags text[] not null default '{}',
    mail text unique, at timestamptz(3) default now(), twice numeric generated always as (total * 2) stored, \"Odd one\" bool
);
create index on orders (plan);
create unique index by_mail on orders (lower(mail), at desc) where total > 0;
create table items (order_id bigint references orders, n smallserial, primary key (order_id, n));
create table parts (order_id bigint, n smallint, id int primary key, foreign key (order_id, n) references items on delete cascade);
create index parts_own on parts using btree (order_id, n);
";
    let (project, _) = lint(&[], before);
    let all = FromSchema::of(&project, &LintSettings::default(), "public").before;
    let (exported, _) = crate::export::rust(&all, &crate::export::RustTypes::chrono()).unwrap();
    // Beside the migrations nothing is to be done, whole truth or not.
    for exact in [false, true] {
        for tier in [Tier::Shared, Tier::Tenant] {
            let made =
                of(tier, &format!("{before}-- file: src/schema.rs\n{exported}"), &Flags { exact, ..Flags::default() });
            assert_eq!((made.changes, made.refused), (Vec::new(), Vec::new()), "{exported}");
        }
    }
    // Without them, all is made but the domain, which Rust has no word for.
    let domain = "-- file: tenant/1_a/up.sql\ncreate domain slug as text check (value <> '');";
    let mut text = format!("-- file: src/schema.rs\n{exported}\n{domain}");
    for tier in [Tier::Shared, Tier::Tenant] {
        let made = of(tier, &text, &Flags::default());
        assert_eq!(made.refused, [""; 0], "{exported}");
        text += &format!("\n{}", made.text);
    }
    let (project, _) = lint(&[], &text);
    let again = FromSchema::of(&project, &LintSettings::default(), "public").before;
    for tier in [Tier::Shared, Tier::Tenant] {
        let changes: Vec<String> = compare(&all, &again, tier).iter().map(Change::shown).collect();
        assert_eq!(changes, ["add the index items_order_id_idx of items"; 0], "{text}");
    }
    assert_eq!(all.types, again.types);
}
