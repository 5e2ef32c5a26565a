//! Which tenants may be served, and where: the registry, the catalogue and the state of the schema in one question.
//!
//! What was found good is remembered for a while. Nothing else is: a tenant that was created or mended a moment ago is
//! served at once, and there is nothing that could be filled with ids that somebody makes up.

mod history;
mod listed;
pub(crate) mod question;
mod remembered;
mod roster;
mod statement;
mod survey;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use diesel_async::SimpleAsyncConnection;

use crate::ident::{RoleName, TenantId};
use crate::isolation::RoleProblem;
use crate::migrator::Migrator;
use crate::registry::{Fleet, RegistryError, RegistrySource, Tenant, UnusableTenant, targets};
use crate::run::Failure;
use crate::settings::{RegistrySettings, Settings};
use crate::sqlstate::{FailureClass, is_unreadable};
use crate::target::Target;

#[cfg(feature = "sync")]
pub(crate) use self::history::History;
use self::listed::Listed;
use self::question::Texts;
pub(crate) use self::question::{Answer, Question};
use self::remembered::{Look, Remembered};
pub(crate) use self::roster::Roster;
pub(crate) use self::statement::Row;
#[cfg(feature = "sync")]
pub(crate) use self::statement::Statement;
pub(super) use self::statement::rows;
pub(crate) use self::survey::Survey;
use super::builder::{OnBehind, Options};
use super::checkout::Checkout;
use super::entrance::Entrance;
use super::error::PoolError;
use super::pooled::Served;
use super::tenant_pool::Inner;

/// Which tenants may be served, and where.
pub(crate) struct Directory {
    remembered: Remembered,
    listed: Listed,
    with_state: Option<Texts>,
    without_state: Texts,
    /// When it turned out that the state table cannot be read.
    stateless: Mutex<Option<Instant>>,
    registry: RegistrySource,
    /// Whether each connection is one tenant's.
    pinned: bool,
}

/// A tenant that is registered and has a schema.
pub(crate) struct Found {
    pub(crate) served: Arc<Served>,
    /// Whether the state table says that it is as this binary wants it.
    pub(crate) is_current: bool,
    /// The names of the types that its schema has, where it was asked for them.
    pub(crate) types: Option<String>,
}

impl Directory {
    pub(crate) fn new(options: &Options, migrator: &Migrator) -> Self {
        let (context, registry) = migrator.parts();
        let with_state = (options.on_behind != OnBehind::Serve)
            .then(|| Texts::with_state(context, registry, options.pin_connections))
            .flatten();
        Self {
            remembered: Remembered::new(options.lookup_ttl),
            listed: Listed::default(),
            stateless: Mutex::default(),
            with_state,
            without_state: Texts::without_state(context, registry, options.pin_connections),
            registry: registry.clone(),
            pinned: options.pin_connections,
        }
    }

    /// Where the tenant is, if that was looked up a short while ago.
    pub(crate) fn known(&self, id: &TenantId) -> Option<Arc<Served>> {
        self.remembered.get(id)
    }

    /// Whether it was known.
    pub(crate) fn forget(&self, id: &TenantId) -> bool {
        self.remembered.remove(id)
    }

    /// The tenant of a registry that is no SQL; `None` where it is.
    pub(crate) async fn listed(&self, settings: &Settings, id: &TenantId) -> Result<Option<Target>, PoolError> {
        match &self.registry {
            RegistrySource::Configured(RegistrySettings::Table { .. } | RegistrySettings::Query { .. }) => Ok(None),
            RegistrySource::Configured(source) => configured(source, settings, id).map(Some),
            RegistrySource::Custom(registry) => self.listed.find(&**registry, settings, id).await.map(Some),
        }
    }

    /// Asks for one tenant, over a connection that serves nobody afterwards.
    pub(super) async fn ask(
        &self,
        checkout: &mut Checkout,
        pool: &Inner,
        id: &TenantId,
        listed: Option<Target>,
    ) -> Result<Arc<Served>, PoolError> {
        let look = self.look(id);
        let answers = self.question(checkout, id, listed.as_ref().map(|target| target.schema().as_str())).await?;
        let Found { served, is_current, types } = self.found(answers, id, listed, pool.settings())?;
        if let Some(types) = types {
            return Err(PoolError::TypesInTenantSchema { tenant: id.clone(), types });
        }
        if !is_current && pool.options.on_behind != OnBehind::Serve {
            Box::pin(checkout.judge_as(&served)).await?;
            history::judge(checkout, pool, id, &served.target).await?;
        }
        self.remember(id, &served, &look);
        Ok(served)
    }

