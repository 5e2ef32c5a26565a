//! Types.

use super::expression::default;
use super::key::named;
use super::name::{literal, name};
use super::type_text::type_text;
use crate::model::{Field, Model, NamedCheck, Type, TypeKind};

/// `CREATE TYPE` or `CREATE DOMAIN`. `None` where no more than the name is known, or the type of a part is not.
pub(crate) fn create_type(model: &Model, ty: &Type) -> Option<String> {
    let own = name(&ty.name);
    match &ty.kind {
        TypeKind::Enum { labels } => {
            let labels: Vec<String> = labels.iter().map(|label| literal(label)).collect();
            Some(format!("CREATE TYPE {own} AS ENUM ({});", labels.join(", ")))
        }
        TypeKind::Composite { fields } => {
            let field = |Field { name: of, ty: used }: &Field| {
                Some(format!("\n    {} {}", name(of), type_text(model, ty.tier, used.as_ref()?)))
            };
            let fields: Vec<String> = fields.iter().map(field).collect::<Option<_>>()?;
            let end = if fields.is_empty() { "" } else { "\n" };
            Some(format!("CREATE TYPE {own} AS ({}{end});", fields.join(",")))
        }
        TypeKind::Domain { base, not_null, default: value, checks } => {
            let mut text = format!("CREATE DOMAIN {own} AS {}", type_text(model, ty.tier, base.as_ref()?));
            text += &value.as_ref().map(|value| format!(" DEFAULT {}", default(value))).unwrap_or_default();
            text += if *not_null { " NOT NULL" } else { "" };
            for NamedCheck { name, expression } in checks {
                text += &format!("\n    {}CHECK ({expression})", named(name));
            }
            Some(text + ";")
        }
        TypeKind::Opaque => None,
    }
}

/// `DROP TYPE` or `DROP DOMAIN`.
pub(crate) fn drop_type(ty: &Type) -> String {
    let what = if matches!(ty.kind, TypeKind::Domain { .. }) { "DOMAIN" } else { "TYPE" };
    format!("DROP {what} {};", name(&ty.name))
}
