//! Which tenants there are, how they stand, and what they hold: for whoever administers them.

use std::collections::HashMap;

use crate::connection::Session;
use crate::error::Error;
use crate::ident::{RoleName, SchemaName, TenantId, literal};
use crate::plan::Plan;
use crate::run::Failure;
use crate::target::Target;

use super::drop::ReferringRows;
use super::locate::unknown;
use super::relocate::archived_tenants;
use super::{Migrator, Scope, Selection};

/// The tenants, those who are archived among them.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TenantList {
    /// Those who are not archived, and how they stand.
    pub plan: Plan,
    /// Those who are, in the order of their ids.
    pub archived: Vec<ArchivedEntry>,
    holdings: HashMap<String, Holdings>,
}

/// A tenant that is archived.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ArchivedEntry {
    /// Its id.
    pub tenant: TenantId,
    /// The schema that has its data; where none does, the one that should.
    pub schema: SchemaName,
    /// Since when, as the server writes it.
    pub since: String,
}

/// What a schema holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Holdings {
    /// How many tables, the history and partitions not counted.
    pub tables: u64,
    /// About how many rows, the history's not counted: as the server estimated them when it last looked (`ANALYZE`,
    /// autovacuum). `None` where it has not looked at one of the tables yet that has something.
    pub rows: Option<u64>,
    /// How many bytes its tables, materialized views and sequences have on the disk, with indexes and TOAST; `None` where
    /// that was not asked for.
    pub bytes: Option<u64>,
}

/// One tenant, and what would go if it were dropped.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TenantOverview {
    /// The tenant, with the schema that has its data; of one that is only left over, the first of these schemas.
    pub target: Target,
    /// Whether the registry has it; else only schemas are left of a dropping that did not come to its end.
    pub is_registered: bool,
    /// Since when it is archived.
    pub archived: Option<String>,
    /// What its schema holds; `None` where it does not exist.
    pub holdings: Option<Holdings>,
    /// The role that would go with it.
    pub role: Option<RoleName>,
    /// Why its role would be left.
    pub role_left: Option<Failure>,
    /// Rows of shared tables that would go with its row in the registry, or lose their reference to it; empty where the
    /// registry is no table.
    pub referring: Vec<ReferringRows>,
    /// Schemas that are left of a dropping that did not come to its end.
    pub left_over: Vec<SchemaName>,
}

impl TenantList {
    /// What a schema holds; `None` where it does not exist.
    #[must_use]
    pub fn holdings(&self, schema: &SchemaName) -> Option<&Holdings> {
        self.holdings.get(schema.as_str())
    }
}

impl Migrator {
    /// The tenants of this selection, those who are archived among them, how they stand and what their schemas hold; with
    /// `sizes`, how large these are. Writes nothing; the number of statements does not grow with the tenants', but for
    /// one for each 256 histories.
    ///
    /// # Errors
    ///
    /// Where the database or the registry cannot be read; where a tenant asked for is not registered, or a pattern fits none.
    pub async fn list_tenants(&self, tenants: Selection, sizes: bool) -> Result<TenantList, Error> {
        let session = self.connect().await?;
        let listed = Box::pin(self.list_over(&session, tenants, sizes)).await;
        session.close().await;
        listed
    }

    async fn list_over(&self, session: &Session, tenants: Selection, sizes: bool) -> Result<TenantList, Error> {
        let settings = &self.context.settings;
        let all = archived_tenants(self, session).await?;
        let aside = |schema: &SchemaName| settings.archive.schema.archived(schema, &settings.shared_schema).ok();
        let is_wanted = tenants.matcher();
        let archived: Vec<_> = all.into_iter().filter(|(id, ..)| is_wanted(id.as_str())).collect();
        let plan = self.plan_of_the_rest(&tenants, &archived).await?;
        let names = archived.iter().flat_map(|(_, schema, _)| [Some(schema.clone()), aside(schema)]);
        let names = names.flatten().chain(plan.tenants.iter().map(|plan| plan.target.schema().clone()));
        let holdings = self.holdings_of(session, names, sizes).await?;
        let archived = archived
            .into_iter()
            .map(|(tenant, schema, since)| {
                let aside = aside(&schema).filter(|aside| {
                    // One that was only marked has kept its schema.
                    holdings.contains_key(aside.as_str()) || !holdings.contains_key(schema.as_str())
                });
                ArchivedEntry { tenant, schema: aside.unwrap_or(schema), since }
            })
            .collect();
        Ok(TenantList { plan, archived, holdings })
    }

