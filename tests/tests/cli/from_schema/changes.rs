//! Changes of what is there, with rows in it.

use super::case::{COLUMNS, CONSTRAINTS, Case, INDEXES, SEQUENCES, generate, holds, project};

const CASES: &[Case] = &[
    Case {
        name: "types under foreign keys",
        shared: "",
        tenant: "create table plans (id int primary key, code varchar(9) not null unique); \
                 create table orders (id int primary key, plan int not null references plans on delete cascade, next int references orders, \
                 plan_code varchar(9) references plans (code)); create index on orders (plan); \
                 create table items (order_id int references orders, plan int, primary key (order_id, plan), foreign key (plan) references plans);",
        rows: "insert into plans values (1, 'a'); insert into orders values (7, 1, 7, 'a'); insert into items values (7, 1)",
        code: r#"
            table! { plans { id -> Int8, code -> Text, } }
            table! { orders { id -> Int8, plan -> Int8, next -> Nullable<Int8>, plan_code -> Nullable<Text>, } }
            table! { items (order_id, plan) { order_id -> Int8, plan -> Int8, } }
            #[derive(TenantTable)] #[diesel(table_name = plans)] struct Plan { #[multitenant(sql_type = "text")] code: String }
            #[derive(TenantTable)] #[diesel(table_name = orders)] struct Order { #[multitenant(sql_type = "text")] plan_code: String }
            "#,
        flags: &[],
        facts: &[
            (
                COLUMNS,
                &[
                    "items.order_id int8 NO",
                    "items.plan int8 NO",
                    "orders.id int8 NO",
                    "orders.plan int8 NO",
                    "orders.next int8 YES",
                    "orders.plan_code text YES",
                    "plans.id int8 NO",
                    "plans.code text NO",
                ],
            ),
            (
                CONSTRAINTS,
                &[
                    "items_order_id_fkey FOREIGN KEY (order_id) REFERENCES tenant_a.orders(id)",
                    "items_pkey PRIMARY KEY (order_id, plan)",
                    "items_plan_fkey FOREIGN KEY (plan) REFERENCES tenant_a.plans(id)",
                    "orders_next_fkey FOREIGN KEY (next) REFERENCES tenant_a.orders(id)",
                    "orders_pkey PRIMARY KEY (id)",
                    "orders_plan_code_fkey FOREIGN KEY (plan_code) REFERENCES tenant_a.plans(code)",
                    "orders_plan_fkey FOREIGN KEY (plan) REFERENCES tenant_a.plans(id) ON DELETE CASCADE",
                    "plans_code_key UNIQUE (code)",
                    "plans_pkey PRIMARY KEY (id)",
                ],
            ),
            (
                "select concat_ws(' ', o.id, plan, next, plan_code, code) from tenant_a.orders o join tenant_a.plans p on p.id = plan",
                &["7 1 7 a a"],
            ),
        ],
    },
    Case {
        name: "other types under a foreign key, with what is cast",
        shared: "",
        tenant: "create table plans (id text primary key); \
                 create table orders (id int primary key, plan text references plans, total int not null default 3, note text default '5', \
                 at timestamp not null default now(), doc json, mail varchar(9)); create index by_total on orders (total); create index on orders (plan);",
        rows: "insert into plans values ('a0000000-0000-4000-8000-000000000000'); \
               insert into orders values (1, 'a0000000-0000-4000-8000-000000000000', 4, '6', '2024-01-01', '{\"a\": 1}', 'm')",
        code: r#"
            table! { plans { id -> Uuid, } }
            table! { orders { id -> Int4, plan -> Nullable<Uuid>, total -> Text, note -> Nullable<Int4>, at -> Timestamptz, doc -> Nullable<Jsonb>, #[max_length = 20] mail -> Nullable<Varchar>, } }
            #[derive(TenantTable)] #[diesel(table_name = orders)] struct Order {
                #[multitenant(default = "'x'")] total: String, #[multitenant(sql_type = "varchar(20)")] mail: String }
            "#,
        flags: &["--allow-data-loss"],
        facts: &[
            (
                "select concat_ws(' ', plan, total, note, at at time zone 'utc', doc ->> 'a', mail) from tenant_a.orders",
                &["a0000000-0000-4000-8000-000000000000 4 6 2024-01-01 00:00:00 1 m"],
            ),
            (
                CONSTRAINTS,
                &[
                    "orders_pkey PRIMARY KEY (id)",
                    "orders_plan_fkey FOREIGN KEY (plan) REFERENCES tenant_a.plans(id)",
                    "plans_pkey PRIMARY KEY (id)",
                ],
            ),
        ],
    },
    Case {
        name: "numbers of a serial, whatever it was called at first",
        shared: "",
        tenant: "create table a (id serial primary key, n smallserial); \
                 create table old (nr serial primary key, a_id int references a); create table a_id (seq serial primary key); \
                 alter table old rename to new; alter table new rename nr to id; create table old (nr serial primary key); \
                 alter sequence a_n_seq rename to \"Numbers\";",
        rows: "insert into a default values; insert into new (a_id) values (1); select setval('old_nr_seq', 2147483647)",
        code: r#"
            table! { a { id -> Int8, n -> Int4, } }
            table! { new { id -> Int8, a_id -> Nullable<Int8>, } }
            table! { old (nr) { nr -> Int8, } }
            table! { a_id (seq) { seq -> Int4, } }
            "#,
        flags: &[],
        facts: &[
            (
                SEQUENCES,
                &[
                    "Numbers integer",
                    "a_id_seq bigint",
                    "a_id_seq_seq integer",
                    "old_nr_seq bigint",
                    "old_nr_seq1 bigint",
                ],
            ),
            ("select nextval('tenant_a.old_nr_seq')::text", &["2147483648"]),
            // The way back would not take it.
            ("select setval('tenant_a.old_nr_seq', 5)::text", &["5"]),
            (
                COLUMNS,
                &[
                    "a.id int8 NO nextval('tenant_a.a_id_seq'::regclass)",
                    "a.n int4 NO nextval('tenant_a.\"Numbers\"'::regclass)",
                    "a_id.seq int4 NO nextval('tenant_a.a_id_seq_seq'::regclass)",
                    "new.id int8 NO nextval('tenant_a.old_nr_seq'::regclass)",
                    "new.a_id int8 YES",
                    "old.nr int8 NO nextval('tenant_a.old_nr_seq1'::regclass)",
                ],
            ),
        ],
    },
    Case {
        name: "a serial that draws no longer, and an identity of another size",
        shared: "",
        tenant: "create table a (id int generated always as identity primary key, n serial); alter table a rename to b;",
        rows: "insert into b default values",
        code: r#"
            table! { b { id -> Int8, n -> Int8, } }
            #[derive(TenantTable)] #[diesel(table_name = b)] struct B { #[multitenant(default = "5")] n: i64 }
            "#,
        flags: &[],
        facts: &[
            (COLUMNS, &["b.id int8 NO ALWAYS", "b.n int8 NO 5"]),
            ("select id || ' ' || n from tenant_a.b", &["1 1"]),
        ],
    },
    Case {
        name: "a partitioned table",
        shared: "",
        tenant: "create table logs (id bigint not null, at timestamptz not null, level int not null, note varchar(9), primary key (id, at)) \
                 partition by range (at); \
                 create table logs_2024 partition of logs for values from ('2024-01-01') to ('2025-01-01'); \
                 create table logs_rest partition of logs default; create index by_level on logs (level);",
        rows: "insert into logs values (1, '2024-02-02', 3, 'n'), (2, '2030-01-01', 4, null)",
        code: r#"
            table! { logs (id, at) { id -> Int8, at -> Timestamptz, level -> Int8, remark -> Nullable<Text>, host -> Nullable<Text>, n -> Int4, } }
            #[derive(TenantTable)] #[diesel(table_name = logs)] #[multitenant(index(columns(host), name = "by_host"), check(name = "high", "level > 0"))]
            struct Log { #[multitenant(default = "1")] n: i32, #[multitenant(sql_type = "text")] remark: String }
            "#,
        flags: &["--rename", "logs.note=logs.remark"],
        facts: &[
            (
                COLUMNS,
                &[
                    "logs.id int8 NO",
                    "logs.at timestamptz NO",
                    "logs.level int8 NO",
                    "logs.remark text YES",
                    "logs.host text YES",
                    "logs.n int4 NO 1",
                    "logs_2024.id int8 NO",
                    "logs_2024.at timestamptz NO",
                    "logs_2024.level int8 NO",
                    "logs_2024.remark text YES",
                    "logs_2024.host text YES",
                    "logs_2024.n int4 NO 1",
                    "logs_rest.id int8 NO",
                    "logs_rest.at timestamptz NO",
                    "logs_rest.level int8 NO",
                    "logs_rest.remark text YES",
                    "logs_rest.host text YES",
                    "logs_rest.n int4 NO 1",
                ],
            ),
            (
                CONSTRAINTS,
                &[
                    "high CHECK ((level > 0))",
                    "high CHECK ((level > 0))",
                    "high CHECK ((level > 0))",
                    "logs_2024_pkey PRIMARY KEY (id, at)",
                    "logs_pkey PRIMARY KEY (id, at)",
                    "logs_rest_pkey PRIMARY KEY (id, at)",
                ],
            ),
            (
                "select concat_ws(' ', tableoid::regclass, id, level, remark, n) from tenant_a.logs order by id",
                &["tenant_a.logs_2024 1 3 n 1", "tenant_a.logs_rest 2 4 1"],
            ),
        ],
    },
    Case {
        name: "new names and new types at once",
        shared: "",
        tenant: "create type mood as enum ('glad', 'sad'); \
                 create table orders (id serial primary key, total int check (total > 0), mood mood not null default 'glad', \
                 twice int generated always as (n * 2) stored, n int, unique (total, n)); \
                 create table items (id int primary key, order_id int not null references orders); \
                 create index by_n on orders (n desc) where total > 1;",
        rows: "insert into orders (total, n) values (2, 3); insert into items values (1, 1)",
        code: r#"
            pub mod sql_types { #[diesel(postgres_type(name = "mood"))] pub struct Mood; }
            table! { purchases (nr) { nr -> Int8, total -> Nullable<Int4>, feeling -> Mood, twice -> Nullable<Int4>, m -> Nullable<Int4>, } }
            table! { items { id -> Int4, purchase -> Int8, } }
            "#,
        flags: &[
            "--rename",
            "orders=purchases",
            "--rename",
            "orders.id=purchases.nr",
            "--rename",
            "orders.mood=purchases.feeling",
            "--rename",
            "purchases.n=purchases.m",
            "--rename",
            "items.order_id=items.purchase",
        ],
        facts: &[
            (
                COLUMNS,
                &[
                    "items.id int4 NO",
                    "items.purchase int8 NO",
                    "purchases.nr int8 NO nextval('tenant_a.orders_id_seq'::regclass)",
                    "purchases.total int4 YES",
                    "purchases.feeling mood NO 'glad'::tenant_a.mood",
                    "purchases.twice int4 YES (m * 2)",
                    "purchases.m int4 YES",
                ],
            ),
            (SEQUENCES, &["orders_id_seq bigint"]),
            (
                CONSTRAINTS,
                &[
                    "items_order_id_fkey FOREIGN KEY (purchase) REFERENCES tenant_a.purchases(nr)",
                    "items_pkey PRIMARY KEY (id)",
                    "orders_pkey PRIMARY KEY (nr)",
                    "orders_total_check CHECK ((total > 0))",
                    "orders_total_n_key UNIQUE (total, m)",
                ],
            ),
            (INDEXES, &["CREATE INDEX by_n ON tenant_a.purchases USING btree (m DESC) WHERE (total > 1)"]),
            ("select concat_ws(' ', nr, total, twice) from tenant_a.purchases", &["1 2 6"]),
        ],
    },
];

#[tokio::test(flavor = "multi_thread")]
async fn what_is_changed_keeps_its_rows_and_leads_back() {
    holds(CASES).await;
}

#[tokio::test]
async fn what_is_in_the_way_is_named_and_nothing_is_written() {
    for (tenant, code, expected) in [
        (
            "create table a (id int primary key, n int, m int generated always as (n + 1) stored);",
            "table! { a { id -> Int4, n -> Nullable<Int8>, m -> Nullable<Int4>, } }",
            "a.n cannot become int8: the generated column a.m is computed from it",
        ),
        (
            "create table a (id bigint, n int, primary key (id, n)) partition by list (n);",
            "table! { a (id, n) { id -> Int8, n -> Int8, } }",
            "a.n cannot become int8: a is partitioned by it",
        ),
        (
            "create table a (id int primary key, n text, check (length(n) > 1));",
            "table! { a { id -> Int4, n -> Nullable<Int4>, } }",
            "a.n cannot become int4: the check a_n_check was written for the old type",
        ),
    ] {
        let project = project("", tenant, code).await;
        let answer = generate(&project, "tenant", &["--allow-data-loss"]).code(13);
        answer.complains(&["nothing was written", expected, "take that away with one migration"]);
        let folders = std::fs::read_dir(project.path("migrations/tenant")).unwrap().flatten();
        assert_eq!(folders.filter(|entry| entry.path().is_dir()).count(), 1);
    }
}
