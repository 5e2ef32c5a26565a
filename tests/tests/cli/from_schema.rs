//! `generate --from-schema`: what it writes makes, on a server, the schema that the code says, and leads back.

use std::fs;

use crate::project::{Answer, Project};

/// A project before, the code after, and what is then true of the tenant's schema.
struct Case {
    name: &'static str,
    shared: &'static str,
    tenant: &'static str,
    code: &'static str,
    flags: &'static [&'static str],
    /// Queries of one column, and their rows.
    facts: &'static [(&'static str, &'static [&'static str])],
}

const CONSTRAINTS: &str = "select conname || ' ' || pg_get_constraintdef(oid) from pg_constraint \
                           where connamespace = 'tenant_a'::regnamespace and contype <> 'n' and conname not like '\\_\\_%' order by 1";
const COLUMNS: &str = "select concat_ws(' ', table_name || '.' || column_name, udt_name, character_maximum_length, is_nullable, \
                       column_default, identity_generation, generation_expression) from information_schema.columns \
                       where table_schema = 'tenant_a' and table_name not like '\\_\\_%' order by table_name, ordinal_position";
const INDEXES: &str = "select indexdef from pg_indexes where schemaname = 'tenant_a' and tablename not like '\\_\\_%' \
                       and indexname not like '%key' order by 1";

