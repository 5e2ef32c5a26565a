//! A psql that stands in one tenant's schema.

use std::ffi::OsString;
use std::process::Command;

use crate::error::Error;
use crate::ident::TenantId;
use crate::installed;
use crate::run::{Failure, Frame, Report};
use crate::sqlstate::FailureClass;

use super::{Migrator, Scope};

impl Migrator {
    /// A `psql` for one tenant, to be run by the caller: its `search_path` is that of the tenant's migrations.
    ///
    /// It is the role of the URL, where each tenant has a role too. The password is in its environment, and not among
    /// its arguments, which every user of the machine can read. `PGHOST` and the like are taken away: the URL says all.
    ///
    /// # Errors
    ///
    /// Where the tenant is not registered, its schema is missing, or there is no `psql`; where the database cannot be
    /// reached.
    pub async fn psql(&self, tenant: TenantId) -> Result<Command, Error> {
        let mut report = Report::default();
        let (session, targets) = self.targets(&Scope::tenant(tenant), &mut report).await?;
        if let Some(unusable) = report.unusable.pop() {
            return Err(Error::Database(Box::new(unusable.failure)));
        }
        let Some(target) = targets.tenants.first() else { return Err(self.no_schema("the tenant has no schema")) };
        let frame = Frame::new(&self.context.settings, target);
        let entered = session
            .pipeline(&[
                "BEGIN READ ONLY".to_owned(),
                format!(
                    "SELECT pg_catalog.set_config('search_path', {}, true)",
                    crate::ident::literal(&frame.search_path())
                ),
                format!("SELECT 1 / ({})::int", frame.is_finished()),
                "ROLLBACK".to_owned(),
            ])
            .await;
        session.close().await;
        if let Err(error) = entered {
            let schema = target.schema();
            return Err(if crate::sqlstate::is_failed_guard(&error.error) {
                self.no_schema(&format!("the schema {schema} does not exist, is not finished, or may not be used"))
            } else {
                Error::from(&error.error)
            });
        }
        let path = one_option(&frame.search_path());
        let (url, password, options) = self.context.url.for_a_program_with(&format!("-c search_path={path}"));
        let program = tokio::task::spawn_blocking(|| installed::program("psql")).await.ok().flatten();
        let program = program.ok_or_else(|| {
            let failure = Failure::new(FailureClass::Permanent, "there is no psql on this machine");
            let hint = "install PostgreSQL's client programs, or set PG_BIN_DIR to their folder";
            Error::Database(Box::new(failure.with_hint(hint)))
        })?;
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PG")) {
            command.env_remove(name);
        }
        if let Some(password) = password {
            command.env("PGPASSWORD", password);
        }
        let mut dbname = OsString::from("--dbname=");
        dbname.push(url);
        command.arg(dbname).env("PGOPTIONS", options);
        Ok(command)
    }

    fn no_schema(&self, message: &str) -> Error {
        let failure = Failure::new(FailureClass::MissingSchema, message);
        Error::Database(Box::new(failure.with_hint("create the tenant; `status` tells which schemas are missing")))
    }
}

/// A value as a server's option: there white space ends it, unless a backslash stands before it.
fn one_option(value: &str) -> String {
    let escaped = |c: char| c == '\\' || matches!(c, ' ' | '\t'..='\r');
    value.chars().flat_map(|c| escaped(c).then_some('\\').into_iter().chain([c])).collect()
}

#[cfg(test)]
mod tests {
    use super::one_option;

    #[test]
    fn a_value_is_one_option() {
        assert_eq!(one_option("\"a\", \"b\\c\td\""), "\"a\",\\ \"b\\\\c\\\td\"");
    }
}
