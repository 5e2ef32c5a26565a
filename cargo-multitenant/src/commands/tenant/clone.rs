//! `cargo multitenant tenant clone`

use clap::Args;
use multitenant_runtime::{AnonymiseRules, CloneOptions, TenantId};

use crate::context::Context;
use crate::error::CliError;
use crate::exit_code;
use crate::report::CopyDocument;

use super::copying::{NewTenantArgs, copying};

/// Make a new tenant as a copy of another one
///
/// One transaction: schema, history, registry row, role, and, unless --structure is said, the rows as of one snapshot, and
/// sequences where they stand. The copy is compared with its source before it is there; on a failure nothing is left. The
/// source can be read and written meanwhile; its migrations wait. Materialised views are filled anew where they are filled.
///
/// Where [clone.anonymise] has rules, they are used, unless --no-anonymise is said.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo multitenant tenant clone acme acme-staging
  cargo multitenant tenant clone acme empty --structure      the history, and no other rows
  cargo multitenant tenant clone acme demo --anonymise       an error where there are no rules
  cargo multitenant tenant clone acme copy --no-anonymise --set name='A copy'

Exit codes: 0 cloned, 3 a registry that cannot be written to, 4 no such tenant, 11 the server refuses, 12 held by another \
run, 13 the new tenant is there, a rule does not fit, or the copy would not be equal.")]
pub(super) struct Clone {
    /// The tenant that is copied
    #[arg(value_name = "SOURCE")]
    source: TenantId,
    /// The id of the copy
    #[arg(value_name = "NEW")]
    new: TenantId,
    /// The structure and the history, and no rows
    #[arg(long, conflicts_with_all = ["data", "anonymise", "no_anonymise"])]
    structure: bool,
    /// The structure and the rows [default]
    #[arg(long)]
    data: bool,
    /// Use the rules of [clone.anonymise], which must be there [default, where there are any]
    #[arg(long, conflicts_with = "no_anonymise")]
    anonymise: bool,
    /// The rows as they are, whatever [clone.anonymise] says
    #[arg(long)]
    no_anonymise: bool,
    #[command(flatten)]
    row: NewTenantArgs,
}

impl Clone {
    pub(super) fn run(self, context: &Context) -> Result<u8, CliError> {
        let tenant = self.row.tenant(&self.new)?;
        let project = context.project()?;
        let rules = &project.config().anonymise;
        if self.anonymise && rules.is_empty() {
            return Err(CliError::Refused(
                "--anonymise needs rules, and there are none: write them under [clone.anonymise] of multitenant.toml, as \
                 \"users.email\" = { template = \"user{row}@example.com\" }"
                    .to_owned(),
            ));
        }
        if !self.structure && !self.no_anonymise && !project.config().knows_rules() {
            return Err(CliError::Refused(
                "this program carries its migrations, and not the rules of [clone.anonymise]: name multitenant.toml by \
                 --config, or say --no-anonymise for the rows as they are, or --structure for none"
                    .to_owned(),
            ));
        }
        let options = match (self.structure, self.no_anonymise) {
            (true, _) => CloneOptions::structure(),
            (false, true) => CloneOptions::anonymised(AnonymiseRules::new()),
            (false, false) => CloneOptions::anonymised(rules.clone()),
        };
        let source = self.source;
        let copied = copying(context, &project, Some(&self.new), async move |migrator| {
            migrator.clone_tenant(&source, tenant, options).await
        })?;
        let document = CopyDocument::new(&copied, "cloned");
        context.console.result(&document, CopyDocument::text)?;
        document.warnings(&context.program).iter().for_each(|warning| context.console.warning(warning));
        Ok(exit_code::DONE)
    }
}
