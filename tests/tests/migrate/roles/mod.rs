//! A role for each tenant: made with it, brought in order for those that are there, and never one that could do more.

mod adoption;
mod creation;
mod harmful;
mod names;

use multitenant_runtime::{Error, Failure, NewTenant};
use tokio_postgres::Client;

use super::project::Project;

const DENIED: &str = "42501";

/// A shop whose tenants have roles.
async fn shop() -> Project {
    let mut project = before().await;
    project.settings.role_per_tenant = true;
    project
}

/// A shop whose tenants have none yet.
async fn before() -> Project {
    Project::new()
        .await
        .tenants_in_table()
        .shared(
            "1_tenants",
            "CREATE TABLE tenants (id text PRIMARY KEY); CREATE TABLE plans (id serial PRIMARY KEY, name text);
             INSERT INTO plans (name) VALUES ('free');",
        )
        .tenant("1_users", "CREATE TABLE users (id serial PRIMARY KEY, name text DEFAULT current_schema());")
}

/// The role of this tenant.
fn role(project: &Project, id: &str) -> String {
    format!("{}_tenant_{id}", project.database.name())
}

async fn create(project: &Project, id: &str) -> Result<(), Failure> {
    match project.migrator().create_tenant(NewTenant::new(id).unwrap()).await {
        Ok(_) => Ok(()),
        Err(Error::Incomplete(report)) => Err(report.targets[0].failure.clone().unwrap()),
        Err(error) => panic!("{error}"),
    }
}

/// How many roles there are that are named after the project's database.
async fn roles(project: &Project) -> Vec<String> {
    let sql = "SELECT rolname::text FROM pg_roles WHERE starts_with(rolname::text, $1) ORDER BY 1";
    let rows = project.client().await.query(sql, &[&format!("{}_", project.database.name())]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// A connection with this role on.
async fn within(project: &Project, role: &str) -> Client {
    let client = project.client().await;
    client.batch_execute(&format!("SET ROLE \"{}\"", role.replace('"', "\"\""))).await.unwrap();
    client
}

/// Whether the server lets this be done.
async fn check(client: &Client, sql: &str, refused: Option<&str>) {
    let result = client.batch_execute(sql).await;
    let code = result.as_ref().err().and_then(|error| error.code()).map(|code| code.code().to_owned());
    assert_eq!(code.as_deref(), refused, "{sql}: {result:?}");
}

/// That the role is what a tenant's is to be, and nothing more.
async fn assert_whole(project: &Project, id: &str, other: &str) {
    let client = within(project, &role(project, id)).await;
    for (sql, refused) in [
        (format!("SELECT * FROM tenant_{id}.users"), None),
        (format!("INSERT INTO tenant_{id}.users DEFAULT VALUES; UPDATE tenant_{id}.users SET name = 'x'"), None),
        (format!("DELETE FROM tenant_{id}.users WHERE id > 1"), None),
        (format!("TRUNCATE tenant_{id}.users"), Some(DENIED)),
        (format!("SELECT setval('tenant_{id}.users_id_seq', 1)"), Some(DENIED)),
        (format!("ALTER TABLE tenant_{id}.users ADD COLUMN x int"), Some(DENIED)),
        (format!("CREATE TABLE tenant_{id}.own ()"), Some(DENIED)),
        (format!("SELECT * FROM tenant_{id}.__diesel_schema_migrations"), None),
        (format!("BEGIN; LOCK TABLE tenant_{id}.__diesel_schema_migrations IN ACCESS SHARE MODE; COMMIT"), None),
        (format!("DELETE FROM tenant_{id}.__diesel_schema_migrations"), Some(DENIED)),
        (format!("UPDATE tenant_{id}.__diesel_schema_migrations SET version = 'x'"), Some(DENIED)),
        (format!("SELECT * FROM tenant_{other}.users"), Some(DENIED)),
        (format!("SELECT * FROM tenant_{other}.__diesel_schema_migrations"), Some(DENIED)),
        (format!("INSERT INTO tenant_{other}.users DEFAULT VALUES"), Some(DENIED)),
        ("SELECT * FROM plans".to_owned(), None),
        ("INSERT INTO plans (name) VALUES ('x'); DELETE FROM plans WHERE name = 'x'".to_owned(), None),
        ("SELECT * FROM tenants".to_owned(), None),
        ("DELETE FROM tenants".to_owned(), Some(DENIED)),
        ("SELECT * FROM __diesel_schema_migrations".to_owned(), Some(DENIED)),
        ("SELECT * FROM multitenant.targets".to_owned(), Some(DENIED)),
        ("CREATE ROLE another".to_owned(), Some(DENIED)),
    ] {
        check(&client, &sql, refused).await;
        client.batch_execute("ROLLBACK").await.unwrap();
    }
}
