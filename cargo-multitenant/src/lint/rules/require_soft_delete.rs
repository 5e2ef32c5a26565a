//! `require-soft-delete`

use crate::lint::context::TableAt;
use crate::lint::rule::{Check, OptionDefault, rule};
use crate::lint::sink::Sink;

rule! {
    /// ## What it does
    ///
    /// Finds tables without the column that says that a row is deleted.
    ///
    /// ## Why is this bad?
    ///
    /// Where an application means to keep what its users delete, a table without the column deletes for good.
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
    /// CREATE TABLE orders (id uuid PRIMARY KEY, deleted_at timestamptz);
    /// ```
    "require-soft-delete": Off, Convention, Check::Table(check),
    options: [
        "columns" = OptionDefault::Texts(&["deleted_at"]) => "the columns of which every table must have one",
        "exceptions" = OptionDefault::Texts(&[]) => "tables, with `*` and `?`, that need none",
    ],
}

fn check(at: &TableAt<'_>, sink: &mut Sink<'_>) {
    if at.is_part() || at.is_opaque() || sink.options().any_fits("exceptions", at.name) {
        return;
    }
    let columns = sink.options().texts("columns").to_vec();
    if !columns.iter().any(|column| at.relation.column(column).is_some()) {
        sink.report(at.place(), format!("the table `{}` has no `{}`", at.name, columns.join("` or `")))
            .help("add it, timestamptz without a default")
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
        assert_snapshot!(check(&RULE, "create table a (id int);"), @"tenant/1_a/up.sql:1:14 warning: the table `a` has no `deleted_at` [a]");
    }

    #[test]
    fn stays_silent() {
        silent(&RULE, "create table a (id int, deleted_at timestamptz);");
        silent(
            &RULE,
            "
            create table a (id int);
            -- file: multitenant.toml
            [lint.rules]
            require-soft-delete = [\"warn\", { exceptions = [\"a\"] }]
        ",
        );
    }
}
