//! What is asked of the registry, the catalogue and the state table: the other pool's questions.

use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::query_dsl::RunQueryDsl as Unscoped;

use crate::ident::TenantId;
use crate::migrator::on_a_runtime;
use crate::pool::directory::{Answer, Found, History, Question, Roster, Row, Statement, Survey, of_registry, question};
use crate::pool::{Choice, OnBehind, Place, PoolError, Served};
use crate::registry::RegistryError;
use crate::target::Target;

use super::checkout::Checkout;
use super::tenant_pool::Inner;

impl<const STATE: bool, Conn> Unscoped<Conn> for Question<'_, STATE> {}
impl<Conn> Unscoped<Conn> for Statement {}

impl Inner {
    pub(super) fn ask(
        self: &Arc<Self>,
        id: &TenantId,
        place: Option<Place>,
        deadline: Instant,
    ) -> Result<(Arc<Served>, Option<Checkout>), PoolError> {
        // The application's own function may take its time: no connection is held for it.
        let listed = self.listed(id, deadline)?;
        let slot = self.slot(place, deadline)?;
        let mut checkout = self.fill(slot, Some(id), Choice::Any, deadline)?;
        let look = self.directory.look(id);
        let answers = self.question(&mut checkout, id, listed.as_ref().map(|target| target.schema().as_str()))?;
        let Found { served, is_current, .. } = self.directory.found(answers, id, listed, self.settings())?;
        if !is_current && self.options.on_behind != OnBehind::Serve {
            checkout.judge_as(&served)?;
            self.judge(&mut checkout, id, &served.target)?;
        }
        self.directory.remember(id, &served, &look);
        Ok((served, Some(checkout)))
    }

    /// The tenant of a registry that is no SQL: the application's own is asynchronous.
    fn listed(&self, id: &TenantId, deadline: Instant) -> Result<Option<Target>, PoolError> {
        if !self.directory.is_custom() {
            let listed = self.directory.listed(self.settings(), id);
            return super::wait::wait(listed, deadline).ok_or_else(|| self.too_late())?;
        }
        self.in_time(self.directory.listed(self.settings(), id), deadline)
    }

    /// Waits for the application's own function.
    fn in_time<T: Send>(
        &self,
        listed: impl Future<Output = Result<T, PoolError>> + Send,
        deadline: Instant,
    ) -> Result<T, PoolError> {
        let left: Duration = deadline.saturating_duration_since(Instant::now());
        let listed = on_a_runtime(async { tokio::time::timeout(left, listed).await });
        let listed = listed.map_err(|error| PoolError::Registry(RegistryError::Custom(error.into())))?;
        listed.map_err(|_| self.too_late())?
    }

    /// All tenants: the other pool's statements.
    pub(super) fn roster(self: &Arc<Self>) -> Result<Roster, PoolError> {
        let survey = Survey::new(&self.migrator, &self.options);
        let mut registered = match self.directory.is_custom() {
            true => self.in_time(survey.elsewhere(), self.deadline())?,
            false => super::wait::wait(survey.elsewhere(), self.deadline()).ok_or_else(|| self.too_late())??,
        };
        let (mut checkout, _) = self.shared()?;
        checkout.leave()?;
        if let Some(schemas) = survey.schemas() {
            registered = Some(survey.of_schemas(&rows(&mut checkout, schemas)?));
        }
        let mut questions = survey.questions(registered);
        if let Some(sql) = questions.with_state.take() {
            match rows(&mut checkout, sql) {
                // Diesel does not say whether it is that something cannot be read.
                Err(error) if !error.is_lost() => {}
                found => return questions.roster(found),
            }
        }
        let found = rows(&mut checkout, std::mem::take(&mut questions.without_state));
        questions.roster(found)
    }

    /// One statement: with the state table, where that can be read.
    fn question(&self, checkout: &mut Checkout, id: &TenantId, schema: Option<&str>) -> Result<Vec<Answer>, PoolError> {
        checkout.leave()?;
        if let Some(texts) = self.directory.with_state() {
            match put(checkout, Question::<true> { texts, id, schema }) {
                // Diesel does not say whether it is that something cannot be read.
                Err(error) if !error.is_lost() => self.directory.note_stateless(),
                answers => return answers.map_err(|error| of_registry(error, schema)),
            }
        }
        let answers = put(checkout, Question::<false> { texts: self.directory.without_state(), id, schema });
        answers.map_err(|error| of_registry(error, schema))
    }

    /// Whether the tenant may be served by what its history holds.
    fn judge(&self, checkout: &mut Checkout, id: &TenantId, target: &Target) -> Result<(), PoolError> {
        let (context, _) = self.migrator.parts();
        let mut history = History::new(context, target);
        let standing = rows(checkout, history.standing())?;
        if let Some(sql) = history.stands(standing) {
            history.holds(rows(checkout, sql)?);
        }
        history.verdict(id)
    }
}

fn put<const STATE: bool>(checkout: &mut Checkout, question: Question<'_, STATE>) -> Result<Vec<Answer>, PoolError> {
    match question.load::<question::Row>(checkout.connection()) {
        Ok(rows) => Ok(rows.into_iter().map(Answer::from).collect()),
        Err(error) => Err(checkout.explain(&error)),
    }
}

fn rows(checkout: &mut Checkout, sql: String) -> Result<Vec<Row>, PoolError> {
    let rows = Statement { sql }.load::<Row>(checkout.connection());
    rows.map_err(|error| checkout.explain(&error))
}
