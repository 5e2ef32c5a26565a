use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use http::header::HeaderName;
use pin_project_lite::pin_project;
use tracing::instrument::Instrumented;

use crate::route::Rejection;

use super::super::headers::stays;
use super::answer::AnswerRejection;

pin_project! {
    /// The future of a [`TenantService`](super::TenantService).
    pub struct TenantResponse<F, A, B> {
        #[pin]
        state: State<F, A, B>,
    }
}

pin_project! {
    #[project = Projected]
    enum State<F, A, B> {
        Answered { response: Option<Response<B>> },
        Served { #[pin] future: Instrumented<F>, answer: A },
    }
}

impl<F, A, B> TenantResponse<F, A, B> {
    pub(super) fn answered(response: Response<B>) -> Self {
        Self { state: State::Answered { response: Some(response) } }
    }

    pub(super) fn served(future: Instrumented<F>, answer: A) -> Self {
        Self { state: State::Served { future, answer } }
    }
}

impl<F, A, B, E> Future for TenantResponse<F, A, B>
where
    F: Future<Output = Result<Response<B>, E>>,
    A: AnswerRejection<B>,
{
    type Output = Result<Response<B>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            // As futures do: after the end there is nothing any more.
            Projected::Answered { response } => {
                response.take().map_or(Poll::Pending, |response| Poll::Ready(Ok(response)))
            }
            Projected::Served { future, answer } => {
                let mut response = ready!(future.poll(context))?;
                if let Some(rejection) = response.extensions_mut().remove::<Rejection>() {
                    response = replaced(response, answer.answer(&rejection));
                }
                Poll::Ready(Ok(response))
            }
        }
    }
}

/// The answer, with what else layers further in have said.
fn replaced<B>(response: Response<B>, mut answer: Response<B>) -> Response<B> {
    let (mut before, _) = response.into_parts();
    let new: Vec<HeaderName> = answer.headers().keys().cloned().collect();
    let kept = before.headers.iter().filter(|(name, _)| stays(name.as_str()) && !new.contains(name));
    // One by one: a name may stand there several times, as that of cookies does.
    for (name, value) in kept {
        answer.headers_mut().append(name.clone(), value.clone());
    }
    before.extensions.extend(std::mem::take(answer.extensions_mut()));
    *answer.extensions_mut() = before.extensions;
    answer
}

impl<F, A, B> std::fmt::Debug for TenantResponse<F, A, B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TenantResponse").finish_non_exhaustive()
    }
}
