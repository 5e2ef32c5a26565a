//! Rows that belong to rows.

use diesel::prelude::*;
use multitenant_runtime::{RunQueryDsl, TenantConn};

use crate::database::{for_each_tenant, of};
use crate::schema::{Post, User, posts, users};

#[tokio::test]
async fn belonging_to() {
    for_each_tenant(|mut conn: TenantConn, tenant| async move {
        let conn = &mut conn;
        let all = users::table.order(users::id).load::<User>(conn).await?;
        let of_one = Post::belonging_to(&all[1]).select(posts::title).load::<String>(conn).await?;
        assert_eq!(of_one, of(tenant, &["third"]));
        let of_all = Post::belonging_to(&all).order(posts::id).load::<Post>(conn).await?.grouped_by(&all);
        assert_eq!(of_all.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1]);
        let joined = Post::belonging_to(&all).inner_join(users::table).filter(users::boss.is_null());
        let joined: Vec<Post> = joined.select(Post::as_select()).order(posts::id).load(conn).await?;
        assert_eq!(joined, of_all[0]);
        Ok(())
    })
    .await;
}
