//! `down-not-inverse`

use multitenant_runtime::Tier;

use crate::finding::Place;
use crate::lint::catalog::{ColumnType, Entries, Relation, RelationKind, Space};
use crate::lint::context::MigrationAt;
use crate::lint::rule::{Check, rule};
use crate::lint::sink::Sink;

rule! {
    /// ## What it does
    ///
    /// Folds `up.sql` and then `down.sql`, and says which tables, views, columns and types are not as they were before:
    /// left behind, gone, or of another type.
    ///
    /// Where SQL is put together at run time nothing is said, nor of a `down.sql` that is missing or empty.
    ///
    /// ## Why is this bad?
    ///
    /// A tenant that is rolled back and migrated again fails on what was left behind, or lacks what was dropped for good;
    /// it is then different from all others, and nobody knows.
    ///
    /// ## Example
    ///
    /// ```sql
    /// -- up.sql
    /// ALTER TABLE orders ADD COLUMN note text, ADD COLUMN rank int;
    /// -- down.sql
    /// ALTER TABLE orders DROP COLUMN note;
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sql
    /// -- down.sql
    /// ALTER TABLE orders DROP COLUMN note, DROP COLUMN rank;
    /// ```
    "down-not-inverse": Warning, Hygiene, Check::Migration(check),
}

/// How many differences are named.
const SHOWN: usize = 3;

fn check(at: &MigrationAt<'_>, sink: &mut Sink<'_>) {
    let (Some(up), Some(down), Some(reverted)) = (&at.migration.up, &at.migration.down, at.reverted) else { return };
    let spaces = match at.migration.tier {
        Tier::Tenant => [&at.before.tenant, &at.after.tenant, &reverted.tenant],
        _ => [&at.before.shared, &at.after.shared, &reverted.shared],
    };
    let unread = !up.script.errors.is_empty() || !down.script.errors.is_empty();
    if unread || down.script.statements.is_empty() || spaces.iter().any(|space| space.is_opaque) {
        return;
    }
    let [before, after, reverted] = spaces;
    // What the migration does not touch is the same in all three, and what down.sql breaks further is not its inverse.
    let found = differences(before, after, reverted);
    if found.is_empty() || up.script.says_irreversible() || down.script.says_irreversible() {
        return;
    }
    let mut shown = found.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if found.len() > SHOWN {
        shown.push_str(&format!(", and {} more", found.len() - SHOWN));
    }
    let first = down.script.statements.first().map_or(0..0, |statement| statement.span.clone());
    sink.report(Place::new(down.file, first), format!("down.sql does not undo up.sql: {shown}"))
        .help("mend down.sql, or write `-- irreversible: reason`")
        .object(at.migration.name.clone());
}

fn differences(before: &Space, after: &Space, reverted: &Space) -> Vec<String> {
    let mut found = Vec::new();
    let touched = reverted.relations.touched_since(&before.relations);
    for (name, old) in touched.iter().filter_map(|name| Some((*name, before.relations.get(name)?))) {
        let is_drawn_from = old.kind == RelationKind::Sequence && is_drawn_from(before, name);
        if !reverted.relations.contains_key(name) && !is_index_of_lost(name, before, reverted) && !is_drawn_from {
            let verb = if after.relations.contains_key(name) { "is gone" } else { "stays gone" };
            found.push(format!("{} `{name}` {verb}", noun(before, name)));
        }
    }
    for (name, relation) in touched.iter().filter_map(|name| Some((*name, reverted.relations.get(name)?))) {
        match before.relations.get(name) {
            None if is_index_of_lost(name, reverted, before) => {}
            None if is_constraint(before, name) => {}
            None if relation.kind == RelationKind::Sequence && is_drawn_from(reverted, name) => {}
            None => found.push(format!("{} `{name}` is left", noun(reverted, name))),
            Some(old) => columns(name, old, relation, &mut found),
        }
    }
    let touched = reverted.types.touched_since(&before.types);
    types(&touched, &before.types, &reverted.types, "is gone", &mut found);
    types(&touched, &reverted.types, &before.types, "is left", &mut found);
    found
}

/// Whether it is an index that comes and goes with its table.
fn is_index_of_lost(name: &str, with: &Space, without: &Space) -> bool {
    match with.relations.get(name).map(|relation| &relation.kind) {
        Some(RelationKind::Index(index)) => !without.relations.contains_key(&index.table),
        _ => false,
    }
}

fn noun(space: &Space, name: &str) -> &'static str {
    space.relations.get(name).map_or("relation", |relation| relation.kind.noun())
}

fn types<T>(touched: &[&str], have: &Entries<T>, lack: &Entries<T>, verb: &str, found: &mut Vec<String>) {
    let names = touched.iter().filter(|name| have.contains_key(name) && !lack.contains_key(name));
    found.extend(names.map(|name| format!("type `{name}` {verb}")));
}

