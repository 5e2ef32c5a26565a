//! Rows of shared tables that refer to the tenant's row in the registry, and do not keep it from going.

use std::collections::BTreeMap;

use crate::connection::{Row, Session};
use crate::error::Error;
use crate::ident::{Identifier, TenantId, literal};
use crate::migrator::Migrator;
use crate::migrator::locate::is_the_tenants;
use crate::registry::RegistrySource;
use crate::settings::RegistrySettings;

/// Rows of a table that lose something when a tenant's row in the registry is deleted: by a foreign key onto that row.
///
/// Those that refer to it directly: what refers to such a row in turn is not looked for, nor what a trigger does. A key
/// without an action is not among them: where it has a row, the tenant is not dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReferringRows {
    /// The table's schema.
    pub schema: String,
    /// The table that refers to the registry's.
    pub table: String,
    /// How many of its rows refer to the tenant's; `None` where who asks may not read them.
    pub rows: Option<u64>,
    /// What becomes of them.
    pub on_delete: OnDelete,
}

/// What a foreign key does with a row when that goes which it refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnDelete {
    /// It goes, too.
    Cascade,
    /// It stays, with NULL for a reference.
    SetNull,
    /// It stays, with the column's default for a reference.
    SetDefault,
}

impl OnDelete {
    fn of(confdeltype: &str) -> Option<Self> {
        match confdeltype {
            "c" => Some(Self::Cascade),
            "n" => Some(Self::SetNull),
            "d" => Some(Self::SetDefault),
            _ => None,
        }
    }
}

/// A foreign key onto the registry's table.
struct Key {
    schema: Identifier,
    table: Identifier,
    on_delete: OnDelete,
    is_partitioned: bool,
    is_readable: bool,
    /// The columns that refer, and those that they refer to.
    columns: Vec<(Identifier, Identifier)>,
}

impl Migrator {
    /// What refers to the tenant's row, where the registry is a table.
    pub(in crate::migrator) async fn referring(
        &self,
        session: &Session,
        tenant: &TenantId,
    ) -> Result<Vec<ReferringRows>, Error> {
        let (RegistrySource::Configured(RegistrySettings::Table { id_column, .. }), Some(registry)) =
            (&self.registry, self.registry_table())
        else {
            return Ok(Vec::new());
        };
        let found = session.rows(&self.keys_onto(&registry)).await.map_err(|error| Error::from(&error))?;
        let row = format!("(SELECT * FROM {registry} WHERE {}) AS parent", is_the_tenants(id_column, tenant));
        let mut referring = Vec::new();
        for key in keys(&found) {
            let rows = if key.is_readable {
                let counted = session.rows(&key.count(&row)).await.map_err(|error| Error::from(&error))?;
                counted.first().and_then(|row| row.get(0)).and_then(|count| count.parse().ok())
            } else {
                None
            };
            if rows != Some(0) {
                let (schema, table) = (key.schema.as_str().to_owned(), key.table.as_str().to_owned());
                referring.push(ReferringRows { schema, table, rows, on_delete: key.on_delete });
            }
        }
        Ok(referring)
    }

    /// A row for each column of each key. A partition has its table's, and tenants' tables are no shared ones: the schema
    /// of one has a history.
    fn keys_onto(&self, registry: &str) -> String {
        let settings = &self.context.settings;
        format!(
            "SELECT k.oid, n.nspname, c.relname, k.confdeltype, c.relkind = 'p', \
             pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT'), \
             a.attname, f.attname FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid \
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
             CROSS JOIN LATERAL unnest(k.conkey, k.confkey) WITH ORDINALITY AS u (refers, referred, place) \
             JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.refers \
             JOIN pg_catalog.pg_attribute f ON f.attrelid = k.confrelid AND f.attnum = u.referred \
             WHERE k.contype = 'f' AND k.confrelid = {}::pg_catalog.regclass AND k.confdeltype IN ('c', 'n', 'd') \
             AND k.conparentid = 0 AND (n.nspname = {} OR NOT EXISTS (SELECT FROM pg_catalog.pg_class h \
             WHERE h.relnamespace = n.oid AND h.relname = {})) ORDER BY n.nspname, c.relname, k.oid, u.place",
            literal(registry),
            literal(settings.shared_schema.as_str()),
            literal(settings.tenant_history.as_str()),
        )
    }
}

impl Key {
    fn count(&self, parent: &str) -> String {
        let same = |(refers, referred): &(Identifier, Identifier)| {
            format!("child.{} = parent.{}", refers.quoted(), referred.quoted())
        };
        format!(
            "SELECT count(*) FROM {}{}.{} AS child JOIN {parent} ON {}",
            if self.is_partitioned { "" } else { "ONLY " },
            self.schema.quoted(),
            self.table.quoted(),
            self.columns.iter().map(same).collect::<Vec<_>>().join(" AND ")
        )
    }
}

/// The keys, in their order.
fn keys(rows: &[Row]) -> Vec<Key> {
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    let mut keys: Vec<Key> = Vec::new();
    for row in rows {
        let name = |column| row.get(column).and_then(|name| Identifier::new(name).ok());
        let (Some(number), Some(column)) = (row.get(0), name(6).zip(name(7))) else { continue };
        let known = places.get(number).and_then(|place| keys.get_mut(*place));
        if let Some(key) = known {
            key.columns.push(column);
            continue;
        }
        let on_delete = row.get(3).and_then(OnDelete::of);
        let (Some(schema), Some(table), Some(on_delete)) = (name(1), name(2), on_delete) else { continue };
        places.insert(number, keys.len());
        let (is_partitioned, is_readable) = (row.get(4) == Some("t"), row.get(5) == Some("t"));
        keys.push(Key { schema, table, on_delete, is_partitioned, is_readable, columns: vec![column] });
    }
    keys
}
