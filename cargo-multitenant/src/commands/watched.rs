//! Work on many schemas while somebody watches: progress on stderr, and an end in order at the first signal.

use std::num::NonZeroUsize;
use std::pin::pin;

use indicatif::ProgressBar;
use multitenant_runtime::{Error, Migrator, MigratorBuilder};
use tokio_util::sync::CancellationToken;

use crate::context::{Context, Project, block_on};
use crate::error::CliError;
use crate::interrupt::{Signal, Signals};
use crate::output::Console;
use crate::report::Progress;

/// Who shows what a migrator does, and cancels it.
pub(super) struct Watched {
    console: Console,
    cancellation: CancellationToken,
    bar: ProgressBar,
}

impl Watched {
    /// The project's migrator, with what is said of it, and who watches it.
    pub(super) fn migrator(
        context: &Context,
        project: &Project,
        options: impl FnOnce(MigratorBuilder) -> MigratorBuilder,
    ) -> Result<(Migrator, Self), CliError> {
        let progress = Progress::new(context.console);
        let watched = Self { console: context.console, cancellation: CancellationToken::new(), bar: progress.bar() };
        let cancellation = watched.cancellation.clone();
        let migrator = project.migrator(|builder| options(builder).observer(progress).cancellation(cancellation))?;
        Ok((migrator, watched))
    }

    /// Where progress is shown: what is written to the terminal meanwhile has to go by it.
    pub(super) fn bar(&self) -> ProgressBar {
        self.bar.clone()
    }

    /// Runs to the end, and says which signal has come. The first one cancels, and the run ends in order.
    ///
    /// # Errors
    ///
    /// The second signal ends it at once.
    pub(super) fn run<T>(
        self,
        run: impl Future<Output = Result<T, Error>>,
    ) -> Result<(Result<T, Error>, Option<Signal>), CliError> {
        let result = block_on(self.until_signalled(run));
        self.bar.finish_and_clear();
        result
    }

    async fn until_signalled<T>(
        &self,
        run: impl Future<Output = Result<T, Error>>,
    ) -> Result<(Result<T, Error>, Option<Signal>), CliError> {
        let mut signals = Signals::catch().map_err(CliError::System)?;
        let mut run = pin!(Box::pin(run));
        let mut first = None;
        loop {
            tokio::select! {
                result = &mut run => return Ok((result, first)),
                signal = signals.next() => match first {
                    Some(_) => return Err(CliError::Interrupted(signal)),
                    None => {
                        first = Some(signal);
                        self.cancellation.cancel();
                        self.bar.suspend(|| {
                            let what = "ending: what has begun is finished or rolled back; once more ends at once";
                            self.console.message(what);
                        });
                    }
                },
            }
        }
    }
}

/// How many workers there are; that there are fewer than asked for is told.
pub(super) fn jobs(context: &Context, project: &Project, asked: Option<NonZeroUsize>) -> usize {
    let (jobs, warning) = project.jobs(asked);
    if let Some(warning) = warning {
        context.console.warning(&warning);
    }
    jobs
}