    /// To be called before the tenant is looked up that is remembered then.
    pub(crate) fn look(&self, id: &TenantId) -> Look {
        self.remembered.look(id)
    }

    pub(crate) fn remember(&self, id: &TenantId, served: &Arc<Served>, look: &Look) {
        self.remembered.insert(id, served, look);
    }

    /// What the answers to a question mean.
    pub(crate) fn found(
        &self,
        answers: Vec<Answer>,
        id: &TenantId,
        listed: Option<Target>,
        settings: &Settings,
    ) -> Result<Found, PoolError> {
        let [answer] = <[Answer; 1]>::try_from(answers).map_err(|answers| match answers.first() {
            None => PoolError::UnknownTenant { tenant: id.clone() },
            Some(_) => twice(id, settings),
        })?;
        // By a collation of the registry's another spelling may be the same to it. It is not to us: a fence or a cap for
        // the one would not hold for the other.
        if answer.id.as_deref() != Some(id.as_str()) {
            return Err(PoolError::UnknownTenant { tenant: id.clone() });
        }
        let target = match listed {
            Some(target) => target,
            None => registered(&answer, settings)?,
        };
        if let Some(rival) = answer.rival.as_ref().and_then(|rival| TenantId::new(rival).ok()) {
            return Err(PoolError::UnusableTenant(Box::new(UnusableTenant::beside(&target, &rival))));
        }
        let Some(oid) = answer.oid.clone() else {
            return Err(match &self.registry {
                // There, the schema is the tenant.
                RegistrySource::Configured(RegistrySettings::Schemas) => {
                    PoolError::UnknownTenant { tenant: id.clone() }
                }
                _ => PoolError::MissingSchema { target },
            });
        };
        if answer.is_unfinished {
            return Err(PoolError::UnderConstruction { tenant: id.clone() });
        }
        let role = role(&answer, &target, settings)?;
        let has_types = answer.types.is_some();
        // Where the name is the tenant's for good, and nothing is remembered of what is in the schema.
        let has_lock = answer.has_lock && self.names_are_fixed() && !has_types && !self.pinned;
        let mut served = Served { target, oid: Some(oid), has_types, quick: None, role, role_oid: answer.role_oid };
        served.quick = has_lock.then(|| Entrance::of(settings, &served).quick());
        Ok(Found { served: Arc::new(served), is_current: answer.is_current, types: answer.types })
    }

    /// Whether a schema's name follows from the tenant's id, so that it cannot become another's.
    fn names_are_fixed(&self) -> bool {
        use RegistrySettings::{List, Schemas, Table};
        let RegistrySource::Configured(settings) = &self.registry else { return false };
        matches!(settings, Table { schema_column: None, .. } | Schemas | List { .. })
    }

    /// Whether the registry is the application's own, which may take its time.
    #[cfg(feature = "sync")]
    pub(crate) fn is_custom(&self) -> bool {
        matches!(self.registry, RegistrySource::Custom(_))
    }

    /// The texts of the statement with the state table, where that can be read.
    pub(crate) fn with_state(&self) -> Option<&Texts> {
        self.with_state.as_ref().filter(|_| self.has_state())
    }

    pub(crate) fn without_state(&self) -> &Texts {
        &self.without_state
    }

