//! What a new tenant's row needs, asked before anything is done.

use std::collections::{HashMap, HashSet};

use crate::connection::Session;
use crate::error::Error;
use crate::ident::{Identifier, TenantId, literal};
use crate::migrator::Migrator;
use crate::migrator::locate::refused;
use crate::migrator::new_tenant::{NewTenant, Registration};
use crate::registry::{RegistryError, RegistrySource};
use crate::settings::RegistrySettings;

/// A column of the registry's table.
struct Column {
    name: String,
    kind: String,
    /// Whether a row without it fails.
    is_needed: bool,
    /// Whether the server alone says what is in it.
    is_generated: bool,
}

impl Migrator {
    /// Whether these tenants can be registered as they are: that the registry has the columns that are set, and that none is
    /// missing that a row must have. Creating a tenant fails otherwise too, and leaves nothing; this says it before anything
    /// is done, and all of it at once. Writes nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Registry`] where a registry of this kind cannot be written to, or a tenant's id or schema cannot be used;
    /// [`Error::Database`], of the class [`Refused`](crate::FailureClass::Refused), with the columns' names; and where the
    /// database cannot be reached or read.
    pub async fn check_new_tenants(&self, tenants: &[NewTenant]) -> Result<(), Error> {
        for tenant in tenants {
            let target = self.target_of(tenant)?;
            self.registering(tenant, target.schema())?;
        }
        let rows: Vec<&NewTenant> =
            tenants.iter().filter(|tenant| matches!(tenant.registration, Registration::Row)).collect();
        let RegistrySource::Configured(RegistrySettings::Table { id_column, schema_column, .. }) = &self.registry
        else {
            return Ok(());
        };
        if rows.is_empty() {
            return Ok(());
        }
        let session = self.connect().await?;
        let asked = async {
            let columns = self.columns_of_the_registry(&session).await?;
            Ok((columns, self.registered_already(&session, id_column, &rows).await?))
        };
        let asked: Result<_, Error> = asked.await;
        session.close().await;
        let ((columns, is_filled), (registered, archived)) = asked?;
        for tenant in rows {
            let own = [Some(id_column), schema_column.as_ref()].into_iter().flatten().map(Identifier::as_str);
            let own: Vec<&str> = own.collect();
            can_be_set(tenant, &columns, &own)?;
            let is_there = registered.contains(tenant.id.as_str());
            if archived.contains(tenant.id.as_str()) {
                return Err(refused(
                    format!("the registry has the tenant {:?} already, and it is archived", tenant.id.as_str()),
                    "restore it (`cargo multitenant tenant restore`), or drop it first",
                ));
            }
            if is_there && !tenant.columns.is_empty() {
                return Err(refused(
                    format!("the registry has a row for {:?} already, which stays as it is", tenant.id.as_str()),
                    "leave out the columns' values, and change the row by hand where they are to be others",
                ));
            }
            if !is_there && !is_filled {
                nothing_is_missing(tenant, &columns, &own)?;
            }
        }
        Ok(())
    }

    /// The columns, and whether a trigger may fill them.
    async fn columns_of_the_registry(&self, session: &Session) -> Result<(Vec<Column>, bool), Error> {
        let table = self.registry_table().unwrap_or_default();
        let sql = format!(
            "SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull AND NOT a.atthasdef \
             AND a.attidentity = '', a.attgenerated <> '' OR a.attidentity = 'a', EXISTS (SELECT FROM pg_catalog.pg_trigger t \
             WHERE t.tgrelid = a.attrelid AND t.tgtype & 7 = 7 AND NOT t.tgisinternal AND t.tgenabled <> 'D') \
             FROM pg_catalog.pg_attribute a WHERE a.attrelid = pg_catalog.to_regclass({}) AND a.attnum > 0 \
             AND NOT a.attisdropped ORDER BY a.attnum",
            literal(&table)
        );
        let rows = session.rows(&sql).await.map_err(|error| Error::from(&error))?;
        if rows.is_empty() {
            return Err(RegistryError::NoTable { table }.into());
        }
        let is_filled = rows.iter().any(|row| row.get(4) == Some("t"));
        let column = |row: &crate::connection::Row| {
            Some(Column {
                name: row.get(0)?.to_owned(),
                kind: row.get(1)?.to_owned(),
                is_needed: row.get(2) == Some("t"),
                is_generated: row.get(3) == Some("t"),
            })
        };
        Ok((rows.iter().filter_map(column).collect(), is_filled))
    }

    /// Those of the tenants that have a row already, and those of them that are archived.
    async fn registered_already(
        &self,
        session: &Session,
        id_column: &Identifier,
        tenants: &[&NewTenant],
    ) -> Result<(HashSet<String>, HashSet<String>), Error> {
        let ids: Vec<String> = tenants.iter().map(|tenant| literal(tenant.id.as_str())).collect();
        let (table, id) = (self.registry_table().unwrap_or_default(), id_column.quoted());
        let archived = self.context.settings.archive.column.as_ref();
        let archived = archived.map_or_else(|| "false".to_owned(), |column| format!("{} IS NOT NULL", column.quoted()));
        let sql = format!(
            "SELECT {id}::text, {archived} FROM {table} WHERE ({id}::text COLLATE \"C\") IN ({})",
            ids.join(", ")
        );
        let rows = session.rows(&sql).await.map_err(|error| Error::from(&error))?;
        let those = |is_wanted: fn(&crate::connection::Row) -> bool| {
            rows.iter().filter(|row| is_wanted(row)).filter_map(|row| row.get(0)).map(str::to_owned).collect()
        };
        Ok((those(|_| true), those(|row| row.get(1) == Some("t"))))
    }
}

/// Refuses values for columns that are not there, that are something else's to set, or that are set twice.
fn can_be_set(tenant: &NewTenant, columns: &[Column], own: &[&str]) -> Result<(), Error> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for (name, _) in &tenant.columns {
        let name = name.as_str();
        let count = counts.entry(name).or_default();
        *count += 1;
        let column = columns.iter().find(|column| column.name == name);
        let what = match column {
            None => {
                let names = columns.iter().filter(|column| !own.contains(&&*column.name) && !column.is_generated);
                let names: Vec<&str> = names.map(|column| &*column.name).collect();
                let there = if names.is_empty() { "it has no others".to_owned() } else { names.join(", ") };
                return Err(refused(
                    format!("the registry's table has no column {name:?}"),
                    format!("columns that can be set: {there}"),
                ));
            }
            Some(_) if *count > 1 => "is set twice",
            Some(_) if own.contains(&name) => "holds the tenant's id or schema, which are given by themselves",
            Some(column) if column.is_generated => "is generated by the server, and cannot be set",
            Some(_) => continue,
        };
        return Err(refused(format!("the registry's column {name:?} {what}"), "leave that value out"));
    }
    Ok(())
}

/// Refuses a row that lacks what it must have, and names all of that.
fn nothing_is_missing(tenant: &NewTenant, columns: &[Column], own: &[&str]) -> Result<(), Error> {
    let is_set = |column: &&Column| {
        own.contains(&&*column.name) || tenant.columns.iter().any(|(name, _)| name.as_str() == column.name)
    };
    let missing: Vec<String> = columns
        .iter()
        .filter(|column| column.is_needed && !is_set(column))
        .map(|column| format!("{} ({})", column.name, column.kind))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let id: &TenantId = &tenant.id;
    Err(refused(
        format!("the row of {:?} lacks what it must have: {}", id.as_str(), missing.join(", ")),
        "set these columns (--set COLUMN=VALUE, NewTenant::column), or give them defaults in a shared migration",
    ))
}
