//! What a binary embeds, as a text that stands in it: for tools that look into binaries.
//!
//! `embed_migrations!` writes it, with the same digests; nothing of a run depends on it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::checksum::Checksum;
use super::set::{Migration, MigrationSet};

/// By which it is found.
const HEAD: &str = "cargo-multitenant embeds, format 1:\n";
/// By which it is known to be whole.
const END: &str = "end of what cargo-multitenant embeds\n";

/// What a binary embeds: migrations by name, with a digest of all that makes them, and the settings that were written.
///
/// Names and values are escaped as by [`str::escape_default`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Manifest {
    /// The shared set's; `None` where there was no such set.
    pub shared: Option<BTreeMap<String, String>>,
    /// The tenants' set's.
    pub tenant: BTreeMap<String, String>,
    /// The keys of `multitenant.toml` that were written, and their values.
    pub settings: BTreeMap<String, String>,
}

impl Manifest {
    /// With these bytes each manifest in a binary begins.
    #[must_use]
    pub fn head() -> &'static [u8] {
        HEAD.as_bytes()
    }

    /// With these bytes each manifest in a binary ends.
    #[must_use]
    pub fn end() -> &'static [u8] {
        END.as_bytes()
    }

    /// Reads the text of a manifest, from its head to its end; `None` where it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut manifest = Self::default();
        for line in text.strip_prefix(HEAD)?.strip_suffix(END)?.lines() {
            let (kind, rest) = line.split_once(' ')?;
            match kind {
                "tier" if rest == "shared" => manifest.shared = Some(BTreeMap::new()),
                "tier" => {}
                "set" => {
                    let (key, value) = rest.split_once(' ')?;
                    manifest.settings.insert(key.to_owned(), value.to_owned());
                }
                "shared" | "tenant" => {
                    // Up, down and flags, and the name, in which there may be blanks.
                    let name = rest.splitn(4, ' ').nth(3)?;
                    let digest = rest[..rest.len() - name.len()].trim_end();
                    let set = if kind == "shared" { manifest.shared.as_mut()? } else { &mut manifest.tenant };
                    set.insert(name.to_owned(), digest.to_owned());
                }
                _ => return None,
            }
        }
        Some(manifest)
    }
}

impl MigrationSet {
    /// The migrations of this set as a [`Manifest`] has them. Rust functions are in none.
    #[must_use]
    pub fn manifest(&self) -> BTreeMap<String, String> {
        let migrations = self.migrations().iter().filter(|migration| !migration.is_function());
        migrations.map(|migration| (migration.name().escape_default().to_string(), digest(migration))).collect()
    }
}

fn digest(migration: &Migration) -> String {
    let flag = |is_set| if is_set { 't' } else { 'f' };
    let up = migration.checksum().map_or_else(|| "-".to_owned(), |checksum| half(&checksum));
    let down = migration.down.text.as_ref().map_or_else(|| "-".to_owned(), |text| half(&Checksum::of(text)));
    let mut digest = format!("{up} {down} ");
    let _ = write!(digest, "{}{}", flag(migration.run_in_transaction), flag(migration.allow_shared_locks));
    digest
}

/// The first half of the digits.
fn half(checksum: &Checksum) -> String {
    let text = checksum.to_string();
    let digits = text.split_once(':').map_or(text.as_str(), |(_, digits)| digits);
    digits.chars().take(32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_whole_is_read_and_no_other() {
        let body = "tier shared\nshared ab - tf 1_a b\ntier tenant\ntenant cd ef ff 2_c\nset tenants.filter a b\n";
        let manifest = Manifest::parse(&format!("{HEAD}{body}{END}")).unwrap();
        assert_eq!(manifest.shared.unwrap()["1_a b"], "ab - tf");
        assert_eq!(manifest.tenant["2_c"], "cd ef ff");
        assert_eq!(manifest.settings["tenants.filter"], "a b");
        assert_eq!(Manifest::parse(&format!("{HEAD}{END}")), Some(Manifest::default()));
        for text in ["", HEAD, "x", &format!("{HEAD}{body}"), &format!("{HEAD}odd\n{END}")] {
            assert_eq!(Manifest::parse(text), None, "{text:?}");
        }
    }
}
