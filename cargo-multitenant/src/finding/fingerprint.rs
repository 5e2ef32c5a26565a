//! By what a finding is known again.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::{Finding, Sources};

/// A digest of the rule, of what it is about, and of the statement around it, blanks aside. Lines that move change
/// nothing.
pub(crate) fn fingerprint(finding: &Finding, sources: &Sources) -> String {
    let mut hash = Sha256::new();
    for part in [finding.code, finding.object.as_str()] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    for word in sources.text(&finding.around).split_whitespace() {
        hash.update(word.as_bytes());
        hash.update([b' ']);
    }
    hash.finalize().iter().take(16).fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
