//! What the server says of failures, heard on the wire.
//!
//! Diesel keeps most SQLSTATEs to itself, and the client with it. So the bytes that come from the server are listened
//! to on their way: messages of a type, a length and a body, of which only those about errors are read.
#![cfg_attr(not(feature = "functions"), expect(dead_code, reason = "only a Diesel connection is listened to"))]

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};

use super::traffic::{Sent, Traffic};

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

/// The latest errors of a connection, and whether it is quiet. Bounded: a loop of savepoints that fail must not eat the
/// memory.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ear {
    errors: Arc<Mutex<VecDeque<ServerError>>>,
    traffic: Traffic,
}

impl Ear {
    const CAPACITY: usize = 64;

    /// What was heard since the last call, oldest first.
    pub(crate) fn take(&self) -> Vec<ServerError> {
        self.errors.lock().unwrap_or_else(PoisonError::into_inner).drain(..).collect()
    }

    /// The code of the last failure that was heard, and not taken.
    #[cfg(feature = "pool")]
    pub(crate) fn last_code(&self) -> Option<String> {
        self.errors.lock().unwrap_or_else(PoisonError::into_inner).back().map(|error| error.code.clone())
    }

    /// Whether it is quiet, for who wants to know.
    pub(crate) fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    fn note(&self, error: ServerError) {
        #[cfg(feature = "pool")]
        if crate::sqlstate::is_stale_plan(&error.code, error.routine.as_deref()) {
            self.traffic.stale();
        }
        let mut errors = self.errors.lock().unwrap_or_else(PoisonError::into_inner);
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
    sent: Sent,
    /// Our last word is said, and the server's is waited for.
    said_goodbye: bool,
}

/// Where in the server's messages the last bytes ended.
#[derive(Debug)]
enum Place {
    /// In a type and a length.
    Head { bytes: [u8; Place::HEAD], filled: usize },
    /// In a body that is of no interest, with so many bytes to come.
    Skipped(usize),
    /// In an error's.
    Error { body: Vec<u8>, left: usize },
    /// Before the one byte that says how the transaction stands.
    Ready,
}

impl<S> Overheard<S> {
    pub(super) fn new(stream: S, ear: Option<Ear>) -> Self {
        Self { stream, ear, place: Place::head(), sent: Sent::default(), said_goodbye: false }
    }
}

impl<S> Overheard<S> {
    fn note_sent(&mut self, bytes: &[u8]) {
        if let Some(ear) = &self.ear {
            self.sent.hear(bytes, &ear.traffic);
        }
    }
}

impl Place {
    const HEAD: usize = 5;
    /// More than that of an error is of no use to anybody.
    const LONGEST: usize = 64 * 1024;

    fn head() -> Self {
        Self::Head { bytes: [0; Self::HEAD], filled: 0 }
    }

    /// Goes on by what has come.
    fn hear(&mut self, mut bytes: &[u8], ear: &Ear) {
        while !bytes.is_empty() {
            let taken = match self {
                Self::Head { bytes: head, filled } => {
                    let taken = bytes.len().min(Self::HEAD - *filled);
                    head[*filled..*filled + taken].copy_from_slice(&bytes[..taken]);
                    *filled += taken;
                    if *filled == Self::HEAD {
                        ear.traffic.heard(head[0]);
                        *self = Self::body(*head);
                    }
                    taken
                }
                Self::Ready => {
                    ear.traffic.ready(bytes[0]);
                    *self = Self::head();
                    1
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
                    // The server's last word, before it hangs up: in a field that is in no language.
                    if body.split(|byte| *byte == 0).any(|field| matches!(field, b"VFATAL" | b"VPANIC")) {
                        ear.traffic.lost();
                    }
                    ear.note(ServerError::read(body));
                    *self = Self::head();
                }
                Self::Skipped(0) => *self = Self::head(),
                _ => {}
            }
        }
    }

    /// What follows a type and a length, which counts itself.
    fn body(head: [u8; Self::HEAD]) -> Self {
        const ERROR: u8 = b'E';
        const READY: u8 = b'Z';
        let length = head[1..].iter().fold(0_usize, |length, byte| (length << 8) | usize::from(*byte));
        let left = length.saturating_sub(4);
        if head[0] == ERROR && left <= Self::LONGEST {
            Self::Error { body: Vec::with_capacity(left), left }
        } else if head[0] == READY && left == 1 {
            Self::Ready
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
            let came = &buf.filled()[before..];
            this.place.hear(came, ear);
            let is_end = came.is_empty() && buf.remaining() > 0;
            if matches!(&result, Poll::Ready(read) if read.is_err() || is_end) {
                ear.traffic.lost();
            }
        }
        result
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Overheard<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(cx, buf))?;
        self.note_sent(&buf[..written]);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    /// Where there is an ear, it is over only when the server has hung up: by then its process is gone, and no longer
    /// counts among its connections.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.said_goodbye {
            ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
            self.said_goodbye = true;
        }
        if self.ear.is_none() {
            return Poll::Ready(Ok(()));
        }
        loop {
            let mut space = [0; 256];
            let mut space = ReadBuf::new(&mut space);
            match ready!(Pin::new(&mut self.stream).poll_read(cx, &mut space)) {
                Ok(()) if !space.filled().is_empty() => {}
                // How it hangs up is all the same.
                Ok(()) | Err(_) => return Poll::Ready(Ok(())),
            }
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write_vectored(cx, bufs))?;
        let mut left = written;
        for buf in bufs {
            let taken = buf.len().min(left);
            self.note_sent(&buf[..taken]);
            left -= taken;
        }
        Poll::Ready(Ok(written))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

impl<S: TlsStream + AsyncRead + AsyncWrite + Unpin> TlsStream for Overheard<S> {
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
            let (ear, mut place) = (Ear::default(), Place::head());
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
    fn the_servers_last_word_is_known_for_it() {
        for (severity, is_last) in [("VERROR", false), ("VFATAL", true), ("MFATAL\0VERROR", false)] {
            let (ear, mut place) = (Ear::default(), Place::head());
            place.hear(&message(b'E', format!("SFATAL\0{severity}\0C57P01\0Mgone\0\0").as_bytes()), &ear);
            assert_eq!(ear.traffic().is_lost(), is_last, "{severity}");
        }
    }

    #[test]
    fn an_error_without_end_is_not_kept() {
        let (ear, mut place) = (Ear::default(), Place::head());
        place.hear(&message(b'E', &vec![b'M'; Place::LONGEST + 1]), &ear);
        place.hear(&message(b'E', b"Mshort\0\0"), &ear);
        assert_eq!(ear.take().len(), 1);
    }
}
