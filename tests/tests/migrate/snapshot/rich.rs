//! A project with something of everything.

use crate::project::Project;

const SHARED: &str = include_str!("../../../../multitenant-runtime/src/snapshot/tests/shared.sql");

/// Tenants' migrations that come to something of everything; the comparison's own tests have them too.
const TENANT: &str = include_str!("../../../../multitenant-runtime/src/snapshot/tests/everything.sql");

/// The project, its shared schema migrated.
pub(crate) async fn project() -> Project {
    let mut project = Project::new().await.tenants_in_table().shared("1_all", SHARED);
    for migration in TENANT.split("-- migration ").skip(1) {
        let (name, up) = migration.split_once('\n').unwrap();
        project = project.tenant(name, up);
    }
    project.migrator().migrate(multitenant_runtime::Scope::all()).await.unwrap();
    project
}
