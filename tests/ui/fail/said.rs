use multitenant_runtime::{SharedEnum, SharedTable, TenantEnum, TenantTable};

diesel::table! { plans (id) { id -> Integer, } }
diesel::table! { notes (id) { id -> Integer, } }

#[derive(SharedTable)]
#[diesel(table_name = plans)]
#[multitenant(
    unique, //~ ERROR on a struct, `unique` names columns: write `unique(…)`
    index(name = "a"), //~ ERROR `index` names no column
    index(columns(id), colour = "red"), //~ ERROR unknown part `colour` of `index`
    unique(columns(id), filter = "id > 0"), //~ ERROR unknown part `filter` of `unique`
    check("id > 0; drop table plans"), //~ ERROR has a `;` outside of quotes
    check("id > 0", "id < 9"), //~ ERROR `check` has one condition
    foreign_key(id), //~ ERROR `foreign_key` leads nowhere
    primary_key(id) //~ ERROR unknown option `primary_key`
)]
struct Plan {
    id: i32,
}

#[derive(TenantTable)]
#[diesel(table_name = notes)]
struct Note {
    #[multitenant(defualt = "1")] //~ ERROR unknown option `defualt`: on a field `multitenant` knows `default`
    id: i32,
    #[multitenant(default = 1)] //~ ERROR `default` is written as a text
    a: i32,
    #[multitenant(default = "1 -- one")] //~ ERROR `default` has a comment
    b: i32,
    #[multitenant(default = "1", identity)] //~ ERROR a column has `default` or `identity`, not both
    c: i32,
    #[multitenant(identity = "sometimes")] //~ ERROR `identity` is "always" or "by default"
    d: i32,
    #[multitenant(on_delete = "cascade")] //~ ERROR `on_delete` is of a foreign key
    e: i32,
    #[multitenant(references = "plans(id) on delete cascade")] //~ ERROR `references` is a table and its columns
    f: i32,
    #[multitenant(references = "plans(id)", on_delete = "drop table")] //~ ERROR `on_delete` is one of "cascade"
    g: i32,
    #[multitenant(check = "g > 0) or (true")] //~ ERROR `check` has a parenthesis that is not
    h: i32,
    #[multitenant(unique, unique)] //~ ERROR `unique` is given twice: remove one
    i: i32,
    #[multitenant(index(a))] //~ ERROR `index(…)` is written on the struct
    j: i32,
}

#[derive(TenantEnum)]
struct Mood; //~ ERROR only an enum stands for a type with labels

#[derive(SharedEnum)]
#[multitenant(name = "colour")] //~ ERROR unknown option `name`: here `multitenant` knows `type_name = "…"`
enum Colour {
    Red,
    #[multitenant(label = "red")]
    Crimson, //~ ERROR the label "red" is there twice
    Other(i32), //~ ERROR a label holds nothing
}

fn main() {}
