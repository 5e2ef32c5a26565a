//! A new tenant from a file.

use std::time::Instant;

use tokio::sync::mpsc;

use crate::copy::{CopiedTenant, DumpError, Header, Part, Section, Statement, Structure, TenantDump};
use crate::error::Error;
use crate::ident::{SchemaName, literal};
use crate::migration::{Mode, Version, split};
use crate::migrator::{Migrator, NewTenant};
use crate::run::{self, Event, Failure, Frame, Outcome, Preparation, Registering, Transaction, cancellable};
use crate::state::StateTable;
use crate::target::Target;

use super::data::{self, SequenceValue};
use super::prove::{difference, is_free_of, stays_within, unequal};
use super::site::{Purpose, Site};
use super::{CopyError, failed};

impl Migrator {
    /// Makes a new tenant from a dump, all or nothing: one transaction.
    ///
    /// Before anything is made it is asked whether this database has what the dump's tables refer to, and whether this
    /// project has all migrations of its history. A dump that lacks migrations is loaded as it is, and the report names
    /// them. A dump is code, as a migration is: its functions run with the rights of whoever loads it. Its statements are
    /// of the kinds that a dump has; and where it has written anything outside of the new schema, all of it is rolled back.
    /// What it could do there is what functions can that no transaction takes back: load what is not yours as a role that
    /// is no superuser.
    ///
    /// ```no_run
    /// # async fn run(migrator: multitenant_runtime::Migrator) -> Result<(), Box<dyn std::error::Error>> {
    /// use multitenant_runtime::{NewTenant, TenantDump};
    ///
    /// let dump = TenantDump::open("acme.dump")?;
    /// let loaded = migrator.load_tenant(&dump, NewTenant::new("acme-of-monday")?).await?;
    /// println!("{} migrations are pending", loaded.pending.len());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`check_new_tenants`](Self::check_new_tenants); [`Error::Dump`] where the file cannot be read any more, or
    /// was altered meanwhile; [`Error::Database`], of the class [`Refused`](crate::FailureClass::Refused), where this
    /// project or this database lacks what the dump needs, the new schema is there, or the dump would change something
    /// else; and where the server refuses.
    ///
    /// # Cancel safety
    ///
    /// A dropped future leaves nothing, unless the COMMIT was under way.
    pub async fn load_tenant(&self, dump: &TenantDump, new: NewTenant) -> Result<CopiedTenant, Error> {
        let started = Instant::now();
        self.fits(dump.header())?;
        let target = self.target_of(&new)?;
        let registering = self.registering(&new, target.schema())?;
        self.check_new_tenants(std::slice::from_ref(&new)).await?;
        let loaded = self.while_held(|| Box::pin(self.try_load(dump, &target, &registering)));
        let loaded = Box::pin(loaded).await?;
        self.context.emit(&Event::TargetFinished { target, outcome: Outcome::Applied, failure: None });
        Ok(CopiedTenant { duration: started.elapsed(), ..loaded })
    }

    async fn try_load(
        &self,
        dump: &TenantDump,
        target: &Target,
        registering: &Registering,
    ) -> Result<CopiedTenant, CopyError> {
        let mut site = self.site("a load").await?;
        let canceller = site.session.canceller();
        let work = Box::pin(self.load_on(&mut site, dump, target, registering));
        let loaded = cancellable(&self.context.cancellation, move || canceller, work).await;
        site.session.close().await;
        loaded
    }

