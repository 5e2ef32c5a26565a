//! What is half done, and how to go on.

use crate::sqlstate::{FailureClass, is_duplicate_object};

use super::super::step::{Again, StepError};
use super::indexes::{self, InvalidIndex};
use super::{Effect, Failure, Run};

impl Run<'_> {
    /// The failure of one statement, with what is done and what to do. Nothing begins the script again.
    pub(super) async fn explained(
        &self,
        error: StepError,
        i: usize,
        effect: Effect,
        before: &[InvalidIndex],
    ) -> StepError {
        let mut failure = match error {
            StepError::Failed { failure, .. } => *failure,
            // Nothing is done: what the schema is now decides.
            other if i == 0 => return other,
            StepError::Held | StepError::Stale | StepError::Suspicious => Failure::new(
                FailureClass::Permanent,
                format!("the schema {} is no longer the current schema", self.frame.target.schema()),
            ),
        };
        let lost = failure.class == FailureClass::ConnectionLost;
        let gone = self.session.is_closed() && failure.class.is_retryable();
        if i == 0 && effect == Effect::None && !lost && (gone || self.context.cancellation.is_cancelled()) {
            return StepError::failed(failure);
        }
        if failure.line.is_none() {
            let place = self.migration.script().place(i, None);
            (failure.line, failure.column) = (Some(place.line), Some(place.column));
        }
        let refused = failure.class == FailureClass::SharedSchemaTouched;
        let mut hint = match i {
            0 => "this migration runs outside a transaction; ".to_owned(),
            n => format!("this migration runs outside a transaction: its first {n} statement(s) are done and stay; "),
        };
        hint.push_str(match effect {
            Effect::Partial if !refused => "the one that failed may have left something",
            _ if lost => "whether the one that failed is done is not known: look before you run it again",
            _ if i == 0 => "none of its statements is done",
            _ => "the one that failed has changed nothing",
        });
        if failure.sqlstate.as_deref().is_some_and(is_duplicate_object) {
            hint.push_str(
                "; the object is probably what an interrupted run of this same migration left: drop it, or write \
                 IF NOT EXISTS, and run again",
            );
        }
        for index in self.invalid_now().await.unwrap_or_default() {
            if indexes::left(before, std::slice::from_ref(&index), self.migration).len() == 1 {
                hint.push_str(&format!("; {}", index.cure(self.frame.target.schema())));
            }
        }
        self.finally(failure, &hint)
    }

    /// The connection is lost after a statement that is done, with more to come.
    pub(super) fn session_lost(&self, i: usize) -> StepError {
        let mut failure = Failure::new(FailureClass::Permanent, "the connection was lost, with the script's settings");
        let place = self.migration.script().place(i, None);
        (failure.line, failure.column) = (Some(place.line), Some(place.column));
        let done = i + 1;
        let hint =
            format!("this migration runs outside a transaction: its first {done} statement(s) are done and stay");
        self.finally(failure, &hint)
    }

    /// A failure after the last statement.
    pub(super) fn not_recorded(&self, error: StepError) -> StepError {
        let failure = match error {
            StepError::Failed { failure, .. } => *failure,
            StepError::Held => Failure::new(FailureClass::Permanent, "another run has begun the same migration"),
            StepError::Stale | StepError::Suspicious => {
                Failure::new(FailureClass::Permanent, "the schema or its history is gone")
            }
        };
        self.finally(
            failure,
            "all statements of this migration are done and stay, and it is not recorded: the next run begins it anew",
        )
    }

    fn finally(&self, failure: Failure, hint: &str) -> StepError {
        let mut failure = self.about(failure);
        if failure.class.is_retryable() {
            failure.class = FailureClass::Permanent;
        }
        failure.hint = Some(match failure.hint.take() {
            Some(theirs) => format!("{theirs}; {hint}"),
            None => hint.to_owned(),
        });
        StepError::Failed { failure: Box::new(failure), again: Again::Never }
    }

    /// The invalid indexes now, over another connection where this one is lost.
    pub(super) async fn invalid_now(&self) -> Result<Vec<InvalidIndex>, StepError> {
        let schema = self.frame.target.schema();
        if let Ok(found) = indexes::invalid(self.session, schema).await {
            return Ok(found);
        }
        let session = self.context.connect_to_look().await?;
        let found = indexes::invalid(&session, schema).await;
        session.close().await;
        Ok(found?)
    }
}