/// `varchar` without a length is `text` by another name.
fn is_same(old: &ColumnType, new: &ColumnType) -> bool {
    let is_text = |ty: &ColumnType| ty.name == "text" || (ty.name == "varchar" && ty.modifiers.is_empty());
    old.is_array == new.is_array && (old.name == new.name || (is_text(old) && is_text(new)))
}

/// Whether a key has the name: an index of that name does what the key's own did.
fn is_constraint(space: &Space, name: &str) -> bool {
    let mut keys = space.relations.values().flat_map(|relation| relation.uniques.iter().chain(&relation.primary_key));
    keys.any(|key| key.name.as_deref() == Some(name))
}

/// Whether a column draws from a sequence: one of a `serial` column has no name here, so that the name tells nothing.
fn is_drawn_from(space: &Space, sequence: &str) -> bool {
    let mut columns = space.relations.values().flat_map(|relation| &relation.columns);
    columns.any(|column| column.sequence.as_deref() == Some(sequence))
}

fn columns(table: &str, before: &Relation, reverted: &Relation, found: &mut Vec<String>) {
    if before.is_opaque || reverted.is_opaque {
        return;
    }
    for column in &before.columns {
        match reverted.column(&column.name) {
            None => found.push(format!("column `{table}.{}` is gone", column.name)),
            Some(now) => {
                if let (Some(old), Some(new)) = (&column.ty, &now.ty)
                    && !is_same(old, new)
                {
                    found.push(format!("column `{table}.{}` was {} and is {}", column.name, old.shown(), new.shown()));
                } else if column.not_null != now.not_null {
                    let (was, is) = if column.not_null { ("NOT NULL", "nullable") } else { ("nullable", "NOT NULL") };
                    found.push(format!("column `{table}.{}` was {was} and is {is}", column.name));
                }
            }
        }
    }
    for column in reverted.columns.iter().filter(|column| before.column(&column.name).is_none()) {
        found.push(format!("column `{table}.{}` is left", column.name));
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::RULE;
    use crate::lint::testing::{check, silent};

    const BEFORE: &str = "create table a (id int, name text not null);\ncreate type mood as enum ('a');\n\
        create table s (id serial, n int, constraint s_n unique (n)); create index on a (lower(name));\n";

    #[test]
    fn fires() {
        for (up, down) in [
            ("alter table a add b int, add c int;", "alter table a drop b;"),
            ("alter table a drop name;", "select f();"),
            ("alter table a alter name type varchar;", "alter table a alter name type int;"),
            ("create table b (id int); create index i on b (id);", "select f();"),
            ("create index i on a (id);", "drop index j;"),
            ("alter table a alter name drop not null;", "select f();"),
            ("drop type mood;", "select f();"),
        ] {
            let text = format!("{BEFORE}-- file: tenant/2_b/up.sql\n{up}\n-- file: tenant/2_b/down.sql\n{down}\n");
            assert!(!check(&RULE, &text).is_empty(), "{up} {down}");
        }
        let text = format!(
            "{BEFORE}-- file: tenant/2_b/up.sql\nalter table a drop name, add b int, add c int, add d int;\n-- file: tenant/2_b/down.sql\nalter table a add name int;\n"
        );
        assert_snapshot!(check(&RULE, &text), @"tenant/2_b/down.sql:1:1 warning: down.sql does not undo up.sql: index `a_lower_idx` stays gone, column `a.name` was text and is int4, column `a.b` is left, and 2 more [alter table a add name int]");
    }

    #[test]
    fn stays_silent() {
        for (up, down) in [
            ("alter table a add b int, add c int;", "alter table a drop c, drop b;"),
            (
                "alter table a drop name;",
                "alter table a add name text not null default ''; create index on a (lower(name));",
            ),
            ("create table b (id int); create index i on b (id);", "drop table b;"),
            (
                "alter table a rename to b; alter table b rename name to n;",
                "alter table b rename n to name; alter table b rename to a;",
            ),
            ("alter type mood add value 'b';", "-- it cannot be taken out"),
            ("do $$ begin execute 'x' || y; end $$; create table b (id int);", "select f();"),
            ("alter table a alter name type varchar(9);", "alter table a alter name type varchar;"),
            ("drop index a_lower_idx;", "create index a_lower_idx on a (lower(name));"),
            ("create table p (id int) partition by list (id); create table q partition of p default;", "drop table p;"),
            (
                "alter table s drop id;",
                "create sequence x owned by s.id; alter table s add id int not null default nextval('x');",
            ),
            ("alter table s drop constraint s_n;", "create unique index s_n on s (n);"),
            ("alter table a add c int, add d int generated always as (c + 1) stored;", "alter table a drop c cascade;"),
            (
                "create unique index x on a (id); alter table a add constraint y unique using index x;",
                "alter table a drop constraint y;",
            ),
            ("drop table a;", "-- irreversible: nobody wants it back\nselect f();"),
            ("create table b (id int);", "drop table ("),
        ] {
            silent(&RULE, &format!("{BEFORE}-- file: tenant/2_b/up.sql\n{up}\n-- file: tenant/2_b/down.sql\n{down}\n"));
        }
    }
}
