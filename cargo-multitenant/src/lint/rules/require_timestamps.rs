//! `require-timestamps`

use crate::lint::context::TableAt;
use crate::lint::rule::{Check, OptionDefault, rule};
use crate::lint::sink::Sink;

rule! {
    /// ## What it does
    ///
    /// Finds tables without the columns that say when a row was made and changed.
    ///
    /// ## Why is this bad?
    ///
    /// When a tenant asks what happened, nobody can tell. Columns that are added later know nothing of the rows before.
    ///
    /// ## Example
    ///
    /// ```sql
    /// CREATE TABLE orders (id uuid PRIMARY KEY);
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sql
    /// CREATE TABLE orders (
    ///   id uuid PRIMARY KEY,
    ///   created_at timestamptz NOT NULL DEFAULT now(),
    ///   updated_at timestamptz NOT NULL DEFAULT now()
    /// );
    /// ```
    "require-timestamps": Off, Convention, Check::Table(check),
    options: [
        "columns" = OptionDefault::Texts(&["created_at", "updated_at"]) => "the columns that every table must have",
        "exceptions" = OptionDefault::Texts(&[]) => "tables, with `*` and `?`, that need none",
    ],
}

fn check(at: &TableAt<'_>, sink: &mut Sink<'_>) {
    if at.is_part() || at.is_opaque() || sink.options().any_fits("exceptions", at.name) {
        return;
    }
    let wanted = sink.options().texts("columns").iter();
    let missing: Vec<String> = wanted.filter(|column| at.relation.column(column).is_none()).cloned().collect();
    if !missing.is_empty() {
        sink.report(at.place(), format!("the table `{}` has no `{}`", at.name, missing.join("` and no `")))
            .help("add timestamptz NOT NULL DEFAULT now()")
            .object(at.name)
            .around(at.around());
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::RULE;
    use crate::lint::testing::{check, silent};

    #[test]
    fn fires() {
        assert_snapshot!(check(&RULE, "create table a (id int);\ncreate table b (created_at timestamptz);"), @"
        tenant/1_a/up.sql:1:14 warning: the table `a` has no `created_at` and no `updated_at` [a]
        tenant/1_a/up.sql:2:14 warning: the table `b` has no `updated_at` [b]
        ");
    }

    #[test]
    fn stays_silent() {
        silent(
            &RULE,
            "
            create table a (id int, created_at timestamptz, updated_at timestamptz);
            create table b as select 1;
        ",
        );
        silent(
            &RULE,
            "
            create table a (id int, at timestamptz);
            -- file: multitenant.toml
            [lint.rules]
            require-timestamps = [\"warn\", { columns = [\"at\"] }]
        ",
        );
    }
}
