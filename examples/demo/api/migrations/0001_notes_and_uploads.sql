CREATE TABLE notes (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    body       text        NOT NULL CHECK (length(body) BETWEEN 1 AND 2000),
    created_at timestamptz NOT NULL DEFAULT now(),
    release    text        NOT NULL
);

-- The bytes are files under UPLOADS_DIR, named by the same id.
CREATE TABLE uploads (
    id           uuid PRIMARY KEY,
    name         text        NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
    content_type text        NOT NULL,
    bytes        bigint      NOT NULL CHECK (bytes >= 0),
    sha256       text        NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    release      text        NOT NULL
);

CREATE INDEX uploads_created_at ON uploads (created_at);
