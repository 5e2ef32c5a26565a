//! `scaffold seed`.

use std::fs;

use super::{files, package, scaffold};

#[test]
fn a_seed_writes_what_the_table_needs() {
    let project = package()
        .migration("shared/1_plans", "create table plans (id text primary key, name text not null, note text);")
        .migration(
            "tenant/1_users",
            "create table users (id bigint generated always as identity primary key, plan text not null references plans, \
             \"Nick\" text not null, at timestamptz not null default now());",
        );
    for (line, path, text) in [
        (
            "seed 10_plans --type shared",
            "seeds/shared/10_plans.sql",
            "INSERT INTO plans (id, name)\nVALUES ('example', 'example')\nON CONFLICT DO NOTHING;\n",
        ),
        (
            "seed users --type tenant --env dev",
            "seeds/tenant/dev/users.sql",
            "INSERT INTO users (plan, \"Nick\")\nSELECT (SELECT id FROM plans ORDER BY id LIMIT 1), 'example'\n\
             WHERE NOT EXISTS (SELECT FROM users)\nON CONFLICT DO NOTHING;\n",
        ),
        (
            "seed demo --type shared --table plans id note:text:default=hello",
            "seeds/shared/demo.sql",
            "INSERT INTO plans (id, note)\nVALUES ('example', 'hello')\nON CONFLICT DO NOTHING;\n",
        ),
    ] {
        scaffold(&project, line).code(0).says(&[path]);
        assert_eq!(fs::read_to_string(project.path(path)).unwrap(), text);
        let before = files(&project);
        scaffold(&project, line).code(13).complains(&["is there already, and nothing is overwritten"]);
        assert_eq!(files(&project), before);
    }
    scaffold(&project, "seed demo --type shared").code(13).complains(&["make no table `demo`", "--table"]);
    let answer = scaffold(&project, "seed plans --type shared --rust").code(0).says(&["seeds/shared/plans.rs"]);
    answer.complains(&["cargo add --package shop diesel-async --features postgres"]);
}

#[test]
fn configured_folders_are_used() {
    let project = package()
        .file("multitenant.toml", "[seeds]\nfolder = \"db/rows\"\n")
        .migration("tenant/1_users", "create table users (id text primary key);");
    scaffold(&project, "seed users --type tenant").code(0).says(&["db/rows/users.sql"]);
}