    async fn load_on(
        &self,
        site: &mut Site,
        dump: &TenantDump,
        target: &Target,
        registering: &Registering,
    ) -> Result<CopiedTenant, CopyError> {
        let (settings, header) = (&self.context.settings, dump.header());
        if site.session.is_standby() {
            return Err(failed(Failure::standby()));
        }
        if header.postgres > site.major {
            let message = format!("the dump is of PostgreSQL {}, and this server is {}", header.postgres, site.major);
            return Err(failed(
                Failure::refused(message).with_hint("load it into a server of that version or a later one"),
            ));
        }
        let state = StateTable::ready(&site.session, settings).await?;
        site.lock(target).await?;
        let patience = format!("SET LOCAL lock_timeout = {}", settings.lock_timeout.as_millis());
        site.begin(Purpose::Write, None, &patience).await?;
        self.has_what_is_needed(site, header).await?;
        self.make_schema(site, target).await?;
        let mut loading = Loading {
            target,
            parts: dump.parts(),
            expected: Expected::default(),
            rows: 0,
            done: 0,
            tables: header.tables,
        };
        self.run_parts(site, &mut loading).await?;
        let plan = self.history_of(site, target).await?;
        let versions: Vec<&str> = plan.applied.iter().map(Version::as_str).collect();
        let mut said: Vec<&str> = header.history.iter().map(|row| row.version.as_str()).collect();
        said.sort_unstable();
        if versions != said || !plan.unknown.is_empty() {
            return Err(unequal("its history is not the one that it says it has"));
        }
        // Before the role is made, which is elsewhere; and behind this nothing of the dump's runs.
        let guard = Transaction::guard_of_a_load(Frame::new(settings, target));
        run::close(&site.session, &guard, &[], &Preparation::default(), &self.context.cancellation).await?;
        self.leaves_the_rest_alone(site, target).await?;
        let has_role = self.give_to_role(site, target, loading.expected.naming_role()).await?;
        let found = site.structure(self, target).await?;
        let is_proven = header.postgres == site.major;
        if header.schema != target.schema().as_str() {
            loading.expected.is_free_of(&header.schema, &found)?;
        }
        self.is_as_written(&loading.expected, &found, is_proven)?;
        self.finish(site, state.as_ref(), &plan, registering, has_role).await?;
        Ok(CopiedTenant {
            target: target.clone(),
            from: dump.tenant()?,
            tables: header.tables,
            rows: loading.rows,
            anonymised: 0,
            without_rules: Vec::new(),
            pending: plan.pending,
            edited: plan.edited,
            is_proven,
            duration: std::time::Duration::ZERO,
        })
    }

    /// Runs the file's parts, in its order.
    async fn run_parts(&self, site: &Site, loading: &mut Loading<'_>) -> Result<(), CopyError> {
        let schema = loading.target.schema();
        let history = self.context.settings.tenant_history.as_str();
        let (mut waiting, mut section, mut values) = (Vec::new(), Section::Before, Vec::new());
        loop {
            self.unless_cancelled()?;
            let part = match loading.parts.recv().await {
                Some(part) => part?,
                None => return Err(failed(Failure::refused("the dump was not read to its end"))),
            };
            match part {
                Part::Statement(of, statement) => {
                    if of < section {
                        return Err(failed(Failure::refused("the dump's statements are in no order")));
                    }
                    if of != section || waiting.len() >= BATCH {
                        self.run_section(site, loading, section, std::mem::take(&mut waiting)).await?;
                        section = of;
                    }
                    allowed(&statement.sql)?;
                    waiting.push(statement);
                }
                Part::Rows { table, columns } => {
                    self.run_section(site, loading, section, std::mem::take(&mut waiting)).await?;
                    let rows = self.load_table(site, loading, &table, &columns).await?;
                    loading.rows += if table == history { 0 } else { rows };
                    loading.done += 1;
                    let (target, done) = (loading.target.clone(), loading.done);
                    self.context.emit(&Event::RowsCopied { target, table, rows, done, tables: loading.tables + 1 });
                }
                Part::Value { sequence, last, is_called } => {
                    self.run_section(site, loading, section, std::mem::take(&mut waiting)).await?;
                    values.push(SequenceValue { name: sequence, last, is_called });
                }
                Part::Bytes(_) | Part::LastRow => {
                    return Err(failed(Failure::refused("the dump has rows of no table")));
                }
                Part::End => {
                    self.run_section(site, loading, section, waiting).await?;
                    return site.set_values(schema, &values).await;
                }
            }
        }
    }

