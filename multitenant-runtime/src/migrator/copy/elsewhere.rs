//! What a load has done to what was there before, as another connection sees it.
//!
//! A row of the catalogue that was deleted has no trace of who did, and of a table that a foreign key refers to the
//! server changes the row itself. But what is dropped or altered is locked until the end, and what another connection
//! sees is as it was: the new schema it does not see at all. So nothing that it sees may be locked like that by the load,
//! and the rows that it sees must be the load's, too.

use std::collections::BTreeMap;

use crate::connection::Session;
use crate::ident::literal;
use crate::migrator::Migrator;
use crate::run::Failure;
use crate::target::Target;

use super::site::Site;
use super::{CopyError, failed};

/// How often it is looked again where something differs: others may have changed it in between.
const LOOKS: usize = 3;

impl Migrator {
    /// Refuses a load that has dropped or altered anything that was there. Before the role is made, and before the end.
    pub(super) async fn leaves_the_rest_alone(&self, site: &Site, target: &Target) -> Result<(), CopyError> {
        let other = self.connect().await?;
        let found = Box::pin(found(site, &other, target)).await;
        other.close().await;
        let found = found?;
        if found.is_empty() {
            return Ok(());
        }
        let failure =
            Failure::refused(format!("the dump would change what is not the new tenant's: {}", found.join(", ")));
        Err(failed(
            failure
                .with_hint("nothing of it is loaded; a dump that was made by `tenant dump` changes nothing elsewhere"),
        ))
    }
}

async fn found(site: &Site, other: &Session, target: &Target) -> Result<Vec<String>, CopyError> {
    // Both are to call everything alike.
    other.rows("SET search_path = pg_catalog").await?;
    let mut found = locked(site, other, target).await?;
    let parents = parents(site, target).await?;
    let mut looks = 0;
    loop {
        let differing = differing(site, other, &parents).await?;
        looks += 1;
        if differing.is_empty() || looks == LOOKS {
            found.extend(differing);
            return Ok(found);
        }
    }
}

/// What is there for others, and is locked as only who changes it does. A foreign key takes a weaker lock on its parent.
async fn locked(site: &Site, other: &Session, target: &Target) -> Result<Vec<String>, CopyError> {
    let own = own(target);
    let sql = format!(
        "SELECT DISTINCT CASE l.locktype WHEN 'relation' THEN 'pg_class'::regclass::oid ELSE l.classid END, \
         CASE l.locktype WHEN 'relation' THEN l.relation ELSE l.objid END FROM pg_locks l \
         WHERE l.pid = pg_backend_pid() AND l.granted AND l.locktype IN ('relation', 'object') \
         AND l.mode IN ('ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock') \
         AND NOT EXISTS (SELECT FROM pg_class c WHERE l.locktype = 'relation' AND c.oid = l.relation AND c.relnamespace = {own}) \
         AND NOT (l.locktype = 'relation' AND l.mode = 'ShareRowExclusiveLock' AND EXISTS (SELECT FROM pg_constraint k \
         WHERE k.contype = 'f' AND k.confrelid = l.relation AND k.connamespace = {own}))"
    );
    let mut classes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in site.session.rows(&sql).await? {
        if let (Some(class), Some(object)) = (row.get(0), row.get(1)) {
            classes.entry(class.to_owned()).or_default().push(object.to_owned());
        }
    }
    let mut found = Vec::new();
    for (class, objects) in classes {
        let name = other.rows(&format!("SELECT relname FROM pg_catalog.pg_class WHERE oid = {class}")).await?;
        let Some(name) = name.first().and_then(|row| row.get(0)) else { continue };
        // Of some, not everybody may read the rows, and those of large objects stand elsewhere.
        let (catalogue, number) = match name {
            "pg_authid" => ("pg_roles", "oid"),
            "pg_user_mapping" => ("pg_user_mappings", "umid"),
            "pg_largeobject" => ("pg_largeobject_metadata", "oid"),
            name => (name, "oid"),
        };
        for objects in objects.chunks(1000) {
            let sql = format!(
                "SELECT pg_catalog.pg_describe_object({class}, x.{number}, 0) FROM pg_catalog.{catalogue} x \
                 WHERE x.{number} IN ({}) ORDER BY 1 LIMIT 5",
                objects.join(", ")
            );
            found.extend(other.rows(&sql).await?.iter().filter_map(|row| row.get(0)).map(str::to_owned));
        }
    }
    Ok(found)
}

