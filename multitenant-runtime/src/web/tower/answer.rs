use http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use http::{Response, StatusCode};

use crate::route::Rejection;

/// Makes the answer of a request that is not served. Functions do:
///
/// ```
/// use http::Response;
/// use multitenant_runtime::web::AnswerRejection;
/// use multitenant_runtime::route::Rejection;
///
/// let answer = |rejection: &Rejection| Response::new(format!(r#"{{"error":"{}"}}"#, rejection.message()));
/// assert_eq!(answer.answer(&Rejection::Missing).status(), 200);
/// ```
pub trait AnswerRejection<B> {
    /// The answer.
    fn answer(&self, rejection: &Rejection) -> Response<B>;
}

impl<F, B> AnswerRejection<B> for F
where
    F: Fn(&Rejection) -> Response<B>,
{
    fn answer(&self, rejection: &Rejection) -> Response<B> {
        self(rejection)
    }
}

/// The status, `Retry-After`, and the message as plain text: for bodies that can be made of a `String`, as axum's and
/// http-body-util's `Full` can.
#[derive(Debug, Clone, Copy, Default)]
pub struct PlainText;

impl<B: From<String>> AnswerRejection<B> for PlainText {
    fn answer(&self, rejection: &Rejection) -> Response<B> {
        let mut response = rejection.to_response(B::from(rejection.message().to_owned()));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        response
    }
}

impl Rejection {
    /// A response of this body, with the status and `Retry-After`. With an empty body it fits every service:
    /// `|rejection: &Rejection| rejection.to_response(Default::default())`.
    #[must_use]
    pub fn to_response<B>(&self, body: B) -> Response<B> {
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::from_u16(self.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if let Some(after) = self.retry_after() {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(after.as_secs()));
        }
        response
    }
}
