//! `type-oid-churn`

use crate::lint::context::At;
use crate::lint::project::Direction;
use crate::lint::rule::{Check, rule};
use crate::lint::sink::Sink;
use crate::lint::sql::{ChangeKind, Class, Detail, Span, Statement, Verb};

rule! {
    /// ## What it does
    ///
    /// Finds an `up.sql` that makes a type of a name that the same file has dropped or renamed away.
    ///
    /// ## Why is this bad?
    ///
    /// The new type has another OID. Diesel's connections, and prepared statements, remember the old one: "cache lookup
    /// failed for type", until each connection of the application is closed.
    ///
    /// ## Example
    ///
    /// ```sql
    /// ALTER TYPE mood RENAME TO mood_old;
    /// CREATE TYPE mood AS ENUM ('glad');
    /// ```
    ///
    /// ## Use instead
    ///
    /// `ALTER TYPE … ADD VALUE`, or a new name for the new type.
    "type-oid-churn": Warning, Isolation, Check::Statement(check),
}

fn check(at: &At<'_>, sink: &mut Sink<'_>) {
    let statement = at.statement;
    let makes = statement.verb == Verb::Create && matches!(statement.class, Class::Type | Class::Domain);
    let (Some(subject), true) = (statement.subject(), makes) else { return };
    if at.direction == Direction::Down || at.in_function {
        return;
    }
    let before = at.script.statements.iter().take_while(|other| other.span.end <= statement.span.start);
    let gone = before.filter_map(|other| takes_away(other, subject.name.name())).last();
    // What this migration itself has made, nobody can remember.
    if let Some(span) = gone {
        sink.report(
            at.place(subject.name.span()),
            format!("the type `{}` becomes another one, and connections remember the old one", subject.name.shown()),
        )
        .related(at.place(span), "the old one goes here")
        .help("add values to the old type, or give the new one another name")
        .object(subject.name.shown())
        .around(at.place(statement.span.clone()));
    }
}

fn takes_away(statement: &Statement, name: &str) -> Option<Span> {
    if !matches!(statement.class, Class::Type | Class::Domain) {
        return None;
    }
    let is_it = statement.subjects().any(|subject| subject.name.name() == name);
    let renames = matches!(&statement.detail, Detail::Changes(changes)
        if changes.iter().any(|change| matches!(change.kind, ChangeKind::RenameTo(_))));
    let takes = (statement.verb == Verb::Drop && !statement.flags.if_exists) || renames;
    (is_it && takes).then(|| statement.span.clone())
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::RULE;
    use crate::lint::testing::{check, silent};

    #[test]
    fn fires() {
        assert_snapshot!(check(&RULE, "
            alter type mood rename to mood_old;
            create type mood as enum ('glad');
            drop type kind;
            create type kind as enum ('x');
        "), @"
        tenant/1_a/up.sql:2:25 warning: the type `mood` becomes another one, and connections remember the old one [mood]
        tenant/1_a/up.sql:4:25 warning: the type `kind` becomes another one, and connections remember the old one [kind]
        ");
    }

    #[test]
    fn stays_silent() {
        silent(
            &RULE,
            "
            alter type mood add value 'b';
            drop type kind; create type other as enum ('x');
            drop type if exists fresh; create type fresh as enum ('x');
            -- file: tenant/1_a/down.sql
            drop type mood; create type mood as enum ('x');
        ",
        );
    }
}
