//! A project, looked at by all rules.

use std::collections::HashSet;

use multitenant_runtime::{SchemaTemplate, Tier};

use super::catalog::{Catalog, Origin, Relation, RelationKind};
use super::context::{At, Context, MigrationAt, TableAt};
use super::marking::Marking;
use super::options::Options;
use super::parallel;
use super::project::{Direction, Migration, Project, ScriptFile};
use super::rule::{Check, Rule};
use super::rules;
use super::schema::RustTable;
use super::settings::LintSettings;
use super::sink::Sink;
use super::sql::{Statement, Verb};
use crate::finding::{Finding, Level};

/// What the linter must know of the configuration.
#[derive(Debug)]
pub(crate) struct Ground<'a> {
    pub(crate) shared_schema: &'a str,
    pub(crate) template: &'a SchemaTemplate,
    pub(crate) lint: &'a LintSettings,
}

/// What was found.
#[derive(Debug)]
pub(crate) struct Linted {
    /// In the order of the files.
    pub(crate) findings: Vec<Finding>,
    /// How many tables there are, in migrations and in schema code.
    pub(crate) tables: usize,
}

/// Looks at a project with these rules.
pub(crate) fn run(project: &Project, ground: &Ground<'_>, rules: &[&'static Rule]) -> Linted {
    let marking = Marking::of(project, ground.lint);
    let stages = folded(project, ground.shared_schema);
    let shared = project.migrations.iter().filter(|migration| migration.tier == Tier::Shared);
    let cx = Context {
        project,
        catalog: &stages.last,
        marking: &marking,
        template: ground.template,
        extension_schemas: &ground.lint.extension_schemas,
        shared_files: shared.flat_map(Migration::scripts).map(|(script, _)| script.file).collect(),
    };
    let enabled = rules.iter().map(|rule| (*rule, ground.lint.level(rule), ground.lint.options(rule)));
    let enabled = enabled.filter(|(rule, level, _)| level.unwrap_or(rule.level) != Level::Off).collect();
    let judge = Judge { cx: &cx, rules: enabled };
    let mut findings = judge.migrations(&stages);
    let tables = judge.tables(&mut findings);
    judge.project(&mut findings);
    drop_older(&mut findings, project, ground.lint);
    super::suppress::apply(&mut findings, project, ground.lint, rules);
    findings.retain(|finding| finding.level != Level::Off);
    let key = |finding: &Finding| {
        let path = project.sources.get(finding.place.file).path.clone();
        (path, finding.place.span.start, finding.code)
    };
    findings.sort_by_cached_key(key);
    Linted { findings, tables }
}

/// What all migrations of a project make.
#[cfg(feature = "scaffold")]
pub(crate) fn made(project: &Project, shared_schema: &str) -> Catalog {
    folded(project, shared_schema).last
}

/// The catalogue as it is before each migration, and what all of them make. Each shares with the next what that
/// leaves as it is.
struct Stages {
    before: Vec<Catalog>,
    last: Catalog,
}

impl Stages {
    fn after(&self, index: usize) -> &Catalog {
        self.before.get(index + 1).unwrap_or(&self.last)
    }
}

fn folded(project: &Project, shared_schema: &str) -> Stages {
    let mut catalog = Catalog::new(shared_schema);
    let mut before = Vec::with_capacity(project.migrations.len());
    for migration in &project.migrations {
        before.push(catalog.clone());
        if let Some(up) = &migration.up {
            let text = &project.sources.get(up.file).text;
            up.script.statements.iter().for_each(|s| catalog.fold(s, up.file, migration.tier, text));
            catalog = catalog.begin();
        }
    }
    Stages { before, last: catalog }
}