    async fn run_section(
        &self,
        site: &Site,
        loading: &mut Loading<'_>,
        section: Section,
        statements: Vec<Statement>,
    ) -> Result<(), CopyError> {
        if statements.is_empty() {
            return Ok(());
        }
        let schema = loading.target.schema();
        if section == Section::Grants {
            self.grant(site, schema, &statements).await?;
        } else {
            self.run_in(site, schema, &statements).await?;
        }
        loading.expected.of(section).extend(statements);
        Ok(())
    }

    async fn load_table(
        &self,
        site: &Site,
        loading: &mut Loading<'_>,
        table: &str,
        columns: &[String],
    ) -> Result<u64, CopyError> {
        let mut sink = Box::pin(site.load_rows(loading.target.schema(), table, columns).await?);
        loop {
            match loading.parts.recv().await {
                Some(Ok(Part::Bytes(bytes))) => {
                    self.unless_cancelled()?;
                    data::send(&mut sink, bytes, table).await?;
                }
                Some(Ok(Part::LastRow)) => return data::end(sink, table).await,
                Some(Err(error)) => return Err(error.into()),
                _ => return Err(failed(Failure::refused("the dump's rows do not end"))),
            }
        }
    }

    /// What this project must have.
    fn fits(&self, header: &Header) -> Result<(), Error> {
        let settings = &self.context.settings;
        let refused =
            |message: String, hint: &str| Err(Error::Database(Box::new(Failure::refused(message).with_hint(hint))));
        if header.shared_schema != settings.shared_schema.as_str() {
            let message = format!(
                "the dump is of a project whose shared schema is {:?}, and here it is {:?}",
                header.shared_schema,
                settings.shared_schema.as_str()
            );
            return refused(message, "its tables refer to that schema by its name");
        }
        if header.history_table != settings.tenant_history.as_str() {
            let message = format!(
                "the dump's history is called {:?}, and here {:?}",
                header.history_table,
                settings.tenant_history.as_str()
            );
            return refused(message, "set migrations.table to that name");
        }
        let is_unknown = |version: &&str| self.context.tenant.get(&Version::recorded(version)).is_none();
        let unknown: Vec<&str> = header.history.iter().map(|row| row.version.as_str()).filter(is_unknown).collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let message = format!("the dump has migrations that this project does not know: {}", unknown.join(", "));
        refused(message, "load it with the release that it is of, or a later one")
    }

    /// What this database must have.
    async fn has_what_is_needed(&self, site: &Site, header: &Header) -> Result<(), CopyError> {
        let asked: Vec<String> = header
            .outside
            .iter()
            .filter_map(|outside| {
                let name = literal(&outside.identity);
                let relation = format!("pg_catalog.to_regclass({name})");
                let is_there = match (outside.kind.as_str(), &outside.column) {
                    (_, Some(column)) => format!(
                        "EXISTS (SELECT FROM pg_catalog.pg_attribute WHERE attrelid = {relation} AND attname = {} AND NOT attisdropped)",
                        literal(column)
                    ),
                    ("type", _) => format!("pg_catalog.to_regtype({name}) IS NOT NULL"),
                    ("function" | "procedure" | "aggregate", _) => format!("pg_catalog.to_regprocedure({name}) IS NOT NULL"),
                    ("schema", _) => format!("pg_catalog.to_regnamespace({name}) IS NOT NULL"),
                    ("table" | "view" | "materialized view" | "sequence" | "foreign table", _) => format!("{relation} IS NOT NULL"),
                    _ => return None,
                };
                let shown = outside.column.as_ref().map_or_else(
                    || format!("{} {}", outside.kind, outside.identity),
                    |column| format!("column {} of {}", column, outside.identity),
                );
                Some(format!("SELECT {} WHERE NOT ({is_there})", literal(&shown)))
            })
            .chain(header.roles.iter().map(|role| {
                let exists = format!("EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = {})", literal(role));
                format!("SELECT {} WHERE NOT {exists}", literal(&format!("role {role}")))
            }))
            .collect();
        let mut lacking = Vec::new();
        for chunk in asked.chunks(200) {
            let rows = site.session.rows(&chunk.join(" UNION ALL ")).await?;
            lacking.extend(rows.iter().filter_map(|row| row.get(0)).map(str::to_owned));
        }
        if lacking.is_empty() {
            return Ok(());
        }
        let failure = Failure::refused(format!("this database lacks what the dump refers to: {}", lacking.join(", ")));
        Err(failed(failure.with_hint("migrate the shared schema first (`migrate shared`), and make the roles")))
    }

