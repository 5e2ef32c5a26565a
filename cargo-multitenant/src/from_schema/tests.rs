//! What is refused of schema code, and what is left out with a word.

use std::collections::BTreeSet;

use multitenant_runtime::Tier;

use super::{FromSchema, Wanted, Wish, wanted};
use crate::lint::LintSettings;
use crate::lint::testing::lint;

/// What the tenant tier becomes.
fn of_kept(text: &str, exact: bool, keep: &[&str]) -> (FromSchema, Wanted) {
    let (project, _) = lint(&[], text);
    let read = FromSchema::of(&project, &LintSettings::default(), "public");
    let keep: BTreeSet<String> = keep.iter().map(|name| (*name).to_owned()).collect();
    let made = wanted(&read.before, &read.code, &Wish { tier: Tier::Tenant, exact, keep: &keep });
    (read, made)
}

fn of(text: &str) -> (FromSchema, Wanted) {
    of_kept(text, false, &[])
}

/// What is refused of code behind migrations.
fn refused(migrations: &str, code: &str) -> Vec<String> {
    of(&format!("-- file: tenant/1_a/up.sql\n{migrations}\n-- file: src/schema.rs\n{code}")).1.refused
}

#[track_caller]
fn refuses(migrations: &str, code: &str, expected: &str) {
    let refused = refused(migrations, code);
    assert!(refused.len() == 1 && refused[0].contains(expected), "{refused:?} instead of {expected}, of {code}");
}

const TWO: &str = "create table a (id bigint primary key); create table b (id bigint primary key);";

#[test]
fn a_table_that_cannot_be_read_is_refused_with_its_place() {
    let a = "table! { a { id -> Int8, } }";
    for b in ["diesel::table! { b (id) { id => Int8, } }", "table! { b { id - Int8 } }", "diesel::table! { b }"] {
        let refused = refused(TWO, &format!("{a}\n{b}"));
        assert!(
            refused.iter().any(|of| of.starts_with("src/schema.rs:2: this `table!` cannot be read")),
            "{refused:?}"
        );
    }
    // Another crate's macro.
    assert_eq!(
        refused("create table a (id bigint primary key);", &format!("{a} fn f() {{ table!([1], [2]); }}")),
        [""; 0]
    );
}

#[test]
fn nothing_is_dropped_that_a_macro_may_make() {
    let text = |code: &str| format!("-- file: tenant/1_a/up.sql\n{TWO}\n-- file: src/schema.rs\n{code}");
    let a = "table! { a { id -> Int8, } }";
    for hidden in [
        "macro_rules! m { ($n:ident) => { diesel::table! { $n (id) { id -> Int8, } } } } m!(b);",
        "cfg_if! { if #[cfg(any())] { table! { b { id -> Int8, } } } }",
    ] {
        let (read, made) = of(&text(&format!("{a}\n{hidden}")));
        assert_eq!(
            read.code.hints,
            ["src/schema.rs:2: the `table!` in this macro is not read: what it makes is not compared"]
        );
        assert_eq!(made.refused.len(), 1, "{:?}", made.refused);
        assert!(
            made.refused[0].starts_with("src/schema.rs:2: no `table!` that can be read is of b"),
            "{:?}",
            made.refused
        );
        assert_eq!(of_kept(&text(&format!("{a}\n{hidden}")), false, &["b"]).1.refused, [""; 0]);
    }
    let (read, made) =
        of(&text(&format!("{a} #[cfg(test)] macro_rules! m {{ () => {{ table! {{ b {{ id -> Int8, }} }} }} }}")));
    assert_eq!((read.code.hints.len(), made.model.tables.len()), (0, 1), "what is of tests hides nothing");
}

#[test]
fn two_declarations_of_a_table_that_differ_are_refused() {
    let before = "create table a (id bigint primary key, x int);";
    let with = "table! { a (id) { id -> BigInt, x -> Nullable<Integer>, } }";
    for (other, expected) in [
        ("table! { a (id) { id -> BigInt, } }", "other columns"),
        ("table! { a (id) { id -> BigInt, x -> Integer, } }", "other columns"),
        ("table! { a (id, x) { id -> BigInt, x -> Nullable<Integer>, } }", "another primary key"),
    ] {
        for (one, two) in [(with, other), (other, with)] {
            let code = format!("#[cfg(feature = \"p\")] {one}\nmod q {{ #[cfg(not(feature = \"p\"))] {two} }}");
            let message = format!("src/schema.rs:2: the table a has {expected} at src/schema.rs:1");
            assert!(refused(before, &code).iter().any(|of| of.starts_with(&message)), "{:?}", refused(before, &code));
        }
    }
    // Another order, and other words.
    let same = format!("{with} mod q {{ table! {{ a {{ x -> Nullable<Int4>, id -> Int8, }} }} }}");
    assert_eq!(refused(before, &same), [""; 0]);
    // What Diesel CLI writes is the whole of it.
    let printed = format!(
        "// @generated automatically by Diesel CLI.\n{with}\n-- file: src/b.rs\ntable! {{ a {{ id -> BigInt, }} }}"
    );
    assert_eq!(refused(before, &printed), [""; 0]);
}