/// Takes out what rules of hygiene and safety find in migrations before `start_after`.
fn drop_older(findings: &mut Vec<Finding>, project: &Project, settings: &LintSettings) {
    let Some(start) = &settings.start_after else { return };
    let is_older = |migration: &&Migration| migration.version.as_ref().is_some_and(|version| version <= start);
    let older = project.migrations.iter().filter(is_older);
    let files: HashSet<_> =
        older.flat_map(|m| m.scripts().map(|(s, _)| s.file).chain([m.folder]).collect::<Vec<_>>()).collect();
    findings.retain(|finding| {
        let has_start = rules::find(finding.code).is_some_and(|rule| rule.kind.has_start());
        !(has_start && files.contains(&finding.place.file))
    });
}

struct Judge<'a> {
    cx: &'a Context<'a>,
    rules: Vec<(&'static Rule, Option<Level>, Options)>,
}

/// Where a statement stands.
#[derive(Clone, Copy)]
struct Spot<'a, 'c> {
    migration: &'a Migration,
    at_start: &'c Catalog,
    script: &'a ScriptFile,
    direction: Direction,
    in_function: bool,
    in_block: bool,
}

impl<'a> Judge<'a> {
    fn each(&self, findings: &mut Vec<Finding>, mut check: impl FnMut(Check, &mut Sink<'_>)) {
        for (rule, level, options) in &self.rules {
            let mut sink = Sink { rule, level: *level, options, findings };
            rule.checks.iter().for_each(|one| check(*one, &mut sink));
        }
    }

    fn migrations(&self, stages: &Stages) -> Vec<Finding> {
        let migrations: Vec<_> = self.cx.project.migrations.iter().enumerate().collect();
        let found = parallel::map(&migrations, |(index, migration)| {
            self.migration(migration, &stages.before[*index], stages.after(*index))
        });
        found.into_iter().flatten().collect()
    }

    fn migration(&self, migration: &'a Migration, before: &Catalog, after: &Catalog) -> Vec<Finding> {
        let mut findings = Vec::new();
        if let Some(up) = &migration.up {
            self.script(migration, up, Direction::Up, before, &mut findings);
        }
        let down = migration.down.as_ref();
        let reverted = down.map(|down| self.script(migration, down, Direction::Down, after, &mut findings));
        let at = MigrationAt { cx: self.cx, migration, before, after, reverted: reverted.as_ref() };
        self.each(&mut findings, |check, sink| {
            if let Check::Migration(check) = check {
                check(&at, sink);
            }
        });
        findings
    }

    /// What the script makes of what there is.
    fn script(
        &self,
        migration: &'a Migration,
        script: &'a ScriptFile,
        direction: Direction,
        at_start: &Catalog,
        findings: &mut Vec<Finding>,
    ) -> Catalog {
        let mut catalog = at_start.clone();
        let spot = Spot { migration, at_start, script, direction, in_function: false, in_block: false };
        for statement in &script.script.statements {
            self.statement(statement, spot, &mut catalog, findings);
        }
        catalog
    }

    fn statement(
        &self,
        statement: &'a Statement,
        spot: Spot<'a, '_>,
        catalog: &mut Catalog,
        findings: &mut Vec<Finding>,
    ) {
        let at = At {
            cx: self.cx,
            migration: spot.migration,
            script: &spot.script.script,
            file: spot.script.file,
            direction: spot.direction,
            statement,
            before: catalog,
            at_start: spot.at_start,
            in_function: spot.in_function,
            in_block: spot.in_block,
        };
        self.each(findings, |check, sink| {
            if let Check::Statement(check) = check {
                check(&at, sink);
            }
        });
        let in_function = spot.in_function || !statement.runs_its_body();
        let in_block = spot.in_block || statement.verb == Verb::Do;
        for inner in statement.nested.iter() {
            self.statement(inner, Spot { in_function, in_block, ..spot }, catalog, findings);
        }
        if !spot.in_function {
            let text = &self.cx.project.sources.get(spot.script.file).text;
            catalog.fold_itself(statement, spot.script.file, spot.migration.tier, text);
        }
    }

    /// Looks at every table; how many there are.
    fn tables(&self, findings: &mut Vec<Finding>) -> usize {
        let cx = self.cx;
        let spaces = [(Tier::Shared, &cx.catalog.shared), (Tier::Tenant, &cx.catalog.tenant)];
        let known: Vec<TableAt<'_>> = spaces
            .into_iter()
            .flat_map(|(tier, space)| space.tables().map(move |(name, relation)| (tier, name, relation)))
            .map(|(tier, name, relation)| TableAt { cx, tier, name, relation, is_rust_only: false })
            .collect();
        findings.extend(parallel::map(&known, |at| self.table(at)).into_iter().flatten());
        let mut count = known.len();
        for (table, marked) in cx.marking.tables(cx.project) {
            let is_known = cx.catalog.shared.relations.contains_key(&table.sql_name)
                || cx.catalog.tenant.relations.contains_key(&table.sql_name)
                || cx.catalog.others.values().any(|space| space.relations.contains_key(&table.sql_name));
            if !is_known {
                count += 1;
                let relation = of_rust(table);
                let tier = marked.tier().unwrap_or(Tier::Tenant);
                let at = TableAt { cx, tier, name: &table.sql_name, relation: &relation, is_rust_only: true };
                findings.extend(self.table(&at));
            }
        }
        count
    }

    fn table(&self, at: &TableAt<'_>) -> Vec<Finding> {
        let mut findings = Vec::new();
        self.each(&mut findings, |check, sink| {
            if let Check::Table(check) = check {
                check(at, sink);
            }
        });
        findings
    }

    fn project(&self, findings: &mut Vec<Finding>) {
        let cx = self.cx;
        self.each(findings, |check, sink| {
            if let Check::Project(check) = check {
                check(cx, sink);
            }
        });
    }
}

/// A table of schema code as the catalogue would have it.
fn of_rust(table: &RustTable) -> Relation {
    let origin = Origin { place: table.place.clone(), around: table.around.clone() };
    let mut relation = Relation::new(RelationKind::Table, origin.clone());
    relation.columns = table.columns.iter().map(|column| super::diesel::column(column, &table.around)).collect();
    let columns = table.columns.iter().filter(|column| table.primary_key.contains(&column.name));
    relation.primary_key = Some(super::catalog::CatalogKey {
        name: None,
        columns: columns.map(|column| column.sql_name.clone()).collect(),
        options: super::sql::KeyOptions::default(),
        timing: super::sql::Timing::default(),
        origin,
    });
    relation
}

#[cfg(test)]
mod tests {
    use crate::lint::testing::{lint, rule};

    #[test]
    fn older_migrations_are_judged_by_isolation_only() {
        let rules = ["tenant-schema-qualified", "missing-down"].map(rule);
        let found = |settings: &str| {
            let old = "-- file: tenant/2026-01-01-000000_a/up.sql\ncreate table public.a (id int);\n";
            let new = "-- file: tenant/2026-01-02-000000_b/up.sql\ncreate table public.b (id int);\n";
            let toml = format!("-- file: multitenant.toml\n[lint]\n{settings}\n");
            let (_, linted) = lint(&rules, &format!("{toml}{old}{new}"));
            linted.findings.iter().map(|finding| finding.code).collect::<Vec<_>>()
        };
        let (qualified, down) = ("tenant-schema-qualified", "missing-down");
        assert_eq!(found(""), [down, qualified, down, qualified]);
        assert_eq!(found("start_after = \"2026-01-01-000000\""), [qualified, down, qualified]);
    }

    #[test]
    fn tables_are_counted_once() {
        let text = "
            create table a (id int); create table b (id int); drop table b;
            -- file: src/schema.rs
            table! { a { id -> Int4, } }
            table! { c { id -> Int4, } }
        ";
        assert_eq!(lint(&[], text).1.tables, 2);
    }
}
