//! The tenant's own role in a copy: never the source's, and never another tenant's.

use std::collections::HashSet;

use crate::copy::{Statement, Structure, read};
use crate::error::Error;
use crate::ident::{RoleName, literal};
use crate::migrator::Migrator;
use crate::registry::discover;
use crate::run::Failure;
use crate::sqlstate::FailureClass;
use crate::target::Target;

use super::site::Site;
use super::{CopyError, failed};

impl Site {
    /// What a tenant's schema is made of; its role's rights do not count, and where it owns something there is a mark.
    ///
    /// What its role is called the settings say, whether it could be dropped or not, and also where new tenants get none.
    pub(super) async fn structure(&self, migrator: &Migrator, target: &Target) -> Result<Structure, CopyError> {
        let settings = &migrator.context.settings;
        let name = settings.role_name.sql("pg_catalog.current_database()", &literal(target.schema().as_str()));
        let structure = read(&self.session, target.schema(), &format!("({name})"), self.major).await?;
        migrator.names_no_other_tenant(self, target, &structure).await?;
        Ok(structure)
    }

    async fn database(&self) -> Result<String, CopyError> {
        let rows = self.session.rows("SELECT pg_catalog.current_database()").await?;
        Ok(rows.first().and_then(|row| row.get(0)).unwrap_or_default().to_owned())
    }
}

impl Migrator {
    /// Refuses where the role of another tenant owns something, or may do something.
    async fn names_no_other_tenant(
        &self,
        site: &Site,
        target: &Target,
        structure: &Structure,
    ) -> Result<(), CopyError> {
        if structure.roles.is_empty() {
            return Ok(());
        }
        let (settings, database) = (&self.context.settings, site.database().await?);
        let fleet = discover(&site.session, &self.registry, settings).await.and_then(crate::registry::Discovery::fleet);
        let fleet = fleet.map_err(|error| CopyError::Error(Error::Registry(error)))?;
        let schemas = fleet.tenants.iter().map(Target::schema).filter(|schema| *schema != target.schema());
        let others: HashSet<String> = schemas
            .filter_map(|schema| settings.role_name.role_of(&database, schema, &settings.shared_schema).ok())
            .map(|role| role.as_str().to_owned())
            .collect();
        let Some(role) = structure.roles.iter().find(|role| others.contains(*role)) else { return Ok(()) };
        let named = |statement: &&Statement| {
            RoleName::new(role.as_str())
                .is_ok_and(|name| statement.sql.contains(&name.quoted()) || statement.sql.contains(name.as_str()))
        };
        let statements = [&structure.grants, &structure.after, &structure.before];
        let what =
            statements.into_iter().flatten().find(named).map_or("a right by default", |statement| &statement.sql);
        let what = what.replacen(":schema:", &target.schema().quoted(), 1);
        let message = format!("{:?} is open to the role of another tenant, {role:?}: {what}", target.schema().as_str());
        Err(failed(Failure::refused(message).with_hint("a copy would be, too: take it away from that role first")))
    }

    /// Makes the new tenant's role, and does what names it. Says whether there was any of that.
    ///
    /// It is an error where new tenants get no role: what the source's owned would be nobody's.
    pub(super) async fn give_to_role<'s>(
        &self,
        site: &Site,
        target: &Target,
        naming: impl Iterator<Item = &'s Statement>,
    ) -> Result<bool, CopyError> {
        let naming: Vec<&Statement> = naming.collect();
        let Some(first) = naming.first() else { return Ok(false) };
        let settings = &self.context.settings;
        if settings.roles.is_none() {
            let message = format!("the tenant's role is to have something, and new tenants have none: {}", first.sql);
            return Err(failed(Failure::refused(message).with_hint(
                "set isolation.role_per_tenant, or take what the source's role owns and its policies away from that role",
            )));
        }
        let role = settings.role_name.role_of(&site.database().await?, target.schema(), &settings.shared_schema)?;
        let mut statements = vec!["SET LOCAL search_path = pg_catalog".to_owned(), "RESET ROLE".to_owned()];
        statements.extend(Box::pin(self.role_of_a_new_tenant(&site.session, target)).await?);
        statements.push("SET LOCAL search_path = pg_catalog".to_owned());
        site.session.pipeline(&statements).await.map_err(|error| {
            let failure = Failure::from_postgres(&error.error);
            if failure.class == FailureClass::LockTimeout {
                failed(failure.with_hint("do it again"))
            } else {
                failed(failure)
            }
        })?;
        let given: Vec<Statement> = naming.into_iter().map(|statement| statement.for_role(&role)).collect();
        self.run_in(site, target.schema(), &given).await?;
        Ok(true)
    }
}
