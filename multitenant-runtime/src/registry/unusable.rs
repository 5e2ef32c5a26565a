//! What the registry has and no run can work on.

use serde::Serialize;

use crate::ident::{IdentError, TenantId};
use crate::run::Failure;
use crate::sqlstate::FailureClass;
use crate::target::Target;

/// A tenant of the registry that has no schema which a run could work on: its id cannot be one, or another tenant
/// has the same schema.
///
/// It is a failure of the run, and keeps no other tenant from being migrated. It is no
/// [`Target`](crate::Target), since a target's schema has a name that PostgreSQL keeps as it is, and is its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct UnusableTenant {
    /// The id, as the registry has it; empty where it has none.
    pub tenant: String,
    /// The schema, where there could be one of that name.
    pub schema: Option<String>,
    /// What is wrong, and what to do about it.
    pub failure: Failure,
}

impl UnusableTenant {
    /// A row without an id.
    pub(crate) fn without_id() -> Self {
        let hint = "give it one, or leave it out by tenants.filter";
        Self::new(String::new(), None, "the registry has a row without an id".to_owned(), hint)
    }

    /// An id, or the name of its schema, that cannot be one.
    pub(crate) fn not_a_name(tenant: &str, error: &IdentError) -> Self {
        let message = format!("the tenant {tenant:?} of the registry cannot be used: {error}");
        let hint = "correct the id or the schema's name in the registry, or leave the tenant out by tenants.filter";
        Self::new(tenant.to_owned(), None, message, hint)
    }

    /// An id that the registry has more than once.
    pub(crate) fn twice(target: &Target) -> Self {
        let tenant = name(target);
        let message = format!("the registry has the tenant {tenant:?} twice");
        Self::new(tenant, Some(target), message, "make its ids unique")
    }

    /// A tenant whose schema is another one's as well.
    pub(crate) fn beside(target: &Target, other: &TenantId) -> Self {
        let (tenant, schema) = (name(target), target.schema().as_str());
        let message = format!("the tenants {tenant:?} and {:?} would share the schema {schema:?}", other.as_str());
        Self::new(tenant, Some(target), message, "give one of them another id or schema")
    }

    fn new(tenant: String, target: Option<&Target>, message: String, hint: &str) -> Self {
        let schema = target.map(|target| target.schema().as_str().to_owned());
        Self { tenant, schema, failure: Failure::new(FailureClass::Refused, message).with_hint(hint) }
    }
}

fn name(target: &Target) -> String {
    target.tenant().map(|tenant| tenant.as_str().to_owned()).unwrap_or_default()
}
