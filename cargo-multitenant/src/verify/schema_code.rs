//! Whether `table!` is what the migrations really make.
//!
//! What the database holds is written as the plainest statements that would make it, and judged by the linter's own
//! rule in place of the migrations.

use std::path::Path;

use multitenant_runtime::inspection::{Given, Inspector};
use multitenant_runtime::{Failure, Migrator, SchemaName, Settings, TenantId, Tier};

use crate::context::Project;
use crate::error::CliError;
use crate::finding::{Complaint, FilePoint, Finding};
use crate::lint::{Ground, LintSettings, Paths, Project as Code, find_rule, run};

const CODE: &str = "verify-schema-code";

/// The rule that compares.
const RULE: &str = "schema-rs-drift";

/// How many `table!` were compared, and what is wrong with them; `None` where there are none.
pub(super) async fn compare(
    project: &Project,
    here: &Path,
    migrator: &Migrator,
    tenant: &TenantId,
) -> Result<Option<(usize, Vec<Complaint>)>, CliError> {
    let config = project.config();
    let (lint, problems) = LintSettings::parse(config.text());
    if !problems.is_empty() {
        return Err(CliError::Config(config.error(problems)));
    }
    // Without their migrations: the database stands in for them.
    let mut code = Code::read(&Paths { shared: None, tenant: None, ..Paths::of(config, here)? });
    let tables = code.rust.iter().map(|file| file.tables.len()).sum();
    let Some(rule) = find_rule(RULE).filter(|_| tables > 0) else { return Ok(None) };
    let inspector = migrator.inspector().await.map_err(CliError::Runtime)?;
    let settings = migrator.settings();
    let schema = settings
        .schema_template
        .schema_of(tenant, &settings.shared_schema)
        .map_err(|error| CliError::Usage(error.to_string()))?;
    for (tier, schema) in [(Tier::Shared, &settings.shared_schema), (Tier::Tenant, &schema)] {
        let made = made(&inspector, settings, tier, schema)
            .await
            .map_err(|failure| CliError::Runtime(multitenant_runtime::Error::Database(Box::new(failure))))?;
        code.stand_in(tier, &format!("the database, schema {schema}"), &made);
    }
    let ground =
        Ground { shared_schema: settings.shared_schema.as_str(), template: &settings.schema_template, lint: &lint };
    let findings = run(&code, &ground, &[rule]).findings;
    Ok(Some((tables, findings.iter().map(|finding| complaint(finding, &code)).collect())))
}

fn complaint(finding: &Finding, code: &Code) -> Complaint {
    let mut complaint = Complaint::new(CODE, finding.level, &finding.message).object(&finding.object);
    let (start, _) = code.sources.points(&finding.place);
    let file = code.sources.get(finding.place.file).path.clone();
    complaint.file = Some(FilePoint { file, line: start.line, column: start.column });
    match &finding.help {
        Some(help) => complaint.help(help),
        None => complaint,
    }
}

/// The statements that would make the tables, views and types of a schema, as far as Diesel sees them.
async fn made(inspector: &Inspector, settings: &Settings, tier: Tier, schema: &SchemaName) -> Result<String, Failure> {
    let own = settings.own_tables(tier, schema);
    let rows = inspector.rows(MADE, &[Given::Text(schema.as_str()), Given::Texts(&own)]).await?;
    Ok(rows.iter().filter_map(|row| row.get(0)).map(|statement| format!("{statement};\n")).collect())
}

/// Types first. What an extension owns is left out; what a name of this schema qualifies is written without it.
const MADE: &str = "\
WITH schema AS (SELECT oid, quote_ident(nspname) || '.' AS prefix FROM pg_namespace WHERE nspname = $1), \
columns AS (SELECT a.attrelid, a.attnum, quote_ident(a.attname) AS name, \
replace(format_type(a.atttypid, a.atttypmod), s.prefix, '') AS type, a.attnotnull \
FROM schema s JOIN pg_class c ON c.relnamespace = s.oid JOIN pg_attribute a ON a.attrelid = c.oid \
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND NOT a.attisdropped), \
keys AS (SELECT k.conrelid, ', PRIMARY KEY (' || string_agg(quote_ident(a.attname), ', ' ORDER BY u.place) || ')' AS key \
FROM schema s JOIN pg_class c ON c.relnamespace = s.oid JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'p', \
unnest(k.conkey) WITH ORDINALITY u (attnum, place) JOIN pg_attribute a ON a.attnum = u.attnum \
WHERE a.attrelid = k.conrelid GROUP BY k.conrelid), \
members AS (SELECT d.classid, d.objid FROM pg_depend d WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e') \
SELECT statement FROM (\
SELECT 1 AS turn, t.typname AS name, CASE t.typtype \
WHEN 'e' THEN format('CREATE TYPE %I AS ENUM (%s)', t.typname, (SELECT string_agg(quote_literal(e.enumlabel), ', ' \
ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid)) \
WHEN 'd' THEN format('CREATE DOMAIN %I AS %s%s', t.typname, replace(format_type(t.typbasetype, t.typtypmod), s.prefix, ''), \
CASE WHEN t.typnotnull THEN ' NOT NULL' ELSE '' END) \
ELSE format('CREATE TYPE %I AS (%s)', t.typname, (SELECT string_agg(quote_ident(a.attname) || ' ' || \
replace(format_type(a.atttypid, a.atttypmod), s.prefix, ''), ', ' ORDER BY a.attnum) FROM pg_attribute a \
WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped)) END AS statement \
FROM schema s JOIN pg_type t ON t.typnamespace = s.oid LEFT JOIN pg_class r ON r.oid = t.typrelid \
WHERE (t.typtype IN ('e', 'd') OR r.relkind = 'c') \
AND NOT EXISTS (SELECT FROM members m WHERE m.classid = 'pg_type'::regclass AND m.objid = t.oid) \
UNION ALL \
SELECT CASE WHEN c.relkind IN ('v', 'm') THEN 4 WHEN c.relispartition THEN 3 ELSE 2 END, c.relname, \
CASE WHEN c.relkind IN ('v', 'm') THEN format('CREATE VIEW %I (%s) AS SELECT %s', c.relname, \
(SELECT string_agg(k.name, ', ' ORDER BY k.attnum) FROM columns k WHERE k.attrelid = c.oid), \
(SELECT string_agg('NULL', ', ') FROM columns k WHERE k.attrelid = c.oid)) \
WHEN c.relispartition THEN format('CREATE TABLE %I PARTITION OF %I DEFAULT', c.relname, \
(SELECT p.relname FROM pg_inherits h JOIN pg_class p ON p.oid = h.inhparent WHERE h.inhrelid = c.oid)) \
ELSE format('CREATE TABLE %I (%s%s)', c.relname, (SELECT string_agg(k.name || ' ' || k.type || CASE WHEN k.attnotnull \
THEN ' NOT NULL' ELSE '' END, ', ' ORDER BY k.attnum) FROM columns k WHERE k.attrelid = c.oid), \
(SELECT k.key FROM keys k WHERE k.conrelid = c.oid)) END \
FROM schema s JOIN pg_class c ON c.relnamespace = s.oid WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') \
AND c.relname <> ALL ($2) \
AND NOT EXISTS (SELECT FROM members m WHERE m.classid = 'pg_class'::regclass AND m.objid = c.oid)) x \
WHERE statement IS NOT NULL ORDER BY turn, name";