#[test]
fn several_joins_of_one_column_make_no_foreign_key() {
    let code = "table! { u { id -> Int4, } } table! { t { id -> Int4, } } table! { o { id -> Int4, owner -> Int4, } }
                joinable!(o -> u (owner)); joinable!(o -> t (owner));";
    let keys = |made: &Wanted| -> Vec<String> {
        made.model.tables.iter().flat_map(|table| &table.foreign_keys).map(|key| key.table.clone()).collect()
    };
    let text = |o: &str, more: &str| {
        let tables = "create table u (id int primary key); create table t (id int primary key); create table o";
        format!(
            "-- file: tenant/1_a/up.sql\n{tables} (id int primary key, owner int not null{o});\n-- file: src/schema.rs\n{code}{more}"
        )
    };
    let (_, made) = of(&text("", ""));
    assert_eq!(keys(&made), [""; 0]);
    assert_eq!(made.refused, [""; 0]);
    assert_eq!(made.hints.len(), 1, "{:?}", made.hints);
    assert!(made.hints[0].contains("several `joinable!` stand at `o.owner`"), "{:?}", made.hints);
    // One that is there stays, even where the code is the whole truth.
    let (_, made) = of_kept(&text(" references t", ""), true, &[]);
    assert_eq!((keys(&made), made.hints.len()), (vec!["t".to_owned()], 0));
    let said = "#[derive(TenantTable)] #[diesel(table_name = o)] struct O { #[multitenant(references = \"u(id)\")] owner: i32 }";
    assert_eq!(keys(&of(&text("", said)).1), ["u"]);
    // The same one twice is one.
    let (_, made) = of(&text("", "").replace("joinable!(o -> t (owner));", "joinable!(o -> u (owner));"));
    assert_eq!(keys(&made), ["u"]);
}

#[test]
fn a_primary_key_under_foreign_keys_stays_whatever_else_goes() {
    let before = "create table o (id bigint primary key, n bigint not null, z text); create table i (id bigint primary key, \
                  o_id bigint not null references o(id));";
    let i = "table! { i { id -> Int8, o_id -> Int8, } }";
    for z in ["", "z -> Nullable<Text>,"] {
        let code = format!("table! {{ o (n) {{ id -> Int8, n -> Int8, {z} }} }} {i}");
        refuses(before, &code, "the primary key of o cannot become (n): foreign keys of i lead to the old one");
    }
    assert_eq!(refused(before, &format!("table! {{ o (n) {{ n -> Int8, }} }} {i}")), [""; 0], "the column itself goes");
}

#[test]
fn what_postgresql_would_refuse_is_refused_before() {
    let table = "table! { a { id -> Int8, x -> Nullable<Int4>, s -> Text, } }";
    let with = |field: &str| format!("{table} #[derive(TenantTable)] #[diesel(table_name = a)] struct A {{ {field} }}");
    for (field, expected) in [
        ("#[multitenant(identity)] s: String", "`s` is text, and `identity` is for smallint"),
        ("#[multitenant(default = \"NULL\")] s: String", "`s` is not Nullable, and its default is null"),
        ("#[multitenant(default = \"1\", identity)] id: i64", "has one of `default`, `identity` and `generated`"),
        (
            "#[multitenant(default = \"1\", generated = \"2\")] x: i32",
            "has one of `default`, `identity` and `generated`",
        ),
        ("#[multitenant(default = \"$1\")] x: i32", "has a parameter"),
        ("#[multitenant(check = \"x in (select 1)\")] x: i32", "has a subselect"),
        ("#[multitenant(sql_type = \"setof int\")] x: i32", "is no type of a column"),
    ] {
        let refused = refused("", &with(field));
        assert!(refused.iter().any(|of| of.contains(expected)), "{refused:?} instead of {expected}");
    }
    assert_eq!(refused("", &with("#[multitenant(default = \"'select $1'\")] s: String")), [""; 0]);
    let index = |method: &str| {
        format!(
            "{table} #[derive(TenantTable)] #[diesel(table_name = a)] #[multitenant(index(columns(x), method = \"{method}\"))] struct A {{ }}"
        )
    };
    refuses("", &index("gni"), "\"gni\" is no method of an index");
    let (_, made) = of(&format!("-- file: src/schema.rs\n{}", index("HASH")));
    assert_eq!(made.model.tables[0].indexes[0].method, "hash");
    let two = "#[multitenant(identity)] id: i64 } #[derive(TenantTable)] #[diesel(table_name = a)] struct B { #[multitenant(identity = \"always\")] id: i64";
    refuses("", &with(two), "another struct of the table says another `identity` of `id`");
}

