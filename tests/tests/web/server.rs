//! The same application twice, over axum and over actix-web.

use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::{App, HttpResponse, HttpServer};
use axum::Router;
use axum::routing::get;
use multitenant_runtime::route::{Rejection, RequestTenant, Resolve};
use multitenant_runtime::web::TenantLayer;
use multitenant_runtime::web::actix::TenantMiddleware;
use multitenant_runtime::{SharedConn, TenantConn, TenantPool};
use tokio::net::TcpListener;

use super::shop;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framework {
    Axum,
    Actix,
}

pub(crate) const BOTH: [Framework; 2] = [Framework::Axum, Framework::Actix];

/// What is not as it is by itself.
#[derive(Clone)]
pub(crate) struct Application {
    pub(crate) pool: TenantPool,
    pub(crate) resolver: Arc<dyn Resolve>,
    pub(crate) is_optional: bool,
    pub(crate) answers_teapot: bool,
}

impl Application {
    pub(crate) fn new(pool: TenantPool, resolver: impl Resolve + 'static) -> Self {
        Self { pool, resolver: Arc::new(resolver), is_optional: false, answers_teapot: false }
    }

    /// Serves until the test ends.
    pub(crate) async fn serve(&self, framework: Framework) -> SocketAddr {
        match framework {
            Framework::Axum => self.serve_axum().await,
            Framework::Actix => self.serve_actix(),
        }
    }

    async fn serve_axum(&self) -> SocketAddr {
        let layer = TenantLayer::new(self.pool.clone(), Arc::clone(&self.resolver));
        let layer = if self.is_optional { layer.optional() } else { layer };
        let routes = Router::new()
            .route("/health", get(async || "well"))
            .route("/id", get(id))
            .route("/if", get(async |tenant: Option<RequestTenant>| said(tenant.as_ref())))
            .route("/shared", get(shared))
            .route("/later", get(later))
            .fallback(who);
        let routes = if self.answers_teapot {
            routes.layer(layer.on_rejection(|rejection: &Rejection| {
                let body = axum::body::Body::from(format!("teapot {}", rejection.status()));
                http::Response::builder().status(418).body(body).unwrap()
            }))
        } else {
            routes.layer(layer)
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, routes).await });
        address
    }

    fn serve_actix(&self) -> SocketAddr {
        use actix_web::web::{get, to};
        let application = self.clone();
        let server = HttpServer::new(move || {
            let layer = TenantMiddleware::new(application.pool.clone(), Arc::clone(&application.resolver));
            let layer = if application.is_optional { layer.optional() } else { layer };
            let layer = if application.answers_teapot {
                layer.on_rejection(|rejection| HttpResponse::ImATeapot().body(format!("teapot {}", rejection.status())))
            } else {
                layer
            };
            App::new()
                .route("/health", get().to(async || "well"))
                .route("/id", get().to(id))
                .route("/if", get().to(async |tenant: Option<RequestTenant>| said(tenant.as_ref())))
                .route("/shared", get().to(shared))
                .route("/later", get().to(later))
                .default_service(to(who))
                .wrap(layer)
        });
        let server = server.workers(1).disable_signals().bind("127.0.0.1:0").unwrap();
        let address = server.addrs()[0];
        tokio::spawn(server.run());
        address
    }
}

/// Whose rows the request's connection sees.
async fn who(mut connection: TenantConn) -> String {
    shop::who(connection.trusted_connection()).await
}

/// The same, with the connection taken by the handler.
async fn later(tenant: RequestTenant) -> Result<String, Rejection> {
    Ok(who(tenant.connection().await?).await)
}

async fn shared(mut connection: SharedConn) -> String {
    shop::who(connection.trusted_connection()).await
}

async fn id(tenant: RequestTenant) -> String {
    said(Some(&tenant))
}

fn said(tenant: Option<&RequestTenant>) -> String {
    tenant.map_or_else(|| "nobody".to_owned(), |tenant| tenant.tenant().to_string())
}
