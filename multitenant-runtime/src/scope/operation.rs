//! What is noted of an operation while it runs.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use diesel::QueryResult;
use diesel::result::Error;
use futures_util::Stream;
use pin_project_lite::pin_project;

/// How many operations have begun on a connection and not ended.
///
/// A future that is dropped half way never ends. So what it has begun is never forgotten, whatever else runs on
/// the connection afterwards: the connection is in doubt, and is closed when it is given back.
#[derive(Debug, Default)]
pub(crate) struct InFlight {
    begun: u64,
    ended: u64,
}

impl InFlight {
    pub(crate) fn begin(&mut self) {
        self.begun += 1;
    }

    pub(crate) fn end(&mut self) {
        self.ended += 1;
    }

    /// Whether an operation has begun and not ended.
    pub(crate) fn is_any(&self) -> bool {
        self.begun != self.ended
    }
}

pin_project! {
    /// A query on its way: what the methods of [`RunQueryDsl`](crate::RunQueryDsl) return.
    ///
    /// It is `Send`. Dropped after it was polled and before it ends, it leaves its connection in doubt, which is
    /// then closed when it is given back.
    #[must_use = "nothing is sent until it is awaited"]
    pub struct Operation<'conn, F> {
        in_flight: &'conn mut InFlight,
        has_begun: bool,
        refused: Option<Error>,
        #[pin]
        future: Option<F>,
    }
}

impl<'conn, F> Operation<'conn, F> {
    pub(crate) fn new(in_flight: &'conn mut InFlight, future: F) -> Self {
        Self { in_flight, has_begun: false, refused: None, future: Some(future) }
    }

    /// One that only says why it is none.
    pub(crate) fn refused(in_flight: &'conn mut InFlight, error: Error) -> Self {
        Self { in_flight, has_begun: false, refused: Some(error), future: None }
    }
}

impl<F, T> Future for Operation<'_, F>
where
    F: Future<Output = QueryResult<T>>,
{
    type Output = QueryResult<T>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(future) = this.future.as_pin_mut() else {
            return Poll::Ready(Err(this.refused.take().unwrap_or(Error::NotFound)));
        };
        if !*this.has_begun {
            *this.has_begun = true;
            this.in_flight.begin();
        }
        let result = ready!(future.poll(context));
        this.in_flight.end();
        Poll::Ready(result)
    }
}

pin_project! {
    /// A query on its way to a stream of rows: what [`RunQueryDsl::load_stream`](crate::RunQueryDsl::load_stream)
    /// returns.
    #[must_use = "nothing is sent until it is awaited"]
    pub struct StreamOperation<'conn, F> {
        // Gone when the stream has it.
        in_flight: Option<&'conn mut InFlight>,
        has_begun: bool,
        refused: Option<Error>,
        #[pin]
        future: Option<F>,
    }
}

impl<'conn, F> StreamOperation<'conn, F> {
    pub(crate) fn new(in_flight: &'conn mut InFlight, future: QueryResult<F>) -> Self {
        let (future, refused) = match future {
            Ok(future) => (Some(future), None),
            Err(error) => (None, Some(error)),
        };
        Self { in_flight: Some(in_flight), has_begun: false, refused, future }
    }
}

impl<'conn, F, S> Future for StreamOperation<'conn, F>
where
    F: Future<Output = QueryResult<S>>,
{
    type Output = QueryResult<Rows<'conn, S>>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(future) = this.future.as_pin_mut() else {
            return Poll::Ready(Err(this.refused.take().unwrap_or(Error::NotFound)));
        };
        if let Some(in_flight) = this.in_flight.as_mut().filter(|_| !*this.has_begun) {
            *this.has_begun = true;
            in_flight.begin();
        }
        let result = ready!(future.poll(context));
        let in_flight = this.in_flight.take();
        Poll::Ready(match result {
            Ok(stream) => Ok(Rows { in_flight, stream }),
            Err(error) => {
                in_flight.into_iter().for_each(InFlight::end);
                Err(error)
            }
        })
    }
}

pin_project! {
    /// The rows of a query, as they arrive.
    ///
    /// It keeps the connection until it is dropped. Dropped before its end, it leaves the connection in doubt.
    #[must_use = "rows come when it is polled"]
    pub struct Rows<'conn, S> {
        // Gone when the stream has ended.
        in_flight: Option<&'conn mut InFlight>,
        #[pin]
        stream: S,
    }
}

impl<S: Stream> Stream for Rows<'_, S> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let this = self.project();
        let row = ready!(this.stream.poll_next(context));
        if row.is_none() {
            this.in_flight.take().into_iter().for_each(InFlight::end);
        }
        Poll::Ready(row)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.stream.size_hint()
    }
}
