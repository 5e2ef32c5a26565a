use std::collections::BTreeMap;

use multitenant_runtime::RoleReport;

use super::check;
use crate::doctor::check::{Blocked, Verdict};
use crate::doctor::command::command;
use crate::doctor::ground::Ground;
use crate::doctor::names::listed;
use crate::output::counted;

check! {
    /// ## What it checks
    /// Where each tenant has a role (`isolation.role_per_tenant`): that the group of all tenants and each tenant's role
    /// are there and have what they need, that none of them can do more than its tenant may, and that who migrates can
    /// make them.
    ///
    /// ## Why is this bad?
    /// The pool serves a tenant as its own role or not at all: a role that is missing or lacks a right is an outage of
    /// that tenant. One that is a superuser, a member of other roles, or has rights on another's schema, is no wall,
    /// and is refused as well.
    ///
    /// ## What to do
    /// `cargo multitenant migrate` makes and grants what is missing, also where no migration is pending. What a role has
    /// too much is to be taken from it by hand, as the finding says.
    "tenant-roles": Error, Tenants, "roles", look
}

async fn look(ground: &Ground) -> Result<Verdict, Blocked> {
    if ground.config()?.settings.roles.is_none() {
        return Ok(Verdict::Nothing);
    }
    let fleet = ground.fleet()?;
    let Some(roles) = ground.roles()?.filter(|roles| !roles.tenants.is_empty()) else { return Ok(Verdict::Nothing) };
    let mut complaints = Vec::new();
    if let Some(obstacle) = &roles.obstacle {
        let complaint = CHECK.complaint(obstacle.message.clone()).object("roles");
        complaints.push(complaint.help(obstacle.hint.clone().unwrap_or_default()));
    }
    if !roles.group_is_ready && roles.obstacle.is_none() {
        let group = roles.group.as_deref().unwrap_or_default();
        let message = format!(
            "the group of all tenants, the role {group:?}, is not there, or its rights on the shared schema are not what \
             they are to be"
        );
        complaints.push(CHECK.complaint(message).object(group).help("cargo multitenant migrate"));
    }
    let mut lacking: BTreeMap<_, Vec<&RoleReport>> = BTreeMap::new();
    let mut refused: BTreeMap<String, Vec<&RoleReport>> = BTreeMap::new();
    for role in &roles.tenants {
        match &role.refused {
            Some(failure) => {
                // What differs in the role's name alone is one cause.
                let name = format!("{:?}", role.role.as_deref().unwrap_or_default());
                refused.entry(failure.message.replace(&name, "…")).or_default().push(role);
            }
            None => role.lacks.iter().for_each(|lack| lacking.entry(*lack).or_default().push(role)),
        }
    }
    for (cause, roles) in &refused {
        let Some(failure) = roles.first().and_then(|role| role.refused.as_ref()) else { continue };
        let message = match roles[..] {
            [_] => failure.message.clone(),
            _ => format!("{}: {cause}: {}", counted(roles.len(), "role", "roles"), names(roles)),
        };
        let complaint = fleet.about(CHECK.complaint(message).object("roles"), &schemas(roles));
        complaints.push(complaint.help(failure.hint.clone().unwrap_or_else(|| "see above".to_owned())));
    }
    for (lack, roles) in &lacking {
        let message = format!(
            "the {}: {lack}",
            match roles[..] {
                [role] => format!("role of {}, {:?}", role.tenant, role.role.as_deref().unwrap_or_default()),
                _ => format!("roles of {}, {}", counted(roles.len(), "tenant", "tenants"), names(roles)),
            }
        );
        let complaint = fleet.about(CHECK.complaint(message).object(names(roles)), &schemas(roles));
        let help = command("migrate", &complaint.tenants);
        complaints.push(complaint.help(help));
    }
    let good = format!("{} in order", counted(roles.tenants.len(), "role", "roles"));
    let bad = roles.tenants.iter().filter(|role| role.refused.is_some() || !role.lacks.is_empty()).count();
    let bad =
        if bad == 0 { "not in order".to_owned() } else { format!("{bad} of {} not in order", roles.tenants.len()) };
    Ok(Verdict::of(good, bad, complaints))
}

fn schemas<'r>(roles: &[&'r RoleReport]) -> Vec<&'r str> {
    roles.iter().map(|role| role.schema.as_str()).collect()
}

fn names(roles: &[&RoleReport]) -> String {
    listed(roles.iter().map(|role| role.role.as_deref().unwrap_or("?")))
}
