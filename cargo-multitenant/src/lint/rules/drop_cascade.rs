//! `drop-cascade`

use crate::lint::context::At;
use crate::lint::rule::{Check, rule};
use crate::lint::sink::Sink;
use crate::lint::sql::{ChangeKind, Detail, Span, Verb};

rule! {
    /// ## What it does
    ///
    /// Finds `DROP … CASCADE`, of columns and constraints too.
    ///
    /// ## Why is this bad?
    ///
    /// It drops what depends on the thing, in other schemas as well: a foreign key of another tenant's table, a shared
    /// view. Nobody lists what went, and `down.sql` does not bring it back.
    ///
    /// ## Example
    ///
    /// ```sql
    /// DROP TABLE orders CASCADE;
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sql
    /// DROP VIEW open_orders;
    /// DROP TABLE orders;
    /// ```
    "drop-cascade": Warning, Safety, Check::Statement(check),
    squawk: ["ban-truncate-cascade"],
}

fn check(at: &At<'_>, sink: &mut Sink<'_>) {
    let statement = at.statement;
    if at.in_function {
        return;
    }
    if statement.verb == Verb::Drop && statement.flags.cascade {
        report(at, statement.span.clone(), statement.class.noun(), sink);
    }
    if let Detail::Changes(changes) = &statement.detail {
        for change in changes {
            match &change.kind {
                ChangeKind::DropColumn { cascade: true, .. } => report(at, change.span.clone(), "column", sink),
                ChangeKind::DropConstraint { cascade: true, .. } => report(at, change.span.clone(), "constraint", sink),
                _ => {}
            }
        }
    }
}

fn report(at: &At<'_>, span: Span, noun: &str, sink: &mut Sink<'_>) {
    let object = at.text(span.clone()).split_whitespace().collect::<Vec<_>>().join(" ");
    sink.report(at.place(span), format!("CASCADE drops whatever depends on the {noun}, in other schemas too"))
        .help("name what is to go, and leave CASCADE out")
        .object(object)
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
            drop table a cascade;
            drop type if exists mood cascade;
            alter table a drop column b cascade, drop constraint c cascade;
        "), @"
        tenant/1_a/up.sql:1:13 warning: CASCADE drops whatever depends on the table, in other schemas too [drop table a cascade]
        tenant/1_a/up.sql:2:13 warning: CASCADE drops whatever depends on the type, in other schemas too [drop type if exists mood cascade]
        tenant/1_a/up.sql:3:27 warning: CASCADE drops whatever depends on the column, in other schemas too [drop column b cascade]
        tenant/1_a/up.sql:3:50 warning: CASCADE drops whatever depends on the constraint, in other schemas too [drop constraint c cascade]
        ");
    }

    #[test]
    fn stays_silent() {
        silent(
            &RULE,
            "
            drop table a; drop table b restrict; alter table a drop column b;
            create table c (a int references a on delete cascade);
        ",
        );
    }
}
