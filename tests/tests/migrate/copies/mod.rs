//! Copies of tenants: clones, dumps, loads.

mod clone;
mod dump;
mod held;
mod hostile;
mod lossless;
mod own_names;
mod roles;
mod rules;

use multitenant_runtime::{Migrator, NewTenant, Portrait, Scope, Target, TenantId};
use tokio_postgres::Client;

use super::project::Project;
use super::relocate::{NOTHING, WHOLE, id, refusal, standing};

const EVERYTHING: &str = include_str!("everything.sql");
const ROWS: &str = include_str!("rows.sql");

/// A project whose tenants have one of everything.
async fn everything() -> Project {
    let mut project = Project::new()
        .await
        .tenants_in_table()
        .shared(
            "1_tenants",
            "CREATE TABLE tenants (id text PRIMARY KEY, archived_at timestamptz);
             CREATE TABLE plans (id int PRIMARY KEY, name text); INSERT INTO plans VALUES (1, 'p'), (2, 'q');
             CREATE TYPE level AS ENUM ('low');",
        )
        .tenant("1_everything", EVERYTHING);
    project.settings.role_per_tenant = true;
    project.settings.archived_column = "archived_at";
    project.migrator().migrate(Scope::all()).await.unwrap();
    project
}

/// The same, with a tenant `a` that has rows.
async fn filled() -> Project {
    let project = everything().await;
    project.migrator().create_tenant(NewTenant::new("a").unwrap()).await.unwrap();
    project.sql(&format!("SET search_path = tenant_a, public; {ROWS}")).await;
    project
}

/// A shop with one table, and tenants with a row.
async fn small(ids: &[&str]) -> Project {
    super::relocate::shop(ids).await
}

fn new(id: &str) -> NewTenant {
    NewTenant::new(id).unwrap()
}

async fn portrait(migrator: &Migrator, id: &str) -> Portrait {
    let plan = migrator.plan(Scope::tenant(TenantId::new(id).unwrap())).await.unwrap();
    let target: Target = plan.tenants[0].target.clone();
    migrator.portrait(&target).await.unwrap()
}

/// Every row of every table and materialised view of a schema, and where its sequences stand.
async fn contents(client: &Client, schema: &str) -> Vec<String> {
    let quoted = format!("\"{}\"", schema.replace('"', "\"\""));
    client.batch_execute(&format!("SET search_path = {quoted}, public")).await.unwrap();
    let sql = "SELECT relname::text, relkind::text FROM pg_class WHERE relnamespace = $1::text::regnamespace \
               AND relkind IN ('r', 'm', 'S') AND relispopulated ORDER BY 1";
    let mut lines = Vec::new();
    for row in client.query(sql, &[&quoted]).await.unwrap() {
        let (name, kind): (String, String) = (row.get(0), row.get(1));
        let table = format!("{quoted}.\"{}\"", name.replace('"', "\"\""));
        let sql = match kind.as_str() {
            "S" => format!("SELECT (last_value, is_called)::text FROM {table}"),
            // Columns by name: a partition's may have come in another order.
            _ => format!("SELECT (to_jsonb(r))::text FROM ONLY {table} r ORDER BY 1"),
        };
        lines.extend(
            client.query(&sql, &[]).await.unwrap().iter().map(|row| format!("{name}: {}", row.get::<_, String>(0))),
        );
    }
    // Where a hash sends a value of an enum is another thing for each enum.
    lines.retain(|line| !line.starts_with("hashed_"));
    lines
}
