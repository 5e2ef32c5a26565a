use multitenant_runtime::inspection::{Given, Inspector, Row};

use super::check;
use crate::doctor::cells::{text, yes};
use crate::doctor::check::{Blocked, Verdict};
use crate::doctor::ground::Ground;
use crate::finding::Level;

check! {
    /// ## What it checks
    /// Whether the roles that are logged in as are superusers, or pass by row level security (`BYPASSRLS`): the role that
    /// migrates, that of the application's `database.url` where it is another one, and `isolation.application_role`. On
    /// the project's own development server it does not matter.
    ///
    /// ## Why is this bad?
    /// No right is checked for a superuser. One slip in the application's SQL then reads all tenants, all databases of the
    /// server and the server's files, and no policy holds. For a role that only migrates it is a note: such a role needs
    /// no more than to own its schemas, and `CREATEROLE` where each tenant has a role.
    ///
    /// ## What to do
    /// Log in as a role without these rights: `create role app login password '…'`, `grant create on database … to app`,
    /// and write it into the URL. Or take the right away: `alter role … nosuperuser nobypassrls`.
    "superuser": Warning, Database, "role", look
}

const ME: &str =
    "SELECT rolname, quote_ident(rolname), rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user";
const NAMED: &str = "SELECT rolname, quote_ident(rolname), rolsuper, rolbypassrls FROM pg_roles WHERE rolname = $1";

async fn look(ground: &Ground) -> Result<Verdict, Blocked> {
    let inspector = ground.inspector()?;
    let roles = ground.config()?.settings.roles.as_ref();
    let application = roles.and_then(|roles| roles.application.as_ref());
    let mut found: Vec<(Row, bool)> = Vec::new();
    let is_apart = ground.application().is_some() || application.is_some();
    found.extend(asked(inspector, ME, None).await?.map(|row| (row, !is_apart)));
    if let Some((_, inspector)) = ground.application() {
        found.extend(asked(inspector, ME, None).await?.map(|row| (row, true)));
    }
    if let Some(role) = application {
        found.extend(asked(inspector, NAMED, Some(role.as_str())).await?.map(|row| (row, true)));
    }
    let names: Vec<&str> = found.iter().map(|(row, _)| text(row, 0)).collect();
    if ground.is_development() {
        return Ok(Verdict::Good(format!("{}, of the development server", names.join(", "))));
    }
    let complaints = found.iter().filter(|(row, _)| yes(row, 2) || yes(row, 3)).map(|(row, serves)| {
        let right = if yes(row, 2) { "is a superuser" } else { "passes by row level security (BYPASSRLS)" };
        let whose = if *serves { "the application logs in as" } else { "migrations run as" };
        let mut complaint = CHECK.complaint(format!("the role {}, which {whose}, {right}", text(row, 1)));
        if !serves {
            complaint.level = Level::Info;
        }
        let key = if yes(row, 2) { "nosuperuser nobypassrls" } else { "nobypassrls" };
        let help = format!("log in as a role of its own without that right, or: alter role {} {key};", text(row, 1));
        complaint.object(text(row, 0)).help(help)
    });
    let complaints: Vec<_> = complaints.collect();
    let good = format!("{}: no superuser", names.join(", "));
    Ok(Verdict::of(good, format!("{}: more rights than needed", names.join(", ")), complaints))
}

async fn asked(inspector: &Inspector, sql: &str, role: Option<&str>) -> Result<Option<Row>, Blocked> {
    let given: Vec<Given<'_>> = role.map(Given::Text).into_iter().collect();
    Ok(inspector.rows(sql, &given).await?.into_iter().next())
}
