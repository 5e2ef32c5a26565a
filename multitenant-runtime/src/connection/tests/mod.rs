mod bouncer;
mod server;
mod session;
mod tls;
mod url;
