//! `enum-value-used-in-same-migration`

use crate::lint::context::At;
use crate::lint::rule::{Check, rule};
use crate::lint::sink::Sink;
use crate::lint::sql::{ChangeKind, Class, Detail, Name, Span, Statement, Verb};

rule! {
    /// ## What it does
    ///
    /// Finds a value that is added to an enum and used in the same migration, where that runs in a transaction and the
    /// enum was there before.
    ///
    /// ## Why is this bad?
    ///
    /// PostgreSQL refuses to use a new value before it is committed: "unsafe use of new value" (55P04).
    ///
    /// ## Example
    ///
    /// ```sql
    /// ALTER TYPE mood ADD VALUE 'glad';
    /// UPDATE people SET mood = 'glad';
    /// ```
    ///
    /// ## Use instead
    ///
    /// Two migrations.
    "enum-value-used-in-same-migration": Error, Hygiene, Check::Statement(check),
}

fn check(at: &At<'_>, sink: &mut Sink<'_>) {
    let statement = at.statement;
    let Detail::Changes(changes) = &statement.detail else { return };
    let Some(subject) = statement.subject().filter(|_| statement.class == Class::Type) else { return };
    if !at.migration.run_in_transaction || at.in_function || at.in_block {
        return;
    }
    // A type of this migration's own may be used at once.
    let is_new = at
        .before
        .type_entry(&subject.name, at.tier())
        .is_some_and(|found| at.is_same_migration(&found.entry.origin.place));
    if is_new {
        return;
    }
    for change in changes {
        let ChangeKind::AddValue { label: value, .. } = &change.kind else { continue };
        let later = at.script.statements.iter().skip_while(|other| other.span.start <= statement.span.start);
        // After a COMMIT it is committed; transaction-control has its own words for that.
        let later = later.take_while(|other| other.verb != Verb::Commit);
        if let Some(used) =
            later.filter(|other| !makes_function(other)).find_map(|other| use_of(at, other, &subject.name, value))
        {
            let message = format!("the value '{value}' of `{}` is used before it is committed", subject.name.shown());
            sink.report(at.place(used), message)
                .related(at.place(change.span.clone()), "added here")
                .help("move what uses it to a migration of its own")
                .object(format!("{}.{value}", subject.name.shown()))
                .around(at.place(statement.span.clone()));
        }
    }
}

fn makes_function(statement: &Statement) -> bool {
    statement.verb == Verb::Create && statement.class == Class::Routine
}

/// Where a statement uses the value: cast to the type, or beside a table that has a column of it.
fn use_of(at: &At<'_>, statement: &Statement, ty: &Name, value: &str) -> Option<Span> {
    let has_column = || {
        statement.objects.iter().any(|object| {
            let found = at.before.relation(&object.name, at.tier());
            found.is_some_and(|found| {
                found.entry.columns.iter().any(|column| column.ty.as_ref().is_some_and(|of| of.name == ty.name()))
            })
        })
    };
    let literals = statement.literals.iter().filter(|literal| literal.value == value && !literal.is_prose);
    let mut used = literals.filter(|literal| match &literal.cast {
        Some(cast) => cast == ty.name(),
        None => has_column(),
    });
    let here = used.next().map(|literal| literal.span.clone());
    here.or_else(|| statement.nested.iter().find_map(|inner| use_of(at, inner, ty, value)))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::RULE;
    use crate::lint::testing::{check, silent};

    const BEFORE: &str = "create type mood as enum ('a'); create table t (m mood, s text);\ncreate table u (s text);\n-- file: tenant/2_b/up.sql\n";

    #[test]
    fn fires() {
        let check = |text: &str| check(&RULE, &format!("{BEFORE}{text}"));
        assert_snapshot!(check("alter type mood add value 'b';\nupdate t set m = 'b';"), @"tenant/2_b/up.sql:2:18 error: the value 'b' of `mood` is used before it is committed ['b']");
        assert_snapshot!(check("alter type mood add value 'b';\nselect 'b'::mood;"), @"tenant/2_b/up.sql:2:8 error: the value 'b' of `mood` is used before it is committed ['b']");
    }

    #[test]
    fn stays_silent() {
        for text in [
            "alter type mood add value 'b'; update t set m = 'a';",
            "update t set m = 'b'; alter type mood add value 'b';",
            "alter type mood add value 'b'; insert into u values ('b'); comment on table t is 'b';",
            "alter type mood add value 'b'; select 'b'::text from t;",
            "create type new as enum ('a'); alter type new add value 'b'; select 'b'::new;",
            "alter type mood add value 'b'; commit; update t set m = 'b'; begin;",
            "alter type mood add value 'b'; create function f() returns void language sql as $$ update t set m = 'b' $$;",
        ] {
            silent(&RULE, &format!("{BEFORE}{text}"));
        }
        let metadata = "-- file: tenant/2_b/metadata.toml\nrun_in_transaction = false";
        silent(&RULE, &format!("{BEFORE}alter type mood add value 'b';\nupdate t set m = 'b';\n{metadata}"));
    }
}
