//! A tenant that one transaction cannot drop: it is set aside first, where nobody finds it, and then goes piece by piece.
//!
//! `DROP SCHEMA … CASCADE` holds a lock on everything that goes with it until the transaction's end, and the server's lock
//! table has a fixed size for all sessions together.

use crate::connection::Session;
use crate::error::Error;
use crate::ident::{SchemaName, TenantId, literal};
use crate::migration::RunId;
use crate::migrator::Migrator;
use crate::migrator::locate::Located;
use crate::registry::UNDER_DEMOLITION;
use crate::run::{
    Failure, Frame, Preparation, Relocation, Role, StepError, Transaction, Unregistering, gives, has, send, send_known,
};
use crate::sqlstate::is_out_of_memory;
use crate::state::StateTable;
use crate::target::Target;

use super::extent::{is_there, locks, pieces, room};
use super::{DroppedTenant, Dropping};

/// What was set aside, and is to be dropped.
#[derive(Debug, Clone)]
pub(in crate::migrator) struct SetAside {
    pub(in crate::migrator) place: Target,
    oid: String,
}

impl Migrator {
    /// The tenant's schema's number, where it needs more locks than one transaction should take of the server's, or was
    /// too much already.
    pub(super) async fn too_large<'l>(
        &self,
        session: &Session,
        located: &'l Located,
        dropping: &Dropping,
    ) -> Result<Option<&'l str>, Error> {
        let Some(oid) = located.oid.as_deref() else { return Ok(None) };
        let is_too_large = async { Ok(locks(session, oid).await? > room(session).await? / 2) };
        let too_large =
            dropping.in_pieces || is_too_large.await.map_err(|error: tokio_postgres::Error| Error::from(&error))?;
        Ok(too_large.then_some(oid))
    }

    /// Takes the tenant out of the registry, and its schema out of the way, in one transaction: from then on the tenant is
    /// gone for everybody. What is dropped is dropped later.
    pub(super) async fn set_aside(
        &self,
        session: &Session,
        located: &Located,
        oid: &str,
        unregistering: &Unregistering,
        dropping: &mut Dropping,
    ) -> Result<Result<DroppedTenant, StepError>, Error> {
        let settings = &self.context.settings;
        let id = located.id()?;
        let registered = located.registered.schema();
        let name = format!("dropped_{}", RunId::default().as_str().get(..12).unwrap_or_default());
        let place = SchemaName::new(name).and_then(|name| name.for_tenant(&settings.shared_schema));
        let place = place.map_err(|error| Error::Database(Box::new(Failure::refused(error.to_string()))))?;
        // A role that cannot be renamed is left, as one that cannot be dropped is.
        let (statements, role_left) = match self.role_renamed(session, located.place.schema(), &place).await {
            Ok(renamed) => (renamed.map_or_else(Vec::new, |(_, sql)| sql), None),
            Err(Error::Database(failure)) => (Vec::new(), Some(*failure)),
            Err(error) => return Err(error),
        };
        let state = StateTable::ready(session, settings).await.map_err(|error| Error::from(&error))?;
        let registry = unregistering.registry.as_ref();
        let gives = |is_there| registry.map(|registry| gives(settings, registry, id, registered, is_there));
        let mut after: Vec<(Role, String)> = Vec::new();
        after.extend(gives(false).map(|condition| (Role::Guard, condition)));
        let is_left = unregistering.gone_from.as_ref().map(|registry| format!("NOT {}", has(registry, id)));
        after.extend(is_left.map(|condition| (Role::Unregistered, condition)));
        let relocation = Relocation {
            oid: Some(oid),
            to: &place,
            locked: vec![registered],
            mark: Some(mark(id, located.place.schema())),
            alone: true,
            before: gives(true),
            update: unregistering.delete.clone(),
            after,
            state: state.map(|state| state.forget(&located.place)).into_iter().collect(),
            role: statements,
        };
        let transaction = Transaction::relocate(Frame::new(settings, &located.place), &relocation);
        let mut number = None;
        let prepared = Preparation::default();
        let sent = send_known(session, &transaction, &[], &prepared, &self.context.cancellation, &mut number).await;
        dropping.known = number.map(|number| (number, None));
        Ok(sent.map(|()| DroppedTenant { target: located.place.clone(), role: None, role_left }))
    }

    /// What droppings of this tenant have set aside, and not dropped.
    pub(in crate::migrator) async fn set_aside_before(
        &self,
        session: &Session,
        id: &TenantId,
    ) -> Result<Vec<SetAside>, Error> {
        let sql = format!(
            "SELECT n.nspname, n.oid::text FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_description d \
             ON d.objoid = n.oid AND d.classoid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND d.objsubid = 0 \
             WHERE pg_catalog.starts_with(d.description, {}) ORDER BY 1",
            literal(&mark_of(id))
        );
        let rows = session.rows(&sql).await.map_err(|error| Error::from(&error))?;
        let set_aside = |row: &crate::connection::Row| {
            let schema = SchemaName::new(row.get(0)?).ok()?;
            Some(SetAside { place: Target::tenant_in(id.clone(), schema), oid: row.get(1)?.to_owned() })
        };
        Ok(rows.iter().filter_map(set_aside).collect())
    }

    /// Drops it, piece by piece, and its role with the last one.
    pub(super) async fn drop_what_was_set_aside(
        &self,
        session: &Session,
        left: &SetAside,
    ) -> Result<DroppedTenant, StepError> {
        let SetAside { place, oid } = left;
        let frame = Frame::new(&self.context.settings, place);
        let (prepared, cancellation) = (Preparation::default(), &self.context.cancellation);
        let room = room(session).await?;
        let mut budget = room / 2;
        'looks: while locks(session, oid).await? > room / 2 {
            let pieces = pieces(session, place.schema(), oid, budget).await?;
            if pieces.is_empty() {
                break;
            }
            for drops in pieces {
                let piece = Transaction::drop_piece(frame, oid, &drops);
                match send(session, &piece, &[], &prepared, cancellation).await {
                    Err(StepError::Failed { failure, .. })
                        if failure.sqlstate.as_deref().is_some_and(is_out_of_memory) && drops.len() > 1 =>
                    {
                        // It was more than was thought, or others have taken more.
                        budget /= 2;
                        continue 'looks;
                    }
                    // Somebody else has dropped the same.
                    Err(StepError::Stale) if !is_there(session, oid).await? => return Ok(nothing(place)),
                    result => result?,
                }
            }
        }
        let (role, role_left, statements) = self.role_dropped(session, place).await?;
        let last = Transaction::drop_tenant(frame, Some(oid), &Unregistering::default(), None, &statements);
        match send(session, &last, &[], &prepared, cancellation).await {
            Err(StepError::Stale) if !is_there(session, oid).await? => Ok(nothing(place)),
            result => result.map(|()| DroppedTenant { target: place.clone(), role, role_left }),
        }
    }
}

