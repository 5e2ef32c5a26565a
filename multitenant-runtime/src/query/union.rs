//! One query over many tenants in one statement.

use std::collections::HashMap;
use std::sync::Arc;

use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::Error;
use diesel::sql_types::Text;
use diesel_async::methods::LoadQuery;
use futures_util::{Stream, StreamExt, stream};

use crate::ident::{TenantId, literal};
use crate::pool::{Checkout, Pooled, TenantPool};
use crate::scope::{InScope, Seen, TenantScope, named, text};
use crate::target::Target;

use super::across::{Across, refused};
use super::error::AcrossError;
use super::layout::Layout;

/// How many tenants one statement reads. Each table of each holds locks until it ends, and the planner's time grows
/// faster than their number.
const CHUNK: usize = 100;

type Results<U> = Vec<(TenantId, Result<Vec<U>, AcrossError>)>;

impl Across {
    /// Has the server read all tenants, a hundred in each statement, and gives each tenant's rows beside its id.
    ///
    /// The query is one that reads, and is in the scope of a tenant, as for
    /// [`RunQueryDsl`](crate::RunQueryDsl). Its order and its limit are each tenant's own. Tenants of whom the state
    /// table does not say that they are as this binary wants them are looked at one by one, as at a checkout; so are
    /// those whose schemas have functions, since a function is found by the path, and all where each tenant has a role of
    /// its own, which may not read another's. Where the statement fails, the tenant
    /// that it fails for is found out, and the others have their rows.
    ///
    /// ```no_run
    /// use futures_util::StreamExt;
    /// use multitenant_runtime::prelude::*;
    /// use multitenant_runtime::{Selection, TenantPool};
    ///
    /// diesel::table! { users (id) { id -> Integer, name -> Text, } }
    /// # #[cfg(feature = "macros")] {
    /// multitenant_runtime::tenant_tables! { users }
    ///
    /// async fn admins(pool: &TenantPool) -> Result<(), Box<dyn std::error::Error>> {
    ///     let query = users::table.filter(users::name.like("admin%")).select((users::id, users::name));
    ///     let mut rows = std::pin::pin!(pool.across(Selection::All).await?.union::<_, (i32, String)>(query));
    ///     while let Some((tenant, admins)) = rows.next().await {
    ///         println!("{tenant}: {:?}", admins?);
    ///     }
    ///     Ok(())
    /// }
    /// # }
    /// ```
    ///
    /// # Cancel safety
    ///
    /// As of [`run`](Self::run).
    pub fn union<Q, U>(self, query: Q) -> impl Stream<Item = (TenantId, Result<Vec<U>, AcrossError>)>
    where
        Q: Query + QueryFragment<Pg> + InScope<TenantScope>,
        Union<Q>: LoadQuery<'static, Pooled, (String, U)> + 'static,
        U: Send,
    {
        let Self { pool, roster, at_once } = self;
        let refused = refused(&roster);
        let query = Arc::new(query);
        let chunks: Vec<Vec<(Target, bool)>> = roster.tenants.chunks(CHUNK).map(<[_]>::to_vec).collect();
        let results = stream::iter(chunks).map(move |chunk| {
            let (pool, query) = (pool.clone(), Arc::clone(&query));
            async move { stream::iter(read(&pool, &query, chunk).await) }
        });
        stream::iter(refused).chain(results.buffer_unordered(at_once).flatten())
    }
}

/// One chunk: the tenants that can be read together, in halves as long as that fails, and the others alone.
async fn read<Q, U>(pool: &TenantPool, query: &Arc<Q>, chunk: Vec<(Target, bool)>) -> Results<U>
where
    Q: Query + QueryFragment<Pg> + InScope<TenantScope>,
    Union<Q>: LoadQuery<'static, Pooled, (String, U)> + 'static,
    U: Send,
{
    let mut results = Results::new();
    // Nobody may read several tenants' schemas at once then.
    let has_roles = pool.settings().roles.is_some();
    let (together, alone): (Vec<_>, Vec<_>) = chunk.into_iter().partition(|(target, is_current)| {
        *is_current && !has_roles && target.tenant().is_some_and(|id| !pool.is_fenced(id))
    });
    let parts = |targets: Vec<(Target, bool)>| targets.into_iter().map(|(target, _)| target);
    let mut waiting: Vec<Vec<Target>> = parts(alone).map(|target| vec![target]).collect();
    waiting.push(parts(together).collect());
    while let Some(mut part) = waiting.pop() {
        match ask(pool, query, &part).await {
            Ok(Answer::Rows(rows)) => results.extend(rows.into_iter().map(|(tenant, rows)| (tenant, Ok(rows)))),
            Ok(Answer::OneByOne) => waiting.extend(part.into_iter().map(|target| vec![target])),
            // Nobody's fault: the others would wait for it in vain, too.
            Err(AcrossError::Pool(error)) if part.len() == 1 || error.is_of_the_pool() => {
                let failed = part.iter().filter_map(Target::tenant);
                results.extend(failed.map(|tenant| (tenant.clone(), Err(AcrossError::Pool(Arc::clone(&error))))));
            }
            Err(error) if part.len() == 1 => {
                results.extend(part.iter().filter_map(Target::tenant).take(1).cloned().zip([Err(error)]));
            }
            Err(_) => {
                let rest = part.split_off(part.len() / 2);
                waiting.extend([rest, part]);
            }
        }
    }
    results
}

