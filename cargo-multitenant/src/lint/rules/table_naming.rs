//! `table-naming`

use crate::lint::context::TableAt;
use crate::lint::naming::{STYLES, fits, in_style};
use crate::lint::rule::{Check, OptionDefault, rule};
use crate::lint::sink::Sink;

rule! {
    /// ## What it does
    ///
    /// Finds tables whose names are not of the wanted style.
    ///
    /// ## Why is this bad?
    ///
    /// A name with capitals must be quoted in every statement that anybody writes by hand, for ever. Names of one style
    /// can be guessed.
    ///
    /// ## Example
    ///
    /// ```sql
    /// CREATE TABLE "OrderItems" (id bigint PRIMARY KEY);
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sql
    /// CREATE TABLE order_items (id bigint PRIMARY KEY);
    /// ```
    "table-naming": Warning, Naming, Check::Table(check),
    options: [
        "style" = STYLES => "what names look like",
        "exceptions" = OptionDefault::Texts(&[]) => "names, with `*` and `?`, that may be otherwise",
    ],
}

fn check(at: &TableAt<'_>, sink: &mut Sink<'_>) {
    let style = sink.options().text("style").to_owned();
    if at.is_part() || fits(at.name, &style) || sink.options().any_fits("exceptions", at.name) {
        return;
    }
    sink.report(at.place(), format!("the table `{}` is not named in {style}", at.name))
        .help(format!("call it `{}`", in_style(at.name, &style)))
        .object(at.name)
        .around(at.around());
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::RULE;
    use crate::lint::testing::{check, silent};

    #[test]
    fn fires() {
        assert_snapshot!(check(&RULE, "create table \"OrderItems\" (id int);"), @r#"tenant/1_a/up.sql:1:14 warning: the table `OrderItems` is not named in snake_case ["OrderItems"]"#);
        assert_snapshot!(check(&RULE, "-- file: src/schema.rs\ntable! { OrderItems (id) { id -> Int4, } }"), @"src/schema.rs:1:10 warning: the table `OrderItems` is not named in snake_case [OrderItems]");
    }

    #[test]
    fn stays_silent() {
        silent(&RULE, "create table OrderItems (id int);\ncreate table order_items2 (id int);");
        silent(
            &RULE,
            "
            create table \"Legacy\" (id int);
            -- file: multitenant.toml
            [lint.rules]
            table-naming = [\"error\", { exceptions = [\"Leg*\"] }]
        ",
        );
    }
}
