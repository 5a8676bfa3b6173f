-- Idempotency keys, the lease and the records of the refill, and the rate limit of the direct path.

-- Keyed hashes only, never a key or a card number (docs/design.md#idempotency-keys). The statement
-- that reserves the pair also writes this row.
CREATE TABLE idempotency_key (
  key_hash bytea PRIMARY KEY,
  fingerprint bytea NOT NULL,
  reservation_id uuid,
  -- The pair that was reserved for this key; NULL when the creation used the direct path.
  pair_id bigint,
  -- The reference of the answer, when it is not that of the reserved pair, and whether the request
  -- with this key created it.
  card_reference text,
  created boolean,
  -- Whether a later request has taken over the key. Then no single request knows everything that
  -- was sent to NS1.
  is_resumed boolean NOT NULL DEFAULT false,
  -- Until this time the request that holds the key is assumed to be running. After it, the next
  -- request with the key completes the creation.
  held_until timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX idempotency_key_expiry ON idempotency_key USING brin (expires_at);

-- One run at a time for each job. The fencing number only grows. A run that finds another number
-- has lost its lease and stops (docs/design.md#one-refill-at-a-time).
CREATE TABLE job_lease (
  job text PRIMARY KEY,
  fencing bigint NOT NULL,
  holder text NOT NULL,
  expires_at timestamptz NOT NULL
);

-- One row for each prefetch call, written before the call. If the answer never arrives, all
-- requested tokens count as leaked (docs/design.md#i8).
CREATE TABLE prefetch_call (
  id uuid PRIMARY KEY,
  namespace text NOT NULL CHECK (namespace IN ('ns1', 'ns2')),
  fencing bigint NOT NULL,
  requested int NOT NULL,
  announced_at timestamptz NOT NULL DEFAULT now(),
  stored_at timestamptz
);

-- Tokens without a partner: left over from a short answer, or rejected because of their form and
-- never used.
CREATE TABLE unpaired_token (
  namespace text NOT NULL CHECK (namespace IN ('ns1', 'ns2')),
  token text NOT NULL,
  expires_at timestamptz,
  rejected_because text,
  stored_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (namespace, token)
);

-- Creations on the direct path in each second, counted over all instances.
CREATE TABLE direct_path_second (
  second timestamptz PRIMARY KEY,
  creations int NOT NULL
);

-- The only open request for an emergency refill.
CREATE TABLE refill_request (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  requested_at timestamptz NOT NULL DEFAULT now()
);

-- The size of the pool, once a minute. The differences give the rates of consumption and refill.
CREATE TABLE pool_sample (
  sampled_at timestamptz PRIMARY KEY DEFAULT now(),
  available bigint NOT NULL,
  used bigint NOT NULL
);

-- How long refills took. The next low-water mark is computed from these times. Rows are kept for a
-- day.
CREATE TABLE refill_run (
  started_at timestamptz PRIMARY KEY,
  ended_at timestamptz NOT NULL DEFAULT now(),
  activated bigint NOT NULL
);

-- The checksum of the installed functions.
CREATE TABLE installed_functions (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  checksum text NOT NULL,
  installed_at timestamptz NOT NULL DEFAULT now()
);
