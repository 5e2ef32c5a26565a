//! A tenant as a file.

use std::path::Path;
use std::time::Instant;

use crate::copy::{AnonymiseRules, DumpedTenant, Header, Recorded, Section, Structure, Writer};
use crate::error::Error;
use crate::ident::TenantId;
use crate::migration::Version;
use crate::migrator::Migrator;
use crate::run::{Event, Failure, Frame, cancellable};
use crate::target::Target;

use super::site::{Purpose, Site, place};
use super::{CopyError, failed};

impl Migrator {
    /// Writes a tenant into a file: its schema, its history, its rows, as of one snapshot.
    ///
    /// The file is whole or not there: it is written beside its place, and gets its name when it is on the disk. Only its
    /// owner may read it. One that is there is replaced with `force`, and else left as it is. Nothing is written to the
    /// database, so that a standby will do; migrations of the tenant wait. Rows are streamed: never more than some
    /// messages of them are in memory. One connection; three round trips for each table.
    ///
    /// ```no_run
    /// # async fn run(migrator: multitenant_runtime::Migrator) -> Result<(), Box<dyn std::error::Error>> {
    /// use multitenant_runtime::TenantId;
    ///
    /// let dumped = migrator.dump_tenant(&TenantId::new("acme")?, "acme.dump", false).await?;
    /// println!("{} rows in {} bytes", dumped.rows, dumped.bytes);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::UnknownTenants`] where there is no such tenant; [`Error::Dump`] where the file is there already, or cannot be
    /// written; [`Error::Database`] where the schema holds what no copy can make, or cannot be read.
    ///
    /// # Cancel safety
    ///
    /// A dropped future leaves no file.
    pub async fn dump_tenant(
        &self,
        tenant: &TenantId,
        file: impl AsRef<Path>,
        force: bool,
    ) -> Result<DumpedTenant, Error> {
        let (file, started) = (file.as_ref(), Instant::now());
        let dumped = Box::pin(self.while_held(|| Box::pin(self.try_dump(tenant, file, force)))).await?;
        Ok(DumpedTenant { duration: started.elapsed(), ..dumped })
    }

    async fn try_dump(&self, tenant: &TenantId, file: &Path, force: bool) -> Result<DumpedTenant, CopyError> {
        // Before anything is asked, whether there can be such a file.
        let writer = Writer::begin(file, force)?;
        let mut site = self.site("a dump").await?;
        let canceller = site.session.canceller();
        let work = Box::pin(self.dump_on(&mut site, tenant, writer, force));
        let dumped = cancellable(&self.context.cancellation, move || canceller, work).await;
        site.session.close().await;
        let dumped = dumped?;
        Ok(DumpedTenant { file: file.to_owned(), ..dumped })
    }

    async fn dump_on(
        &self,
        site: &mut Site,
        tenant: &TenantId,
        mut writer: Writer,
        force: bool,
    ) -> Result<DumpedTenant, CopyError> {
        let settings = &self.context.settings;
        let from = place(&self.locate(&site.session, tenant).await?)?;
        if !site.session.is_standby() {
            site.lock(&from).await?;
            if place(&self.locate(&site.session, tenant).await?)? != from {
                return Err(CopyError::Held(from));
            }
        }
        let patience = format!("SET LOCAL lock_timeout = {}", settings.lock_timeout.as_millis());
        site.begin(Purpose::Read, Some(from.schema()), &patience).await?;
        let structure = site.structure(self, &from).await?;
        site.has_no_large_objects(from.schema(), &AnonymiseRules::new()).await?;
        let header = self.header_of_a_dump(site, &from, tenant, &structure).await?;
        writer.header(&header).await?;
        for statement in &structure.before {
            writer.statement(Section::Before, statement).await?;
        }
        let history = settings.tenant_history.as_str();
        let mut rows = 0;
        for (done, table) in structure.tables.iter().enumerate() {
            self.unless_cancelled()?;
            let written = site.dump_rows(table, from.schema(), &mut writer).await?;
            rows += if table.name == history { 0 } else { written };
            let (table, done, tables) = (table.name.clone(), done + 1, structure.tables.len());
            self.context.emit(&Event::RowsCopied { target: from.clone(), table, rows: written, done, tables });
        }
        for value in site.values(from.schema(), &structure.sequences).await? {
            writer.value(&value.name, value.last, value.is_called).await?;
        }
        let rest = [
            (Section::After, &structure.after),
            (Section::Refresh, &structure.refresh),
            (Section::Grants, &structure.grants),
        ];
        for (section, statements) in rest {
            for statement in statements {
                writer.statement(section, statement).await?;
            }
        }
        site.session.rows("ROLLBACK").await?;
        self.unless_cancelled()?;
        let bytes = writer.finish(force).await?;
        Ok(DumpedTenant {
            target: from,
            file: std::path::PathBuf::new(),
            bytes,
            tables: header.tables,
            rows,
            applied: header.history.iter().map(|row| Version::recorded(&row.version)).collect(),
            duration: std::time::Duration::ZERO,
        })
    }

    async fn header_of_a_dump(
        &self,
        site: &Site,
        from: &Target,
        tenant: &TenantId,
        structure: &Structure,
    ) -> Result<Header, CopyError> {
        let settings = &self.context.settings;
        let history_table = settings.tenant_history.as_str();
        let Some(table) = structure.tables.iter().find(|table| table.name == history_table) else {
            let message = format!("{:?} has no history table {history_table:?}", from.schema().as_str());
            return Err(failed(Failure::refused(message).with_hint("migrate the tenant first")));
        };
        // One that Diesel has made has no checksums.
        let has_checksums = table.columns.iter().any(|column| column.name == "multitenant_checksum");
        let checksum = if has_checksums { "multitenant_checksum" } else { "NULL" };
        let ledger = Frame::new(settings, from).ledger().qualified();
        let rows = site
            .session
            .rows(&format!("SELECT version, {checksum}, pg_catalog.now() FROM {ledger} ORDER BY version"))
            .await?;
        let now = site.session.rows("SELECT pg_catalog.now()::pg_catalog.timestamptz(0)::pg_catalog.text").await?;
        let recorded = |row: &crate::connection::Row| {
            Some(Recorded { version: row.get(0)?.to_owned(), checksum: row.get(1).map(str::to_owned) })
        };
        Ok(Header {
            tenant: tenant.as_str().to_owned(),
            schema: from.schema().as_str().to_owned(),
            template: settings.schema_template.to_string(),
            shared_schema: settings.shared_schema.as_str().to_owned(),
            postgres: site.major,
            history_table: history_table.to_owned(),
            history: rows.iter().filter_map(recorded).collect(),
            outside: structure.outside.iter().cloned().collect(),
            roles: structure.roles.iter().cloned().collect(),
            tables: structure.tables.len().saturating_sub(1),
            taken_at: now.first().and_then(|row| row.get(0)).unwrap_or_default().to_owned(),
            by: env!("CARGO_PKG_VERSION").to_owned(),
        })
    }
}
