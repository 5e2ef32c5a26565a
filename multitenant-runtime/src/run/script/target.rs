//! The steps of one target.

use crate::migration::{Migration, MigrationSet};
use crate::plan::{Step, TargetPlan};
use crate::run::frame::{Frame, Standing};
use crate::run::preparation::Preparation;
use crate::run::transaction::Transaction;
use crate::settings::Settings;
use crate::state::digest;

use super::ScriptText;

/// Writes the steps of one target, each with its announcement, which `number` counts.
pub(crate) fn write_target(
    text: &mut ScriptText,
    settings: &Settings,
    set: &MigrationSet,
    plan: &TargetPlan,
    prepared: &Preparation,
    mut number: impl FnMut(usize) -> String,
) {
    let mut plan = plan.clone();
    let target = plan.target.clone();
    let frame = Frame::new(settings, &target);
    if plan.create_schema {
        text.blank();
        text.announce(&format!("{} {target}: create the schema", number(0)));
        text.clean_session();
        text.transaction(&Transaction::create_schema(frame));
    }
    while let Some(step) = plan.next_step().cloned() {
        let steps = match &step {
            step if step.is_record_only() => {
                plan.steps.iter().take_while(|step| step.is_record_only()).cloned().collect()
            }
            step => vec![step.clone()],
        };
        let after = plan.after(&steps, set);
        let standing = Standing { digest: digest(set, &after.applied, &after.edited), head: after.applied.last() };
        text.blank();
        text.announce(&format!("{} {target}: {}", number(steps.len()), described(&steps, set)));
        text.clean_session();
        match set.script_of(&step) {
            None => text.transaction(&Transaction::change_history(frame, &steps, set, &plan, &standing, prepared)),
            Some(migration) if migration.run_in_transaction() => {
                text.transaction(&Transaction::migrate(frame, &migration, &plan, &standing, prepared));
            }
            Some(migration) => text.outside(frame, &migration, &plan, &standing, prepared),
        }
        plan = after;
    }
}

fn described(steps: &[Step], set: &MigrationSet) -> String {
    let one = |step: &Step| {
        let verb = match step {
            Step::Apply(_) => "apply",
            Step::Revert(_) => "revert",
            Step::Mark(_) => "record",
            Step::Forget(_) => "forget",
            Step::Accept(_) => "accept",
        };
        let version = step.version();
        format!("{verb} {}", set.get(version).map_or(version.as_str(), Migration::name))
    };
    steps.iter().map(one).collect::<Vec<_>>().join(", ")
}
