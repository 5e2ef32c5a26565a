mod config;
mod output;
