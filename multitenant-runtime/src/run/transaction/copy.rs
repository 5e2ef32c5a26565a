//! The last statements of a transaction that makes a copy of a tenant.

use super::{Role, TRUSTED_PATH, Transaction};
use crate::run::confined::{self, Outside};
use crate::run::frame::Frame;
use crate::run::registering::Registering;

impl Transaction {
    /// Registers the tenant whose schema was filled in the transaction that is open, and ends it.
    pub(crate) fn finish_copy(frame: Frame<'_>, registering: &Registering, note: Option<String>) -> Self {
        let mut tx = Self::default();
        tx.push(Role::Frame, TRUSTED_PATH.to_owned());
        note.into_iter().for_each(|sql| tx.push(Role::Frame, sql));
        tx.register(frame, registering);
        tx.commit()
    }

    /// That what a file has filled has written nowhere else, in the transaction that is open.
    pub(crate) fn guard_of_a_load(frame: Frame<'_>) -> Self {
        let mut tx = Self::default();
        tx.push(Role::Frame, TRUSTED_PATH.to_owned());
        // What is deferred runs now, and not behind the guard's back.
        tx.push(Role::Frame, "SET CONSTRAINTS ALL IMMEDIATE".to_owned());
        tx.push(Role::Loaded, confined::guard(frame.schema(), Outside::Written));
        tx
    }
}
