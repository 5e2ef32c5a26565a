CREATE TABLE invoices (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id bigint NOT NULL UNIQUE REFERENCES orders,
    total numeric(12, 2) NOT NULL,
    issued_on date NOT NULL DEFAULT current_date
);
CREATE INDEX invoices_issued_on ON invoices (issued_on);
