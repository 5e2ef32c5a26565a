//! What values of PostgreSQL's types are in Rust.

use std::path::Path;

use crate::model::{Home, Model, TypeRef};
use crate::scaffold::{ColumnType, Package, RustOf, of_internal};

/// The types that need crates, as the project has them.
#[derive(Debug, Clone)]
pub(crate) struct RustTypes {
    /// Whether moments are of the crate `time`, and not of `chrono`.
    uses_time: bool,
}

impl RustTypes {
    /// Those of the project's package; `chrono`'s where there is none, or nothing is said.
    pub(crate) fn of(root: &Path) -> Self {
        let moment = of_internal("timestamptz");
        let package = Package::of(root).ok();
        let found = package.zip(moment).and_then(|(package, moment)| package.rust(&[moment]).0.first().copied());
        Self { uses_time: found.is_some_and(|found| found.starts_with("time::")) }
    }

    /// A value's type, without what makes it nullable; `None` where Diesel has none for it.
    pub(super) fn of_value(&self, model: &Model, ty: &TypeRef) -> Option<String> {
        let beneath = model.beneath(ty);
        if beneath.array {
            return Some(format!("Vec<Option<{}>>", self.of_value(model, &beneath.element())?));
        }
        match beneath.home {
            Home::System => self.of_system(&beneath.name),
            Home::Other if beneath.name == "citext" => Some("String".to_owned()),
            Home::Other | Home::Shared | Home::Tenant => None,
        }
    }

    fn of_system(&self, name: &str) -> Option<String> {
        let rust = match name {
            "oid" => "u32",
            "bpchar" => "String",
            "json" => "serde_json::Value",
            "interval" => "diesel::data_types::PgInterval",
            "time" if self.uses_time => "time::Time",
            "time" => "chrono::NaiveTime",
            "int4range" => "(std::ops::Bound<i32>, std::ops::Bound<i32>)",
            "int8range" => "(std::ops::Bound<i64>, std::ops::Bound<i64>)",
            _ => match of_internal(name)? {
                ColumnType { rust: RustOf::Plain(ty) | RustOf::Of { ty, .. }, .. } => ty,
                ColumnType { rust: RustOf::Temporal { time, .. }, .. } if self.uses_time => time,
                ColumnType { rust: RustOf::Temporal { chrono, .. }, .. } => chrono,
            },
        };
        Some(rust.to_owned())
    }

    /// For tests: what a project without a package has.
    #[cfg(test)]
    pub(crate) fn chrono() -> Self {
        Self { uses_time: false }
    }
}
