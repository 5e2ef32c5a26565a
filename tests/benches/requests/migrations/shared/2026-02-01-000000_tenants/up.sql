CREATE TABLE tenants (id text PRIMARY KEY);
