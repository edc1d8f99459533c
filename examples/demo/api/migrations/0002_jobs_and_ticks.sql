-- One row for each job that the worker has brought to an end. A job delivered twice still leaves one row.
CREATE TABLE jobs (
    id          uuid PRIMARY KEY,
    kind        text        NOT NULL,
    payload     jsonb       NOT NULL,
    state       text        NOT NULL CHECK (state IN ('done', 'failed')),
    result      jsonb,
    error       text,
    attempts    integer     NOT NULL,
    enqueued_at timestamptz NOT NULL,
    finished_at timestamptz NOT NULL DEFAULT now(),
    worker      text        NOT NULL,
    release     text        NOT NULL
);

CREATE INDEX jobs_finished_at ON jobs (finished_at);

-- What the scheduler did, in order. Rows of two instances that alternate would show that it ran twice at once.
CREATE TABLE ticks (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event    text        NOT NULL CHECK (event IN ('start', 'tick', 'stop')),
    at       timestamptz NOT NULL DEFAULT now(),
    instance text        NOT NULL,
    release  text        NOT NULL
);

CREATE INDEX ticks_at ON ticks (at);
