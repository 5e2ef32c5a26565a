//! `unnamed-constraint`

use crate::lint::context::At;
use crate::lint::project::Direction;
use crate::lint::rule::{Check, rule};
use crate::lint::sink::Sink;
use crate::lint::sql::{ChangeKind, Class, Constraint, ConstraintKind, Detail, Ident};

rule! {
    /// ## What it does
    ///
    /// Finds `ALTER TABLE … ADD` of a constraint without a name in `up.sql`.
    ///
    /// ## Why is this bad?
    ///
    /// PostgreSQL makes a name, and another one if that is taken. What it is depends on what was there, so it can differ
    /// from tenant to tenant, and a later `DROP CONSTRAINT` fails for some.
    ///
    /// ## Example
    ///
    /// ```sql
    /// ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users (id);
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sql
    /// ALTER TABLE orders ADD CONSTRAINT orders_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id);
    /// ```
    "unnamed-constraint": Warning, Naming, Check::Statement(check),
}

fn check(at: &At<'_>, sink: &mut Sink<'_>) {
    let statement = at.statement;
    let (Detail::Changes(changes), Class::Table) = (&statement.detail, statement.class) else { return };
    let Some(subject) = statement.subject() else { return };
    // What is not known is mostly temporary, and its names are nobody's concern.
    let is_known = at.before.relation(&subject.name, at.tier()).is_some();
    if at.direction == Direction::Down || at.in_function || !is_known {
        return;
    }
    for change in changes {
        let ChangeKind::AddConstraint(constraint) = &change.kind else { continue };
        if constraint.name.is_some()
            || matches!(constraint.kind, ConstraintKind::NotNull | ConstraintKind::NotNullOf(_) | ConstraintKind::Other)
        {
            continue;
        }
        let name = usual_name(subject.name.name(), constraint);
        let draft = sink
            .report(at.place(constraint.span.clone()), "this constraint has no name of its own")
            .object(name.clone().unwrap_or_else(|| subject.name.name().to_owned()))
            .around(at.place(statement.span.clone()));
        match name {
            Some(name) if !at.in_block => {
                let start = constraint.span.start;
                draft
                    .help(format!("write CONSTRAINT {name}, as PostgreSQL would call it"))
                    .fix(at.place(start..start), format!("CONSTRAINT {name} "));
            }
            _ => {
                draft.help("write CONSTRAINT and a name before it");
            }
        }
    }
}

/// As PostgreSQL calls it, where that is certain and needs no quotes.
fn usual_name(table: &str, constraint: &Constraint) -> Option<String> {
    let of = |columns: &[Ident], end: &str| {
        let columns: Vec<&str> = columns.iter().map(|column| column.text.as_str()).collect();
        format!("{table}_{}_{end}", columns.join("_"))
    };
    let name = match &constraint.kind {
        ConstraintKind::PrimaryKey { using_index: None, .. } => format!("{table}_pkey"),
        ConstraintKind::Unique { using_index: None, columns } => of(columns, "key"),
        ConstraintKind::ForeignKey(key) => of(&key.columns, "fkey"),
        _ => return None,
    };
    let is_plain = name.len() <= 63 && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    (is_plain && !name.starts_with(|c: char| c.is_ascii_digit())).then_some(name)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::RULE;
    use crate::lint::testing::{check, silent};

    #[test]
    fn fires() {
        assert_snapshot!(check(&RULE, "
            create table a (id int);
            alter table a add foreign key (b) references c, add unique (d, e), add primary key (id), add check (d > 0);
        "), @"
        tenant/1_a/up.sql:2:31 warning: this constraint has no name of its own [foreign key (b) references c]
        tenant/1_a/up.sql:2:65 warning: this constraint has no name of its own [unique (d, e)]
        tenant/1_a/up.sql:2:84 warning: this constraint has no name of its own [primary key (id)]
        tenant/1_a/up.sql:2:106 warning: this constraint has no name of its own [check (d > 0)]
        ");
    }

    #[test]
    fn stays_silent() {
        silent(
            &RULE,
            "
            create table a (id int); create temporary table t (id int);
            alter table t add primary key (id);
            alter table a add constraint x foreign key (b) references c, add column d int unique;
            create table b (id int primary key, unique (id));
            -- file: tenant/1_a/down.sql
            alter table a add unique (d);
        ",
        );
    }
}
