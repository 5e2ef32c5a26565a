//! All kinds of what is scaffolded, compiled: one package, once.

use std::path::Path;
use std::process::Command;

use super::scaffold;
use crate::project::{Project, answer};

/// Every type, nullable and not.
const TYPES: &str = "a:text b:smallint c:int d:bigint e:real f:double g:numeric h:bool i:uuid j:timestamptz k:timestamp \
                     l:date m:jsonb n:bytea a2:text:null b2:smallint:null c2:int:null d2:bigint:null e2:real:null \
                     f2:double:null g2:numeric:null h2:bool:null i2:uuid:null j2:timestamptz:null k2:timestamp:null \
                     l2:date:null m2:jsonb:null n2:bytea:null o:int:default=1";

fn shop() -> Project {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let text = std::fs::read_to_string(workspace.join("Cargo.toml")).unwrap();
    let profiles = text.find("\n[profile").map_or("", |at| &text[at..]);
    let runtime = workspace.join("multitenant-runtime");
    let manifest = format!(
        "[package]\nname = \"shop\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\nresolver = \"3\"\n[dependencies]\n\
         bigdecimal = \"0.4\"\nchrono = {{ version = \"0.4\", default-features = false }}\nserde_json = \"1\"\nuuid = \"1\"\n\
         diesel = {{ version = \"2\", default-features = false, features = [\"32-column-tables\", \"postgres_backend\", \
         \"chrono\", \"numeric\", \"serde_json\", \"uuid\"] }}\n\
         diesel-async = {{ version = \"0.9\", default-features = false, features = [\"postgres\"] }}\n\
         multitenant-runtime = {{ path = {runtime:?}, default-features = false, features = [\"macros\"] }}\n{profiles}"
    );
    Project::on_disk()
        .file("Cargo.toml", &manifest)
        .file("Cargo.lock", &std::fs::read_to_string(workspace.join("Cargo.lock")).unwrap())
}

/// What another project has exported, beside what is scaffolded: it is compiled with it.
fn imported(project: &Project) {
    let other = Project::on_disk()
        .tenants(&["a"])
        .migration(
            "shared/2026-01-01-000000_a",
            "create type currency as enum ('EUR', 'us-dollar');
             create table plans (id uuid primary key default gen_random_uuid(), code text not null,
                 price int not null default 0, constraint plans_code_key unique (code));
             create table rates (id int primary key, currency currency not null, at timestamptz, \"2nd try\" bytea);",
        )
        .migration(
            "tenant/2026-01-01-000000_a",
            "create type state as enum ('new', 'paid'); create domain mail as text;
             create table bills (id bigserial primary key, rate int not null references rates, state state default 'new',
                 states state[], currency currency, mail mail, plan uuid references plans, search tsvector, type int);
             create table bill_lines (bill bigint references bills, no int, primary key (bill, no));
             create table marks (at point primary key);",
        );
    let document = other.run(&["export", "--format", "json-schema"]).code(0).stdout;
    std::fs::write(project.path("schema.json"), document).unwrap();
    // The other one's plans are the same.
    project.run(&["import", "--from", "schema.json"]).code(0).complains(&["the shared table plans is left out"]);
}

#[test]
fn what_is_scaffolded_compiles() {
    // A file for each tier, so that joins lead from one to the other; seeds are modules here, as in the package that runs
    // them.
    let project = shop()
        .file(
            "src/lib.rs",
            "#![deny(warnings, missing_docs)]\n//! A shop.\n/// Seeds.\n#[path = \"../seeds/tenant/plain.rs\"]\npub mod seed;\n",
        )
        .file("src/schema/mod.rs", "//! Tables.\n#![allow(missing_docs)]\npub mod shared;\npub mod tenant;\n")
        .file("src/schema/shared.rs", "")
        .file("src/schema/tenant.rs", "")
        .file("src/models.rs", "//! Rows.\n#![allow(missing_docs)]\n");
    let project = project.file(
        "src/lib.rs",
        "#![deny(warnings)]\n//! A shop.\npub mod models;\npub mod schema;\n#[path = \"../seeds/tenant/everything.rs\"]\npub mod seed;\n",
    );
    for line in [
        "schema plans --type shared --uuid code:text:unique price:int:default=0",
        "schema bare --type tenant",
        "schema plain --type tenant x:int --timestamps",
        &format!("schema everything --type tenant {TYPES}"),
        "schema items --type tenant --uuid --timestamps --soft-delete plan_id:references=plans plain_id:references=plain",
        "schema pairs --type tenant a_id:references=plain b_id:references=plain self_id:bigint:null:references=pairs",
        "seed everything --type tenant --rust",
    ] {
        scaffold(&project, line).code(0);
    }
    imported(&project);
    let source = "use diesel::prelude::*;\nuse shop::{models::{Item, NewItem, Plan}, schema::{shared::plans, tenant::items}};\n\
         fn main() {\n\
         let rows = items::table.inner_join(plans::table).select((Item::as_select(), Plan::as_select()));\n\
         let sql = diesel::debug_query::<diesel::pg::Pg, _>(&rows).to_string();\n\
         assert!(sql.contains(\"INNER JOIN \\\"public\\\".\\\"plans\\\"\"), \"{sql}\");\n\
         let new = NewItem { plan_id: uuid::Uuid::nil(), plain_id: 1 };\n\
         let _ = diesel::insert_into(items::table).values(&new);\n}\n";
    let project = project.file("src/main.rs", source);
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["check", "--quiet", "--offline"]).current_dir(project.path(""));
    cargo.env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap()).env_remove("RUSTFLAGS");
    answer(cargo).code(0);
    let mut rustfmt = Command::new("rustfmt");
    rustfmt
        .args(["--check", "--edition", "2024", "src/models.rs", "src/schema/shared.rs"])
        .current_dir(project.path(""));
    answer(rustfmt).code(0);
}
