//! `function-search-path`

use crate::finding::Level;
use crate::lint::catalog::Home;
use crate::lint::context::At;
use crate::lint::rule::{Check, rule};
use crate::lint::sink::Sink;
use crate::lint::sql::{Class, Detail, Role, Setting, Statement, Verb};

rule! {
    /// ## What it does
    ///
    /// Finds functions and procedures of tenants whose body names a table without a schema, and that do not set
    /// `search_path` for themselves, or set one that is not the tenant's: of the shared schema, or of the system's. Bodies in the standard's form (`BEGIN ATOMIC`, `RETURN`) are resolved when they are
    /// made, and are fine. So is a function that a later migration drops or makes anew. Trigger functions are errors.
    ///
    /// ## Why is this bad?
    ///
    /// The body is resolved when the function is called, with the caller's path: `tenant_a.total()` called with tenant b's
    /// path returns b's rows. A trigger fires on whoever writes, and fails, or writes elsewhere, if the path lacks its
    /// tenant: in a restore, a job over all tenants, a statement that names the schema.
    ///
    /// ## Example
    ///
    /// ```sql
    /// CREATE FUNCTION total() RETURNS bigint LANGUAGE sql AS $$ SELECT sum(price) FROM orders $$;
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sql
    /// CREATE FUNCTION total() RETURNS bigint LANGUAGE sql
    ///   SET search_path FROM CURRENT
    ///   AS $$ SELECT sum(price) FROM orders $$;
    /// ```
    "function-search-path": Warning, Isolation, Check::Statement(check),
}

/// What to do where PostgreSQL does not let a body set its path.
const NO_SET: &str = "with a SET, PostgreSQL refuses its COMMIT and ROLLBACK: qualify the names in it with the tenant's \
                      schema, by EXECUTE format('… %I.…') with the schema as an argument";

fn check(at: &At<'_>, sink: &mut Sink<'_>) {
    let Detail::Routine(routine) = &at.statement.detail else { return };
    let path = routine.settings.iter().find(|setting| setting.parameter == "search_path");
    let is_good = path.is_some_and(|path| !leads_elsewhere(path, at.before.shared_schema()));
    if !at.is_tenant() || routine.is_atomic || is_good {
        return;
    }
    let Some(table) = at.statement.nested.iter().find_map(|statement| table_in(at, statement, path.is_some())) else {
        return;
    };
    let Some(subject) = at.statement.subject().filter(|subject| !at.makes_what_is_superseded(&subject.name)) else {
        return;
    };
    let what = if routine.returns_trigger { "the trigger function" } else { "the function" };
    let name = subject.name.shown();
    let wherever = match path {
        Some(_) => "in the search_path that it sets, which is no tenant's",
        None => "wherever its caller's search_path leads",
    };
    let ends_transaction = at.statement.nested.iter().any(|inner| ends_a_transaction(at, inner));
    let draft = sink
        .report(at.place(subject.name.span()), format!("{what} `{name}` looks for `{}` {wherever}", table.0))
        .related(at.place(table.1), "named without a schema")
        .help(if ends_transaction { NO_SET } else { "write SET search_path FROM CURRENT before AS" })
        .object(name)
        .around(at.place(at.statement.span.clone()));
    let draft = if routine.returns_trigger { draft.level(Level::Error) } else { draft };
    if path.is_none()
        && !ends_transaction
        && at.text(at.statement.span.clone()).get(..6).is_some_and(|word| word.eq_ignore_ascii_case("create"))
    {
        let before = at.text(routine.options_at.saturating_sub(1)..routine.options_at);
        let (start, end) = if before.chars().all(char::is_whitespace) { ("", " ") } else { (" ", "") };
        let text = format!("{start}SET search_path FROM CURRENT{end}");
        draft.fix(at.place(routine.options_at..routine.options_at), text);
    }
}

/// Whether a path is the same for every tenant, and none of theirs.
fn leads_elsewhere(path: &Setting, shared: &str) -> bool {
    let is_system = |value: &String| matches!(value.as_str(), "" | "pg_catalog" | "pg_temp" | "information_schema");
    !path.from_current && (path.names(shared) || path.values.iter().all(is_system))
}

/// Whether there is COMMIT or ROLLBACK in it.
fn ends_a_transaction(at: &At<'_>, statement: &Statement) -> bool {
    let text = at.text(statement.span.clone());
    let word = text.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    let is_end = match statement.verb {
        Verb::Commit | Verb::Rollback => true,
        // In PL/pgSQL it is a statement of the language; a variable of that name can only be assigned to.
        Verb::Control => ["commit", "rollback"].iter().any(|end| word.eq_ignore_ascii_case(end)) && !text.contains('='),
        _ => false,
    };
    is_end || statement.nested.iter().any(|inner| ends_a_transaction(at, inner))
}

