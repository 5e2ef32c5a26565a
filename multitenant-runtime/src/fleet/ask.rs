//! How one tenant is asked.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_postgres::SimpleQueryMessage;

use crate::connection::{Row, Session};
use crate::run::{
    Access, Call, Errand, Failure, Frame, Outcome, Preparation, StepError, Transaction, Visitor, cancellable, close,
    meaning_of,
};
use crate::sqlstate::FailureClass;
use crate::target::Target;

use super::line::Line;
use super::{FleetAnswer, FleetScript};

/// The errand of asking.
pub(super) struct Ask {
    pub(super) script: FleetScript,
    pub(super) prepared: Preparation,
    pub(super) line: Arc<Line>,
}

impl Errand for Ask {
    /// Where the tenant's answers go.
    type State = Option<mpsc::Sender<FleetAnswer>>;

    const DONE: Outcome = Outcome::Answered;

    fn steps(&self, _: &Target) -> usize {
        self.script.statements()
    }

    async fn visit(&self, visitor: &mut Visitor, call: &mut Call<Self::State>) -> Result<Outcome, StepError> {
        if call.state.is_none() {
            let cancelled = visitor.context.cancellation.clone();
            tokio::select! {
                sender = self.line.begin(call.place) => call.state = sender,
                () = cancelled.cancelled() => {}
            }
        }
        let context = Arc::clone(&visitor.context);
        let frame = Frame::new(&context.settings, &call.target);
        let access = if self.script.writes() { Access::Write } else { Access::Read };
        let known = visitor.enter(frame, access, &self.prepared).await?;
        let session = visitor.session().await?;
        let answers = call.state.as_ref().ok_or_else(unread)?;
        let statements = self.script.script().script().statements().enumerate();
        for (statement, (sql, _)) in statements {
            let work = ask(session, sql, statement, answers, &mut call.is_final);
            let asked = cancellable(&context.cancellation, || session.canceller(), work).await;
            if let Err(error) = asked {
                let Cause::Server(error) = error else {
                    // What is still to come of the answer is not waited for.
                    visitor.leave();
                    return Err(unread());
                };
                let error = meaning_of(session, &error, self.script.script(), statement, &context.cancellation);
                // The next tenant does not find an open transaction.
                visitor.roll_back().await;
                return Err(error);
            }
        }
        if !self.script.writes() {
            // What the statements have set goes with it: behind a pooler it would be the next client's.
            session.rows("ROLLBACK").await?;
            return Ok(Self::DONE);
        }
        call.known = known;
        let end = Transaction::leave(frame, &self.prepared);
        let script = std::slice::from_ref(self.script.script());
        close(session, &end, script, &self.prepared, &context.cancellation).await?;
        Ok(Self::DONE)
    }
}

enum Cause {
    Server(tokio_postgres::Error),
    /// Nobody reads the answers.
    Unread,
}

impl From<tokio_postgres::Error> for Cause {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Server(error)
    }
}

/// Sends one statement, and hands its answer on as it comes.
async fn ask(
    session: &Session,
    sql: &str,
    statement: usize,
    answers: &mpsc::Sender<FleetAnswer>,
    is_shown: &mut bool,
) -> Result<(), Cause> {
    let mut answer = session.answer(sql).await?;
    while let Some(message) = answer.next().await? {
        let part = match message {
            SimpleQueryMessage::RowDescription(columns) => {
                let columns = columns.iter().map(|column| column.name().to_owned()).collect();
                FleetAnswer::Columns { statement, columns }
            }
            SimpleQueryMessage::Row(row) => FleetAnswer::Row(Row::from(&row)),
            SimpleQueryMessage::CommandComplete(rows) => FleetAnswer::Done { statement, rows },
            _ => continue,
        };
        *is_shown = true;
        answers.send(part).await.map_err(|_| Cause::Unread)?;
    }
    Ok(())
}

fn unread() -> StepError {
    StepError::failed(Failure::new(FailureClass::Cancelled, "nobody reads the answers any more"))
}