enum Answer<U> {
    Rows(Vec<(TenantId, Vec<U>)>),
    /// They cannot be read together.
    OneByOne,
}

/// Reads these tenants in one statement.
async fn ask<Q, U>(pool: &TenantPool, query: &Arc<Q>, part: &[Target]) -> Result<Answer<U>, AcrossError>
where
    Q: Query + QueryFragment<Pg> + InScope<TenantScope>,
    Union<Q>: LoadQuery<'static, Pooled, (String, U)> + 'static,
    U: Send,
{
    let tenants: Vec<&TenantId> = part.iter().filter_map(Target::tenant).collect();
    let [first, rest @ ..] = &tenants[..] else { return Ok(Answer::Rows(Vec::new())) };
    query.verify(&mut Seen::default()).map_err(AcrossError::Work)?;
    let rows = if rest.is_empty() {
        let mut conn = pool.tenant(first).await?;
        let union = Union { query: Arc::clone(query), form: Form::One(literal(first.as_str())) };
        load(&mut conn.checkout, union).await
    } else {
        let sql = text(&**query).map_err(AcrossError::Work)?;
        let names = named(&sql);
        // Under a path on which no tenant is: a name that nobody has seen is an error, and no other tenant's.
        let mut conn = pool.shared().await?;
        let schemas = part.iter().map(Target::schema);
        let layout = Layout::ask(&mut conn.checkout, pool.settings(), schemas, &names).await?;
        let texts = part.iter().map(|target| layout.qualify(&sql, &names, target.schema()));
        // What is in the comment must not end it.
        let fits = !pool.has_hooks() && !sql.contains("*/") && !sql.contains("/*");
        let Some(texts) = texts.collect::<Option<Vec<String>>>().filter(|_| fits) else {
            return Ok(Answer::OneByOne);
        };
        let branches = tenants.iter().map(|tenant| literal(tenant.as_str())).zip(texts).collect();
        load(&mut conn.checkout, Union { query: Arc::clone(query), form: Form::Many(branches) }).await
    };
    let mut found: HashMap<&str, Vec<U>> = tenants.iter().map(|tenant| (tenant.as_str(), Vec::new())).collect();
    for (tenant, row) in rows.map_err(AcrossError::Work)? {
        found.get_mut(tenant.as_str()).ok_or_else(|| AcrossError::Work(Error::NotFound))?.push(row);
    }
    let rows = |tenant: &&TenantId| found.remove(tenant.as_str()).map(|rows| ((*tenant).clone(), rows));
    Ok(Answer::Rows(tenants.iter().filter_map(rows).collect()))
}

async fn load<Q, U>(checkout: &mut Checkout, union: Union<Q>) -> QueryResult<Vec<(String, U)>>
where
    Union<Q>: LoadQuery<'static, Pooled, (String, U)> + 'static,
    U: Send,
{
    let (connection, in_flight) = checkout.parts();
    in_flight.begin();
    let rows = diesel_async::RunQueryDsl::load(union, connection).await;
    in_flight.end();
    rows
}

/// A query for the rows of one tenant, or of several.
#[derive(Debug)]
pub struct Union<Q> {
    query: Arc<Q>,
    form: Form,
}

#[derive(Debug)]
enum Form {
    /// Of the tenant whose connection it is; its id as SQL.
    One(String),
    /// Each tenant's id, and the query with its tables in the tenant's schema, as SQL.
    Many(Vec<(String, String)>),
}

impl<Q: Query> Query for Union<Q> {
    type SqlType = (Text, Q::SqlType);
}

impl<Q> QueryId for Union<Q> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for Union<Q> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.unsafe_to_cache_prepared();
        let branches = match &self.form {
            Form::One(tenant) => {
                out.push_sql("SELECT ");
                out.push_sql(tenant);
                out.push_sql("::text, q.* FROM (");
                self.query.walk_ast(out.reborrow())?;
                out.push_sql(") AS q");
                return Ok(());
            }
            Form::Many(branches) => branches,
        };
        // Its values come along, first of all, so that they have the numbers that the branches know.
        out.push_sql("/* ");
        self.query.walk_ast(out.reborrow())?;
        out.push_sql(" */ ");
        for (i, (tenant, sql)) in branches.iter().enumerate() {
            out.push_sql(if i == 0 { "SELECT " } else { " UNION ALL SELECT " });
            out.push_sql(tenant);
            out.push_sql("::text, q.* FROM (");
            out.push_sql(sql);
            out.push_sql(") AS q");
        }
        Ok(())
    }
}
