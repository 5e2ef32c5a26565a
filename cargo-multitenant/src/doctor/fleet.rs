//! The schemas that the checks ask for, and whose they are.

use std::collections::HashMap;

use multitenant_runtime::{Plan, SchemaName, TenantId};

use crate::finding::Complaint;

/// The shared schema, and the tenants' that are there.
pub(crate) struct Fleet<'a> {
    shared: &'a str,
    schemas: Vec<&'a str>,
    /// By schema.
    tenants: HashMap<&'a str, &'a str>,
}

impl<'a> Fleet<'a> {
    pub(super) fn of(plan: &'a Plan, shared: &'a SchemaName, there: &[&'a SchemaName]) -> Self {
        let pairs = plan.tenants.iter().filter_map(|tenant| {
            Some((tenant.target.schema().as_str(), tenant.target.tenant().map(TenantId::as_str)?))
        });
        let schemas = there.iter().map(|schema| schema.as_str()).collect();
        Self { shared: shared.as_str(), schemas, tenants: pairs.collect() }
    }

    /// The tenants' schemas.
    pub(crate) fn schemas(&self) -> &[&'a str] {
        &self.schemas
    }

    /// The shared schema.
    pub(crate) fn shared(&self) -> &'a str {
        self.shared
    }

    /// The shared schema, then the tenants'.
    pub(crate) fn all(&self) -> Vec<&'a str> {
        [self.shared].into_iter().chain(self.schemas.iter().copied()).collect()
    }

    /// The tenant of this schema.
    pub(crate) fn tenant(&self, schema: &str) -> Option<&'a str> {
        self.tenants.get(schema).copied()
    }

    /// The complaint, which says of which of these schemas it is, once each.
    pub(crate) fn about(&self, mut complaint: Complaint, schemas: &[&str]) -> Complaint {
        for tenant in schemas.iter().filter_map(|schema| self.tenant(schema)) {
            if complaint.tenants.last().map(String::as_str) != Some(tenant) {
                complaint.tenants.push(tenant.to_owned());
            }
        }
        complaint.tenants.sort_unstable();
        complaint.tenants.dedup();
        if let Some((first, rest)) = schemas.split_first()
            && rest.iter().all(|schema| schema == first)
        {
            complaint.schema = Some((*first).to_owned());
            complaint.tenant = complaint.tenants.first().cloned();
        }
        complaint
    }
}
