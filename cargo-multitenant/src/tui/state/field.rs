//! Forms: a few fields, one of which has the cursor.

/// A field of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) label: &'static str,
    pub(crate) value: Value,
    /// What it is about, while it has the cursor.
    pub(crate) hint: &'static str,
}

/// What is in a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Text(String),
    /// One of these.
    Choice(&'static [&'static str], usize),
}

impl Field {
    pub(crate) fn text(label: &'static str, value: impl Into<String>, hint: &'static str) -> Self {
        Self { label, value: Value::Text(value.into()), hint }
    }

    pub(crate) fn choice(label: &'static str, choices: &'static [&'static str], hint: &'static str) -> Self {
        Self { label, value: Value::Choice(choices, 0), hint }
    }

    /// What it holds.
    pub(crate) fn get(&self) -> &str {
        match &self.value {
            Value::Text(text) => text,
            Value::Choice(choices, at) => choices.get(*at).copied().unwrap_or_default(),
        }
    }

    /// A character that was typed.
    pub(crate) fn typed(&mut self, c: char) {
        match &mut self.value {
            Value::Text(text) if !c.is_control() => text.push(c),
            Value::Choice(..) if c == ' ' => self.turn(1),
            _ => {}
        }
    }

    pub(crate) fn erased(&mut self) {
        if let Value::Text(text) = &mut self.value {
            text.pop();
        }
    }

    /// The next choice, or the one before.
    pub(crate) fn turn(&mut self, by: isize) {
        if let Value::Choice(choices, at) = &mut self.value
            && !choices.is_empty()
        {
            *at = at.wrapping_add_signed(by).wrapping_add(choices.len()) % choices.len();
        }
    }
}

/// A form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Form {
    pub(crate) title: String,
    pub(crate) fields: Vec<Field>,
    pub(crate) at: usize,
    /// What is wrong with what was entered.
    pub(crate) error: Option<String>,
    pub(crate) purpose: Purpose,
}

/// What a form is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Purpose {
    Create,
    /// Of this tenant.
    Clone(String),
    Rename(String),
    Generate,
    Seed,
}

impl Form {
    pub(crate) fn new(title: impl Into<String>, purpose: Purpose, fields: Vec<Field>) -> Self {
        Self { title: title.into(), fields, at: 0, error: None, purpose }
    }

    /// What the field of this label holds.
    pub(crate) fn get(&self, label: &str) -> &str {
        self.fields.iter().find(|field| field.label == label).map_or("", Field::get)
    }

    pub(crate) fn here(&mut self) -> Option<&mut Field> {
        self.fields.get_mut(self.at)
    }

    /// To the next field, or the one before.
    pub(crate) fn go(&mut self, by: isize) {
        let fields = self.fields.len().max(1);
        self.at = self.at.wrapping_add_signed(by).wrapping_add(fields) % fields;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_turn_both_ways_and_texts_take_no_control_characters() {
        let mut field = Field::choice("tier", &["tenant", "shared"], "");
        field.typed('x');
        assert_eq!(field.get(), "tenant");
        field.turn(-1);
        assert_eq!(field.get(), "shared");
        field.typed(' ');
        assert_eq!(field.get(), "tenant");
        let mut field = Field::text("id", "a", "");
        "b\u{1b}\u{7}é".chars().for_each(|c| field.typed(c));
        assert_eq!(field.get(), "abé");
        field.erased();
        assert_eq!(field.get(), "ab");
        let mut form = Form::new("t", Purpose::Create, vec![field.clone(), field]);
        form.go(-1);
        assert_eq!(form.at, 1);
        form.go(1);
        assert_eq!(form.at, 0);
    }
}
