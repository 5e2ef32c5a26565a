//! The result of `tenant rename`.

use multitenant_runtime::{RenamedTenant, RoleName};
use serde::Serialize;

use crate::output::{GOOD, Shown, paint};
use crate::report::FORMAT;

use super::Named;

/// A tenant that has got another id.
#[derive(Debug, Serialize)]
pub(crate) struct RenameDocument<'a> {
    format: u32,
    from: Named<'a>,
    to: Named<'a>,
    /// What its role is called by now; `null` where none was renamed.
    role: Option<&'a str>,
    /// What names the old schema in its text.
    mentions: &'a [String],
}

impl<'a> RenameDocument<'a> {
    pub(crate) fn new(renamed: &'a RenamedTenant) -> Self {
        Self {
            format: FORMAT,
            from: Named::from(&renamed.from),
            to: Named::from(&renamed.to),
            role: renamed.role.as_ref().map(RoleName::as_str),
            mentions: &renamed.mentions,
        }
    }

    pub(crate) fn text(&self) -> String {
        let Self { from, to, role, .. } = self;
        let schema = if from.schema == to.schema {
            format!("its schema is {} as before", Shown(to.schema))
        } else {
            format!("its schema {} is now {}", Shown(from.schema), Shown(to.schema))
        };
        let role = role.map_or_else(String::new, |role| format!(", its role {}", Shown(role)));
        format!(
            " {}  {}: {schema}{role}\n",
            Shown(from.tenant),
            paint(GOOD, format!("renamed to {}", Shown(to.tenant)))
        )
    }

    /// What may fail by now.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let warning = |what: &String| {
            format!(
                "{what} names the schema {:?} in its text: it is as it was, and finds nothing there",
                self.from.schema
            )
        };
        self.mentions.iter().map(warning).collect()
    }
}
