//! What `tenant` answers.

mod archived;
mod copied;
mod dropped;
mod list;
mod renamed;

pub(crate) use archived::{ArchiveDocument, RestoreDocument};
pub(crate) use copied::{CopyDocument, DumpDocument};
pub(crate) use dropped::{DropDocument, overview_text};
#[cfg(feature = "tui")]
pub(crate) use list::Entry;
pub(crate) use list::TenantListDocument;
pub(crate) use renamed::RenameDocument;

use multitenant_runtime::{Target, TenantId};
use serde::Serialize;

/// A tenant with its schema.
#[derive(Debug, Serialize)]
struct Named<'a> {
    tenant: &'a str,
    schema: &'a str,
}

impl<'a> From<&'a Target> for Named<'a> {
    fn from(target: &'a Target) -> Self {
        Self { tenant: target.tenant().map_or("", TenantId::as_str), schema: target.schema().as_str() }
    }
}

/// A number of bytes with three digits, as PostgreSQL counts.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    // In tenths, so that nothing is rounded up to what it is not.
    let (mut tenths, mut unit) = (u128::from(bytes) * 10 / 1024, 0);
    while tenths >= 10_240 && unit + 1 < UNITS.len() {
        (tenths, unit) = (tenths / 1024, unit + 1);
    }
    let unit = UNITS[unit];
    if tenths < 100 { format!("{}.{} {unit}", tenths / 10, tenths % 10) } else { format!("{} {unit}", tenths / 10) }
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_have_a_unit() {
        for (bytes, text) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (8192, "8.0 kB"),
            (1_500_000, "1.4 MB"),
            (25 << 20, "25 MB"),
            (1023 << 20, "1023 MB"),
            (3 << 40, "3.0 TB"),
        ] {
            assert_eq!(size(bytes), text);
        }
    }
}
