//! Other people's schema code: from an empty folder to the tables that their own migrations make.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "takes folders from the environment, and reports to who runs it"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use multitenant_runtime::Version;

use crate::project::Project;

/// `MULTITENANT_FROM_SCHEMA`: `code|migrations`, several with `;` between them.
#[tokio::test(flavor = "multi_thread")]
async fn makes_the_tables_of_real_projects() {
    let Some(projects) = std::env::var("MULTITENANT_FROM_SCHEMA").ok().filter(|value| !value.is_empty()) else {
        return eprintln!("skipped: MULTITENANT_FROM_SCHEMA is not set to schema code and migrations");
    };
    let mut bad = Vec::new();
    for project in projects.split(';') {
        let (code, migrations) = project.split_once('|').unwrap();
        let share = reproduced(Path::new(code), Path::new(migrations)).await;
        if share < 99.0 {
            bad.push(format!("{code}: {share:.2} %"));
        }
    }
    assert!(bad.is_empty(), "less than 99 %: {}", bad.join(", "));
}

/// How much of the tables and columns is the same as their own migrations make, in percent.
async fn reproduced(code: &Path, migrations: &Path) -> f64 {
    let mut project =
        Project::with_tenants(&["a"]).await.file("Cargo.toml", "[package]\nname = \"p\"\nversion = \"0.0.0\"\n");
    for folder in ["shared", "tenant"] {
        project = project.file(&format!("migrations/{folder}/.gitkeep"), "");
    }
    copy(code, &project.path("src"));
    project.sql("create schema own").await;
    let extensions =
        ["citext", "pgcrypto", "ltree", "pg_trgm", "uuid-ossp", "hstore", "btree_gist", "btree_gin", "unaccent"];
    for extension in extensions {
        let client = project.client().await;
        client.batch_execute(&format!("create extension if not exists \"{extension}\" schema public")).await.ok();
    }
    let failed = apply(&project, migrations).await;
    // What the code does not say of types stands in a migration before the others.
    let first = project.run(&["generate", "tenant", "first", "--from-schema", "--dry-run"]);
    let mut helped = BTreeSet::new();
    if first.code != Some(0) {
        let types = types(&project).await;
        let mut text = String::new();
        for (name, create) in &types {
            if first.stderr.contains(&format!("the type {name}:"))
                || first.stderr.contains(&format!("the type {name},"))
            {
                helped.insert(name.clone());
                text += &format!("{create}\n");
            }
        }
        if !text.is_empty() {
            project = project.migration("tenant/0_types", &text);
        }
    }
    let made = project.run(&["generate", "tenant", "first", "--from-schema"]);
    if made.code != Some(0) {
        eprintln!("{}: {}", code.display(), made.stderr);
        return 0.0;
    }
    let hints = made.stderr.lines().count();
    let migrated = project.run(&["migrate"]);
    if migrated.code != Some(0) {
        eprintln!("{}: {}{}", code.display(), migrated.stdout, migrated.stderr);
        return 0.0;
    }
    let again = project.run(&["generate", "tenant", "again", "--from-schema", "--check"]);
    let (own, ours) = (columns(&project, "own").await, columns(&project, "tenant_a").await);
    let mut wrong: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let (mut all, mut equal) = (0, 0);
    for (table, theirs) in &own {
        let Some(of_ours) = ours.get(table) else {
            // What `table!` does not have cannot be made of it.
            wrong.entry("tables that no `table!` is for").or_default().push(table.clone());
            continue;
        };
        all += 1;
        equal += 1;
        for (column, facts) in theirs {
            all += 1;
            match of_ours.get(column) {
                None => wrong.entry("columns that `table!` lacks").or_default().push(format!("{table}.{column}")),
                Some(other) => {
                    if facts == other {
                        equal += 1;
                    } else if (diesel_s(&facts.0), facts.1) == (diesel_s(&other.0), other.1) {
                        // As far as `table!` can say it.
                        equal += 1;
                        let what = format!("{table}.{column} {} {}", facts.0, other.0);
                        wrong.entry("the same to Diesel").or_default().push(what);
                    } else {
                        let (kind, what) = if facts.0 == other.0 {
                            ("nullability", String::new())
                        } else {
                            ("types", format!(" {} {}", facts.0, other.0))
                        };
                        wrong.entry(kind).or_default().push(format!("{table}.{column}{what}"));
                    }
                }
            }
        }
        for column in of_ours.keys().filter(|column| !theirs.contains_key(*column)) {
            all += 1;
            wrong.entry("columns that only the code has").or_default().push(format!("{table}.{column}"));
        }
    }
    for table in ours.keys().filter(|table| !own.contains_key(*table)) {
        all += 1;
        wrong.entry("tables that only the code has").or_default().push(table.clone());
    }
    let share = 100.0 * f64::from(equal) / f64::from(all.max(1));
    eprintln!(
        "{}: {equal} of {all} tables and columns equal ({share:.2} %); {} tables; {failed} of their migrations did not apply; {hints} hints; again: {:?} {}; {} types from their migrations {helped:?}",
        code.display(),
        ours.len(),
        again.code,
        again.stdout.trim(),
        helped.len()
    );
    for (kind, of) in wrong {
        eprintln!("    {kind}: {}: {}", of.len(), of.iter().take(40).cloned().collect::<Vec<_>>().join(", "));
    }
    share
}

