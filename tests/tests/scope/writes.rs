//! Inserts, upserts, updates and deletes.

use diesel::prelude::*;
use diesel::upsert::excluded;
use multitenant_runtime::scope::TouchingDsl;
use multitenant_runtime::{RunQueryDsl, SaveChangesDsl, TenantConn};

use crate::database::{for_each_tenant, of};
use crate::schema::{NewPost, Post, User, plans, posts, users};

#[tokio::test]
async fn inserts() {
    for_each_tenant(|mut conn: TenantConn, tenant| async move {
        let conn = &mut conn;
        let new = NewPost { user_id: 2, title: "new", score: 0 };
        assert_eq!(diesel::insert_into(posts::table).values(&new).execute(conn).await?, 1);
        let batch = vec![new, NewPost { user_id: 1, title: "newer", score: 9 }];
        let made = diesel::insert_into(posts::table).values(&batch).returning(Post::as_returning());
        assert_eq!(made.get_results(conn).await?.iter().map(|post| post.id).collect::<Vec<_>>(), [5, 6]);
        let row = (posts::user_id.eq(1), posts::title.eq("newest"), posts::score.eq(1));
        assert_eq!(diesel::insert_into(posts::table).values(row).get_result::<Post>(conn).await?.id, 7);
        let rows = vec![row, row];
        assert_eq!(rows.insert_into(posts::table).execute(conn).await?, 2);
        let none: Vec<NewPost<'_>> = Vec::new();
        assert_eq!(diesel::insert_into(posts::table).values(&none).execute(conn).await?, 0);
        // A tenant's connection may write to shared tables too.
        let free = diesel::insert_into(plans::table).default_values().returning(plans::name);
        assert_eq!(free.get_result::<String>(conn).await?, "free");
        assert_eq!(
            posts::table.filter(posts::title.like(format!("%{tenant}"))).count().get_result::<i64>(conn).await?,
            3
        );
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn upserts() {
    for_each_tenant(|mut conn: TenantConn, tenant| async move {
        let conn = &mut conn;
        let row = (users::id.eq(1), users::name.eq("new"));
        let insert = diesel::insert_into(users::table).values(row);
        assert_eq!(insert.on_conflict_do_nothing().execute(conn).await?, 0);
        let update = insert.on_conflict(users::id).do_update().set(users::boss.eq(2)).returning(User::as_returning());
        assert_eq!(update.get_result(conn).await?, User { id: 1, name: format!("ann of {tenant}"), boss: Some(2) });
        let taken = insert.on_conflict(users::id).do_update().set(users::name.eq(excluded(users::name)));
        assert_eq!(taken.execute(conn).await?, 1);
        let rare = insert.on_conflict(users::id).do_update().set(users::name.eq("no"));
        let rare = diesel::query_dsl::methods::FilterDsl::filter(rare, users::boss.is_null());
        assert_eq!(rare.execute(conn).await?, 0);
        assert_eq!(users::table.find(1).select(users::name).first::<String>(conn).await?, "new");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn updates_and_deletes() {
    for_each_tenant(|mut conn: TenantConn, tenant| async move {
        let conn = &mut conn;
        assert_eq!(diesel::update(posts::table).set(posts::score.eq(posts::score + 1)).execute(conn).await?, 3);
        let ann = diesel::update(users::table.find(1)).set((users::boss.eq(2), users::name.eq("Ann")));
        assert_eq!(ann.get_result::<User>(conn).await?, User { id: 1, name: "Ann".to_owned(), boss: Some(2) });
        let writers = users::id.eq_any(posts::table.filter(posts::score.eq(3)).select(posts::user_id));
        let update = diesel::update(users::table.filter(writers)).set(users::boss.eq(None::<i32>));
        assert_eq!(update.returning(users::name).get_results::<String>(conn).await?, of(tenant, &["bob"]));
        let bob = User { id: 2, name: "Bob".to_owned(), boss: Some(1) };
        assert_eq!(diesel::update(&bob).set(&bob).execute(conn).await?, 1);
        let saved: User = (&User { boss: None, ..bob.clone() }).save_changes(conn).await?;
        assert_eq!(saved, User { boss: None, ..bob.clone() });
        assert_eq!(diesel::delete(&bob).returning(users::id).get_result::<i32>(conn).await?, 2);
        assert_eq!(diesel::delete(users::table.filter(users::id.gt(1))).execute(conn).await?, 0);
        Ok(())
    })
    .await;
}

#[derive(Debug, QueryableByName)]
#[diesel(table_name = users)]
struct Id {
    #[expect(dead_code, reason = "that there is a row is enough")]
    id: i32,
}

#[tokio::test]
async fn what_the_types_do_not_show_and_the_application_names() {
    for_each_tenant(|mut conn: TenantConn, tenant| async move {
        let conn = &mut conn;
        let union = users::table.select(users::name).union(posts::table.select(posts::title));
        let union = union.touching((users::table, posts::table));
        assert_eq!(union.load::<String>(conn).await?.iter().filter(|text| text.ends_with(tenant)).count(), 5);
        let update = diesel::update(posts::table).into_boxed().filter(posts::score.gt(1)).set(posts::score.eq(0));
        assert_eq!(update.touching((posts::table,)).execute(conn).await?, 2);
        let delete = diesel::delete(posts::table).into_boxed().filter(posts::score.eq(1));
        assert_eq!(delete.touching((posts::table,)).execute(conn).await?, 1);
        let copy = plans::table.select(plans::name).insert_into(users::table).into_columns(users::name);
        let copy = copy.returning(users::name).touching((users::table, plans::table));
        assert_eq!(copy.get_results::<String>(conn).await?, ["small", "large"]);
        let boxed = users::table.order(users::id).into_boxed();
        let boxed = boxed.filter(users::id.eq_any(posts::table.select(posts::user_id)));
        assert_eq!(boxed.touching((users::table, posts::table)).first::<User>(conn).await?.id, 1);
        // By hand, in another spelling, and with a name for a query.
        let raw = "WITH liked AS (SELECT user_id FROM Posts) SELECT id FROM \"users\" WHERE id IN (SELECT user_id FROM Liked)";
        let named = diesel::sql_query(raw).touching((users::table, posts::table));
        assert!(!named.load::<Id>(conn).await?.is_empty());
        let hidden = "WITH liked AS (SELECT user_id FROM secrets) SELECT user_id AS id FROM liked";
        let refused = diesel::sql_query(hidden).touching((users::table,)).load::<Id>(conn).await.unwrap_err();
        assert!(refused.to_string().contains("the table secrets"), "{refused}");
        Ok(())
    })
    .await;
}