/// What to say where it was set aside, and is not dropped.
pub(super) fn is_left(failure: Failure, place: &Target) -> Failure {
    let place = place.schema().as_str();
    let again = format!("the tenant is gone for everybody, and its schema is left as {place:?}: drop the tenant again");
    let hint = failure.hint.as_ref().map_or_else(|| again.clone(), |hint| format!("{again}; {hint}"));
    failure.with_hint(hint)
}

fn nothing(place: &Target) -> DroppedTenant {
    DroppedTenant { target: place.clone(), role: None, role_left: None }
}

/// The comment on a schema that was set aside. Quoted: no id is the beginning of another's.
fn mark(id: &TenantId, schema: &SchemaName) -> String {
    format!("{}{}", mark_of(id), literal(schema.as_str()))
}

fn mark_of(id: &TenantId) -> String {
    format!("{UNDER_DEMOLITION}: {} in the schema ", literal(id.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_mark_is_another_tenant_s() {
        let schema = SchemaName::new("s").unwrap();
        for (id, other) in [("a", "a' in the schema 'b"), ("a", "ab"), (r"a\", "a"), ("a'", "a")] {
            let (id, other) = (TenantId::new(id).unwrap(), TenantId::new(other).unwrap());
            assert!(!mark(&id, &schema).starts_with(&mark_of(&other)), "{id:?} {other:?}");
            assert!(!mark(&other, &schema).starts_with(&mark_of(&id)), "{id:?} {other:?}");
        }
    }
}