    /// That the new schema is what the file says.
    fn is_as_written(&self, expected: &Expected, found: &Structure, is_proven: bool) -> Result<(), CopyError> {
        if is_proven {
            let Expected { before, after, refresh, grants } = expected;
            let written = Structure {
                before: before.clone(),
                after: after.clone(),
                refresh: refresh.clone(),
                grants: grants.clone(),
                ..found.clone()
            };
            return difference(&written, found).map_or(Ok(()), |difference| Err(unequal(&difference)));
        }
        let counts = [
            (expected.before.len(), found.before.len()),
            (expected.after.len(), found.after.len()),
            (expected.refresh.len(), found.refresh.len()),
        ];
        // Who may do what every version writes alike.
        let grants = Structure { grants: expected.grants.clone(), ..found.clone() };
        if let Some(difference) = difference(&grants, found) {
            return Err(unequal(&difference));
        }
        match counts.iter().find(|(expected, found)| expected != found) {
            Some((expected, found)) => Err(unequal(&format!("it has {found} parts instead of {expected}"))),
            None => Ok(()),
        }
    }
}

/// How many statements are sent together.
const BATCH: usize = 40;

/// A file that is being loaded.
struct Loading<'a> {
    target: &'a Target,
    parts: mpsc::Receiver<Result<Part, DumpError>>,
    expected: Expected,
    rows: u64,
    done: usize,
    tables: usize,
}

/// What the new schema must be made of.
#[derive(Debug, Default)]
struct Expected {
    before: Vec<Statement>,
    after: Vec<Statement>,
    refresh: Vec<Statement>,
    grants: Vec<Statement>,
}

impl Expected {
    /// That nothing of it is about the schema that the tenant had: under another id that is another tenant's.
    fn is_free_of(&self, old: &str, found: &Structure) -> Result<(), CopyError> {
        if let Ok(old) = SchemaName::new(old) {
            stays_within(found, &old)?;
        }
        let all = [&self.before, &self.after, &self.refresh, &self.grants];
        is_free_of(all.into_iter().flatten(), old, &found.names)
    }

    fn naming_role(&self) -> impl Iterator<Item = &Statement> {
        let sections = [&self.after, &self.before, &self.grants];
        sections.into_iter().flatten().filter(|statement| statement.names_role())
    }

    fn of(&mut self, section: Section) -> &mut Vec<Statement> {
        match section {
            Section::Before => &mut self.before,
            Section::After => &mut self.after,
            Section::Refresh => &mut self.refresh,
            Section::Grants => &mut self.grants,
        }
    }
}

/// How statements of a dump begin. What they name is another matter, which the guard at the end looks at.
const FORMS: [&str; 30] = [
    "CREATE TYPE ",
    "CREATE DOMAIN ",
    "CREATE FUNCTION ",
    "CREATE PROCEDURE ",
    "CREATE AGGREGATE ",
    "CREATE SEQUENCE ",
    "CREATE UNLOGGED SEQUENCE ",
    "CREATE TABLE ",
    "CREATE UNLOGGED TABLE ",
    "CREATE INDEX ",
    "CREATE UNIQUE INDEX ",
    "CREATE VIEW ",
    "CREATE MATERIALIZED VIEW ",
    "CREATE RULE ",
    "CREATE TRIGGER ",
    "CREATE CONSTRAINT TRIGGER ",
    "CREATE POLICY ",
    "CREATE STATISTICS ",
    "ALTER TABLE ",
    "ALTER DOMAIN ",
    "ALTER SEQUENCE ",
    "ALTER INDEX ",
    "ALTER ROUTINE ",
    "ALTER STATISTICS ",
    "ALTER TYPE ",
    "ALTER POLICY ",
    "ALTER DEFAULT PRIVILEGES ",
    "COMMENT ON ",
    "REFRESH MATERIALIZED VIEW ",
    "GRANT ",
];

