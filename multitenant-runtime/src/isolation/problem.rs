//! Roles that nobody may take on for a tenant.

use crate::ident::RoleName;
use crate::run::Failure;
use crate::sqlstate::FailureClass;

/// Why nobody may take a role on for a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RoleProblem {
    /// It is not there.
    Absent,
    /// It is the group of all tenants.
    Group,
    /// It, or the group, may do what no tenant may, or logs in.
    Attributes,
    /// It, or the group, is a member of roles that give it more.
    Member,
    /// It, or the group, owns what is not the tenant's.
    Owner,
    /// It may use another schema than the tenant's and the shared ones.
    Guest,
    /// It has something in another database, or of the whole server.
    Elsewhere,
    /// The one who asks may not take it on.
    NotGranted,
}

impl RoleProblem {
    const ALL: [(Self, &'static str); 8] = [
        (Self::Absent, "absent"),
        (Self::Group, "group"),
        (Self::Attributes, "attributes"),
        (Self::Member, "member"),
        (Self::Owner, "owner"),
        (Self::Guest, "guest"),
        (Self::Elsewhere, "elsewhere"),
        (Self::NotGranted, "not granted"),
    ];

    /// As the server's answer has it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find_map(|(problem, code)| (code == text).then_some(problem))
    }

    pub(super) fn code(self) -> &'static str {
        Self::ALL.into_iter().find_map(|(problem, code)| (problem == self).then_some(code)).unwrap_or_default()
    }

    /// What to say of it.
    pub(crate) fn failure(self, role: &RoleName) -> Failure {
        let migrate = "run `cargo multitenant migrate`, which makes the roles and grants them, as a role that may";
        let other = "drop that role if nobody needs it, or choose another template of roles (isolation.role_name)";
        let (what, hint) = match self {
            Self::Absent => ("does not exist", migrate),
            Self::Group => (
                "is the group of all tenants, and no tenant's",
                "choose another template of roles (isolation.role_name)",
            ),
            Self::Attributes => (
                "(or the group of all tenants) is a superuser, may create roles or databases, replicate, bypass row \
                 security, or log in: no tenant is served as it",
                other,
            ),
            Self::Member => (
                "(or the group of all tenants) is a member of other roles, and would have their rights: no tenant is \
                 served as it",
                "revoke those memberships, or choose another template of roles (isolation.role_name)",
            ),
            Self::Owner => (
                "(or the group of all tenants) owns something outside of the tenant's schema, and could do with it as it \
                 likes: no tenant is served as it",
                "give that to another owner (`REASSIGN OWNED`), or choose another template of roles (isolation.role_name)",
            ),
            Self::Guest => (
                "has rights in another schema than the tenant's, the shared one and those of isolation.search_path: no \
                 tenant is served as it",
                "revoke them (`REVOKE ALL ON SCHEMA …`); what all tenants need is granted to their group",
            ),
            Self::Elsewhere => (
                "has rights in another database of the server, or on the server itself: shared, it would open one \
                 database's tenant to the other's",
                "have `{database}` in the template of roles (isolation.role_name), or drop that role if nobody needs it",
            ),
            Self::NotGranted => (
                "is not granted to the role that the application logs in as",
                "set isolation.application_role to that role, and run `cargo multitenant migrate`",
            ),
        };
        Failure::new(FailureClass::Permanent, format!("the role {:?} {what}", role.as_str())).with_hint(hint)
    }
}