/// The numbers of the tables elsewhere that foreign keys refer to.
async fn parents(site: &Site, target: &Target) -> Result<Vec<String>, CopyError> {
    let own = own(target);
    let sql = format!(
        "SELECT DISTINCT k.confrelid FROM pg_constraint k JOIN pg_class c ON c.oid = k.confrelid \
         WHERE k.contype = 'f' AND k.connamespace = {own} AND c.relnamespace <> {own}"
    );
    let rows = site.session.rows(&sql).await?;
    Ok(rows.iter().filter_map(|row| row.get(0)).map(str::to_owned).collect())
}

/// What both connections see, and see otherwise.
async fn differing(site: &Site, other: &Session, parents: &[String]) -> Result<Vec<String>, CopyError> {
    let mut queries = vec![
        summed("'tablespaces'", "pg_tablespace"),
        summed("'settings of roles'", "pg_db_role_setting"),
        summed("'comments on what all databases have'", "pg_shdescription"),
        summed("'security labels'", "pg_seclabel"),
        summed("'security labels of what all databases have'", "pg_shseclabel"),
        summed("'user mappings'", "pg_user_mappings"),
        summed("'foreign servers'", "pg_foreign_server"),
        summed("'publications'", "pg_publication"),
        summed("'subscriptions'", "(SELECT subname, subowner, subenabled FROM pg_catalog.pg_subscription)"),
        summed(
            "'rights on the database'",
            "(SELECT datname, datdba, datacl FROM pg_catalog.pg_database WHERE datname = current_database())",
        ),
    ];
    if site.major >= 15 {
        queries.push(summed("'rights on parameters'", "pg_parameter_acl"));
    }
    if !parents.is_empty() {
        queries.push(format!(
            "SELECT pg_catalog.pg_describe_object('pg_catalog.pg_class'::pg_catalog.regclass, c.oid, 0), (pg_catalog.to_jsonb(c) - \
             '{{relhastriggers,relpages,reltuples,relallvisible,relallfrozen,relfrozenxid,relminmxid}}'::pg_catalog.text[])::pg_catalog.text \
             FROM pg_catalog.pg_class c WHERE c.oid IN ({})",
            parents.join(", ")
        ));
    }
    let sql = queries.join(" UNION ALL ");
    let ours = site.session.rows(&sql).await?;
    let theirs = other.rows(&sql).await?;
    let pairs = |rows: &[crate::connection::Row]| -> BTreeMap<String, Option<String>> {
        rows.iter().filter_map(|row| Some((row.get(0)?.to_owned(), row.get(1).map(str::to_owned)))).collect()
    };
    let (ours, theirs) = (pairs(&ours), pairs(&theirs));
    Ok(ours.into_iter().filter(|(what, seen)| theirs.get(what) != Some(seen)).map(|(what, _)| what).collect())
}

fn summed(what: &str, from: &str) -> String {
    let from = if from.starts_with('(') { from.to_owned() } else { format!("pg_catalog.{from}") };
    format!(
        "SELECT {what}, pg_catalog.md5(pg_catalog.string_agg(x::pg_catalog.text, ';' ORDER BY x::pg_catalog.text)) FROM {from} x"
    )
}

fn own(target: &Target) -> String {
    format!("(SELECT oid FROM pg_namespace WHERE nspname = {})", literal(target.schema().as_str()))
}
