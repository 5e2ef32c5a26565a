//! `completions`

use crate::project::Project;

#[test]
fn every_command_is_completed() {
    let project = Project::on_disk();
    let help = project.run(&["--help"]).code(0).stdout;
    let commands = help.split("Commands:").nth(1).unwrap().split("\n\n").next().unwrap();
    let commands: Vec<&str> = commands
        .lines()
        // What goes on in a further line is indented by more.
        .filter_map(|line| line.strip_prefix("  ").filter(|line| !line.starts_with(' ')))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(commands.len() > 10 && commands.contains(&"completions"), "{commands:?}");
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = project.run(&["completions", shell]).code(0).stdout;
        for command in &commands {
            assert!(script.contains(command), "{shell} does not know {command}");
        }
        assert!(script.contains("cargo-multitenant"), "{shell}");
    }
    project.run(&["completions", "tcsh"]).code(2);
}

#[cfg(unix)]
#[test]
fn bash_can_read_it() {
    let project = Project::on_disk();
    let script = project.run(&["completions", "bash"]).code(0).stdout;
    let project = project.file("completions.bash", &script);
    let file = project.path("completions.bash");
    let read = std::process::Command::new("bash").arg("-n").arg(file).status().unwrap();
    assert!(read.success());
}