/// Refuses what no dump has.
fn allowed(sql: &str) -> Result<(), CopyError> {
    let is_of_a_form = FORMS.iter().any(|form| sql.starts_with(form)) || sql.starts_with("REVOKE ");
    let is_one = split(sql, Mode::Transactional).is_ok_and(|statements| statements.len() == 1);
    if is_of_a_form && is_one && names_a_kind(sql) {
        return Ok(());
    }
    let beginning: String = sql.split_whitespace().take(6).collect::<Vec<_>>().join(" ");
    let failure = Failure::refused(format!("the dump has a statement that no dump has: {beginning:?}"));
    Err(failed(failure.with_hint("nothing of it is loaded; dump the tenant anew")))
}

/// Whether a right or a comment is of a kind of object that a schema has.
fn names_a_kind(sql: &str) -> bool {
    const GRANTED: [&str; 5] = ["TABLE", "SEQUENCE", "ROUTINE", "TYPE", "SCHEMA"];
    const COMMENTED: [&str; 16] = [
        "TABLE",
        "COLUMN",
        "VIEW",
        "MATERIALIZED",
        "SEQUENCE",
        "INDEX",
        "ROUTINE",
        "TYPE",
        "DOMAIN",
        "CONSTRAINT",
        "TRIGGER",
        "POLICY",
        "RULE",
        "STATISTICS",
        "SCHEMA",
        "AGGREGATE",
    ];
    let kinds: &[&str] = if sql.starts_with("COMMENT ON ") {
        &COMMENTED
    } else if sql.starts_with("GRANT ") || sql.starts_with("REVOKE ") {
        &GRANTED
    } else {
        return true;
    };
    let mut words = words(sql).into_iter().skip_while(|word| *word != "ON").skip(1);
    let (kind, name) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    kinds.contains(&kind) && (kind != "SCHEMA" || name == ":schema:")
}

/// The words of a statement, as they are parted by spaces outside of quotes.
fn words(sql: &str) -> Vec<&str> {
    let (mut words, mut start, mut quote) = (Vec::new(), 0, None);
    for (at, c) in sql.char_indices() {
        match quote {
            Some(open) if open == c => quote = None,
            Some(_) => {}
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c.is_whitespace() => {
                words.extend(Some(&sql[start..at]).filter(|word| !word.is_empty()));
                start = at + c.len_utf8();
            }
            None => {}
        }
    }
    words.extend(Some(&sql[start..]).filter(|word| !word.is_empty()));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_schema_has_is_granted_and_commented() {
        for sql in [
            "GRANT SELECT (\"a ON PARAMETER \"), UPDATE (b) ON TABLE t TO x",
            "REVOKE ALL ON ROUTINE f(a integer) FROM PUBLIC",
            "GRANT USAGE ON SCHEMA :schema: TO x",
            "COMMENT ON COLUMN t.a IS 'x'",
            "COMMENT ON MATERIALIZED VIEW v IS 'ON ROLE'",
        ] {
            assert!(allowed(sql).is_ok(), "{sql}");
        }
        for sql in [
            "GRANT ALTER SYSTEM ON PARAMETER work_mem TO x",
            "GRANT SELECT (\"a ON TABLE t\") ON PARAMETER b TO x",
            "GRANT CREATE ON TABLESPACE pg_default TO x",
            "GRANT a TO b",
            "GRANT a\nTO b",
            "GRANT USAGE ON SCHEMA public TO x",
            "COMMENT ON ROLE postgres IS 'x'",
            "COMMENT ON DATABASE d IS 'x'",
            "COMMENT ON SCHEMA public IS 'x'",
        ] {
            assert!(allowed(sql).is_err(), "{sql}");
        }
    }
}