/// A table that is named without a schema, and that is known: what is not may be temporary, or a trigger's own.
fn table_in(at: &At<'_>, statement: &Statement, is_tenants: bool) -> Option<(String, crate::lint::sql::Span)> {
    let here = statement.objects.iter().find(|object| {
        object.class == Class::Table
            && object.name.schema.is_none()
            && matches!(object.role, Role::Read | Role::Write | Role::Lock)
            && at
                .before
                .relation(&object.name, at.tier())
                .is_some_and(|found| !is_tenants || found.home == Home::Tenant)
    });
    let found = here.map(|object| (object.name.shown(), object.name.span()));
    found.or_else(|| statement.nested.iter().find_map(|inner| table_in(at, inner, is_tenants)))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::RULE;
    use crate::lint::testing::{check, lint, silent};

    #[test]
    fn fires() {
        assert_snapshot!(check(&RULE, "
            create table orders (id int);
            create function total() returns bigint language sql as $$ select sum(id) from orders $$;
            create function t() returns trigger as $$ declare x int; begin
                select id into x from orders; return new;
            end $$ language plpgsql;
            create function two(a int) returns bigint language sql as $$ select sum(id) from orders $$;
            create function two(a text) returns bigint language sql as $$ select sum(id) from orders $$;
        "), @"
        tenant/1_a/up.sql:2:29 warning: the function `total` looks for `orders` wherever its caller's search_path leads [total]
        tenant/1_a/up.sql:3:29 error: the trigger function `t` looks for `orders` wherever its caller's search_path leads [t]
        tenant/1_a/up.sql:6:29 warning: the function `two` looks for `orders` wherever its caller's search_path leads [two]
        tenant/1_a/up.sql:7:29 warning: the function `two` looks for `orders` wherever its caller's search_path leads [two]
        ");
    }

    #[test]
    fn a_path_that_is_no_tenants_is_none() {
        assert_snapshot!(check(&RULE, "
            -- file: shared/1_a/up.sql
            create table users (id int);
            -- file: tenant/1_a/up.sql
            create table orders (id int);
            create function a() returns bigint language sql set search_path = public as $$ select sum(id) from orders $$;
            create function b() returns bigint language sql set search_path = pg_catalog, pg_temp
                as $$ select sum(id) from orders $$;
            create function c() returns bigint language sql set search_path = public as $$ select sum(id) from users $$;
            create function d() returns bigint language sql set search_path = tenant_a as $$ select sum(id) from orders $$;
        "), @"
        tenant/1_a/up.sql:2:29 warning: the function `a` looks for `orders` in the search_path that it sets, which is no tenant's [a]
        tenant/1_a/up.sql:3:29 warning: the function `b` looks for `orders` in the search_path that it sets, which is no tenant's [b]
        ");
    }

    #[test]
    fn what_ends_a_transaction_cannot_set_its_path() {
        let found = |text: &str| {
            let (_, linted) = lint(&[&RULE], &format!("create table orders (id int);\n{text}"));
            let all =
                linted.findings.into_iter().map(|finding| (finding.fix.is_some(), finding.help.unwrap_or_default()));
            all.collect::<Vec<_>>()
        };
        for end in ["commit", "rollback", "if true then loop commit and chain; end loop; end if"] {
            let text = format!("create procedure p() language plpgsql as $$ begin delete from orders; {end}; end $$;");
            let all = found(&text);
            assert_eq!(all.len(), 1, "{end}");
            assert!(!all[0].0, "{end}");
            assert!(all[0].1.contains("COMMIT"), "{}", all[0].1);
        }
        let plain = found("create procedure p() language plpgsql as $$ begin delete from orders; end $$;");
        assert_eq!(plain, [(true, "write SET search_path FROM CURRENT before AS".to_owned())]);
    }

    #[test]
    fn stays_silent() {
        silent(
            &RULE,
            "
            create table orders (id int);
            create function a() returns bigint language sql set search_path from current as 'select 1 from orders';
            create function b() returns bigint language sql begin atomic; select sum(id) from orders; end;
            create function c() returns trigger language plpgsql as $$ begin new.at = now(); return new; end $$;
            create function d() returns bigint language sql as 'with orders as (select 1) select 1 from orders';
            create function gone() returns bigint language sql as $$ select sum(id) from orders $$;
            drop function gone;
            create or replace function anew(a int) returns bigint language sql as $$ select sum(id) from orders $$;
            create or replace function anew( a int ) returns bigint language sql set search_path from current
                as $$ select sum(id) from orders $$;
            create function e() returns bigint language plpgsql as $$ begin
                create temporary table scratch (id int); insert into scratch values (1); return 1;
            end $$;
            -- file: tenant/1_a/down.sql
            create or replace function anew(a int) returns bigint language sql as $$ select sum(id) from orders $$;
            -- file: shared/1_a/up.sql
            create table users (id int);
            create function total() returns bigint language sql as $$ select count(*) from users $$;
        ",
        );
    }
}
