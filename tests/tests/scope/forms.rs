//! Queries of one table, and what can be done to them.

use diesel::dsl::{count_star, exists, max, not, sql, sum};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Integer, Text};
use futures_util::TryStreamExt;
use multitenant_runtime::{RunQueryDsl, TenantConn};

use crate::database::{Database, for_each_tenant, of};
use crate::schema::{Matches, User, plans, posts, upper, users};

#[tokio::test]
async fn each_method_loads_the_tenants_rows() {
    for_each_tenant(|mut conn: TenantConn, tenant| async move {
        let conn = &mut conn;
        let all: Vec<User> = users::table.order(users::id).load(conn).await?;
        let names: Vec<_> = all.iter().map(|user| user.name.clone()).collect();
        assert_eq!(names, of(tenant, &["ann", "bob"]));
        assert_eq!(users::table.order(users::id).get_results::<User>(conn).await?, all);
        assert_eq!(users::table.find(2).get_result::<User>(conn).await?, all[1]);
        assert_eq!(users::table.order(users::id.desc()).first::<User>(conn).await?, all[1]);
        assert_eq!(users::table.find(7).first::<User>(conn).await.optional()?, None);
        assert_eq!(users::table.find(7).first::<User>(conn).await, Err(diesel::NotFound));
        let stream = users::table.order(users::id).load_stream::<User>(conn).await?;
        assert_eq!(stream.try_collect::<Vec<_>>().await?, all);
        assert_eq!(diesel::delete(users::table).execute(conn).await?, 2);
        assert!(!conn.is_in_doubt());
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn clauses() {
    for_each_tenant(|mut conn: TenantConn, tenant| async move {
        let conn = &mut conn;
        let names = users::table.select(users::name).order((users::name.desc(), users::id)).limit(1).offset(1);
        assert_eq!(names.load::<String>(conn).await?, of(tenant, &["ann"]));
        let selected = users::table.filter(users::boss.is_not_null()).or_filter(users::id.eq(7));
        let selected: User = selected.select(User::as_select()).first(conn).await?;
        assert_eq!(selected.name, format!("bob of {tenant}"));
        assert_eq!(users::table.count().get_result::<i64>(conn).await?, 2);
        let grouped = posts::table.group_by(posts::user_id).having(sum(posts::score).gt(2));
        let grouped = grouped.select((posts::user_id, count_star(), max(posts::score)));
        assert_eq!(grouped.load::<(i32, i64, Option<i32>)>(conn).await?, [(1, 2, Some(5))]);
        assert_eq!(posts::table.select(posts::user_id).distinct().load::<i32>(conn).await?.len(), 2);
        let newest = posts::table.distinct_on(posts::user_id).order((posts::user_id, posts::id.desc()));
        assert_eq!(newest.select(posts::title).load::<String>(conn).await?, of(tenant, &["second", "third"]));
        let locked = users::table.select(users::id).order(users::id).for_update().skip_locked();
        assert_eq!(locked.load::<i32>(conn).await?, [1, 2]);
        assert_eq!(users::table.filter(users::id.eq_any(vec![2, 3])).load::<User>(conn).await?.len(), 1);
        assert_eq!(users::table.filter(users::id.ne_all([1, 2])).load::<User>(conn).await?.len(), 0);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn functions_operators_and_fragments_of_the_applications_own() {
    for_each_tenant(|mut conn: TenantConn, tenant| async move {
        let conn = &mut conn;
        let ann = users::table.filter(upper(users::name).eq(format!("ANN OF {}", tenant.to_uppercase())));
        assert_eq!(ann.select(users::id).load::<i32>(conn).await?, [1]);
        let bob =
            users::table.filter(Matches::new(users::name, "^bob".into_sql::<Text>())).filter(sql::<Bool>("boss = 1"));
        assert_eq!(bob.select(users::name).load::<String>(conn).await?, of(tenant, &["bob"]));
        assert_eq!(diesel::select(sql::<Integer>("1 + 1")).get_result::<i32>(conn).await?, 2);
        assert_eq!(diesel::select(3.into_sql::<Integer>()).get_result::<i32>(conn).await?, 3);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn subqueries() {
    for_each_tenant(|mut conn: TenantConn, tenant| async move {
        let conn = &mut conn;
        let writes = posts::table.filter(posts::user_id.eq(users::id).and(posts::score.gt(2)));
        let names = users::table.select(users::name);
        assert_eq!(names.filter(exists(writes)).load::<String>(conn).await?, of(tenant, &["ann"]));
        assert_eq!(names.filter(not(exists(writes))).load::<String>(conn).await?, of(tenant, &["bob"]));
        let in_them = users::id.eq_any(posts::table.filter(posts::score.eq(2)).select(posts::user_id));
        assert_eq!(names.filter(in_them).load::<String>(conn).await?, of(tenant, &["bob"]));
        let some = diesel::select(exists(users::table.filter(users::name.eq(format!("ann of {tenant}")))));
        assert!(some.get_result::<bool>(conn).await?);
        let last = posts::table.filter(posts::user_id.eq(users::id)).order(posts::id.desc()).limit(1);
        let last = users::table.order(users::id).select(last.select(posts::title).single_value());
        let expected = of(tenant, &["second", "third"]).into_iter().map(Some).collect::<Vec<_>>();
        assert_eq!(last.load::<Option<String>>(conn).await?, expected);
        let joined = posts::table.inner_join(users::table).filter(users::boss.is_null()).select(posts::id);
        assert_eq!(plans::table.filter(plans::id.eq_any(joined)).count().get_result::<i64>(conn).await?, 2);
        let deleted =
            posts::table.filter(posts::user_id.eq_any(users::table.filter(users::boss.eq(1)).select(users::id)));
        assert_eq!(diesel::delete(deleted).execute(conn).await?, 1);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn boxed() {
    for_each_tenant(|mut conn: TenantConn, tenant| async move {
        let conn = &mut conn;
        let mut query = users::table.select(users::name).into_boxed();
        for id in [2, 3] {
            query = query.filter(users::id.lt(id));
        }
        assert_eq!(query.order(users::id).load::<String>(conn).await?, of(tenant, &["ann"]));
        let joined = users::table.inner_join(posts::table).into_boxed().filter(posts::score.eq(2));
        assert_eq!(joined.select(users::name).first::<String>(conn).await?, format!("bob of {tenant}"));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_shared_connection_reads_and_writes_shared_tables() {
    let database = Database::new().await;
    let mut conn = database.shared().await;
    let conn = &mut conn;
    let names = plans::table.select(plans::name).order(plans::id);
    assert_eq!(names.load::<String>(conn).await.unwrap(), ["small", "large"]);
    let made = diesel::insert_into(plans::table).values(plans::name.eq("huge"));
    assert_eq!(made.returning(plans::name).get_result::<String>(conn).await.unwrap(), "huge");
    assert_eq!(diesel::delete(plans::table).execute(conn).await.unwrap(), 3);
}
