//! Domains: types with conditions.

use multitenant_runtime::Tier;

use super::entries::cut;
use super::object::{Domain, TypeKind, column_type};
use super::{Catalog, made_up};
use crate::lint::sql::{ChangeKind, Constraint, ConstraintKind, Name, TypeUse};

impl Domain {
    /// As CREATE DOMAIN has it.
    pub(super) fn of(name: &str, ty: Option<&TypeUse>, constraints: &[Constraint]) -> Self {
        let mut domain = Self { ty: ty.map(column_type), ..Self::default() };
        constraints.iter().for_each(|constraint| domain.add(name, constraint));
        domain
    }

    fn add(&mut self, domain: &str, constraint: &Constraint) {
        match &constraint.kind {
            ConstraintKind::NotNull => self.not_null = true,
            ConstraintKind::Default { expression, is_null, .. } => {
                self.default = Some(expression.clone()).filter(|_| !is_null);
            }
            ConstraintKind::Check { expression, .. } => {
                let own = constraint.name.as_ref().map(|name| cut(&name.text).to_owned());
                let is_taken = |name: &str| self.checks.iter().any(|(known, _)| known == name);
                let name = own.unwrap_or_else(|| made_up::name(cut(domain), "", "check", is_taken));
                self.checks.push((name, expression.clone()));
            }
            _ => {}
        }
    }
}

impl Catalog {
    /// One action of an ALTER DOMAIN; what is not understood makes the domain opaque.
    pub(super) fn alter_domain(&mut self, name: &Name, change: &ChangeKind, tier: Tier) {
        let key = name.name();
        let Some(space) = self.space_of(name, tier, |space| space.types.contains_key(key)) else { return };
        space.types.change(key, |entry| {
            let TypeKind::Domain(domain) = &mut entry.kind else { return };
            match change {
                ChangeKind::AddConstraint(constraint) => domain.add(key, constraint),
                ChangeKind::DropConstraint { name, .. } => domain.checks.retain(|(known, _)| known != cut(&name.text)),
                ChangeKind::ValidateConstraint { .. } => {}
                _ => entry.is_opaque = true,
            }
        });
    }
}
