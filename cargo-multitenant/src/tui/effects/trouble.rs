//! What an error is in a few words, and what to do next.

use multitenant_runtime::{Error, RegistryError};

use crate::config::ConfigError;
use crate::error::CliError;
use crate::exit_code;
use crate::output::draw;
use crate::tui::state::{Line, Trouble};

/// The trouble that an error is.
pub(super) fn trouble(error: &CliError) -> Trouble {
    match error {
        CliError::Config(error) => configuration(error),
        CliError::Runtime(Error::Migrations(error)) => {
            Trouble::new("The migrations cannot be used", &error.to_string())
                .next("correct the files, then look again: r")
        }
        CliError::Runtime(Error::Registry(missing @ RegistryError::NoTable { .. })) => {
            Trouble::new("The registry's table is missing", &missing.to_string())
                .next("where the shared schema was never migrated, M on tenant status migrates it, then all tenants")
                .next("else correct tenants.table in multitenant.toml, then look again: r")
        }
        CliError::Runtime(Error::Registry(tenant @ RegistryError::Tenant { .. })) => {
            Trouble::new("This cannot be a tenant", &tenant.to_string())
                .next("give another id, or schema, and try again")
        }
        CliError::Runtime(Error::Registry(
            refused @ (RegistryError::NoSchemaColumn { .. }
            | RegistryError::NotDeletable { .. }
            | RegistryError::NotChangeable { .. }
            | RegistryError::NotArchivable { .. }
            | RegistryError::ReadOnly { .. }),
        )) => Trouble::new("The registry does not allow this", &refused.to_string()),
        error => match exit_code::of_error(error) {
            exit_code::UNREACHABLE => Trouble::new("The database cannot be reached", &error.to_string())
                .next("start the server, or correct database.url in multitenant.toml, DATABASE_URL or --database-url")
                .next("`cargo multitenant db start` starts a development server where url = \"embedded\"")
                .next("then look again: r"),
            exit_code::CONFIGURATION => Trouble::new("The project cannot be used as it is", &error.to_string())
                .next("correct what is named there, then look again: r"),
            exit_code::HELD => Trouble::new("Another run is at work there", &error.to_string())
                .next("wait for its end; the doctor (0) says who holds what"),
            exit_code::REFUSED => Trouble::new("That is refused", &error.to_string()),
            _ => Trouble::new("That has failed", &error.to_string()),
        },
    }
}

fn configuration(error: &ConfigError) -> Trouble {
    let mut trouble = Trouble::new("The configuration cannot be used", "");
    trouble.lines = Line::of_report(&draw(error));
    trouble
        .next("correct it, then look again: r")
        .next("where there is no project yet, leave (q) and run `cargo multitenant init`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remedies(error: &CliError) -> String {
        trouble(error).next.join("; ")
    }

    #[test]
    fn a_migration_of_the_shared_schema_helps_only_where_the_registry_is_missing() {
        let missing = RegistryError::NoTable { table: "public.tenants".to_owned() };
        assert!(remedies(&CliError::Runtime(Error::Registry(missing))).contains("never migrated"));
        let other = RegistryError::NotArchivable { why: "no column".to_owned() };
        let files = CliError::Files { what: "a folder".to_owned(), help: None, source: None };
        for error in [CliError::Runtime(Error::Registry(other)), files] {
            assert!(!remedies(&error).contains("never migrated"), "{error}");
        }
    }
}
