//! Whether a model from outside is what it says.

use super::pointer::Problem;
use super::{links, names, texts};
use crate::model::Model;

/// What is wrong with the names, the links and the texts of SQL of a model, in this order.
pub(crate) fn check(model: &Model) -> Vec<Problem> {
    let mut problems = names::check(model);
    problems.extend(links::check(model));
    // Texts are read as SQL around names, which must be some.
    if problems.is_empty() {
        problems.extend(texts::check(model));
    }
    problems
}
