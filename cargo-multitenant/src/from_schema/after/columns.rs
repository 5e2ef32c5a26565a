//! Columns, new ones and those that are there.

use super::wanted::Maker;
use crate::ddl::name;
use crate::from_schema::code::CodeColumn;
use crate::lint::{ColumnType, fits, normal};
use crate::model::{Column, Default, Generated, Home, Identity, TypeKind, TypeRef};

impl Maker<'_> {
    /// A new column.
    pub(super) fn column(&mut self, code: &CodeColumn) -> Option<Column> {
        let ty = match &code.ty {
            Ok(ty) => ty.clone(),
            Err(message) => {
                self.refuse(&code.place, message);
                return None;
            }
        };
        if name(&code.name) == "\"\"" {
            self.refuse(&code.place, &format!("{:?} cannot be a column's name: at most 63 bytes", code.name));
            return None;
        }
        if let Home::Shared | Home::Tenant = ty.home
            && self
                .model
                .type_of(&ty)
                .is_none_or(|ty| matches!(&ty.kind, TypeKind::Enum { labels } if labels.is_empty()))
            && !self.code.enums.iter().any(|of| Home::of(of.tier) == ty.home && of.name == ty.name)
        {
            self.refuse(&code.place, &format!("no migration makes the type {}, and no enum says its labels", ty.name));
        }
        if ty.home == Home::Other && ty.schema.is_none() && !OF_EXTENSIONS.contains(&ty.name.as_str()) {
            self.refuse(&code.place, &format!(
                "no migration makes the type {0}: derive TenantEnum or SharedEnum on the enum that stands for it, or write \
                 CREATE TYPE {0} in a migration",
                ty.name
            ));
        }
        let default = match (&code.default, code.is_serial) {
            (Some(text), _) => Some(Default::Expression(text.clone())),
            (None, true) => Some(Default::Serial),
            (None, false) => None,
        };
        Some(Column {
            name: code.name.clone(),
            ty: Some(ty),
            diesel: None,
            is_nullable: code.is_nullable && code.identity.is_none(),
            default,
            identity: code.identity.map(|always| Identity { always, options: None }),
            sequence: None,
            generated: code.generated.clone().map(|expression| Generated { expression, stored: true }),
            collation: None,
            comment: None,
        })
    }

    pub(super) fn amend_column(&mut self, at: usize, of: usize, code: &CodeColumn) {
        let table = &self.model.tables[at];
        let column = &table.columns[of];
        let shown = format!("{}.{}", table.name, column.name);
        let is_key = table.is_in_key(&column.name);
        let mut made = column.clone();
        if let Some(ty) = &column.ty
            && !self.is_fitting(code, ty)
        {
            match &code.ty {
                Ok(ty) => made.ty = Some(ty.clone()),
                Err(message) => return self.refuse(&code.place, message),
            }
        }
        let is_nullable = code.is_nullable && !is_key && code.identity.is_none();
        if self.model.can_be_null(column) != is_nullable && !(code.is_nullable && !column.is_nullable && is_key) {
            // A domain that says NOT NULL is not asked.
            let by_domain = column.is_nullable && is_nullable;
            if !by_domain {
                made.is_nullable = is_nullable;
            }
        }
        match (&code.default, &column.default) {
            (Some(said), Some(Default::Expression(there))) if normal(said) == normal(there) => {}
            (Some(said), _) => made.default = Some(Default::Expression(said.clone())),
            (None, Some(Default::Expression(_))) if self.wish.exact => made.default = None,
            _ => {}
        }
        match (code.identity, &column.identity) {
            (Some(always), Some(there)) if always == there.always => {}
            (Some(always), Some(there)) => made.identity = Some(Identity { always, options: there.options.clone() }),
            (Some(_), None) if column.default == Some(Default::Serial) => {
                let message = format!(
                    "`{shown}` draws from a sequence already, as a serial: leave `identity` out, or write the change by hand"
                );
                return self.refuse(&code.place, &message);
            }
            (Some(always), None) => {
                made.identity = Some(Identity { always, options: None });
                made.default = None;
            }
            (None, Some(_)) if self.wish.exact => made.identity = None,
            _ => {}
        }
        let there = column.generated.as_ref().map(|generated| normal(&generated.expression));
        if let Some(said) = &code.generated
            && there != Some(normal(said))
        {
            let message = format!(
                "`{shown}` is there, and PostgreSQL does not change what a column is computed from: drop it with one migration \
                 and add it with the next"
            );
            return self.refuse(&code.place, &message);
        }
        self.model.tables[at].columns[of] = made;
    }

    /// Whether a column's type will do, so that it is left as it is.
    fn is_fitting(&self, code: &CodeColumn, ty: &TypeRef) -> bool {
        let beneath = self.model.beneath(ty);
        if code.is_exact {
            let is_said = |of: &TypeRef| code.ty.as_ref().is_ok_and(|said| is_same(said, of));
            return is_said(ty) || is_said(&beneath);
        }
        let of = |ty: &TypeRef| ColumnType {
            schema: None,
            name: ty.name.clone(),
            is_array: ty.array,
            modifiers: ty.modifiers.clone(),
        };
        if !fits(&code.diesel, &of(&beneath)) && !fits(&code.diesel, &of(ty)) {
            return false;
        }
        // Two types of one's own are told apart by their names.
        let is_own = |ty: &TypeRef| matches!(ty.home, Home::Shared | Home::Tenant);
        match &code.ty {
            Ok(said) if is_own(said) && is_own(&beneath) => said.name == beneath.name || said.name == ty.name,
            Ok(said) if is_own(said) => beneath.home == Home::Other && said.name == beneath.name,
            _ => true,
        }
    }
}

/// Types of extensions, which no migration makes by CREATE TYPE.
const OF_EXTENSIONS: &[&str] = &[
    "citext",
    "hstore",
    "ltree",
    "lquery",
    "ltxtquery",
    "vector",
    "halfvec",
    "sparsevec",
    "geometry",
    "geography",
    "cube",
    "isn",
];

/// Whether two types are the same; modifiers count where the first has any.
fn is_same(said: &TypeRef, of: &TypeRef) -> bool {
    said.name == of.name && said.array == of.array && said.modifiers == of.modifiers
}
