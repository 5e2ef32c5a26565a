//! `identifier-too-long`

use multitenant_runtime::MAX_IDENTIFIER_BYTES;

use crate::lint::context::At;
use crate::lint::rule::{Check, rule};
use crate::lint::sink::Sink;
use crate::lint::sql::{ChangeKind, Constraint, Detail, Ident, Role, Verb};

rule! {
    /// ## What it does
    ///
    /// Finds names of more than 63 bytes that a migration gives to something.
    ///
    /// ## Why is this bad?
    ///
    /// PostgreSQL cuts them off, with a notice that nobody reads. Two names with the same beginning become one, and what is
    /// called by its full name elsewhere is not found.
    ///
    /// ## Example
    ///
    /// ```sql
    /// CREATE INDEX orders_customer_id_and_created_at_and_status_without_archived_ones_idx ON orders (customer_id);
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sql
    /// CREATE INDEX orders_open_by_customer_idx ON orders (customer_id);
    /// ```
    "identifier-too-long": Error, Naming, Check::Statement(check),
    squawk: ["identifier-too-long"],
}

fn check(at: &At<'_>, sink: &mut Sink<'_>) {
    let statement = at.statement;
    let mut names: Vec<&Ident> = Vec::new();
    for object in &statement.objects {
        if object.role == Role::NewName || (object.role == Role::Subject && statement.verb == Verb::Create) {
            names.push(&object.name.name);
        }
    }
    match &statement.detail {
        Detail::Table(table) => {
            names.extend(table.columns.iter().map(|column| &column.name));
            let of_columns = table.columns.iter().flat_map(|column| &column.constraints);
            names.extend(table.constraints.iter().chain(of_columns).filter_map(name));
        }
        Detail::Changes(changes) => {
            for change in changes {
                match &change.kind {
                    ChangeKind::AddColumn(column) => {
                        names.push(&column.name);
                        names.extend(column.constraints.iter().filter_map(name));
                    }
                    ChangeKind::AddConstraint(constraint) => names.extend(name(constraint)),
                    ChangeKind::RenameColumn { to, .. } | ChangeKind::RenameConstraint { to, .. } => names.push(to),
                    _ => {}
                }
            }
        }
        _ => {}
    }
    for ident in names.into_iter().filter(|ident| ident.text.len() > MAX_IDENTIFIER_BYTES) {
        let cut = ident
            .text
            .char_indices()
            .map(|(at, c)| at + c.len_utf8())
            .take_while(|end| *end <= MAX_IDENTIFIER_BYTES)
            .last();
        let message =
            format!("a name of {} bytes: PostgreSQL cuts it off after {MAX_IDENTIFIER_BYTES}", ident.text.len());
        sink.report(at.place(ident.span.clone()), message)
            .help(format!("it becomes `{}`: choose a shorter one", &ident.text[..cut.unwrap_or(0)]))
            .object(ident.text.clone())
            .around(at.place(statement.span.clone()));
    }
}

fn name(constraint: &Constraint) -> Option<&Ident> {
    constraint.name.as_ref()
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::RULE;
    use crate::lint::testing::{check, silent};

    #[test]
    fn fires() {
        let long = "x".repeat(64);
        let text = format!("create table a (id int, constraint {long} unique (id));\ncreate index {long} on a (id);");
        assert_snapshot!(check(&RULE, &text), @"
        tenant/1_a/up.sql:1:36 error: a name of 64 bytes: PostgreSQL cuts it off after 63 [xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx]
        tenant/1_a/up.sql:2:14 error: a name of 64 bytes: PostgreSQL cuts it off after 63 [xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx]
        ");
        assert!(!check(&RULE, &format!("alter table a rename to {long};")).is_empty());
        assert!(!check(&RULE, &format!("alter table a rename column b to {long};")).is_empty());
    }

    #[test]
    fn stays_silent() {
        let (fits, long) = ("x".repeat(63), "x".repeat(64));
        silent(&RULE, &format!("create table {fits} (id int);\ndrop index {long};\nselect * from {long};"));
    }
}