    /// How those stand who are not archived. What is asked for and is archived is not asked for in vain.
    async fn plan_of_the_rest(
        &self,
        tenants: &Selection,
        archived: &[(TenantId, SchemaName, String)],
    ) -> Result<Plan, Error> {
        let scope = |tenants| Scope { shared: false, tenants };
        let plan = Box::pin(self.plan(scope(tenants.clone()))).await;
        let fits = |pattern: &String| {
            let is_it = Selection::Matching(vec![pattern.clone()]);
            let is_it = is_it.matcher();
            archived.iter().any(|(id, ..)| is_it(id.as_str()))
        };
        let rest = match (&plan, tenants) {
            (Err(Error::NoTenantMatches(vain)), Selection::Matching(patterns)) if vain.iter().all(fits) => {
                Selection::Matching(patterns.iter().filter(|pattern| !vain.contains(pattern)).cloned().collect())
            }
            (Err(Error::UnknownTenants(vain)), Selection::Only(ids))
                if vain.iter().all(|id| archived.iter().any(|(archived, ..)| archived == id)) =>
            {
                Selection::Only(ids.iter().filter(|id| !vain.contains(id)).cloned().collect())
            }
            _ => return plan,
        };
        Box::pin(self.plan(scope(rest))).await
    }

    /// One tenant, and what would go if it were dropped. Writes nothing.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownTenants`] where neither the registry has it, whatever its filter says, nor anything is left of it;
    /// where the database or the registry cannot be read.
    pub async fn tenant_overview(&self, tenant: &TenantId) -> Result<TenantOverview, Error> {
        let session = self.connect().await?;
        let overview = Box::pin(self.overview_over(&session, tenant)).await;
        session.close().await;
        overview
    }

    async fn overview_over(&self, session: &Session, tenant: &TenantId) -> Result<TenantOverview, Error> {
        let located = match self.locate(session, tenant).await {
            Err(Error::UnknownTenants(_)) => None,
            located => Some(located?),
        };
        let left_over: Vec<Target> =
            self.set_aside_before(session, tenant).await?.into_iter().map(|left| left.place).collect();
        let (target, archived) = match (&located, left_over.first()) {
            (Some(located), _) => (located.place.clone(), located.archived.clone()),
            (None, Some(left)) => (left.clone(), None),
            (None, None) => return Err(unknown(tenant)),
        };
        let holdings = self.holdings_of(session, std::iter::once(target.schema().clone()), true).await?;
        let (role, role_left) = self.role_that_would_go(session, &target).await?;
        let referring = if located.is_some() { self.referring(session, tenant).await? } else { Vec::new() };
        Ok(TenantOverview {
            referring,
            is_registered: located.is_some(),
            archived,
            holdings: holdings.get(target.schema().as_str()).copied(),
            role,
            role_left,
            left_over: left_over.iter().map(|left| left.schema().clone()).collect(),
            target,
        })
    }

    /// What these schemas hold that exist; one statement.
    async fn holdings_of(
        &self,
        session: &Session,
        schemas: impl Iterator<Item = SchemaName>,
        sizes: bool,
    ) -> Result<HashMap<String, Holdings>, Error> {
        let names: Vec<String> = schemas.map(|schema| literal(schema.as_str())).collect();
        if names.is_empty() {
            return Ok(HashMap::new());
        }
        let history = literal(self.context.settings.tenant_history.as_str());
        let size =
            "coalesce(sum(pg_catalog.pg_total_relation_size(c.oid)) FILTER (WHERE c.relkind IN ('r', 'm', 'S')), 0)";
        // Before 14 there is no telling a table that nobody has looked at from an empty one but by its size.
        let estimate = "CASE WHEN c.reltuples > 0 THEN c.reltuples WHEN pg_catalog.pg_relation_size(c.oid) = 0 THEN 0 \
                        WHEN c.reltuples = 0 AND c.relpages > 0 THEN 0 END";
        let counted = format!("FILTER (WHERE c.relkind IN ('r', 'm') AND c.relname <> {history})");
        // By their numbers, so that nothing of another schema is measured.
        let sql = format!(
            "SELECT n.nspname, count(*) FILTER (WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> {history}), \
             CASE WHEN count(*) {counted} = count({estimate}) {counted} THEN coalesce(sum({estimate}) {counted}, 0)::bigint END, {} \
             FROM pg_catalog.pg_namespace n LEFT JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid \
             AND c.relkind IN ('r', 'p', 'm', 'S') WHERE n.nspname = ANY (ARRAY[{}]::pg_catalog.name[]) GROUP BY 1",
            if sizes { size } else { "NULL" },
            names.join(", ")
        );
        let rows = session.rows(&sql).await.map_err(|error| Error::from(&error))?;
        Ok(rows
            .iter()
            .filter_map(|row| {
                let number = |column| row.get(column).and_then(|number: &str| number.parse::<u64>().ok());
                let holdings = Holdings { tables: number(1).unwrap_or_default(), rows: number(2), bytes: number(3) };
                Some((row.get(0)?.to_owned(), holdings))
            })
            .collect())
    }
}
