//! The last step of a creation where functions are among the seeds: Diesel has the connection meanwhile.

use crate::connection::{Backend, Guest};
use crate::run::{Context, Failed, Frame, Inside, Known, Preparation, Registering, StepError, Transaction};

/// The last step of a tenant that is made in steps.
#[derive(Clone, Copy)]
pub(super) struct End<'a> {
    pub(super) context: &'a Context,
    pub(super) frame: Frame<'a>,
    pub(super) registering: &'a Registering,
    /// The mark of this creation.
    pub(super) mark: &'a str,
    pub(super) prepared: &'a Preparation,
}

impl End<'_> {
    /// Registers the tenant, seeds it, and takes the mark away, in one transaction on a connection of its own.
    pub(super) async fn reach(self, known: &mut Option<Known>) -> Result<(), StepError> {
        let seeds = &self.registering.seeding.seeds;
        let Some(first) = seeds.first() else { return Ok(()) };
        let Self { context, frame, prepared, .. } = self;
        let inside = Inside { frame, migration: first, prepared, context };
        let (mut guest, backend) = inside.connect("a tenant with a seed that is a Rust function").await?;
        // Which seed is being done, and so which one a failure is about.
        let mut at = 0;
        let result = Box::pin(self.work(inside, &mut guest, backend, known, &mut at)).await;
        let inside = Inside { migration: seeds.get(at).unwrap_or(first), ..inside };
        inside.finish(guest, result, known.clone()).await
    }

    async fn work(
        self,
        inside: Inside<'_>,
        guest: &mut Guest,
        backend: Option<Backend>,
        known: &mut Option<Known>,
        at: &mut usize,
    ) -> Result<(), Failed> {
        let Self { context, frame, registering, mark, prepared } = self;
        let set = &context.tenant;
        let begun = inside.begin(guest, &Transaction::enter_unfinished(frame, mark, set)).await;
        let number = begun.map_err(Failed::Framed)?;
        *known = Some(Known::new(number.clone(), backend));
        let before = Transaction::before_seeds(frame, registering, set, prepared);
        inside.send(guest, &before).await.map_err(Failed::Framed)?;
        let seeding = &registering.seeding;
        for (i, (seed, note)) in seeding.seeds.iter().zip(&seeding.notes).enumerate() {
            *at = i;
            let inside = Inside { migration: seed, ..inside };
            let until = Transaction::until_seed(frame, registering, seed, prepared);
            inside.send(guest, &until).await.map_err(Failed::Called)?;
            if let Some(function) = seed.function() {
                inside.call(guest, function).await.map_err(Failed::Called)?;
            }
            let behind = Transaction::behind_seed(frame, registering, &number, note, prepared);
            inside.send(guest, &behind).await.map_err(Failed::Called)?;
        }
        inside.send(guest, &Transaction::unmarked(frame)).await.map_err(Failed::Called)?;
        inside.commit(guest).await.map_err(Failed::Framed)
    }
}
