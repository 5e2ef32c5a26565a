//! `not-backward-compatible`

use crate::lint::catalog::{ColumnType, Relation};
use crate::lint::context::At;
use crate::lint::project::Direction;
use crate::lint::rule::{Check, rule};
use crate::lint::sink::Sink;
use crate::lint::sql::{ChangeKind, Class, Column, ConstraintKind, Detail, Span, TypeUse, Verb};

rule! {
    /// ## What it does
    ///
    /// Finds changes in `up.sql` that break code which was right before: a table or column that is dropped or renamed, a
    /// column whose type becomes another one, a label of an enum that is renamed, a new column that must be written. Only
    /// what an earlier migration has made is judged.
    ///
    /// ## Why is this bad?
    ///
    /// A fleet of tenants is migrated over minutes, or hours. Meanwhile the code that runs serves tenants of both kinds,
    /// the old release and the new one side by side, and must get along with both.
    ///
    /// ## Example
    ///
    /// ```sql
    /// ALTER TABLE orders RENAME COLUMN note TO remark;
    /// ```
    ///
    /// ## Use instead
    ///
    /// Expand and contract: add `remark`, write both, copy, read the new one; drop `note` with a later release.
    "not-backward-compatible": Warning, Safety, Check::Statement(check),
    squawk: ["renaming-column", "renaming-table", "ban-drop-column", "ban-drop-table", "changing-column-type"],
}

fn check(at: &At<'_>, sink: &mut Sink<'_>) {
    let statement = at.statement;
    if at.direction == Direction::Down || at.in_function {
        return;
    }
    match (&statement.detail, statement.verb) {
        (_, Verb::Drop) if statement.class == Class::Table => {
            for subject in statement.subjects() {
                if is_earlier(at, &subject.name) {
                    report(at, subject.name.span(), &format!("the table `{}` goes", subject.name.name()), sink);
                }
            }
        }
        (Detail::Changes(changes), _) => {
            let Some(subject) = statement.subject() else { return };
            if statement.class == Class::Type {
                for change in changes {
                    if let ChangeKind::RenameValue { from, .. } = &change.kind {
                        report(
                            at,
                            change.span.clone(),
                            &format!("the label '{from}' of `{}` goes", subject.name.name()),
                            sink,
                        );
                    }
                }
            }
            let Some(found) = at.before.relation(&subject.name, at.tier()) else { return };
            let relation = found.entry;
            if !relation.kind.is_table() || at.is_same_migration(&relation.origin.place) {
                return;
            }
            for change in changes {
                if let Some(what) = breaks(at, relation, subject.name.name(), &change.kind) {
                    report(at, change.span.clone(), &what, sink);
                }
            }
        }
        _ => {}
    }
}

fn is_earlier(at: &At<'_>, name: &crate::lint::sql::Name) -> bool {
    let found = at.before.relation(name, at.tier());
    found.is_some_and(|found| found.entry.kind.is_table() && !at.is_same_migration(&found.entry.origin.place))
}

/// What no longer holds after the change.
fn breaks(at: &At<'_>, relation: &Relation, table: &str, change: &ChangeKind) -> Option<String> {
    let is_earlier =
        |column: &str| relation.column(column).is_some_and(|column| !at.is_same_migration(&column.origin.place));
    match change {
        ChangeKind::DropColumn { column, .. } if is_earlier(&column.text) => {
            Some(format!("the column `{table}.{}` goes", column.text))
        }
        ChangeKind::RenameColumn { from, .. } if is_earlier(&from.text) => {
            Some(format!("the column `{table}.{}` goes", from.text))
        }
        ChangeKind::RenameTo(_) => Some(format!("the table `{table}` goes")),
        ChangeKind::SetType { column, ty: Some(ty) } => {
            let old = relation.column(&column.text).filter(|_| is_earlier(&column.text))?.ty.as_ref()?;
            (!is_same_for_clients(old, ty))
                .then(|| format!("the column `{table}.{}` is no longer {}", column.text, old.shown()))
        }
        ChangeKind::AddColumn(column) if must_be_written(column) => {
            Some(format!("the column `{table}.{}` must be written, and older code does not know it", column.name.text))
        }
        _ => None,
    }
}

/// Whether a client reads and writes both types alike.
fn is_same_for_clients(old: &ColumnType, new: &TypeUse) -> bool {
    const TEXTS: [&str; 3] = ["text", "varchar", "bpchar"];
    let both = |list: &[&str]| list.contains(&old.name.as_str()) && list.contains(&new.name.as_str());
    old.is_array == new.is_array && (old.name == new.name || both(&TEXTS))
}

fn must_be_written(column: &Column) -> bool {
    let has = |is: fn(&ConstraintKind) -> bool| column.constraints.iter().any(|constraint| is(&constraint.kind));
    let is_serial = column.ty.as_ref().is_some_and(|ty| ty.name.ends_with("serial"));
    has(|kind| matches!(kind, ConstraintKind::NotNull | ConstraintKind::PrimaryKey { .. }))
        && !has(|kind| {
            matches!(
                kind,
                ConstraintKind::Default { .. } | ConstraintKind::Identity(_) | ConstraintKind::Generated { .. }
            )
        })
        && !is_serial
}

fn report(at: &At<'_>, span: Span, what: &str, sink: &mut Sink<'_>) {
    sink.report(at.place(span.clone()), format!("{what}: code of the release before breaks"))
        .help("expand and contract: add the new beside the old, and remove the old with a later release")
        .object(at.text(span).split_whitespace().collect::<Vec<_>>().join(" "))
        .around(at.place(at.statement.span.clone()));
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::RULE;
    use crate::lint::testing::{check, silent};

    const BEFORE: &str = "create table a (id int, name text, short varchar(10));\ncreate type mood as enum ('a');\n-- file: tenant/2_b/up.sql\n";

    #[test]
    fn fires() {
        assert_snapshot!(check(&RULE, &format!("{BEFORE}
            alter table a drop name, alter id type bigint, add must int not null;
            alter table a rename column short to long;
            alter type mood rename value 'a' to 'b';
            alter table a rename to b;
            drop table b;
        ")), @"
        tenant/2_b/up.sql:2:27 warning: the column `a.name` goes: code of the release before breaks [drop name]
        tenant/2_b/up.sql:2:38 warning: the column `a.id` is no longer int4: code of the release before breaks [alter id type bigint]
        tenant/2_b/up.sql:2:60 warning: the column `a.must` must be written, and older code does not know it: code of the release before breaks [add must int not null]
        tenant/2_b/up.sql:3:27 warning: the column `a.short` goes: code of the release before breaks [rename column short to long]
        tenant/2_b/up.sql:4:29 warning: the label 'a' of `mood` goes: code of the release before breaks [rename value 'a' to 'b']
        tenant/2_b/up.sql:5:27 warning: the table `a` goes: code of the release before breaks [rename to b]
        tenant/2_b/up.sql:6:24 warning: the table `b` goes: code of the release before breaks [b]
        ");
    }

    #[test]
    fn stays_silent() {
        silent(
            &RULE,
            &format!(
                "{BEFORE}
            alter table a alter short type text, add may int, add with_default int not null default 1;
            alter table a add mine int; alter table a drop mine;
            create table c (id int); alter table c rename to d; drop table d;
            alter type mood add value 'b';
            -- file: tenant/2_b/down.sql
            alter table a drop may;
        "
            ),
        );
    }
}
