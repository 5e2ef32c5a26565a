//! The statements that bring roles in order: pure, by what a look has found.

use crate::ident::{Identifier, RoleName, SchemaName};
use crate::run::Failure;
use crate::settings::{RegistrySettings, RoleSettings, Settings};
use crate::sqlstate::FailureClass;

use super::look::{Ground, Look, RoleStanding, name_of, registry_name, unnamed};
use super::others;
use super::problem::RoleProblem;

/// What is given of tables, and of sequences.
pub(super) type Rights = [&'static str; 2];

pub(super) const READ_AND_WRITE: Rights = ["SELECT, INSERT, UPDATE, DELETE", "USAGE, SELECT"];
const READ: Rights = ["SELECT", "SELECT"];

/// What the group of all tenants lacks.
///
/// What is granted there is granted once: a right that a shared migration takes away stays away. Where the registry is a
/// query, it is to read alone: nobody knows which tables the query reads, and who may write to those may give itself
/// another's schema.
///
/// # Errors
///
/// Where it can have no name.
pub(crate) fn group(look: &Look, settings: &Settings, roles: &RoleSettings) -> Result<Vec<String>, Box<Failure>> {
    let Ground { database, group_exists, group_is_ready, has_registry, has_history, .. } = &look.ground;
    if *group_is_ready {
        return Ok(Vec::new());
    }
    let shared = &settings.shared_schema;
    let group = roles.name.group_of(database, shared).map_err(|error| Box::new(unnamed(&error)))?;
    let rights = if matches!(settings.registry, RegistrySettings::Query { .. }) { READ } else { READ_AND_WRITE };
    let mut statements = Vec::new();
    if !group_exists {
        statements.push(create(&group));
        statements.extend(everything(&group, shared, rights));
    }
    statements.push(format!("GRANT USAGE ON SCHEMA {} TO {}", shared.quoted(), group.quoted()));
    if *has_history {
        statements.push(revoke(&group, shared, &settings.shared_history.quoted()));
    }
    if let Some(registry) = registry_name(settings).filter(|_| *has_registry) {
        let registry = Identifier::new(registry).map_err(|error| Box::new(unnamed(&error)))?;
        statements.push(revoke(&group, shared, &registry.quoted()));
        statements.push(format!("GRANT SELECT ON {}.{} TO {}", shared.quoted(), registry.quoted(), group.quoted()));
    }
    Ok(statements)
}

/// What the role of the tenant with this schema lacks; nothing where it is in order.
///
/// # Errors
///
/// Where it can have no name, or is one that nobody may take on; and where it is there for a tenant that is `new`, and
/// belongs to something else.
pub(crate) fn tenant(
    look: &Look,
    settings: &Settings,
    roles: &RoleSettings,
    schema: &SchemaName,
    new: bool,
) -> Result<Vec<String>, Box<Failure>> {
    let standing = look.tenant(schema);
    let role = name_of(&look.ground, settings, roles, schema)?;
    if let Some(problem) = standing.problem {
        return Err(Box::new(problem.failure(&role)));
    }
    if new && standing.is_used {
        let message = format!("the role {:?} exists, and has something already, or members", role.as_str());
        let hint = "it would give the new tenant what is another's: drop it (`DROP OWNED BY …; DROP ROLE …`), or choose \
                    another template of roles (isolation.role_name)";
        return Err(Box::new(Failure::new(FailureClass::Permanent, message).with_hint(hint)));
    }
    if !new && standing.is_in_order() {
        return Ok(Vec::new());
    }
    let group = roles.name.group_of(&look.ground.database, &settings.shared_schema);
    let group = group.map_err(|error| Box::new(unnamed(&error)))?;
    let RoleStanding {
        exists, is_granted, is_passed_over, history_is_ready, has_history, is_member, is_settable, ..
    } = standing;
    let mut statements = Vec::new();
    if !exists {
        statements.push(create(&role));
    }
    if new || !is_granted {
        statements.push(format!("GRANT USAGE ON SCHEMA {} TO {}", schema.quoted(), role.quoted()));
        statements.extend(everything(&role, schema, READ_AND_WRITE));
    }
    if !new && is_granted && is_passed_over {
        statements.push(others::grant(&role, schema));
    }
    if new || (has_history && !(is_granted && history_is_ready)) {
        let history = settings.tenant_history.quoted();
        statements.push(revoke(&role, schema, &history));
        // Whoever enters the tenant asserts that it is there.
        statements.push(format!("GRANT SELECT ON {}.{history} TO {}", schema.quoted(), role.quoted()));
    }
    if !is_member {
        statements.push(format!("GRANT {} TO {}", group.quoted(), role.quoted()));
    }
    if !is_settable {
        let application = match &roles.application {
            Some(application) => application.quoted(),
            None => "CURRENT_USER".to_owned(),
        };
        let options = if look.ground.has_options { " WITH INHERIT FALSE, SET TRUE" } else { "" };
        statements.push(format!("GRANT {} TO {application}{options}", role.quoted()));
    }
    Ok(statements)
}

/// What takes away the role of the tenant with this schema, which is gone; none where there is no role.
///
/// # Errors
///
/// Where the role is one that is not to be touched.
pub(crate) fn dropped(
    look: &Look,
    settings: &Settings,
    roles: &RoleSettings,
    schema: &SchemaName,
) -> Result<Option<(RoleName, Vec<String>)>, Box<Failure>> {
    let standing = look.tenant(schema);
    if !standing.exists {
        return Ok(None);
    }
    let role = name_of(&look.ground, settings, roles, schema)?;
    // What it may do in another schema goes with it, and is nobody's loss.
    if let Some(problem) = standing.problem.filter(|problem| *problem != RoleProblem::Guest) {
        return Err(Box::new(problem.failure(&role)));
    }
    if !standing.is_droppable {
        let message = format!("the role {:?} may not be dropped by the role {:?}", role.as_str(), look.ground.migrator);
        let hint = "grant that role to it WITH ADMIN OPTION, or drop the role as one that may";
        return Err(Box::new(Failure::new(FailureClass::Permanent, message).with_hint(hint)));
    }
    let name = role.quoted();
    let inherits = if look.ground.has_options { " WITH INHERIT TRUE" } else { "" };
    let statements = vec![
        // Who is no superuser may drop what a role has only as one of its members.
        format!("GRANT {name} TO CURRENT_USER{inherits}"),
        format!("DROP OWNED BY {name}"),
        format!("DROP ROLE {name}"),
    ];
    Ok(Some((role, statements)))
}

/// What gives the role of the tenant with this schema the name that it has with another one; none where there is no
/// role. What it may do stays.
///
/// # Errors
///
/// Where the role is one that is not to be touched, it may not be renamed, or the new name is another's or none.
pub(crate) fn renamed(
    look: &Look,
    settings: &Settings,
    roles: &RoleSettings,
    [from, to]: [&SchemaName; 2],
) -> Result<Option<(RoleName, Vec<String>)>, Box<Failure>> {
    let standing = look.tenant(from);
    if !standing.exists || from == to {
        return Ok(None);
    }
    let (old, new) = (name_of(&look.ground, settings, roles, from)?, name_of(&look.ground, settings, roles, to)?);
    if let Some(problem) = standing.problem.filter(|problem| *problem != RoleProblem::Guest) {
        return Err(Box::new(problem.failure(&old)));
    }
    let failure = |message: String, hint| Box::new(Failure::new(FailureClass::Refused, message).with_hint(hint));
    if !standing.is_droppable {
        let message = format!("the role {:?} may not be renamed by the role {:?}", old.as_str(), look.ground.migrator);
        return Err(failure(message, "grant that role to it WITH ADMIN OPTION, or do this as a role that may"));
    }
    if look.tenant(to).exists {
        let message = format!("the tenant's role would be called {:?}, and there is a role of that name", new.as_str());
        return Err(failure(message, "drop that role if nobody needs it, or choose another name"));
    }
    let statement = format!("ALTER ROLE {} RENAME TO {}", old.quoted(), new.quoted());
    Ok(Some((new, vec![statement])))
}

fn create(role: &RoleName) -> String {
    format!("CREATE ROLE {} NOLOGIN INHERIT", role.quoted())
}

/// What is in the schema, and what will be made in it by who migrates.
fn everything(role: &RoleName, schema: &SchemaName, [rows, numbers]: Rights) -> [String; 4] {
    let (role, schema) = (role.quoted(), schema.quoted());
    [
        format!("GRANT {rows} ON ALL TABLES IN SCHEMA {schema} TO {role}"),
        format!("GRANT {numbers} ON ALL SEQUENCES IN SCHEMA {schema} TO {role}"),
        format!("ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT {rows} ON TABLES TO {role}"),
        format!("ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT {numbers} ON SEQUENCES TO {role}"),
    ]
}

fn revoke(role: &RoleName, schema: &SchemaName, table: &str) -> String {
    format!("REVOKE ALL ON {}.{table} FROM {}", schema.quoted(), role.quoted())
}
