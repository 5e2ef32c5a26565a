//! The last statements of a transaction that makes a copy of a tenant.

use super::{Role, TRUSTED_PATH, Transaction};
use crate::run::confined::{self, Outside};
use crate::run::frame::Frame;
use crate::run::registering::Registering;

impl Transaction {
    /// Registers the tenant whose schema was filled in the transaction that is open, and ends it. What a file has filled
    /// must have written nowhere else before that.
    pub(crate) fn finish_copy(
        frame: Frame<'_>,
        registering: &Registering,
        note: Option<String>,
        is_from_a_file: bool,
    ) -> Self {
        let mut tx = Self::default();
        tx.push(Role::Frame, TRUSTED_PATH.to_owned());
        if is_from_a_file {
            // What is deferred runs now, and not behind the guard's back.
            tx.push(Role::Frame, "SET CONSTRAINTS ALL IMMEDIATE".to_owned());
            tx.push(Role::Loaded, confined::guard(frame.schema(), Outside::Written));
        }
        note.into_iter().for_each(|sql| tx.push(Role::Frame, sql));
        tx.register(frame, registering);
        tx.commit()
    }
}
