//! How the roles stand, for who looks at them from outside.

use std::fmt;

use serde::Serialize;

use crate::ident::{SchemaName, TenantId};
use crate::run::Failure;
use crate::settings::{RoleSettings, Settings};
use crate::target::Target;

use super::look::{Look, RoleStanding, name_of};

/// How the roles of tenants stand, where each has one: of [`Migrator::roles`](crate::Migrator::roles).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RolesReport {
    /// The group of all tenants, by which they reach the shared schema; `None` where it can have no name.
    pub group: Option<String>,
    /// Whether the group is there, and has what it needs.
    pub group_is_ready: bool,
    /// What would keep a migration from bringing the roles in order.
    pub obstacle: Option<Failure>,
    /// The tenants, in the order of the plan.
    pub tenants: Vec<RoleReport>,
}

/// How one tenant's role stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RoleReport {
    /// The tenant.
    pub tenant: TenantId,
    /// Its schema.
    pub schema: SchemaName,
    /// Its role; `None` where it can have no name.
    pub role: Option<String>,
    /// What it lacks, which a migration gives it.
    pub lacks: Vec<RoleLack>,
    /// Why nobody may take it on, which a migration does not mend.
    pub refused: Option<Failure>,
}

/// What a tenant's role lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum RoleLack {
    /// It is not there.
    Role,
    /// Rights on its schema, or on what will be made in it.
    Rights,
    /// Any right on something that another role has made in its schema.
    OthersObjects,
    /// To read the history, and not to write to it.
    History,
    /// To be a member of the group of all tenants.
    Membership,
    /// That the application may take it on, and has its rights only then.
    Grant,
}

impl fmt::Display for RoleLack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Role => "it does not exist",
            Self::Rights => "it lacks rights on its schema, or on what will be made there",
            Self::OthersObjects => "it has no right on what another role has made in its schema",
            Self::History => "its rights on its history table are not to read it alone",
            Self::Membership => "it is not a member of the group of all tenants",
            Self::Grant => "the application may not take it on, or has its rights without doing so",
        })
    }
}

/// What a look has found, for these targets.
pub(crate) fn report<'t>(
    look: &Look,
    settings: &Settings,
    roles: &RoleSettings,
    tenants: impl Iterator<Item = &'t Target>,
) -> RolesReport {
    let group = roles.name.group_of(&look.ground.database, &settings.shared_schema);
    RolesReport {
        group: group.ok().map(|group| group.as_str().to_owned()),
        group_is_ready: look.ground.group_is_ready,
        obstacle: look.obstacle(settings, roles),
        tenants: tenants.filter_map(|target| one(look, settings, roles, target)).collect(),
    }
}

fn one(look: &Look, settings: &Settings, roles: &RoleSettings, target: &Target) -> Option<RoleReport> {
    let (tenant, schema) = (target.tenant()?.clone(), target.schema().clone());
    let standing = look.tenant(&schema);
    Some(match name_of(&look.ground, settings, roles, &schema) {
        Err(failure) => RoleReport { tenant, schema, role: None, lacks: Vec::new(), refused: Some(*failure) },
        Ok(role) => RoleReport {
            tenant,
            schema,
            role: Some(role.as_str().to_owned()),
            refused: standing.problem.map(|problem| problem.failure(&role)),
            lacks: lacks(&standing),
        },
    })
}

fn lacks(standing: &RoleStanding) -> Vec<RoleLack> {
    if !standing.exists {
        return vec![RoleLack::Role];
    }
    let all = [
        (RoleLack::Rights, !standing.is_granted),
        (RoleLack::OthersObjects, standing.is_passed_over),
        (RoleLack::History, standing.has_history && !standing.history_is_ready),
        (RoleLack::Membership, !standing.is_member),
        (RoleLack::Grant, !standing.is_settable),
    ];
    all.into_iter().filter_map(|(lack, is_so)| is_so.then_some(lack)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_order_lacks_nothing_and_nothing_else_does() {
        let whole = RoleStanding {
            exists: true,
            is_granted: true,
            history_is_ready: true,
            has_history: true,
            is_member: true,
            is_settable: true,
            ..RoleStanding::default()
        };
        assert!(whole.is_in_order() && lacks(&whole).is_empty());
        for (standing, lack) in [
            (RoleStanding { exists: false, ..whole.clone() }, RoleLack::Role),
            (RoleStanding { is_granted: false, ..whole.clone() }, RoleLack::Rights),
            (RoleStanding { is_passed_over: true, ..whole.clone() }, RoleLack::OthersObjects),
            (RoleStanding { history_is_ready: false, ..whole.clone() }, RoleLack::History),
            (RoleStanding { is_member: false, ..whole.clone() }, RoleLack::Membership),
            (RoleStanding { is_settable: false, ..whole.clone() }, RoleLack::Grant),
        ] {
            assert!(!standing.is_in_order());
            assert_eq!(lacks(&standing), [lack]);
        }
    }
}
