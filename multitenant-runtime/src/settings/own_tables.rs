//! Which tables are the migrator's own.

use super::Settings;
use crate::ident::SchemaName;
use crate::target::Tier;

impl Settings {
    /// The tables of a tier's schema that are the migrator's own, and nobody's data: its history, the record of its
    /// seeds, and what is kept about all schemas, where that is kept in this one.
    ///
    /// What compares schemas or writes code for them leaves these out.
    ///
    /// ```
    /// use multitenant_runtime::{Settings, Tier};
    ///
    /// let settings = Settings::default();
    /// let own = settings.own_tables(Tier::Shared, &settings.shared_schema);
    /// assert_eq!(own, ["__diesel_schema_migrations", "__multitenant_seeds"]);
    /// ```
    #[must_use]
    pub fn own_tables(&self, tier: Tier, schema: &SchemaName) -> Vec<&str> {
        let history = match tier {
            Tier::Shared => &self.shared_history,
            Tier::Tenant => &self.tenant_history,
        };
        let mut tables = vec![history.as_str(), crate::seed::TABLE];
        if self.state_schema.as_ref() == Some(schema) {
            tables.extend([crate::state::TABLE, crate::snapshot::TABLE]);
        }
        tables
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ident::Identifier;

    #[test]
    fn each_tier_has_its_own() {
        let settings = Settings { tenant_history: Identifier::new("history").unwrap(), ..Settings::default() };
        let tenant = SchemaName::new("tenant_a").unwrap();
        assert_eq!(settings.own_tables(Tier::Tenant, &tenant), ["history", "__multitenant_seeds"]);
        let state = settings.state_schema.clone().unwrap();
        let kept = settings.own_tables(Tier::Shared, &state);
        assert_eq!(kept, ["__diesel_schema_migrations", "__multitenant_seeds", "targets", "snapshots"]);
    }
}
