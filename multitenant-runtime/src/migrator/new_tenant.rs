//! What a new tenant is made of.

use std::sync::Arc;

use crate::ident::{IdentError, Identifier, SchemaName, TenantId};
use crate::seed::SeedSet;

/// A tenant to be created: its id, and what its row in the registry holds.
///
/// ```
/// use multitenant_runtime::NewTenant;
///
/// let tenant = NewTenant::new("acme")?.column("name", "Acme Inc.")?;
/// # Ok::<(), multitenant_runtime::IdentError>(())
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct NewTenant {
    pub(crate) id: TenantId,
    pub(crate) schema: Option<SchemaName>,
    pub(crate) columns: Vec<(Identifier, String)>,
    pub(crate) registration: Registration,
    pub(crate) migrates: bool,
    pub(crate) seeds: Arc<SeedSet>,
    pub(crate) environment: Option<String>,
}

/// How a new tenant gets into the registry.
#[derive(Debug, Clone)]
pub(crate) enum Registration {
    /// By a row in the configured table.
    Row,
    /// By this statement.
    Statement(String),
    /// The application sees to it.
    None,
}

impl NewTenant {
    /// A tenant with this id, whose schema's name follows from the template.
    ///
    /// # Errors
    ///
    /// [`IdentError`] where the id is empty or holds a NUL.
    pub fn new(id: impl AsRef<str>) -> Result<Self, IdentError> {
        Ok(Self {
            id: TenantId::new(id)?,
            schema: None,
            columns: Vec::new(),
            registration: Registration::Row,
            migrates: true,
            seeds: Arc::default(),
            environment: None,
        })
    }

    /// The schema's name, where the registry has a column for it; otherwise it follows from the template.
    ///
    /// # Errors
    ///
    /// [`IdentError`] where PostgreSQL would not keep the name as it is.
    pub fn in_schema(mut self, schema: impl AsRef<str>) -> Result<Self, IdentError> {
        self.schema = Some(SchemaName::new(schema)?);
        Ok(self)
    }

    /// A further column of the registry's row; the value is text that PostgreSQL reads as the column's type.
    ///
    /// # Errors
    ///
    /// [`IdentError`] where the column's name cannot be one, or the value holds a NUL.
    pub fn column(mut self, name: impl AsRef<str>, value: impl Into<String>) -> Result<Self, IdentError> {
        let value = value.into();
        if value.contains('\0') {
            return Err(IdentError::Nul { name: value });
        }
        self.columns.push((Identifier::new(name)?, value));
        Ok(self)
    }

    /// The statement that registers the tenant, where the registry is a query: it runs in the same transaction,
    /// with the shared schema as `search_path`. It is sent as it is: quote what is inserted into it.
    pub fn registered_by(mut self, sql: impl Into<String>) -> Self {
        self.registration = Registration::Statement(sql.into());
        self
    }

    /// With the tenants' seeds of this set: they are a part of the creation, and recorded as
    /// [`SeedOptions::once`](crate::SeedOptions::once) has it. One that fails leaves nothing of the tenant.
    ///
    /// They run when the migrations are applied and the tenant is registered, in its schema. Where one of them is a function
    /// the tenant is made in steps, as where a migration is.
    ///
    /// ```
    /// use multitenant_runtime::{NewTenant, SeedSet};
    ///
    /// # let folder = std::env::temp_dir().join(format!("doctest-seeded-{}", std::process::id()));
    /// # std::fs::create_dir_all(folder.join("tenant/dev"))?;
    /// # std::fs::write(folder.join("tenant/dev/01_users.sql"), "INSERT INTO users VALUES (1);")?;
    /// let seeds = SeedSet::from_folder(&folder)?;
    /// let tenant = NewTenant::new("acme")?.seeded(&seeds).environment("dev");
    /// # std::fs::remove_dir_all(folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn seeded(mut self, seeds: &SeedSet) -> Self {
        self.seeds = Arc::new(seeds.clone());
        self
    }

    /// With the seeds of this environment too, after the common ones.
    pub fn environment(mut self, name: impl Into<String>) -> Self {
        self.environment = Some(name.into());
        self
    }

    /// Without migrations, and so without seeds: its schema has an empty history, and all migrations are pending.
    pub fn without_migrations(mut self) -> Self {
        self.migrates = false;
        self
    }

    /// No registration: the application registers the tenant itself, before or after.
    pub fn unregistered(mut self) -> Self {
        self.registration = Registration::None;
        self
    }
}
