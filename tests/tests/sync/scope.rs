//! Queries of many shapes run, on a connection that keeps its scope.

use multitenant_runtime::sync::prelude::*;

use super::place::Place;
use super::shop::mark;

#[test]
fn reads_and_writes_of_many_shapes() {
    let place = Place::with(&["a"]);
    let pool = place.pool_of(1);
    let conn = &mut pool.tenant("a").unwrap();
    let added: Vec<String> = diesel::insert_into(mark::table)
        .values([mark::who.eq("x"), mark::who.eq("y")])
        .returning(mark::who)
        .get_results(conn)
        .unwrap();
    assert_eq!(added, ["x", "y"]);
    let boxed = mark::table.select(mark::who).filter(mark::who.eq("x").or(mark::who.eq("y"))).into_boxed();
    assert_eq!(boxed.order(mark::who.desc()).load::<String>(conn).unwrap(), ["y", "x"]);
    let changed = diesel::update(mark::table.find("x")).set(mark::who.eq("z")).returning(mark::who);
    assert_eq!(changed.get_result::<String>(conn).unwrap(), "z");
    assert_eq!(diesel::delete(mark::table.filter(mark::who.ne("tenant_a"))).execute(conn).unwrap(), 2);
    assert_eq!(mark::table.count().get_result::<i64>(conn).unwrap(), 1);
    let missing = mark::table.select(mark::who).find("nobody").first::<String>(conn);
    assert_eq!(missing, Err(diesel::result::Error::NotFound));
    let twice = mark::table.select(mark::who).union_all(mark::table.select(mark::who));
    assert_eq!(twice.touching((mark::table,)).load::<String>(conn).unwrap(), ["tenant_a", "tenant_a"]);
}

diesel::table! {
    people (id) {
        id -> Integer,
        name -> Text,
    }
}

multitenant_runtime::tenant_tables! { people }

#[derive(Debug, PartialEq, Queryable, Identifiable, AsChangeset)]
#[diesel(table_name = people)]
struct Person {
    id: i32,
    name: String,
}

#[test]
fn a_struct_is_saved_in_its_tenant() {
    let place = Place::with(&["a", "b"]);
    for schema in ["tenant_a", "tenant_b"] {
        let table = format!("{schema}.people");
        place.sql(&format!("CREATE TABLE {table} (id int, name text); INSERT INTO {table} VALUES (1, '{schema}')"));
    }
    let pool = place.pool_of(1);
    let new = Person { id: 1, name: "new".to_owned() };
    let saved: Person = (&new).save_changes(&mut pool.tenant("a").unwrap()).unwrap();
    assert_eq!(saved, new);
    let nobody = Person { id: 2, name: "new".to_owned() };
    let missing = (&nobody).save_changes::<Person>(&mut pool.tenant("a").unwrap());
    assert_eq!(missing, Err(diesel::result::Error::NotFound));
    let name = |id: &str| people::table.select(people::name).first::<String>(&mut pool.tenant(id).unwrap()).unwrap();
    assert_eq!((name("a"), name("b")), ("new".to_owned(), "tenant_b".to_owned()));
}

#[test]
fn what_the_types_do_not_show_is_refused_before_it_is_sent() {
    let place = Place::with(&["a"]);
    let pool = place.pool_of(1);
    let conn = &mut pool.tenant("a").unwrap();
    let hidden = diesel::dsl::sql::<diesel::sql_types::Bool>("EXISTS (SELECT FROM tenants)");
    let error = mark::table.select(mark::who).filter(hidden).load::<String>(conn).unwrap_err();
    assert!(error.to_string().contains("tenants"), "{error}");
    let command = diesel::sql_query("SET ROLE pg_monitor").touching((mark::table,)).execute(conn).unwrap_err();
    assert!(command.to_string().contains("unchecked_connection"), "{command}");
}
