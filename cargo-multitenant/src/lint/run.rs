//! A project, looked at by all rules.

use multitenant_runtime::{SchemaTemplate, Tier};

use super::catalog::{Catalog, Origin, Relation, RelationKind};
use super::context::{At, Context, MigrationAt, TableAt};
use super::marking::Marking;
use super::options::Options;
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
    let catalog = folded(project, ground.shared_schema);
    let cx = Context {
        project,
        catalog: &catalog,
        marking: &marking,
        template: ground.template,
        extension_schemas: &ground.lint.extension_schemas,
    };
    let enabled = rules.iter().map(|rule| (*rule, ground.lint.level(rule), ground.lint.options(rule)));
    let enabled = enabled.filter(|(rule, level, _)| level.unwrap_or(rule.level) != Level::Off).collect();
    let mut runner = Runner { cx: &cx, rules: enabled, findings: Vec::new() };
    runner.migrations(ground.shared_schema);
    let tables = runner.tables();
    runner.project();
    let mut findings = runner.findings;
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

/// The catalogue that all migrations make.
fn folded(project: &Project, shared_schema: &str) -> Catalog {
    let mut catalog = Catalog::new(shared_schema);
    for migration in &project.migrations {
        fold(&mut catalog, project, migration, migration.up.as_ref());
    }
    catalog
}

fn fold(catalog: &mut Catalog, project: &Project, migration: &Migration, script: Option<&ScriptFile>) {
    let Some(script) = script else { return };
    let text = &project.sources.get(script.file).text;
    script.script.statements.iter().for_each(|s| catalog.fold(s, script.file, migration.tier, text));
}

/// Takes out what rules of hygiene and safety find in migrations before `start_after`.
fn drop_older(findings: &mut Vec<Finding>, project: &Project, settings: &LintSettings) {
    let Some(start) = &settings.start_after else { return };
    let is_older = |migration: &&Migration| migration.version.as_ref().is_some_and(|version| version <= start);
    let older = project.migrations.iter().filter(is_older);
    let files: Vec<_> =
        older.flat_map(|m| m.scripts().map(|(s, _)| s.file).chain([m.folder]).collect::<Vec<_>>()).collect();
    findings.retain(|finding| {
        let has_start = rules::find(finding.code).is_some_and(|rule| rule.kind.has_start());
        !(has_start && files.contains(&finding.place.file))
    });
}

struct Runner<'a> {
    cx: &'a Context<'a>,
    rules: Vec<(&'static Rule, Option<Level>, Options)>,
    findings: Vec<Finding>,
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

impl<'a> Runner<'a> {
    fn each(&mut self, mut check: impl FnMut(Check, &mut Sink<'_>)) {
        for (rule, level, options) in &self.rules {
            let mut sink = Sink { rule, level: *level, options, findings: &mut self.findings };
            rule.checks.iter().for_each(|one| check(*one, &mut sink));
        }
    }

    fn migrations(&mut self, shared_schema: &str) {
        let mut catalog = Catalog::new(shared_schema);
        for migration in &self.cx.project.migrations {
            let before = catalog.clone();
            if let Some(up) = &migration.up {
                self.script(migration, up, Direction::Up, &before, &mut catalog);
            }
            let mut reverted = None;
            if let Some(down) = &migration.down {
                let mut after_down = catalog.clone();
                self.script(migration, down, Direction::Down, &catalog, &mut after_down);
                reverted = Some(after_down);
            }
            let at =
                MigrationAt { cx: self.cx, migration, before: &before, after: &catalog, reverted: reverted.as_ref() };
            self.each(|check, sink| {
                if let Check::Migration(check) = check {
                    check(&at, sink);
                }
            });
        }
    }

    fn script(
        &mut self,
        migration: &'a Migration,
        script: &'a ScriptFile,
        direction: Direction,
        at_start: &Catalog,
        catalog: &mut Catalog,
    ) {
        let spot = Spot { migration, at_start, script, direction, in_function: false, in_block: false };
        for statement in &script.script.statements {
            self.statement(statement, spot, catalog);
        }
    }

    fn statement(&mut self, statement: &'a Statement, spot: Spot<'a, '_>, catalog: &mut Catalog) {
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
        self.each(|check, sink| {
            if let Check::Statement(check) = check {
                check(&at, sink);
            }
        });
        let in_function = spot.in_function || !statement.runs_its_body();
        let in_block = spot.in_block || statement.verb == Verb::Do;
        for inner in statement.nested.iter() {
            self.statement(inner, Spot { in_function, in_block, ..spot }, catalog);
        }
        if !spot.in_function {
            let text = &self.cx.project.sources.get(spot.script.file).text;
            catalog.fold_itself(statement, spot.script.file, spot.migration.tier, text);
        }
    }

    /// Looks at every table; how many there are.
    fn tables(&mut self) -> usize {
        let cx = self.cx;
        let mut count = 0;
        let spaces = [(Tier::Shared, &cx.catalog.shared), (Tier::Tenant, &cx.catalog.tenant)];
        for (tier, space) in spaces {
            for (name, relation) in space.tables() {
                count += 1;
                self.table(&TableAt { cx, tier, name, relation, is_rust_only: false });
            }
        }
        for (table, marked) in cx.marking.tables(cx.project) {
            let is_known = cx.catalog.shared.relations.contains_key(&table.sql_name)
                || cx.catalog.tenant.relations.contains_key(&table.sql_name)
                || cx.catalog.others.values().any(|space| space.relations.contains_key(&table.sql_name));
            if !is_known {
                count += 1;
                let relation = of_rust(table);
                let tier = marked.tier().unwrap_or(Tier::Tenant);
                self.table(&TableAt { cx, tier, name: &table.sql_name, relation: &relation, is_rust_only: true });
            }
        }
        count
    }

    fn table(&mut self, at: &TableAt<'_>) {
        self.each(|check, sink| {
            if let Check::Table(check) = check {
                check(at, sink);
            }
        });
    }

    fn project(&mut self) {
        let cx = self.cx;
        self.each(|check, sink| {
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
