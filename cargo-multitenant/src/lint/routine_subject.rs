//! What rules about functions have in common.

use super::context::At;
use super::project::Direction;
use super::sql::Name;

impl At<'_> {
    /// Whether the function that the statement makes is there no more in the end: dropped, or made anew by a later
    /// migration. What `down.sql` makes is what there was before, and is judged there.
    pub(crate) fn makes_what_is_superseded(&self, name: &Name) -> bool {
        if self.direction == Direction::Down {
            return true;
        }
        let Some(last) = self.cx.catalog.routine(name, self.tier()) else { return true };
        let is_it = last.entry.origin.place == self.place(name.span());
        // Another one of the name may have other arguments, and stand beside it.
        !is_it
            && arguments(&last.entry.text)
                == arguments(&self.text(self.statement.span.clone()).replace(char::is_whitespace, ""))
    }
}

/// What stands in the first parentheses of a definition without blanks.
fn arguments(definition: &str) -> String {
    let Some((_, rest)) = definition.split_once('(') else { return String::new() };
    let mut depth = 1_usize;
    let end = rest.find(|c| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        depth == 0
    });
    rest[..end.unwrap_or(rest.len())].to_lowercase()
}
