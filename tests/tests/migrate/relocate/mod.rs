//! Tenants that get another name, are archived, and come back.

mod archive;
mod held;
mod rename;
mod served;
mod two_at_once;

use multitenant_runtime::{Error, FailureClass, NewTenant, Scope, TenantId};

use super::project::Project;

pub(super) fn id(id: &str) -> TenantId {
    TenantId::new(id).unwrap()
}

/// A shop with these tenants, each with a role.
pub(super) async fn shop(ids: &[&str]) -> Project {
    let mut project = Project::new()
        .await
        .tenants_in_table()
        .shared("1_tenants", "CREATE TABLE tenants (id text PRIMARY KEY, archived_at timestamptz, suspended bool);")
        .tenant(
            "1_users",
            "CREATE TABLE users (id serial PRIMARY KEY, name text); INSERT INTO users (name) VALUES ('u');",
        );
    project.settings.role_per_tenant = true;
    project.settings.archived_column = "archived_at";
    project.migrator().migrate(Scope::all()).await.unwrap();
    for id in ids {
        project.migrator().create_tenant(NewTenant::new(id).unwrap()).await.unwrap();
    }
    project
}

/// What there is of a tenant by this id and this schema: schema, row, state, role.
pub(super) async fn standing(project: &Project, id: &str, schema: &str) -> String {
    let client = project.client().await;
    let sql = "SELECT concat_ws(' ', (SELECT count(*) FROM pg_namespace WHERE nspname = $2), \
        (SELECT count(*) FROM tenants WHERE id = $1), \
        (SELECT count(*) FROM multitenant.targets WHERE tenant = $1 AND schema_name = $2), \
        (SELECT count(*) FROM pg_roles WHERE rolname = current_database() || '_' || $2::text))";
    client.query_one(sql, &[&id, &schema]).await.unwrap().get(0)
}

pub(super) const WHOLE: &str = "1 1 1 1";
pub(super) const NOTHING: &str = "0 0 0 0";

/// What was refused, and what to do.
#[track_caller]
pub(super) fn refusal<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    match result {
        Err(Error::Database(failure)) if failure.class == FailureClass::Refused => {
            format!("{}: {}", failure.message, failure.hint.unwrap_or_default())
        }
        other => panic!("{other:?}"),
    }
}
