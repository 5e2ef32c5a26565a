//! A chapter as what is to be done, in order.

use std::collections::BTreeMap;

/// A chapter, or another document with commands.
pub(super) struct Page {
    /// As it is named in failures: `docs/guide/lint.md`.
    pub(super) name: String,
    /// What its first comment says of the project: `project: shop; tenants: acme, globex`.
    pub(super) set_up: BTreeMap<String, String>,
    pub(super) steps: Vec<Step>,
}

/// Something to do or to look at, at a line of the chapter.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) line: usize,
    pub(super) what: What,
}

#[derive(Debug)]
pub(super) enum What {
    /// Commands with what they print.
    Console(String),
    /// Commands that can run nowhere, and why.
    NotRun { commands: String, reason: String },
    /// A command of a comment, which readers do not see.
    Run(String),
    /// SQL of a comment: what somebody else has done in the database.
    Sql(String),
    /// A block that is a file of the project.
    File { path: String, text: String },
    /// A block to be read as what its language says, with the note above it.
    Block { language: String, note: String, text: String },
}

impl Page {
    /// # Errors
    ///
    /// What is wrong with its comments and blocks.
    pub(super) fn read(name: &str, text: &str) -> Result<Self, String> {
        let mut page = Self { name: name.to_owned(), set_up: BTreeMap::new(), steps: Vec::new() };
        let mut note: Option<String> = None;
        let mut lines = text.lines().enumerate().map(|(at, line)| (at + 1, line));
        while let Some((line, text)) = lines.next() {
            if let Some(begun) = text.trim_start().strip_prefix("<!--") {
                let mut comment = begun.to_owned();
                while !comment.contains("-->") {
                    let Some((_, more)) = lines.next() else {
                        return Err(format!("{name}:{line}: a comment is left open"));
                    };
                    comment.push('\n');
                    comment.push_str(more);
                }
                let comment = comment.split("-->").next().unwrap_or_default().trim().to_owned();
                note = page.comment(line, &comment)?;
            } else if let Some(language) = text.trim_start().strip_prefix("```") {
                let indent = text.len() - text.trim_start().len();
                let mut block = String::new();
                loop {
                    let Some((_, inner)) = lines.next() else {
                        return Err(format!("{name}:{line}: a block is left open"));
                    };
                    if inner.trim() == "```" {
                        break;
                    }
                    block.push_str(inner.get(indent..).unwrap_or_default());
                    block.push('\n');
                }
                let what = block_of(language, note.take().as_deref().unwrap_or_default(), block)
                    .map_err(|why| format!("{name}:{line}: {why}"))?;
                page.steps.push(Step { line, what });
            } else if let Some(note) = &note {
                return Err(format!("{name}:{line}: no block follows the comment {note:?}"));
            }
        }
        Ok(page)
    }

    /// What a comment says: at once, or of the block that follows.
    fn comment(&mut self, line: usize, comment: &str) -> Result<Option<String>, String> {
        let (kind, rest) = comment.split_once(':').unwrap_or((comment, ""));
        let rest = rest.trim().to_owned();
        match kind {
            "project" => {
                for part in comment.split(';') {
                    let (key, value) =
                        part.split_once(':').ok_or_else(|| format!("{}:{line}: no value in {part:?}", self.name))?;
                    self.set_up.insert(key.trim().to_owned(), value.trim().to_owned());
                }
            }
            "run" => self.steps.push(Step { line, what: What::Run(rest) }),
            "sql" => self.steps.push(Step { line, what: What::Sql(rest) }),
            "not run" | "file" | "of" => return Ok(Some(comment.to_owned())),
            _ => return Err(format!("{}:{line}: what is {kind:?}?", self.name)),
        }
        Ok(None)
    }
}

fn block_of(language: &str, note: &str, text: String) -> Result<What, String> {
    let (kind, said) = note.split_once(':').map_or(("", ""), |(kind, said)| (kind, said.trim()));
    Ok(match (language, kind) {
        ("console", "not run") if said.split(' ').count() > 1 => {
            What::NotRun { commands: text, reason: said.to_owned() }
        }
        ("console", "") => What::Console(text),
        ("console", _) => return Err(format!("no reason why it is not run: {note:?}")),
        (_, "file") => What::File { path: said.to_owned(), text },
        (_, "not run") => return Err("only commands are not run".to_owned()),
        _ => What::Block { language: language.to_owned(), note: said.to_owned(), text },
    })
}

/// The commands of a block, with the output that is shown below each.
pub(super) fn commands(block: &str) -> Result<Vec<(String, String)>, String> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut continues = false;
    for line in block.lines() {
        if continues {
            let (command, _) = found.last_mut().ok_or("nothing to go on with")?;
            command.push(' ');
            command.push_str(line.trim());
        } else if let Some(command) = line.strip_prefix("$ ") {
            found.push((command.to_owned(), String::new()));
        } else {
            let (_, output) = found.last_mut().ok_or_else(|| format!("no command begins with `$ ` before {line:?}"))?;
            output.push_str(line);
            output.push('\n');
            continue;
        }
        let (command, _) = found.last_mut().ok_or("nothing")?;
        continues = command.ends_with('\\');
        if continues {
            command.pop();
        }
    }
    if found.is_empty() {
        return Err("a block without a command".to_owned());
    }
    Ok(found)
}
