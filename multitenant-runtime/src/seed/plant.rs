//! How one target is seeded.

use std::sync::Arc;
use std::time::Instant;

use crate::migration::{Migration, Version};
use crate::run::{
    Access, Call, Errand, Event, Failure, Frame, Outcome, Preparation, StepError, Transaction, Visitor, close,
};
use crate::sqlstate::is_undefined_table_code;
use crate::target::Target;

use super::record::{self, Record, Standing};

/// The errand of seeding the targets of one tier.
pub(super) struct Plant {
    pub(super) seeds: Vec<Migration>,
    pub(super) once: bool,
    pub(super) prepared: Preparation,
}

/// What is to be done at a target.
#[derive(Default)]
pub(super) struct Work {
    pub(super) seeds: Vec<Migration>,
    pub(super) edited: Vec<Version>,
    pub(super) has_table: bool,
}

impl Errand for Plant {
    type State = ();

    const DONE: Outcome = Outcome::Applied;

    fn steps(&self, _: &Target) -> usize {
        self.seeds.len()
    }

    async fn visit(&self, visitor: &mut Visitor, call: &mut Call<()>) -> Result<Outcome, StepError> {
        let started = Instant::now();
        (call.done, call.edited) = (Vec::new(), Vec::new());
        let planted = self.plant(visitor, call).await;
        if planted.is_err() {
            // The next target does not find an open transaction.
            visitor.roll_back().await;
        }
        planted.map_err(explained)?;
        if call.done.is_empty() {
            return Ok(Outcome::UpToDate);
        }
        for version in &call.done {
            let (target, version) = (call.target.clone(), version.clone());
            visitor.context.emit(&Event::MigrationApplied { target, version, duration: started.elapsed() });
        }
        Ok(Self::DONE)
    }
}

impl Plant {
    async fn plant(&self, visitor: &mut Visitor, call: &mut Call<()>) -> Result<(), StepError> {
        #[cfg(feature = "functions")]
        if self.seeds.iter().any(Migration::is_function) {
            // Its connection takes the place of this one.
            visitor.leave();
            return self.with_functions(Arc::clone(&visitor.context), call).await;
        }
        let context = Arc::clone(&visitor.context);
        let target = call.target.clone();
        let frame = Frame::new(&context.settings, &target);
        let known = visitor.enter(frame, Access::Locked, &self.prepared).await?;
        let session = visitor.session().await?;
        let record = Record::of(frame);
        let work = if self.once {
            let text = async |expression: String| {
                let rows = session.rows(&format!("SELECT {expression}")).await?;
                Ok::<_, StepError>(rows.first().and_then(|row| row.get(0)).unwrap_or_default().to_owned())
            };
            let has_table = text(record.exists()).await? == "t";
            let letters = if has_table { Some(text(record.standings(&self.seeds)).await?) } else { None };
            self.work(letters.as_deref())
        } else {
            self.work(None)
        };
        call.edited.clone_from(&work.edited);
        if work.seeds.is_empty() {
            session.rows("ROLLBACK").await?;
            return Ok(());
        }
        let mut transaction = Transaction::default();
        if self.once && !work.has_table {
            transaction.also(record.create());
            transaction.also(record.withhold());
        }
        for (place, seed) in work.seeds.iter().enumerate() {
            transaction.script(frame, place, seed, &self.prepared);
            if self.once {
                transaction.also(record.note(seed));
            }
            context.emit(&Event::MigrationStarted { target: target.clone(), version: seed.version().clone() });
        }
        call.done = names(&work.seeds);
        call.known = known;
        let transaction = transaction.ended();
        let sent = close(session, &transaction, &work.seeds, &self.prepared, &context.cancellation);
        self.prepared.waits.attend(&context, session, &target, sent).await?;
        for notice in session.take_notices() {
            context.emit(&Event::Notice { target: target.clone(), notice });
        }
        Ok(())
    }

    /// What is to be done, by how the seeds stand in the record, where there is one.
    pub(super) fn work(&self, letters: Option<&str>) -> Work {
        let Some(letters) = letters else { return Work { seeds: self.seeds.clone(), ..Work::default() } };
        let mut work = Work { has_table: true, ..Work::default() };
        for (seed, standing) in self.seeds.iter().zip(record::read(letters)) {
            match standing {
                Standing::New => work.seeds.push(seed.clone()),
                Standing::Edited => work.edited.push(seed.version().clone()),
                Standing::Done => {}
            }
        }
        work
    }
}

pub(super) fn names(seeds: &[Migration]) -> Vec<Version> {
    seeds.iter().map(|seed| seed.version().clone()).collect()
}

/// A table that is not there is most often one whose migration is pending.
fn explained(mut error: StepError) -> StepError {
    if let StepError::Failed { failure, .. } = &mut error
        && failure.sqlstate.as_deref().is_some_and(is_undefined_table_code)
    {
        let failure: &mut Failure = failure;
        failure.hint.get_or_insert_with(|| "where the table is a migration's, apply it first: `migrate`".to_owned());
    }
    error
}
