//! `column-naming`

use crate::lint::context::TableAt;
use crate::lint::naming::{STYLES, fits, in_style};
use crate::lint::rule::{Check, OptionDefault, rule};
use crate::lint::sink::Sink;

rule! {
    /// ## What it does
    ///
    /// Finds columns whose names are not of the wanted style.
    ///
    /// ## Why is this bad?
    ///
    /// A name with capitals must be quoted in every statement that anybody writes by hand, for ever. Names of one style
    /// can be guessed.
    ///
    /// ## Example
    ///
    /// ```sql
    /// CREATE TABLE orders ("createdAt" timestamptz);
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sql
    /// CREATE TABLE orders (created_at timestamptz);
    /// ```
    "column-naming": Warning, Naming, Check::Table(check),
    options: [
        "style" = STYLES => "what names look like",
        "exceptions" = OptionDefault::Texts(&[]) => "names, with `*` and `?`, that may be otherwise",
    ],
}

fn check(at: &TableAt<'_>, sink: &mut Sink<'_>) {
    let style = sink.options().text("style").to_owned();
    if at.is_part() {
        return;
    }
    for column in &at.relation.columns {
        if !fits(&column.name, &style) && !sink.options().any_fits("exceptions", &column.name) {
            sink.report(
                column.origin.place.clone(),
                format!("the column `{}.{}` is not named in {style}", at.name, column.name),
            )
            .help(format!("call it `{}`", in_style(&column.name, &style)))
            .object(format!("{}.{}", at.name, column.name))
            .around(column.origin.around.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::RULE;
    use crate::lint::testing::{check, silent};

    #[test]
    fn fires() {
        assert_snapshot!(check(&RULE, "create table a (\"createdAt\" int, created_at int);"), @r#"tenant/1_a/up.sql:1:17 warning: the column `a.createdAt` is not named in snake_case ["createdAt"]"#);
    }

    #[test]
    fn stays_silent() {
        silent(&RULE, "create table a (CreatedAt int, x2 int);");
        silent(
            &RULE,
            "
            create table a (\"createdAt\" int);
            -- file: multitenant.toml
            [lint.rules]
            column-naming = [\"warn\", { style = \"camelCase\" }]
        ",
        );
    }
}
