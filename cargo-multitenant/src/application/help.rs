//! The commands' texts, with the name of the program that has them.

use clap::Command;

/// What the texts call the program.
const USUAL: &str = "cargo multitenant";

/// The command and its subcommands, whose texts say this name.
pub(super) fn named(command: Command, program: &str) -> Command {
    let said = |text: Option<&clap::builder::StyledStr>| {
        text.map(ToString::to_string).filter(|text| text.contains(USUAL)).map(|text| text.replace(USUAL, program))
    };
    let texts = (said(command.get_about()), said(command.get_long_about()), said(command.get_after_help()));
    let command = texts.0.into_iter().fold(command, Command::about);
    let command = texts.1.into_iter().fold(command, Command::long_about);
    let command = texts.2.into_iter().fold(command, Command::after_help);
    command.mut_subcommands(|command| named(command, program))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::deployed;

    #[test]
    fn every_text_says_the_program_s_name() {
        let command = named(deployed::command(), "shop multitenant");
        command.clone().debug_assert();
        let mut all = vec![command];
        let mut examples = 0;
        while let Some(mut command) = all.pop() {
            let help = command.render_long_help().to_string();
            assert!(!help.contains(USUAL), "{help}");
            examples += help.matches("  shop multitenant ").count();
            all.extend(command.get_subcommands().filter(|command| !command.is_hide_set()).cloned());
        }
        assert!(examples > 30, "{examples}");
    }
}
