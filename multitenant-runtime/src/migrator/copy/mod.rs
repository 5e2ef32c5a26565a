//! Copies of a tenant: clones, dumps, loads. Each is one transaction over one connection.

mod clone;
mod data;
mod dump;
mod elsewhere;
mod expected;
mod fill;
mod forms;
mod large_objects;
mod load;
mod needs;
mod prove;
mod role;
mod site;

use std::pin::Pin;

use crate::copy::Unreadable;
use crate::error::Error;
use crate::run::{Failure, StepError, delays};
use crate::sqlstate::FailureClass;
use crate::target::Target;

use super::Migrator;

/// Why a copy did not come about. Nothing of it is there.
#[derive(Debug)]
enum CopyError {
    /// Another run holds one of the schemas: it may be tried again.
    Held(Target),
    Error(Error),
}

/// One try. Of a known type: else the compiler follows it into whatever spawns this.
type Attempt<'a, T> = Pin<Box<dyn Future<Output = Result<T, CopyError>> + Send + 'a>>;

impl Migrator {
    /// Does it again as long as another run holds one of the schemas, but not for ever.
    async fn while_held<'a, T>(&self, mut attempt: impl FnMut() -> Attempt<'a, T> + Send) -> Result<T, Error> {
        let mut delays = delays();
        loop {
            let target = match attempt().await {
                Ok(done) => return Ok(done),
                Err(CopyError::Error(error)) => return Err(error),
                Err(CopyError::Held(target)) => target,
            };
            self.context.emit(&crate::run::Event::Held { target: target.clone() });
            match delays.next() {
                Some(delay) if !self.context.cancellation.is_cancelled() => {
                    tokio::select! {
                        () = tokio::time::sleep(delay) => {}
                        () = self.context.cancellation.cancelled() => {}
                    }
                }
                _ => {
                    let message =
                        format!("another run is creating, copying or migrating {:?}", target.schema().as_str());
                    let failure = Failure::new(FailureClass::Held, message);
                    return Err(Error::Database(Box::new(failure.with_hint("wait for it, then do it again"))));
                }
            }
        }
    }

    /// An error before the next statement where the run was cancelled.
    fn unless_cancelled(&self) -> Result<(), CopyError> {
        if self.context.cancellation.is_cancelled() {
            return Err(failed(Failure::new(FailureClass::Cancelled, "it was cancelled, and nothing of it is there")));
        }
        Ok(())
    }
}

fn failed(failure: Failure) -> CopyError {
    CopyError::Error(Error::Database(Box::new(failure)))
}

impl From<Error> for CopyError {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<tokio_postgres::Error> for CopyError {
    fn from(error: tokio_postgres::Error) -> Self {
        failed(Failure::from_postgres(&error))
    }
}

impl From<crate::copy::DumpError> for CopyError {
    fn from(error: crate::copy::DumpError) -> Self {
        Self::Error(error.into())
    }
}

impl From<crate::ident::IdentError> for CopyError {
    fn from(error: crate::ident::IdentError) -> Self {
        failed(Failure::refused(error.to_string()))
    }
}

impl From<Unreadable> for CopyError {
    fn from(error: Unreadable) -> Self {
        match error {
            Unreadable::Database(error) => error.into(),
            Unreadable::Refused(failure) => failed(failure),
        }
    }
}

impl From<StepError> for CopyError {
    fn from(error: StepError) -> Self {
        match error {
            StepError::Failed { failure, .. } => failed(*failure),
            StepError::Held | StepError::Stale | StepError::Suspicious => {
                failed(Failure::new(FailureClass::Held, "the registry or a schema has changed meanwhile"))
            }
        }
    }
}
