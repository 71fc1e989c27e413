-- What connections are asked, in spans of ten minutes, and what they allow: enough to say when a limit would be hit.

-- `growing` grows with the number of records (calls of jobs), `steady` does not (looks, sweeps).
CREATE TABLE call_use (
  connection TEXT NOT NULL,
  counted TEXT NOT NULL,
  flow TEXT NOT NULL,
  span_at BIGINT NOT NULL,
  growing BIGINT NOT NULL DEFAULT 0,
  steady BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (connection, counted, flow, span_at)
);
CREATE INDEX call_use_age ON call_use (span_at);

-- It allows so many thousandths of a call, a point or the like in each `seconds`.
CREATE TABLE call_limit (
  connection TEXT NOT NULL,
  counted TEXT NOT NULL,
  thousandths BIGINT NOT NULL,
  seconds BIGINT NOT NULL,
  PRIMARY KEY (connection, counted)
);