#[test]
fn enums_that_can_be_no_type_are_refused() {
    let code = |name: &str, labels: &str| {
        format!(
            "table! {{ a {{ id -> Int8, m -> Mood, }} }} #[derive(TenantEnum)] #[multitenant(type_name = \"{name}\")] enum Mood {{ {labels} }}"
        )
    };
    let long = format!("#[multitenant(label = \"{}\")] A", "a".repeat(64));
    for (name, labels, expected) in [
        ("mood", long.as_str(), "has 64 bytes: at most 63"),
        ("mood", "#[multitenant(label = \"b\")] A, B", "has the label \"b\" twice"),
        ("a", "A", "a type and a table cannot both be called a"),
    ] {
        let refused = refused("", &code(name, labels));
        assert!(refused.iter().any(|of| of.contains(expected)), "{refused:?} instead of {expected}");
    }
}

#[test]
fn a_name_that_something_else_has_is_refused() {
    let before = "create table a (id serial primary key, x int unique, y int); create index by_y on a (y); create sequence s; \
                  create type mood as enum ('glad'); create view seen as select 1 as id;";
    let a = "table! { a { id -> Int4, x -> Nullable<Int4>, y -> Nullable<Int4>, } }";
    for (name, what) in [
        ("by_y", "an index or a sequence"),
        ("s", "an index or a sequence"),
        ("a_pkey", "an index or a sequence"),
        ("a_x_key", "an index or a sequence"),
        ("a_id_seq", "an index or a sequence"),
        ("mood", "a type"),
    ] {
        let code = format!("{a}\ntable! {{ {name} {{ id -> Int4, }} }}");
        refuses(
            before,
            &code,
            &format!("src/schema.rs:2: the migrations make {what} called {name}, and nothing else can be"),
        );
    }
    // A `table!` may stand for a view.
    assert_eq!(refused(before, &format!("{a} table! {{ seen (id) {{ id -> Int4, }} }}")), [""; 0]);
    let said = |says: &str| {
        format!(
            "{a}\ntable! {{ b {{ id -> Int4, x -> Int4, }} }}\n#[derive(TenantTable)] #[diesel(table_name = b)] #[multitenant({says})] struct B {{ }}"
        )
    };
    for says in [
        "index(columns(x), name = \"by_y\")",
        "index(columns(x), name = \"a\")",
        "unique(columns(x), name = \"s\")",
        "unique(columns(x), name = \"a_id_seq\")",
        "unique(columns(x), name = \"c\"), check(name = \"c\", \"x > 0\")",
    ] {
        let refused = refused(before, &said(says));
        assert!(
            refused.len() == 1 && refused[0].starts_with("src/schema.rs:2: b would have "),
            "{refused:?} of {says}"
        );
    }
}

#[test]
fn a_default_that_names_a_column_is_refused_at_its_place() {
    let code = |default: &str| {
        format!(
            "table! {{ a {{ id -> Int8, x -> Text, y -> Text, }} }} #[derive(TenantTable)] #[diesel(table_name = a)]\n\
             struct A {{\n#[multitenant(default = \"{default}\")] x: String }}"
        )
    };
    for (default, column) in [("upper(y)", "y"), ("y", "y"), ("'a' || a.y", "a")] {
        refuses(
            "",
            &code(default),
            &format!("src/schema.rs:3: the default {default:?} names the column {column}, and"),
        );
    }
    for good in ["current_user", "upper('y')", "'y'::text", "now()::text"] {
        assert_eq!(refused("", &code(good)), [""; 0], "{good}");
    }
}

