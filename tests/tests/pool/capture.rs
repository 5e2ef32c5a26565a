//! Keeps the events of a thread, with their fields and with the spans around them.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use std::sync::{Arc, Mutex, OnceLock};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Event, Level, Metadata, Subscriber};
use tracing_core::span::Current;

pub(crate) type Fields = BTreeMap<&'static str, String>;

#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) level: Level,
    pub(crate) message: String,
    pub(crate) fields: Fields,
    /// The outermost first.
    pub(crate) spans: Vec<(&'static str, Fields)>,
}

impl Told {
    pub(crate) fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }
}

#[derive(Clone, Default)]
pub(crate) struct Capture(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    spans: HashMap<u64, (&'static Metadata<'static>, Fields)>,
    entered: Vec<u64>,
    events: Vec<Told>,
}

impl Capture {
    /// Keeps the events of this thread until the guard is dropped.
    pub(crate) fn begin() -> (Self, tracing::subscriber::DefaultGuard) {
        // Where there was only one subscriber ever, `tracing` asks that of the thread which comes to an event first, which
        // may be another test's, and remembers the answer.
        static SECOND: OnceLock<Dispatch> = OnceLock::new();
        SECOND.get_or_init(|| Dispatch::new(Self::default()));
        let capture = Self::default();
        let guard = tracing::subscriber::set_default(capture.clone());
        (capture, guard)
    }

    /// The events with this message since the last call, which forgets all others.
    pub(crate) fn take(&self, message: &str) -> Vec<Told> {
        let events = std::mem::take(&mut self.0.lock().unwrap().events);
        events.into_iter().filter(|event| event.message == message).collect()
    }

    /// Every event of the library since the last call.
    pub(crate) fn take_all(&self) -> Vec<Told> {
        std::mem::take(&mut self.0.lock().unwrap().events)
    }

    /// The spans of this name that were ever opened.
    pub(crate) fn spans(&self, name: &str) -> Vec<Fields> {
        let kept = self.0.lock().unwrap();
        let mut spans: Vec<_> = kept.spans.iter().filter(|(_, (metadata, _))| metadata.name() == name).collect();
        spans.sort_by_key(|(id, _)| **id);
        spans.into_iter().map(|(_, (_, fields))| fields.clone()).collect()
    }
}

struct Reader<'a>(&'a mut Fields);

impl Visit for Reader<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

impl Subscriber for Capture {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("multitenant_runtime")
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut fields = Fields::default();
        attributes.record(&mut Reader(&mut fields));
        let mut kept = self.0.lock().unwrap();
        let id = kept.spans.len() as u64 + 1;
        kept.spans.insert(id, (attributes.metadata(), fields));
        Id::from_u64(id)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        let mut kept = self.0.lock().unwrap();
        values.record(&mut Reader(&mut kept.spans.get_mut(&span.into_u64()).unwrap().1));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut Reader(&mut fields));
        let mut kept = self.0.lock().unwrap();
        let spans = kept.entered.iter().map(|id| (kept.spans[id].0.name(), kept.spans[id].1.clone())).collect();
        let message = fields.remove("message").unwrap_or_default();
        kept.events.push(Told { level: *event.metadata().level(), message, fields, spans });
    }

    fn enter(&self, span: &Id) {
        self.0.lock().unwrap().entered.push(span.into_u64());
    }

    fn exit(&self, _: &Id) {
        self.0.lock().unwrap().entered.pop();
    }

    fn current_span(&self) -> Current {
        let kept = self.0.lock().unwrap();
        kept.entered.last().map_or_else(Current::none, |id| Current::new(Id::from_u64(*id), kept.spans[id].0))
    }
}