    /// The statement with the state table has failed. It need not be for the state table; whatever else it is, it is said
    /// by the one without.
    pub(crate) fn note_stateless(&self) {
        *self.stateless.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Whether it is worth asking the state table: a run of the migrator makes it where it is missing.
    fn has_state(&self) -> bool {
        const AGAIN: Duration = Duration::from_secs(60);
        let stateless = *self.stateless.lock().unwrap_or_else(PoisonError::into_inner);
        stateless.is_none_or(|since| since.elapsed() > AGAIN)
    }

    /// One statement: with the state table, where that can be read.
    async fn question(
        &self,
        checkout: &mut Checkout,
        id: &TenantId,
        schema: Option<&str>,
    ) -> Result<Vec<Answer>, PoolError> {
        if let Some(texts) = self.with_state() {
            match put(checkout, &Question::<true> { texts, id, schema }).await {
                Err(PoolError::Database(failure)) if failure.sqlstate.as_deref().is_some_and(is_unreadable) => {
                    self.note_stateless();
                }
                answers => return answers.map_err(|error| of_registry(error, schema)),
            }
        }
        let answers = put(checkout, &Question::<false> { texts: self.without_state(), id, schema }).await;
        answers.map_err(|error| of_registry(error, schema))
    }
}

/// A tenant of a registry that is no SQL, if it may be one.
fn configured(source: &RegistrySettings, settings: &Settings, id: &TenantId) -> Result<Target, PoolError> {
    match source {
        RegistrySettings::List { ids } if !ids.contains(id) => {
            return Err(PoolError::UnknownTenant { tenant: id.clone() });
        }
        // There, an id is what is left of a schema's name.
        RegistrySettings::Schemas => {
            let schema = settings.schema_template.schema_of(id, &settings.shared_schema);
            schema.map_err(|error| PoolError::InvalidId { id: id.as_str().to_owned(), error })?;
        }
        _ => {}
    }
    let Fleet { tenants, unusable } = targets(vec![Ok(Tenant { id: id.clone(), schema: None })], settings);
    match (tenants.into_iter().next(), unusable.into_iter().next()) {
        (Some(target), _) => Ok(target),
        (_, Some(unusable)) => Err(PoolError::UnusableTenant(Box::new(unusable))),
        _ => Err(PoolError::UnknownTenant { tenant: id.clone() }),
    }
}

/// Where the registry is SQL, it is most likely that which fails: the rest of the statement is our own.
pub(crate) fn of_registry(error: PoolError, schema: Option<&str>) -> PoolError {
    match error {
        PoolError::Database(failure) if schema.is_none() => PoolError::Registry(RegistryError::Query(failure)),
        error => error,
    }
}

/// Both statements are sent at once: the registry's own SQL is not to be read under a tenant's path.
async fn put<const STATE: bool>(
    checkout: &mut Checkout,
    question: &Question<'_, STATE>,
) -> Result<Vec<Answer>, PoolError> {
    let Some(leave) = checkout.leave() else {
        let rows = checkout.ask::<_, question::Row>(question).await;
        let rows = rows.map_err(|error| checkout.explain(&error))?;
        return Ok(rows.into_iter().map(Answer::from).collect());
    };
    let connection: &diesel_async::AsyncPgConnection = checkout.connection();
    let result = {
        let (mut one, mut other) = (connection, connection);
        let asked = async { diesel_async::RunQueryDsl::load::<question::Row>(question, &mut other).await };
        futures_util::future::join(one.batch_execute(leave), asked).await
    };
    match result {
        (Ok(()), Ok(rows)) => Ok(rows.into_iter().map(Answer::from).collect()),
        (Err(error), _) | (_, Err(error)) => Err(checkout.explain(&error)),
    }
}

/// As whom the tenant is served; nobody is served as anybody else.
fn role(answer: &Answer, target: &Target, settings: &Settings) -> Result<Option<RoleName>, PoolError> {
    let (Some(_), Some(tenant)) = (&settings.roles, target.tenant()) else { return Ok(None) };
    let name = answer.role.as_deref().unwrap_or_default();
    let refused =
        |failure| PoolError::Role { tenant: tenant.clone(), role: name.to_owned(), failure: Box::new(failure) };
    let role = RoleName::new(name);
    let role = role.map_err(|error| refused(Failure::new(FailureClass::Permanent, error.to_string())))?;
    match &answer.role_problem {
        None => Ok(Some(role)),
        Some(problem) => Err(refused(RoleProblem::parse(problem).unwrap_or(RoleProblem::Absent).failure(&role))),
    }
}

/// The target of a row of the registry.
fn registered(answer: &Answer, settings: &Settings) -> Result<Target, PoolError> {
    let tenant = Tenant::from_texts(answer.id.as_deref(), answer.schema.as_deref());
    let Fleet { mut tenants, mut unusable } = targets(vec![tenant], settings);
    match tenants.pop() {
        Some(target) => Ok(target),
        None => Err(PoolError::UnusableTenant(Box::new(unusable.pop().unwrap_or_else(UnusableTenant::without_id)))),
    }
}

fn twice(id: &TenantId, settings: &Settings) -> PoolError {
    let twin = || Ok(Tenant { id: id.clone(), schema: None });
    match targets(vec![twin(), twin()], settings).unusable.into_iter().next() {
        Some(unusable) => PoolError::UnusableTenant(Box::new(unusable)),
        None => PoolError::UnknownTenant { tenant: id.clone() },
    }
}