const CASES: &[Case] = &[
    Case {
        name: "an empty folder",
        shared: "create table plans (id text primary key, region text not null, unique (id, region)); create type mood as enum ('glad', 'so so');",
        tenant: "",
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

/// A project with a tenant, and these migrations and this code.
async fn project(shared: &str, tenant: &str, code: &str) -> Project {
    let mut project = Project::with_tenants(&["a"]).await.file("src/schema.rs", code);
    project = project.file("Cargo.toml", "[package]\nname = \"p\"\nversion = \"0.0.0\"\n");
    for folder in ["shared", "tenant"] {
        project = project.file(&format!("migrations/{folder}/.gitkeep"), "");
    }
    for (folder, up) in [("shared/1_a", shared), ("tenant/1_a", tenant)] {
        if !up.is_empty() {
            project = project.migration(folder, up).down(folder, "-- irreversible: the first one");
        }
    }
    project
}

fn generate(project: &Project, tier: &str, flags: &[&str]) -> Answer {
    project.run(&[&["generate", tier, "change", "--from-schema", "--format", "json"], flags].concat())
}

/// What our lint says of the migrations that were made.
fn findings(project: &Project) -> Vec<String> {
    let document = project.run(&["lint", "--format", "json"]).json();
    let findings = document["findings"].as_array().unwrap().iter();
    let text = |finding: &serde_json::Value, field: &str| finding[field].as_str().unwrap_or_default().to_owned();
    findings
        .filter(|finding| text(finding, "level") != "info" && text(finding, "file").contains("_change"))
        .filter(|finding| !text(finding, "code").ends_with("-naming"))
        .map(|finding| format!("{}: {}: {}", text(finding, "file"), text(finding, "code"), text(finding, "message")))
        .collect()
}

/// All that a catalogue says of the tenant's schema.
async fn described(project: &Project) -> Vec<String> {
    let mut all = Vec::new();
    for query in [COLUMNS, CONSTRAINTS, INDEXES] {
        all.extend(project.texts(query).await);
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_made_is_what_the_code_says_and_leads_back() {
    let mut wrong = Vec::new();
    for case in CASES {
        let project = project(case.shared, case.tenant, case.code).await;
        project.run(&["migrate"]).code(0);
        let before = described(&project).await;
        let made = generate(&project, "tenant", case.flags).code(0).json();
        assert_eq!(findings(&project), [""; 0], "{}: {made:#}", case.name);
        let again: Vec<&str> = case
            .flags
            .iter()
            .enumerate()
            .filter(|(at, flag)| **flag != "--rename" && !(*at > 0 && case.flags[*at - 1] == "--rename"))
            .map(|(_, flag)| *flag)
            .collect();
        let nothing = generate(&project, "tenant", &[&["--check"], again.as_slice()].concat()).code(0).json();
        assert_eq!(nothing["changes"].as_array().unwrap().len(), 0, "{}: {nothing:#}", case.name);
        project.run(&["migrate"]).code(0);
        for (query, rows) in case.facts {
            let there = project.texts(query).await;
            if there != *rows {
                wrong.push(format!("{}: {there:#?}", case.name));
            }
        }
        // As the server has it, `table!` is what the code says.
        let drift = project.run(&["lint", "--format", "json"]).json().to_string();
        assert!(!drift.contains("schema-rs-drift"), "{}: {drift}", case.name);
        let folders: std::collections::BTreeSet<&str> = made["files"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|file| file["path"].as_str()?.rsplit_once('/').map(|(folder, _)| folder))
            .collect();
        let steps = folders.len().to_string();
        project.run(&["rollback", "tenants", "--steps", &steps, "--yes"]).code(0);
        // A column that comes back stands behind the others.
        let sorted = |mut rows: Vec<String>| {
            rows.sort();
            rows
        };
        assert_eq!(sorted(described(&project).await), sorted(before), "{}", case.name);
        project.run(&["migrate"]).code(0);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn types_and_their_labels() {
    let code = |labels: &str| {
        format!(
            "pub mod sql_types {{ #[diesel(postgres_type(name = \"mood\", schema = \"public\"))] pub struct Mood; }}
             table! {{ public.a {{ id -> Int4, m -> Nullable<Mood>, }} }}
             #[derive(SharedTable)] #[diesel(table_name = a)] struct A; #[derive(SharedEnum)] enum Mood {{ {labels} }}"
        )
    };
    let project = project("", "", &code("Glad, Sad")).await;
    generate(&project, "shared", &[]).code(0);
    project.run(&["migrate"]).code(0);
    let labels = "select enumlabel::text from pg_enum order by enumsortorder";
    assert_eq!(project.texts(labels).await, ["glad", "sad"]);
    let project = project.file("src/schema.rs", &code("First, Glad, Between, Sad, Last"));
    generate(&project, "shared", &[]).code(0);
    assert_eq!(findings(&project), [""; 0]);
    project.run(&["migrate"]).code(0);
    assert_eq!(project.texts(labels).await, ["first", "glad", "between", "sad", "last"]);
    // It cannot be taken back, and is no error the second time.
    project.run(&["rollback", "shared", "--steps", "1", "--yes"]).code(0);
    project.run(&["migrate"]).code(0);
    let project = project.file("src/schema.rs", &code("Glad, Sad"));
    generate(&project, "shared", &[]).code(13).complains(&["has labels that the code has not", "another type"]);
}

#[test]
fn nothing_is_lost_without_consent() {
    let project = Project::on_disk()
        .file("Cargo.toml", "[package]\nname = \"p\"\nversion = \"0.0.0\"\n")
        .migration("tenant/1_a", "create table orders (id int primary key, total int, note varchar(9)); create table old (id int primary key);")
        .migration("shared/1_a", "create table tenants (id text primary key);")
        .file("src/schema.rs", "table! { orders { id -> Int4, amount -> Nullable<Int4>, #[max_length = 5] note -> Nullable<Varchar>, } }");
    let before = fs::read_dir(project.path("migrations/tenant")).unwrap().count();
    generate(&project, "tenant", &[]).code(13).complains(&[
        "nothing was written, since this would lose data:",
        "the column orders.total",
        "values of orders.note that are no varchar(5)",
        "the table old with all of its rows",
        "--allow-data-loss",
        "--keep NAME",
        "--rename orders.total=orders.amount",
    ]);
    // A registry needs no `table!`.
    generate(&project, "shared", &["--check"]).code(0);
    let check = generate(&project, "tenant", &["--check"]).code(1).json();
    assert_eq!(check["loses"].as_array().unwrap().len(), 3);
    let dry = project.run(&["generate", "tenant", "x", "--from-schema", "--dry-run", "--allow-data-loss"]).code(0);
    dry.says(&["-- loses data: the column orders.total\n", "-- migrations/tenant/"]);
    for wrong in ["orders.total=orders.nothing", "nothing=orders", "orders.total", "orders.total="] {
        generate(&project, "tenant", &["--rename", wrong]).code(2);
    }
    assert_eq!(fs::read_dir(project.path("migrations/tenant")).unwrap().count(), before);
    let flags =
        ["--rename", "orders.total=orders.amount", "--keep", "old", "--keep", "orders.note", "--allow-data-loss"];
    let made = generate(&project, "tenant", &flags).code(0).json();
    assert_eq!(made["changes"][0], "rename orders.total to amount");
    assert_eq!(made["loses"].as_array().unwrap().len(), 1);
}

#[test]
fn the_other_tier_is_hinted_at_and_not_written() {
    let project = Project::on_disk()
        .file("Cargo.toml", "[package]\nname = \"p\"\nversion = \"0.0.0\"\n")
        .file("src/schema.rs", "table! { public.plans { id -> Int4, } } table! { orders { id -> Int4, plan -> Int4, } }
            #[derive(TenantTable)] #[diesel(table_name = orders)] struct O { #[multitenant(references = \"plans(id)\")] plan: i32 }");
    generate(&project, "tenant", &[]).code(13).complains(&["run `generate shared NAME --from-schema` first"]);
    generate(&project, "shared", &[]).code(0).complains(&["the tenant migrations differ from the schema code too"]);
    assert!(!project.path("migrations/tenant").exists());
    generate(&project, "tenant", &[]).code(0);
    let none = project.run(&["generate", "tenant", "x", "--from-schema"]).code(0);
    none.says(&["the tenant migrations make what the schema code says"]);
    let empty = Project::on_disk();
    empty.run(&["generate", "tenant", "x", "--from-schema"]).code(3).complains(&["there is no `table!`"]);
    let broken = Project::on_disk()
        .file("Cargo.toml", "[package]\nname = \"p\"\nversion = \"0.0.0\"\n")
        .file("src/schema.rs", "table! { a { id -> Int4, } }\nfn broken( {");
    let answer = broken.run(&["generate", "tenant", "x", "--from-schema"]).code(13);
    answer.complains(&["src/schema.rs:2: this is no Rust"]);
    for name in ["../../evil", "a/b", ""] {
        project.run(&["generate", "tenant", "--from-schema", "--", name]).code(2);
    }
}

#[test]
fn several_at_once_write_it_once() {
    let project = Project::on_disk()
        .file("Cargo.toml", "[package]\nname = \"p\"\nversion = \"0.0.0\"\n")
        .migration("shared/1_a", "create table tenants (id text primary key);")
        .file("src/schema.rs", "table! { orders { id -> Int4, } }");
    let mut runs: Vec<_> = (0..4)
        .map(|_| {
            project.command(&["generate", "tenant", "change", "--from-schema", "--allow-data-loss"]).spawn().unwrap()
        })
        .collect();
    assert!(runs.iter_mut().all(|run| run.wait().unwrap().success()));
    assert_eq!(fs::read_dir(project.path("migrations/tenant")).unwrap().count(), 1);
}
