//! What schema code can say, each at least once.

use super::case::{COLUMNS, CONSTRAINTS, Case, INDEXES, holds};

const CASES: &[Case] = &[
    Case {
        name: "an empty folder",
        shared: "create table plans (id text primary key, region text not null, unique (id, region)); create type mood as enum ('glad', 'so so');",
        tenant: "",
        rows: "",
        code: r#"
            pub mod sql_types {
                #[derive(diesel::sql_types::SqlType)] #[diesel(postgres_type(name = "mood", schema = "public"))] pub struct Mood;
            }
            table! { public.plans { id -> Text, region -> Text, } }
            table! { items (order_id, n) { order_id -> Int8, n -> Int4, doubled -> Int4, tags -> Array<Nullable<Text>>, } }
            table! { orders { id -> Int8, plan -> Text, region -> Text, #[max_length = 20] note -> Nullable<Varchar>, mood -> Mood,
                              at -> Timestamptz, #[sql_name = "Odd"] odd -> Nullable<Bool>, } }
            joinable!(items -> orders (order_id));
            #[derive(TenantTable)]
            #[multitenant(foreign_key(columns(plan, region), references = "plans(id, region)", on_delete = "restrict", name = "of_plan"),
                index(columns(at, "lower(note) desc"), name = "by_note", filter = "\"Odd\""), unique(note, at))]
            #[diesel(table_name = orders)]
            struct Order {
                #[multitenant(identity = "always")] id: i64,
                #[multitenant(default = "'glad'")] mood: String,
                #[multitenant(default = "now()", check = "at > '2000-01-01'")] at: i64,
            }
            #[derive(TenantTable)]
            struct Item { #[multitenant(generated = "n * 2")] doubled: i32, #[multitenant(default = "'{}'")] tags: i32 }
            #[derive(SharedEnum)] #[diesel(sql_type = sql_types::Mood)] enum Mood { Glad, #[multitenant(label = "so so")] SoSo }
            "#,
        flags: &[],
        facts: &[
            (
                COLUMNS,
                &[
                    "items.order_id int8 NO",
                    "items.n int4 NO",
                    "items.doubled int4 NO (n * 2)",
                    "items.tags _text NO '{}'::text[]",
                    "orders.id int8 NO ALWAYS",
                    "orders.plan text NO",
                    "orders.region text NO",
                    "orders.note varchar 20 YES",
                    "orders.mood mood NO 'glad'::mood",
                    "orders.at timestamptz NO now()",
                    "orders.Odd bool YES",
                ],
            ),
            (
                CONSTRAINTS,
                &[
                    "items_order_id_fkey FOREIGN KEY (order_id) REFERENCES tenant_a.orders(id)",
                    "items_pkey PRIMARY KEY (order_id, n)",
                    "of_plan FOREIGN KEY (plan, region) REFERENCES plans(id, region) ON DELETE RESTRICT",
                    "orders_at_check CHECK ((at > '2000-01-01 00:00:00+00'::timestamp with time zone))",
                    "orders_note_at_key UNIQUE (note, at)",
                    "orders_pkey PRIMARY KEY (id)",
                ],
            ),
            (
                INDEXES,
                &[
                    "CREATE INDEX by_note ON tenant_a.orders USING btree (at, lower((note)::text) DESC) WHERE \"Odd\"",
                    "CREATE INDEX orders_plan_region_idx ON tenant_a.orders USING btree (plan, region)",
                ],
            ),
        ],
    },
    Case {
        name: "columns, keys and indexes of a table that is there",
        shared: "create table plans (id int primary key);",
        tenant: "create table orders (id int primary key, note varchar(20), total int not null default 1, state text not null); \
                 create index by_state on orders (state);",
        rows: "",
        code: r#"
            table! { public.plans { id -> Int4, } }
            table! { orders { id -> Int4, note -> Text, total -> Int8, state -> Nullable<Text>, plan -> Nullable<Int4>, mail -> Nullable<Text>, at -> Timestamptz, } }
            joinable!(orders -> plans (plan));
            #[derive(TenantTable)] #[diesel(table_name = orders)]
            #[multitenant(index(columns(state), name = "by_state", method = "hash"), check(name = "some", "total > 0 or state is null"))]
            struct Order { #[multitenant(default = "''", sql_type = "text")] note: String, #[multitenant(unique)] mail: String,
                           #[multitenant(default = "now()", index)] at: i64, #[multitenant(identity)] id: i32 }
            "#,
        flags: &[],
        facts: &[
            (
                COLUMNS,
                &[
                    "orders.id int4 NO BY DEFAULT",
                    "orders.note text NO ''::text",
                    "orders.total int8 NO 1",
                    "orders.state text YES",
                    "orders.plan int4 YES",
                    "orders.mail text YES",
                    "orders.at timestamptz NO now()",
                ],
            ),
            (
                CONSTRAINTS,
                &[
                    "orders_mail_key UNIQUE (mail)",
                    "orders_pkey PRIMARY KEY (id)",
                    "orders_plan_fkey FOREIGN KEY (plan) REFERENCES plans(id)",
                    "some CHECK (((total > 0) OR (state IS NULL)))",
                ],
            ),
            (
                INDEXES,
                &[
                    "CREATE INDEX by_state ON tenant_a.orders USING hash (state)",
                    "CREATE INDEX orders_at_idx ON tenant_a.orders USING btree (at)",
                    "CREATE INDEX orders_plan_idx ON tenant_a.orders USING btree (plan)",
                ],
            ),
        ],
    },
    Case {
        name: "what goes, and what is renamed",
        shared: "",
        tenant: "create table buyers (id int primary key, name text); \
                 create table orders (id int primary key, buyer int references buyers, note text check (note <> ''), amount int, left_over int unique); \
                 create index on orders (buyer); create index by_amount on orders (amount) where amount > 0; \
                 create table kept (id int primary key); create table no_key (id int);",
        rows: "",
        code: r#"
            table! { purchases { id -> Int4, remark -> Nullable<Text>, amount -> Nullable<Int2>, } }
            "#,
        flags: &[
            "--allow-data-loss",
            "--rename",
            "orders=purchases",
            "--rename",
            "orders.note=purchases.remark",
            "--keep",
            "kept",
        ],
        facts: &[
            (
                COLUMNS,
                &[
                    "kept.id int4 NO",
                    "no_key.id int4 YES",
                    "purchases.id int4 NO",
                    "purchases.remark text YES",
                    "purchases.amount int2 YES",
                ],
            ),
            (
                CONSTRAINTS,
                &[
                    "kept_pkey PRIMARY KEY (id)",
                    "orders_note_check CHECK ((remark <> ''::text))",
                    "orders_pkey PRIMARY KEY (id)",
                ],
            ),
            (INDEXES, &["CREATE INDEX by_amount ON tenant_a.purchases USING btree (amount) WHERE (amount > 0)"]),
        ],
    },
    Case {
        name: "the whole truth",
        shared: "",
        tenant: "create table a (id int primary key, b int default 1 check (b > 0), c text unique, d int references a); \
                 create index by_b on a (b); create index by_d on a (d);",
        rows: "",
        code: r#"
            table! { a (id) { id -> Int4, b -> Nullable<Int4>, c -> Nullable<Text>, d -> Nullable<Int4>, } }
            #[derive(TenantTable)] #[diesel(table_name = a)]
            struct A { #[multitenant(references = "a(id)", on_delete = "set null")] d: i32 }
            "#,
        flags: &["--exact"],
        facts: &[
            (
                CONSTRAINTS,
                &["a_d_fkey FOREIGN KEY (d) REFERENCES tenant_a.a(id) ON DELETE SET NULL", "a_pkey PRIMARY KEY (id)"],
            ),
            (INDEXES, &["CREATE INDEX by_d ON tenant_a.a USING btree (d)"]),
        ],
    },
    Case {
        name: "a key of a table that is there, and one to it",
        shared: "",
        tenant: "create table a (id int primary key, code text not null); create table b (x int, y int, a_code text, primary key (x));",
        rows: "",
        code: r#"
            table! { a { id -> Int4, code -> Text, } }
            table! { b (x, y) { x -> Int4, y -> Int4, a_code -> Nullable<Text>, } }
            table! { c { id -> Int4, a_code -> Text, next -> Nullable<Int4>, } }
            table! { d { id -> Int4, next -> Nullable<Int4>, } }
            joinable!(c -> d (next)); joinable!(d -> c (next));
            #[derive(TenantTable)] #[diesel(table_name = a)] struct A { #[multitenant(unique)] code: String }
            #[derive(TenantTable)] #[diesel(table_name = b)] struct B { #[multitenant(references = "a(code)")] a_code: String }
            #[derive(TenantTable)] #[diesel(table_name = c)] struct C { #[multitenant(references = "a(code)", on_update = "cascade")] a_code: String }
            "#,
        flags: &[],
        facts: &[(
            CONSTRAINTS,
            &[
                "a_code_key UNIQUE (code)",
                "a_pkey PRIMARY KEY (id)",
                "b_a_code_fkey FOREIGN KEY (a_code) REFERENCES tenant_a.a(code)",
                "b_pkey PRIMARY KEY (x, y)",
                "c_a_code_fkey FOREIGN KEY (a_code) REFERENCES tenant_a.a(code) ON UPDATE CASCADE",
                "c_next_fkey FOREIGN KEY (next) REFERENCES tenant_a.d(id)",
                "c_pkey PRIMARY KEY (id)",
                "d_next_fkey FOREIGN KEY (next) REFERENCES tenant_a.c(id)",
                "d_pkey PRIMARY KEY (id)",
            ],
        )],
    },
    Case {
        name: "names and texts that would be statements",
        shared: "",
        tenant: "create table \"o\"\"x\" (id int primary key);",
        rows: "",
        code: r#"
            table! { #[sql_name = "o\"x"] o { id -> Int4, #[sql_name = "a'; drop table b; --"] a -> Nullable<Text>, } }
            #[derive(TenantTable)] #[diesel(table_name = o)]
            #[multitenant(index(columns(a), name = "i\"; --"), check(name = "c'", "\"a'; drop table b; --\" <> ';'"))]
            struct O { #[multitenant(default = "'it''s; --'")] a: String }
            "#,
        flags: &[],
        facts: &[
            (COLUMNS, &["o\"x.id int4 NO", "o\"x.a'; drop table b; -- text YES 'it''s; --'::text"]),
            (INDEXES, &["CREATE INDEX \"i\"\"; --\" ON tenant_a.\"o\"\"x\" USING btree (\"a'; drop table b; --\")"]),
        ],
    },
];

#[tokio::test(flavor = "multi_thread")]
async fn what_is_made_is_what_the_code_says_and_leads_back() {
    holds(CASES).await;
}
