//! What the server says of failures, heard on the wire.
//!
//! Diesel keeps most SQLSTATEs to itself, and the client with it. So the bytes that come from the server are listened
//! to on their way: messages of a type, a length and a body, of which only those about errors are read.
#![cfg_attr(not(feature = "functions"), expect(dead_code, reason = "only a Diesel connection is listened to"))]

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};

/// An error as the server gave it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct ServerError {
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) detail: Option<String>,
    pub(crate) hint: Option<String>,
    pub(crate) schema: Option<String>,
    pub(crate) routine: Option<String>,
}

/// The latest errors of a connection. Bounded: a loop of savepoints that fail must not eat the memory.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ear(Arc<Mutex<VecDeque<ServerError>>>);

impl Ear {
    const CAPACITY: usize = 64;

    /// What was heard since the last call, oldest first.
    pub(crate) fn take(&self) -> Vec<ServerError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).drain(..).collect()
    }

    fn note(&self, error: ServerError) {
        let mut errors = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if errors.len() == Self::CAPACITY {
            errors.pop_front();
        }
        errors.push_back(error);
    }
}

/// A stream that is listened to, where there is an ear.
pub(super) struct Overheard<S> {
    stream: S,
    ear: Option<Ear>,
    place: Place,
}

/// Where in the server's messages the last bytes ended.
#[derive(Debug)]
enum Place {
    /// In a type and a length.
    Head(Vec<u8>),
    /// In a body that is of no interest, with so many bytes to come.
    Skipped(usize),
    /// In an error's.
    Error { body: Vec<u8>, left: usize },
}

impl<S> Overheard<S> {
    pub(super) fn new(stream: S, ear: Option<Ear>) -> Self {
        Self { stream, ear, place: Place::Head(Vec::new()) }
    }
}

impl Place {
    const HEAD: usize = 5;
    /// More than that of an error is of no use to anybody.
    const LONGEST: usize = 64 * 1024;

    /// Goes on by what has come.
    fn hear(&mut self, mut bytes: &[u8], ear: &Ear) {
        while !bytes.is_empty() {
            let taken = match self {
                Self::Head(head) => {
                    let taken = bytes.len().min(Self::HEAD - head.len());
                    head.extend_from_slice(&bytes[..taken]);
                    if head.len() == Self::HEAD {
                        *self = Self::body(head);
                    }
                    taken
                }
                Self::Skipped(left) => {
                    let taken = bytes.len().min(*left);
                    *left -= taken;
                    taken
                }
                Self::Error { body, left } => {
                    let taken = bytes.len().min(*left);
                    body.extend_from_slice(&bytes[..taken]);
                    *left -= taken;
                    taken
                }
            };
            bytes = &bytes[taken..];
            match self {
                Self::Error { body, left: 0 } => {
                    ear.note(ServerError::read(body));
                    *self = Self::Head(Vec::new());
                }
                Self::Skipped(0) => *self = Self::Head(Vec::new()),
                _ => {}
            }
        }
    }

    /// What follows a type and a length, which counts itself.
    fn body(head: &[u8]) -> Self {
        const ERROR: u8 = b'E';
        let length = head[1..].iter().fold(0_usize, |length, byte| (length << 8) | usize::from(*byte));
        let left = length.saturating_sub(4);
        if head[0] == ERROR && left <= Self::LONGEST {
            Self::Error { body: Vec::with_capacity(left), left }
        } else {
            Self::Skipped(left)
        }
    }
}

impl ServerError {
    /// Reads fields of a letter and a text that ends with a NUL.
    fn read(body: &[u8]) -> Self {
        let mut error = Self::default();
        for field in body.split(|byte| *byte == 0) {
            let Some((letter, text)) = field.split_first() else { continue };
            let text = || String::from_utf8_lossy(text).into_owned();
            match letter {
                b'C' => error.code = text(),
                b'M' => error.message = text(),
                b'D' => error.detail = Some(text()),
                b'H' => error.hint = Some(text()),
                b's' => error.schema = Some(text()),
                b'R' => error.routine = Some(text()),
                _ => {}
            }
        }
        error
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Overheard<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let this = &mut *self;
        let result = Pin::new(&mut this.stream).poll_read(cx, buf);
        if let Some(ear) = &this.ear {
            this.place.hear(&buf.filled()[before..], ear);
        }
        result
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Overheard<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

impl<S: TlsStream + Unpin> TlsStream for Overheard<S> {
    fn channel_binding(&self) -> ChannelBinding {
        self.stream.channel_binding()
    }
}

/// A handshake whose stream is listened to: behind the encryption.
pub(super) struct Listening<H> {
    pub(super) handshake: H,
    pub(super) ear: Option<Ear>,
}

impl<S, H> TlsConnect<S> for Listening<H>
where
    H: TlsConnect<S>,
    H::Future: Send + 'static,
{
    type Stream = Overheard<H::Stream>;
    type Error = H::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Stream, Self::Error>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        let Self { handshake, ear } = self;
        let connected = handshake.connect(stream);
        Box::pin(async move { Ok(Overheard::new(connected.await?, ear)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
        [&[kind], &length[..], body].concat()
    }

    #[test]
    fn hears_errors_wherever_the_bytes_are_cut() {
        let error = b"SERROR\0C40P01\0Mdeadlock \xc3\xa9\0Ddetail\0spg_catalog\0RDeadLockReport\0\0";
        let bytes = [
            message(b'Z', b"I"),
            message(b'D', &[b'E'; 300]),
            message(b'E', error),
            message(b'1', b""),
            message(b'E', b"C57P01\0Mgone\0\0"),
        ]
        .concat();
        for size in [1, 2, 3, 5, 7, 64, bytes.len()] {
            let (ear, mut place) = (Ear::default(), Place::Head(Vec::new()));
            bytes.chunks(size).for_each(|chunk| place.hear(chunk, &ear));
            let heard = ear.take();
            let codes: Vec<&str> = heard.iter().map(|error| error.code.as_str()).collect();
            assert_eq!(codes.len(), 2, "in pieces of {size}");
            assert_eq!(heard[0].message, "deadlock é");
            assert_eq!(heard[0].schema.as_deref(), Some("pg_catalog"));
            assert_eq!(heard[0].routine.as_deref(), Some("DeadLockReport"));
            assert_eq!((heard[1].message.as_str(), heard[1].hint.as_deref()), ("gone", None));
            assert!(ear.take().is_empty());
        }
    }

    #[test]
    fn an_error_without_end_is_not_kept() {
        let (ear, mut place) = (Ear::default(), Place::Head(Vec::new()));
        place.hear(&message(b'E', &vec![b'M'; Place::LONGEST + 1]), &ear);
        place.hear(&message(b'E', b"Mshort\0\0"), &ear);
        assert_eq!(ear.take().len(), 1);
    }
}
