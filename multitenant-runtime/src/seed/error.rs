//! Seeds that cannot be used.

use std::fmt;

use crate::migration::Problem;

/// Seeds that cannot be used, with everything that is wrong with them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeedError {
    problems: Vec<Problem>,
}

impl SeedError {
    pub(super) fn new(mut problems: Vec<Problem>) -> Self {
        problems.sort_by(|a, b| (&a.path, a.line).cmp(&(&b.path, b.line)));
        Self { problems }
    }

    /// Everything that is wrong.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl fmt::Display for SeedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the seeds cannot be used")?;
        self.problems.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

impl std::error::Error for SeedError {}