#[test]
fn labels_are_those_that_code_writes_where_nobody_declares_them() {
    let code = |body: &str| {
        format!(
            "-- file: src/schema.rs\npub mod sql_types {{ #[diesel(postgres_type(name = \"mood\"))] pub struct Mood; }}\n\
             table! {{ a {{ id -> Int8, m -> Mood, t -> Text, }} }}\n-- file: src/mood.rs\n{body}"
        )
    };
    let to_sql = "impl ToSql<sql_types::Mood, Pg> for Feeling { fn to_sql(&self, out: &mut Output<Pg>) -> Result {
        match *self { Feeling::Glad => out.write_all(b\"glad\")?, Feeling::SoSo => out.write_all(b\"so so\")?, } Ok(IsNull::No) } }";
    let from_sql = "impl FromSql<Mood, Pg> for Feeling { fn from_sql(bytes: PgValue<'_>) -> Result<Self> {
        Ok(match std::str::from_utf8(bytes.as_bytes())? { \"sad\" => Self::Sad, \"glad\" => Self::Glad, _ => return Err(\"unknown\".into()) }) } }";
    let text = "impl ToSql<Text, Pg> for Other { fn to_sql(&self) { match self { Other::A => w(\"a\"), Other::B => w(\"b\") } } }";
    for (body, expected) in [
        (to_sql, "glad, so so"),
        (from_sql, "sad, glad"),
        (
            &format!("{from_sql} #[derive(DbEnum)] #[db_enum(existing_type_path = \"Mood\")] enum M {{ One, Two }}"),
            "one, two",
        ),
    ] {
        let (read, made) = of(&code(&format!("{text} {body}")));
        assert_eq!(made.refused, [""; 0], "{body}");
        let labels: Vec<String> = made
            .model
            .types
            .iter()
            .filter_map(|ty| match &ty.kind {
                crate::model::TypeKind::Enum { labels } => Some(labels.join(", ")),
                _ => None,
            })
            .collect();
        assert_eq!(labels, [expected]);
        // Where it is no declaration, that is said.
        let is_said = read.code.hints.iter().any(|hint| {
            hint.starts_with(&format!(
                "src/mood.rs:1: the labels of the type mood are those of this code, in its order ({expected})"
            ))
        });
        assert_eq!(is_said, !body.contains("DbEnum"), "{:?}", read.code.hints);
    }
    for other in [
        "impl ToSql<Mood, Pg> for F { fn to_sql(&self) { out.write_all(self.name().as_bytes()) } }",
        "impl ToSql<Mood, Pg> for F { fn to_sql(&self) { match self { F::A => w(\"a\"), other => w(\"b\") } } }",
        "impl FromSql<Mood, Pg> for F { fn from_sql(b: B) { match b { b\"a\" | b\"b\" => F::A, _ => F::B } } }",
    ] {
        let refused = of(&code(other)).1.refused;
        assert!(
            refused.len() == 1 && refused[0].contains("no type of PostgreSQL is known for Mood")
                || refused[0].contains("no migration makes the type mood"),
            "{refused:?}"
        );
    }
    // A type that is there has its labels.
    let there =
        format!("-- file: tenant/1_a/up.sql\ncreate type mood as enum ('so so', 'x', 'glad');\n{}", code(to_sql));
    let (read, made) = of(&there);
    let hints = read.code.hints.iter().filter(|hint| hint.contains("label")).count();
    assert_eq!((made.refused.len(), hints), (0, 0), "{:?} {:?}", made.refused, read.code.hints);
}

#[test]
fn what_stands_beside_the_second_declaration_of_a_table_counts() {
    let tables = "table! { a { id -> Int8, x -> Text, } } table! { b { id -> Int8, a_id -> Int8, } }";
    let (_, made) = of(&format!(
        "-- file: one/src/schema.rs\n{tables}\n-- file: two/src/schema.rs\n{tables} joinable!(b -> a (a_id));\n\
         -- file: two/src/models.rs\nuse crate::schema::a; #[derive(TenantTable)] #[diesel(table_name = a)] struct A {{ #[multitenant(unique)] x: String }}"
    ));
    assert_eq!(made.refused, [""; 0]);
    let keys = |name: &str| {
        let table = made.model.tables.iter().find(|table| table.name == name).unwrap();
        (table.uniques.len(), table.foreign_keys.len())
    };
    assert_eq!((keys("a"), keys("b")), ((1, 0), (0, 1)));
}

#[test]
fn the_index_of_a_foreign_key_goes_where_a_key_is_one() {
    let text = "-- file: tenant/1_a/up.sql\ncreate table u (id int primary key); \
                create table o (id int primary key, a int references u, b int references u); \
                create index on o (a); create index on o (b);\n-- file: src/schema.rs\n\
                table! { u { id -> Int4, } } table! { o { id -> Int4, a -> Nullable<Int4>, b -> Nullable<Int4>, } }
                #[derive(TenantTable)] #[diesel(table_name = o)]
                struct O { #[multitenant(unique, references = \"u(id)\")] a: i32, #[multitenant(references = \"u(id)\")] b: i32 }";
    for (exact, expected) in [(true, &["o_b_idx"][..]), (false, &["o_a_idx", "o_b_idx"])] {
        let (_, made) = of_kept(text, exact, &[]);
        let o = made.model.tables.iter().find(|table| table.name == "o").unwrap();
        let names: Vec<&str> = o.indexes.iter().map(|index| index.name.as_str()).collect();
        assert_eq!((names.as_slice(), o.foreign_keys.len()), (expected, 2));
    }
}
