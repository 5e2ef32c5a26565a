//! A text that is looked for in bytes, by leaps of its own length where nothing fits (Horspool).
//!
//! A build for development, which the tests are, looks through 100 MB in a moment by it; a library that leaves the work to
//! the optimiser takes half a minute there.

/// A text that is looked for.
pub(super) struct Needle<'n> {
    bytes: &'n [u8],
    /// By the last byte under it, how far it can be moved.
    leaps: [usize; 256],
}

impl<'n> Needle<'n> {
    /// A text that is not empty.
    pub(super) fn new(bytes: &'n [u8]) -> Self {
        let mut leaps = [bytes.len(); 256];
        for (at, byte) in bytes.iter().enumerate().take(bytes.len().saturating_sub(1)) {
            leaps[usize::from(*byte)] = bytes.len() - 1 - at;
        }
        Self { bytes, leaps }
    }

    /// Where it begins in these bytes, each time.
    pub(super) fn all_in<'h>(&self, haystack: &'h [u8]) -> impl Iterator<Item = usize> + use<'_, 'n, 'h> {
        let (length, mut at) = (self.bytes.len(), 0);
        let end = self.bytes.last().copied();
        std::iter::from_fn(move || {
            while at + length <= haystack.len() {
                let here = at;
                let last = haystack[here + length - 1];
                at += self.leaps[usize::from(last)];
                // Most places are left by this byte alone.
                if Some(last) == end && &haystack[here..here + length] == self.bytes {
                    return Some(here);
                }
            }
            None
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_a_search_step_by_step_finds() {
        let haystack = b"abcabcabdabcabcabdabcab abcabd";
        for needle in [&b"abcabd"[..], b"a", b"ab", b"bca", b"abcabcabd", b"x", b"d"] {
            let expected: Vec<usize> = (0..haystack.len()).filter(|at| haystack[*at..].starts_with(needle)).collect();
            assert_eq!(Needle::new(needle).all_in(haystack).collect::<Vec<_>>(), expected, "{needle:?}");
        }
        assert_eq!(Needle::new(b"ab").all_in(b"a").next(), None);
    }
}
