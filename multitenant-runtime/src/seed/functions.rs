//! How a target is seeded where functions are among the seeds: Diesel has the connection meanwhile.

use std::sync::Arc;

use crate::connection::{Backend, Guest};
use crate::run::{Access, Call, Context, Event, Failed, Frame, Inside, Known, StepError, Transaction, missing};

use super::plant::{Plant, names};
use super::record::Record;

impl Plant {
    /// Seeds a target over a connection of its own.
    pub(super) async fn with_functions(&self, context: Arc<Context>, call: &mut Call<()>) -> Result<(), StepError> {
        let target = call.target.clone();
        let Some(first) = self.seeds.first() else { return Ok(()) };
        let frame = Frame::new(&context.settings, &target);
        let inside = Inside { frame, migration: first, prepared: &self.prepared, context: &context };
        let (mut guest, backend) = inside.connect("a seed that is a Rust function").await?;
        let mut known = None;
        // Which seed is being done, and so which one a failure is about.
        let mut at = 0;
        let result = Box::pin(self.all(inside, &mut guest, backend, &mut known, &mut at, call)).await;
        let inside = Inside { migration: self.seeds.get(at).unwrap_or(first), ..inside };
        inside.finish(guest, result, known).await
    }

    async fn all(
        &self,
        inside: Inside<'_>,
        guest: &mut Guest,
        backend: Option<Backend>,
        known: &mut Option<Known>,
        at: &mut usize,
        call: &mut Call<()>,
    ) -> Result<(), Failed> {
        let frame = inside.frame;
        let begun = inside.begin(guest, &Transaction::enter(frame, Access::Locked)).await;
        let begun = begun.map_err(|error| if matches!(error, StepError::Stale) { missing(frame) } else { error });
        let number = begun.map_err(Failed::Framed)?;
        *known = Some(Known::new(number.clone(), backend));
        let record = Record::of(frame);
        let mut letters = None;
        if self.once && inside.text(guest, &record.exists()).await.map_err(Failed::Framed)?.as_deref() == Some("t") {
            letters = inside.text(guest, &record.standings(&self.seeds)).await.map_err(Failed::Framed)?;
        }
        let work = self.work(letters.as_deref());
        call.edited.clone_from(&work.edited);
        if work.seeds.is_empty() {
            return inside.commit(guest).await.map_err(Failed::Framed);
        }
        if self.once && !work.has_table {
            let mut table = Transaction::default();
            table.also(record.create());
            table.also(record.withhold());
            inside.send(guest, &table).await.map_err(Failed::Called)?;
        }
        for (place, seed) in work.seeds.iter().enumerate() {
            *at = self.seeds.iter().position(|other| other.name() == seed.name()).unwrap_or_default();
            let inside = Inside { migration: seed, ..inside };
            let (target, version) = (frame.target.clone(), seed.version().clone());
            inside.context.emit(&Event::MigrationStarted { target, version });
            let mut transaction = Transaction::default();
            if let Some(function) = seed.function() {
                if place > 0 {
                    transaction.cleared(frame);
                    inside.send(guest, &transaction).await.map_err(Failed::Called)?;
                }
                inside.call(guest, function).await.map_err(Failed::Called)?;
                transaction = Transaction::behind_function(frame, &number, inside.prepared);
            } else {
                transaction.script(frame, place, seed, inside.prepared);
            }
            if self.once {
                transaction.also(record.note(seed));
            }
            inside.send(guest, &transaction).await.map_err(Failed::Called)?;
        }
        call.done = names(&work.seeds);
        call.known.clone_from(known);
        inside.commit(guest).await.map_err(Failed::Framed)
    }
}
