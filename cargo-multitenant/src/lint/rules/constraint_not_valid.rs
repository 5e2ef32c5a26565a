//! `constraint-not-valid`

use crate::lint::catalog::Relation;
use crate::lint::context::At;
use crate::lint::project::Direction;
use crate::lint::rule::{Check, rule};
use crate::lint::sink::Sink;
use crate::lint::sql::{ChangeKind, Class, Constraint, ConstraintKind, Detail};

rule! {
    /// ## What it does
    ///
    /// Finds constraints that `up.sql` adds to a table of an earlier migration, and that read all rows under a lock: a
    /// foreign key or `CHECK` without `NOT VALID`, `UNIQUE` without an index that is there, `EXCLUDE`, `SET NOT NULL`.
    ///
    /// ## Why is this bad?
    ///
    /// The table is locked against writing, or against everything, while PostgreSQL reads all of it; a foreign key locks
    /// the other table too.
    ///
    /// ## Example
    ///
    /// ```sql
    /// ALTER TABLE orders ADD CONSTRAINT positive CHECK (price > 0);
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sql
    /// ALTER TABLE orders ADD CONSTRAINT positive CHECK (price > 0) NOT VALID;
    /// -- in the next migration
    /// ALTER TABLE orders VALIDATE CONSTRAINT positive;
    /// ```
    "constraint-not-valid": Warning, Safety, Check::Statement(check),
    squawk: ["constraint-missing-not-valid", "adding-foreign-key-constraint", "disallowed-unique-constraint", "adding-not-nullable-field"],
}

fn check(at: &At<'_>, sink: &mut Sink<'_>) {
    let statement = at.statement;
    let (Detail::Changes(changes), Class::Table) = (&statement.detail, statement.class) else { return };
    let Some(subject) = statement.subject() else { return };
    if at.direction == Direction::Down || at.in_function {
        return;
    }
    let Some(found) = at.before.relation(&subject.name, at.tier()) else { return };
    if at.is_same_migration(&found.entry.origin.place) || !found.entry.kind.is_table() {
        return;
    }
    for change in changes {
        let Some((what, help)) = reads_all(at, found.entry, &change.kind) else { continue };
        sink.report(
            at.place(change.span.clone()),
            format!("{what} reads all of `{}` under a lock", subject.name.name()),
        )
        .related(found.entry.origin.place.clone(), "made by an earlier migration")
        .help(help)
        .object(subject.name.name())
        .around(at.place(statement.span.clone()));
    }
}

fn reads_all(at: &At<'_>, relation: &Relation, change: &ChangeKind) -> Option<(&'static str, &'static str)> {
    const LATER: &str = "add NOT VALID, and VALIDATE CONSTRAINT in the next migration";
    // A column of this migration holds nothing yet.
    let is_new = |column: &str| relation.column(column).is_none_or(|column| at.is_same_migration(&column.origin.place));
    match change {
        ChangeKind::AddConstraint(Constraint { kind, not_valid, .. }) => match kind {
            ConstraintKind::ForeignKey(key) if !not_valid && !key.columns.iter().all(|c| is_new(&c.text)) => {
                Some(("this foreign key", LATER))
            }
            ConstraintKind::Check { .. } if !not_valid => Some(("this CHECK", LATER)),
            ConstraintKind::Unique { using_index: None, columns, .. } if !columns.iter().all(|c| is_new(&c.text)) => {
                Some((
                    "this UNIQUE",
                    "build a unique index CONCURRENTLY in a migration of its own, then ADD CONSTRAINT … UNIQUE USING INDEX",
                ))
            }
            ConstraintKind::Exclude { .. } => Some(("this EXCLUDE", "add it while the table is small, or in a window")),
            _ => None,
        },
        ChangeKind::SetNotNull { column } if !is_new(&column.text) => Some((
            "SET NOT NULL",
            "add CHECK (… IS NOT NULL) NOT VALID, validate it in the next migration, and then SET NOT NULL reads nothing",
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::RULE;
    use crate::lint::testing::{check, silent};

    const BEFORE: &str = "create table a (id int, b int);\n-- file: tenant/2_b/up.sql\n";

    #[test]
    fn fires() {
        assert_snapshot!(check(&RULE, &format!("{BEFORE}
            alter table a add foreign key (b) references x, add check (b > 0), add unique (b), alter b set not null;
        ")), @"
        tenant/2_b/up.sql:2:27 warning: this foreign key reads all of `a` under a lock [add foreign key (b) references x]
        tenant/2_b/up.sql:2:61 warning: this CHECK reads all of `a` under a lock [add check (b > 0)]
        tenant/2_b/up.sql:2:80 warning: this UNIQUE reads all of `a` under a lock [add unique (b)]
        tenant/2_b/up.sql:2:96 warning: SET NOT NULL reads all of `a` under a lock [alter b set not null]
        ");
    }

    #[test]
    fn stays_silent() {
        silent(
            &RULE,
            &format!(
                "{BEFORE}
            alter table a add foreign key (b) references x not valid, add check (b > 0) not valid;
            alter table a add constraint u unique using index i, validate constraint v;
            create table c (id int); alter table c add unique (id), alter id set not null;
            alter table a add n int; alter table a add foreign key (n) references x, alter n set not null;
            -- file: tenant/2_b/down.sql
            alter table a add check (b > 0);
        "
            ),
        );
    }
}
