//! What a binary embeds: `embed_migrations!` leaves a text in it, which is looked for.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use multitenant_runtime::migration::Manifest;

use super::needle::Needle;

/// What a binary embeds.
#[derive(Debug)]
pub(super) struct Embedded {
    pub(super) file: PathBuf,
    /// Where it embeds several times, all of them.
    pub(super) manifests: Vec<Manifest>,
}

/// So much is read at once.
const CHUNK: usize = 4 << 20;
/// No more than this is read of a binary.
const MOST: u64 = 2 << 30;
/// No manifest is longer: some 100,000 migrations.
const LONGEST: u64 = 16 << 20;

impl Embedded {
    /// What this binary embeds; `None` where nothing is found in it.
    pub(super) fn in_file(path: &Path) -> Result<Option<Self>, String> {
        let failed = |error: io::Error| format!("{} cannot be read ({error})", path.display());
        let mut file = File::open(path).map_err(failed)?;
        let mut manifests = Vec::new();
        for at in heads(&mut file).map_err(failed)? {
            manifests.extend(manifest(&mut file, at).map_err(failed)?);
        }
        // The compiler may have written one twice.
        let mut different: Vec<Manifest> = Vec::new();
        for manifest in manifests {
            if !different.contains(&manifest) {
                different.push(manifest);
            }
        }
        let found = Self { file: path.to_path_buf(), manifests: different };
        Ok((!found.manifests.is_empty()).then_some(found))
    }
}

/// Where in the file something begins as a manifest does.
fn heads(file: &mut File) -> io::Result<Vec<u64>> {
    let head = Needle::new(Manifest::head());
    let overlap = Manifest::head().len() - 1;
    let mut buffer = Vec::with_capacity(CHUNK + overlap);
    let (mut found, mut start) = (Vec::new(), 0_u64);
    let mut rest = file.by_ref().take(MOST);
    loop {
        if rest.by_ref().take(CHUNK as u64).read_to_end(&mut buffer)? == 0 {
            return Ok(found);
        }
        found.extend(head.all_in(&buffer).map(|at| start + at as u64));
        let done = buffer.len().saturating_sub(overlap);
        start += done as u64;
        buffer.drain(..done);
    }
}

fn manifest(file: &mut File, at: u64) -> io::Result<Option<Manifest>> {
    file.seek(SeekFrom::Start(at))?;
    let end = Needle::new(Manifest::end());
    let mut text = Vec::new();
    let mut rest = file.by_ref().take(LONGEST);
    // Most are short.
    while rest.by_ref().take(64 << 10).read_to_end(&mut text)? > 0 {
        let whole = end.all_in(&text).next();
        if let Some(end) = whole {
            text.truncate(end + Manifest::end().len());
            return Ok(std::str::from_utf8(&text).ok().and_then(Manifest::parse));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_manifest_is_found_wherever_it_lies() {
        let body = "tenant ab - tf 1_a\n";
        let text = [Manifest::head(), body.as_bytes(), Manifest::end()].concat();
        let head = Manifest::head().len();
        for before in [0, 7, CHUNK - head, CHUNK - head + 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK - 5] {
            let mut file = tempfile::NamedTempFile::new().unwrap();
            file.write_all(&vec![b'x'; before]).unwrap();
            // A head alone is none: the tool's own binary has one.
            file.write_all(&[Manifest::head(), b"\0"].concat()).unwrap();
            file.write_all(&text).unwrap();
            file.write_all(&[0; 9]).unwrap();
            let found = Embedded::in_file(file.path()).unwrap();
            let found = found.unwrap_or_else(|| panic!("not found behind {before} bytes"));
            assert_eq!(found.manifests.len(), 1);
            assert_eq!(found.manifests[0].tenant["1_a"], "ab - tf");
        }
        let empty = tempfile::NamedTempFile::new().unwrap();
        assert!(Embedded::in_file(empty.path()).unwrap().is_none());
        assert!(Embedded::in_file(Path::new("/nowhere")).is_err());
    }
}