/// A type as Diesel tells it from others: without lengths and precisions, all texts alike.
fn diesel_s(ty: &str) -> String {
    let (before, rest) = ty.split_once('(').unwrap_or((ty, ""));
    let after = rest.split_once(')').map_or("", |(_, after)| after);
    let plain = format!("{before}{after}");
    plain.replace("character varying", "text").replace("character", "text")
}

fn copy(from: &Path, to: &Path) {
    if from.is_file() {
        fs::create_dir_all(to).unwrap();
        fs::copy(from, to.join(from.file_name().unwrap())).unwrap();
        return;
    }
    for entry in fs::read_dir(from).unwrap().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir() && !["target", "migrations", ".git"].contains(&&*name.to_string_lossy()) {
            copy(&path, &to.join(name));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            fs::create_dir_all(to).unwrap();
            fs::copy(&path, to.join(name)).unwrap();
        }
    }
}

/// Applies their migrations to a schema of its own, and counts those that fail.
async fn apply(project: &Project, migrations: &Path) -> usize {
    let mut names: Vec<String> =
        fs::read_dir(migrations).unwrap().flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.retain(|name| Version::of_folder(name).is_some() && migrations.join(name).join("up.sql").is_file());
    names.sort_by_cached_key(|name| Version::of_folder(name));
    let mut failed = 0;
    for name in names {
        let script = fs::read_to_string(migrations.join(&name).join("up.sql")).unwrap();
        // They were written for one schema, which they may name.
        let script = script.replace("public.", "own.").replace("CONCURRENTLY", "").replace("concurrently", "");
        let client = project.client().await;
        let run = format!("SET search_path = own, public;\nBEGIN;\n{script}\n;COMMIT");
        if let Err(error) = client.batch_execute(&run).await {
            let message = error.as_db_error().map_or_else(|| error.to_string(), |error| error.message().to_owned());
            eprintln!("    not applied: {name}: {message}");
            failed += 1;
        }
    }
    failed
}

/// Tables with their columns: the type and whether it can be null.
async fn columns(project: &Project, schema: &str) -> BTreeMap<String, BTreeMap<String, (String, bool)>> {
    let query = format!(
        "select c.relname::text, a.attname::text, replace(format_type(a.atttypid, a.atttypmod), '{schema}.', ''), a.attnotnull \
         from pg_attribute a join pg_class c on c.oid = a.attrelid \
         where c.relnamespace = '{schema}'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition and a.attnum > 0 \
         and not a.attisdropped and c.relname not like '\\_\\_%'"
    );
    let mut tables: BTreeMap<String, BTreeMap<String, (String, bool)>> = BTreeMap::new();
    for row in project.client().await.query(&query, &[]).await.unwrap() {
        tables.entry(row.get(0)).or_default().insert(row.get(1), (row.get(2), row.get(3)));
    }
    tables
}

/// What would make the types of their schema again.
async fn types(project: &Project) -> Vec<(String, String)> {
    let query = "select t.typname::text, case t.typtype \
                 when 'e' then format('CREATE TYPE %I AS ENUM (%s);', t.typname, (select string_agg(quote_literal(enumlabel), ', ' order by enumsortorder) from pg_enum where enumtypid = t.oid)) \
                 when 'd' then format('CREATE DOMAIN %I AS %s;', t.typname, format_type(t.typbasetype, t.typtypmod)) \
                 else format('CREATE TYPE %I AS (%s);', t.typname, (select string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ' order by attnum) from pg_attribute where attrelid = t.typrelid and attnum > 0)) end \
                 from pg_type t left join pg_class c on c.oid = t.typrelid where t.typnamespace = 'own'::regnamespace \
                 and t.typtype in ('e', 'd', 'c') and (c.oid is null or c.relkind = 'c') order by t.oid";
    let rows = project.client().await.query(query, &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get::<_, String>(1).replace("own.", ""))).collect()
}
