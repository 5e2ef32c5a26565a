//! `security-definer-search-path`

use crate::finding::Level;
use crate::lint::context::At;
use crate::lint::rule::{Check, rule};
use crate::lint::sink::Sink;
use crate::lint::sql::Detail;

rule! {
    /// ## What it does
    ///
    /// Finds `SECURITY DEFINER` functions that do not set `search_path` for themselves; where they do, but `pg_temp` is
    /// not last in it, that is a warning.
    ///
    /// ## Why is this bad?
    ///
    /// Such a function runs with its owner's privileges and, without this, with the caller's path. A caller who can make
    /// objects in any schema of the path, and everybody can make temporary ones, decides which tables and functions the
    /// owner's privileges are used on (CVE-2018-1058).
    ///
    /// ## Example
    ///
    /// ```sql
    /// CREATE FUNCTION admit(u int) RETURNS void LANGUAGE sql SECURITY DEFINER
    ///   AS $$ UPDATE members SET admitted = true WHERE id = u $$;
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sql
    /// CREATE FUNCTION admit(u int) RETURNS void LANGUAGE sql SECURITY DEFINER
    ///   SET search_path = public, pg_temp
    ///   AS $$ UPDATE members SET admitted = true WHERE id = u $$;
    /// ```
    "security-definer-search-path": Error, Isolation, Check::Statement(check),
}

fn check(at: &At<'_>, sink: &mut Sink<'_>) {
    let (Detail::Routine(routine), Some(subject)) = (&at.statement.detail, at.statement.subject()) else { return };
    if !routine.is_security_definer || routine.is_atomic || at.makes_what_is_superseded(&subject.name) {
        return;
    }
    let name = subject.name.shown();
    let setting = routine.settings.iter().find(|setting| setting.parameter == "search_path");
    let (message, level) = match setting {
        None => (format!("`{name}` runs with its owner's privileges and its caller's search_path"), Level::Error),
        // With an empty path every name must have its schema, and temporary tables hide nothing.
        Some(setting) if setting.values.iter().all(String::is_empty) && !setting.from_current => return,
        Some(setting) if setting.values.last().is_some_and(|last| last == "pg_temp") => return,
        Some(_) => {
            (format!("`{name}` runs with its owner's privileges, and temporary tables come first"), Level::Warning)
        }
    };
    sink.report(at.place(subject.name.span()), message)
        .help("write SET search_path = …, pg_temp before AS, with the schemas that it needs")
        .object(name)
        .level(level)
        .around(at.place(at.statement.span.clone()));
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::RULE;
    use crate::lint::testing::{check, silent};

    #[test]
    fn fires() {
        assert_snapshot!(check(&RULE, "
            create function a() returns int language sql security definer as 'select 1';
            create function b() returns int language sql security definer set search_path = public as 'select 1';
        "), @"
        tenant/1_a/up.sql:1:29 error: `a` runs with its owner's privileges and its caller's search_path [a]
        tenant/1_a/up.sql:2:29 warning: `b` runs with its owner's privileges, and temporary tables come first [b]
        ");
    }

    #[test]
    fn stays_silent() {
        silent(&RULE, "
            create function a() returns int language sql as 'select 1';
            create function b() returns int language sql security definer set search_path = public, pg_temp as 'select 1';
            create function c() returns int language sql security definer set search_path = '' as 'select 1';
        ");
    }
}
