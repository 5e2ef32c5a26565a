//! One schema at one moment, to be compared with another, or with itself at another time.

use crate::connection::Session;
use crate::error::Error;
use crate::run::Context;
use crate::target::Target;

use super::compare::{Reference, compare};
use super::names::Example;
use super::replay::{Views, major, read};
use super::report::Difference;

/// What a schema held when somebody looked; from [`Migrator::portrait`](crate::Migrator::portrait).
///
/// ```no_run
/// use multitenant_runtime::{Migrator, Scope, TenantId};
///
/// # async fn run(migrator: Migrator) -> Result<(), Box<dyn std::error::Error>> {
/// let plan = migrator.plan(Scope::tenant(TenantId::new("acme")?)).await?;
/// let acme = plan.tenants[0].target.clone();
/// let before = migrator.portrait(&acme).await?;
/// // … something is done to the tenant
/// let after = migrator.portrait(&acme).await?;
/// for difference in after.differences(&before) {
///     println!("{difference}");
/// }
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct Portrait {
    target: Target,
    held: Reference,
}

impl Portrait {
    /// Of whom it is.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// In what it differs from another one, which may be another schema's: their own names do not count.
    #[must_use]
    pub fn differences(&self, expected: &Self) -> Vec<Difference> {
        let schema = self.target.schema();
        compare(&expected.held, schema, (schema, &self.held.objects), &[]).0
    }
}

/// Looks at a schema; one that does not exist holds nothing.
pub(crate) async fn portray(context: &Context, target: Target) -> Result<Portrait, Error> {
    let session = context.connect().await?;
    // Nobody asks a portrait how to mend it.
    let held = held(context, &session, &target, Views::Own).await;
    session.close().await;
    Ok(Portrait { target, held: held? })
}

/// Looks at a schema in the transaction that is open, whose path and settings are changed.
pub(crate) async fn portray_within(
    session: &Session,
    context: &Context,
    target: Target,
    major: u32,
) -> Result<Portrait, tokio_postgres::Error> {
    let example = Example::new(target.schema().clone(), false);
    let held = read(session, &context.settings, &target, example, Views::Own, major).await;
    Ok(Portrait { target, held: held.map_err(|error| error.error)? })
}

/// What a schema holds, in a transaction that stays open.
pub(super) async fn held(
    context: &Context,
    session: &Session,
    target: &Target,
    views: Views,
) -> Result<Reference, Error> {
    let read = async {
        let major = major(session).await?;
        session.rows("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
        let example = Example::new(target.schema().clone(), false);
        read(session, &context.settings, target, example, views, major).await.map_err(|error| error.error)
    };
    read.await.map_err(|error: tokio_postgres::Error| Error::from(&error))
}
