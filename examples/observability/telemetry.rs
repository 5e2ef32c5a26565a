//! Where metrics and traces go. It comes before everything that is to be seen.

use std::error::Error;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use multitenant_runtime::metrics::{METRICS, MetricKind, describe};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanExporter};
use tracing::{Level, Subscriber};
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;

/// Installs the recorder of the whole process.
pub(crate) fn prometheus() -> Result<PrometheusHandle, Box<dyn Error>> {
    let mut builder = PrometheusBuilder::new();
    for metric in METRICS.iter().filter(|metric| metric.kind == MetricKind::Histogram) {
        builder = builder.set_buckets_for_metric(Matcher::Full(metric.name.to_owned()), metric.buckets)?;
    }
    let handle = builder.install_recorder()?;
    describe();
    Ok(handle)
}

/// What tells people on the terminal what happens, and gives the spans to OpenTelemetry: those of requests, checkouts,
/// targets and migrations. In production the exporter is one that sends, behind a batch processor.
pub(crate) fn subscriber(exporter: impl SpanExporter + 'static) -> (impl Subscriber + Send + Sync, SdkTracerProvider) {
    let provider = SdkTracerProvider::builder().with_simple_exporter(exporter).build();
    let spans = tracing_opentelemetry::layer().with_tracer(provider.tracer("observability"));
    let people = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let subscriber = tracing_subscriber::registry()
        .with(people.with_filter(Targets::new().with_default(Level::INFO)))
        .with(spans.with_filter(Targets::new().with_target("multitenant_runtime", Level::DEBUG)));
    (subscriber, provider)
}
