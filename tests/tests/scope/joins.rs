//! Joins of tables and of aliases.

use diesel::prelude::*;
use multitenant_runtime::{RunQueryDsl, TenantConn};

use crate::database::{for_each_tenant, of};
use crate::schema::{Post, User, plans, posts, users};

#[tokio::test]
async fn joins() {
    for_each_tenant(|mut conn: TenantConn, tenant| async move {
        let conn = &mut conn;
        let pairs: Vec<(User, Post)> = users::table.inner_join(posts::table).order(posts::id).load(conn).await?;
        let titles: Vec<_> = pairs.into_iter().map(|(_, post)| post.title).collect();
        assert_eq!(titles, of(tenant, &["first", "second", "third"]));
        let low = posts::user_id.eq(users::id).and(posts::score.gt(2));
        let rows = users::table.left_join(posts::table.on(low)).order(users::id);
        let rows = rows.select((users::name, posts::title.nullable())).load::<(String, Option<String>)>(conn).await?;
        let [ann, bob, second] = ["ann", "bob", "second"].map(|text| format!("{text} of {tenant}"));
        assert_eq!(rows, [(ann, Some(second)), (bob, None)]);
        let whole = users::table.left_join(posts::table).filter(posts::id.is_null());
        assert_eq!(whole.load::<(User, Option<Post>)>(conn).await?, []);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn nested_and_with_shared_tables() {
    for_each_tenant(|mut conn: TenantConn, tenant| async move {
        let conn = &mut conn;
        let nested = posts::table.inner_join(users::table.inner_join(plans::table.on(plans::id.eq(users::id))));
        let nested = nested.filter(posts::score.eq(2)).select((users::name, plans::name));
        let expected = (format!("bob of {tenant}"), "large".to_owned());
        assert_eq!(nested.first::<(String, String)>(conn).await?, expected);
        let three = users::table.inner_join(posts::table).inner_join(plans::table.on(plans::id.eq(posts::id)));
        assert_eq!(three.select(plans::name).order(plans::id).load::<String>(conn).await?, ["small", "large"]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn aliases() {
    for_each_tenant(|mut conn: TenantConn, tenant| async move {
        let conn = &mut conn;
        let bosses = diesel::alias!(users as bosses);
        let on = users::boss.eq(bosses.field(users::id).nullable());
        let pairs = users::table.inner_join(bosses.on(on)).select((users::name, bosses.field(users::name)));
        let [ann, bob] = ["ann", "bob"].map(|text| format!("{text} of {tenant}"));
        assert_eq!(pairs.load::<(String, String)>(conn).await?, [(bob, ann.clone())]);
        assert_eq!(bosses.filter(bosses.field(users::id).eq(1)).first::<User>(conn).await?.name, ann);
        assert_eq!(bosses.load::<User>(conn).await?.len(), 2);
        // A subquery of the same table needs one.
        let workers = bosses.filter(bosses.field(users::boss).eq(users::id.nullable()));
        let boss = users::table.filter(diesel::dsl::exists(workers)).select(users::name);
        assert_eq!(boss.load::<String>(conn).await?, [ann]);
        Ok(())
    })
    .await;
}
