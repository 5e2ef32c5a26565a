//! `unnamed-constraint`

use crate::lint::catalog::Home;
use crate::lint::context::At;
use crate::lint::project::Direction;
use crate::lint::rule::{Check, rule};
use crate::lint::sink::Sink;
use crate::lint::sql::{Change, ChangeKind, Class, Constraint, ConstraintKind, Detail, Ident};

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
    let Some(found) = at.before.relation(&subject.name, at.tier()) else { return };
    if at.direction == Direction::Down || at.in_function {
        return;
    }
    let space = match found.home {
        Home::Tenant => Some(&at.before.tenant),
        Home::Shared => Some(&at.before.shared),
        Home::Other => subject.name.schema().and_then(|schema| at.before.others.get(schema)),
    };
    let mut given = given_names(subject.name.name(), changes);
    for change in changes {
        let ChangeKind::AddConstraint(constraint) = &change.kind else { continue };
        if constraint.name.is_some()
            || matches!(constraint.kind, ConstraintKind::NotNull | ConstraintKind::NotNullOf(_) | ConstraintKind::Other)
        {
            continue;
        }
        let usual = usual_name(subject.name.name(), constraint, &[]);
        // PostgreSQL would number one that is taken, by something that it may see and we do not.
        let is_free = |name: &String| {
            !given.contains(name) && space.is_some_and(|space| !space.is_opaque && !space.is_taken(name))
        };
        let name = usual.filter(is_free);
        given.extend(name.clone());
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

/// The names that an ALTER gives, or lets PostgreSQL give to what it adds with a column.
fn given_names(table: &str, changes: &[Change]) -> Vec<String> {
    let names = changes.iter().flat_map(|change| match &change.kind {
        ChangeKind::AddConstraint(constraint) => vec![constraint.name.as_ref().map(|name| name.text.clone())],
        ChangeKind::AddColumn(column) => {
            let own = std::slice::from_ref(&column.name);
            let name = |constraint: &Constraint| match &constraint.name {
                Some(name) => Some(name.text.clone()),
                None => usual_name(table, constraint, own),
            };
            column.constraints.iter().map(name).collect()
        }
        _ => Vec::new(),
    });
    names.flatten().collect()
}

/// As PostgreSQL calls it, where that is certain and needs no quotes.
fn usual_name(table: &str, constraint: &Constraint, column: &[Ident]) -> Option<String> {
    let of = |columns: &[Ident], end: &str| {
        let columns = if columns.is_empty() { column } else { columns };
        let columns: Vec<&str> = columns.iter().map(|column| column.text.as_str()).collect();
        let is_simple = (1..columns.len()).all(|at| !columns[..at].contains(&columns[at]));
        is_simple.then(|| format!("{table}_{}_{end}", columns.join("_")))
    };
    let name = match &constraint.kind {
        ConstraintKind::PrimaryKey { using_index: None, .. } => format!("{table}_pkey"),
        ConstraintKind::Unique { using_index: None, columns, .. } => of(columns, "key")?,
        ConstraintKind::ForeignKey(key) => of(&key.columns, "fkey")?,
        _ => return None,
    };
    let is_plain = name.len() <= 63 && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    (is_plain && !name.starts_with(|c: char| c.is_ascii_digit())).then_some(name)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::RULE;
    use crate::lint::testing::{check, lint, silent};

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
    fn a_name_that_is_taken_is_not_given() {
        let fixes = |text: &str| {
            let (_, linted) = lint(&[&RULE], text);
            let all = linted.findings.into_iter();
            all.map(|finding| finding.fix.map(|fix| fix.edits[0].text.clone())).collect::<Vec<_>>()
        };
        let first = Some("CONSTRAINT a_id_key ".to_owned());
        let a = "create table a (id int);\n";
        let unique = "alter table a add unique (id);";
        assert_eq!(fixes(&format!("{a}{unique}\n{unique}")), [first.clone(), None]);
        assert_eq!(fixes(&format!("{a}alter table a add unique (id), add unique (id);")), [first.clone(), None]);
        assert_eq!(
            fixes(&format!("{a}alter table a add constraint a_id_key check (id > 0), add unique (id);")),
            [None],
            "the same statement gives it to another one"
        );
        assert_eq!(fixes(&format!("{a}alter table a add column b int unique, add unique (b);")), [None]);
        assert_eq!(
            fixes(&format!("{a}alter table a add unique (id), add constraint a_id_key check (id > 0);")),
            [None]
        );
        assert_eq!(fixes(&format!("create table a (id int unique);\n{unique}")), [None]);
        assert_eq!(fixes(&format!("create table a_id_key (id int);\n{a}{unique}")), [None], "a table's");
        assert_eq!(fixes(&format!("{a}create index a_id_key on a (id);\n{unique}")), [None], "an index's");
        let key = "alter table a add foreign key (id) references b;";
        assert_eq!(fixes(&format!("{a}{key}{key}")), [Some("CONSTRAINT a_id_fkey ".to_owned()), None]);
        assert_eq!(fixes(&format!("{a}alter table a add unique (id, id);")), [None], "a column that comes twice");
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
