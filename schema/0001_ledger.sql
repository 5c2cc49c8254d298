-- The first ledger. `journal` is the truth: append-only, hash-chained (docs/ledger.md). Every other
-- table is a projection of it, built by src/ledger/projection.rs in the transaction that appends,
-- and can be dropped and rebuilt. What people decided is not projected: it is folded from the
-- journal itself wherever it is needed (src/record.rs), so that no edited row can say yes.

CREATE TABLE journal (
    seq   INTEGER PRIMARY KEY CHECK (seq > 0),
    at    INTEGER NOT NULL,                       -- nanoseconds since the epoch, never decreasing
    actor TEXT NOT NULL,
    kind  TEXT NOT NULL,
    hash  BLOB NOT NULL CHECK (length(hash) = 32), -- chain hash: covers the fields here and the one before
    body  TEXT NOT NULL                            -- JSON
) STRICT;

-- People's events are few among many observations; this finds them without reading the rest.
CREATE INDEX journal_by_kind ON journal (kind, seq);

CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;

CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;

CREATE TRIGGER journal_in_order BEFORE INSERT ON journal
WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM journal)
BEGIN SELECT RAISE(ABORT, 'the journal is appended to at its end'); END;

-- A folder in which something was seen. Paths are raw bytes below the root, '/' between segments.
CREATE TABLE directory (
    id   INTEGER PRIMARY KEY,
    root TEXT NOT NULL,
    path BLOB NOT NULL,
    UNIQUE (root, path)
) STRICT;

-- A content. `prefix` is the first eight bytes of the hash as a big-endian integer: an index of
-- integers costs half of one of 32-byte keys to build, and two contents that share it are told
-- apart by the hash itself.
CREATE TABLE asset (
    id         INTEGER PRIMARY KEY,
    prefix     INTEGER NOT NULL,
    hash       BLOB NOT NULL CHECK (length(hash) = 32),
    size       INTEGER NOT NULL CHECK (size >= 0),
    media_type TEXT NOT NULL,
    detectors  INTEGER NOT NULL,                   -- version of the detector set that examined it
    seq        INTEGER NOT NULL                    -- event that first showed it
) STRICT;

CREATE INDEX asset_by_prefix ON asset (prefix);

-- What a path holds, or held when it was last there.
CREATE TABLE location (
    directory  INTEGER NOT NULL REFERENCES directory (id),
    name       BLOB NOT NULL,
    asset      INTEGER NOT NULL REFERENCES asset (id),
    present    INTEGER NOT NULL CHECK (present IN (0, 1)),
    sighting   INTEGER NOT NULL CHECK (sighting IN (0, 1, 2)), -- read, racy, carried
    size       INTEGER NOT NULL,
    mtime      INTEGER NOT NULL,
    ctime      INTEGER NOT NULL,
    device     INTEGER NOT NULL,
    inode      INTEGER NOT NULL,
    first_seen INTEGER NOT NULL,                   -- time of the event that put this content here
    last_seen  INTEGER,                            -- only once it is gone; before that see coverage
    seq        INTEGER NOT NULL,                   -- newest event about this path
    PRIMARY KEY (directory, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX location_by_asset ON location (asset);
CREATE INDEX location_by_inode ON location (inode);

-- What a path held before.
CREATE TABLE former_location (
    directory  INTEGER NOT NULL REFERENCES directory (id),
    name       BLOB NOT NULL,
    asset      INTEGER NOT NULL REFERENCES asset (id),
    first_seen INTEGER NOT NULL,
    last_seen  INTEGER NOT NULL,
    seq        INTEGER NOT NULL,                   -- event that replaced it
    PRIMARY KEY (directory, name, seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX former_location_by_asset ON former_location (asset);

-- Symbolic links: recorded, never followed out of the roots.
CREATE TABLE link (
    directory INTEGER NOT NULL REFERENCES directory (id),
    name      BLOB NOT NULL,
    target    BLOB NOT NULL,
    present   INTEGER NOT NULL CHECK (present IN (0, 1)),
    seq       INTEGER NOT NULL,
    PRIMARY KEY (directory, name)
) STRICT, WITHOUT ROWID;

-- Marks detectors reported, in the order they stand in the file.
CREATE TABLE evidence (
    asset       INTEGER NOT NULL REFERENCES asset (id),
    ordinal     INTEGER NOT NULL,
    detector    TEXT NOT NULL,
    mark        TEXT NOT NULL,
    place       TEXT NOT NULL,
    strength    TEXT NOT NULL
        CHECK (strength IN ('inherited', 'heuristic', 'trace', 'declared', 'signed', 'person')),
    source_type TEXT,
    tool        TEXT,
    model       TEXT,
    signer      TEXT,
    trust       TEXT CHECK (trust IN ('trusted', 'valid-untrusted', 'expired', 'invalid', 'tampered')),
    detail      TEXT,
    PRIMARY KEY (asset, ordinal)
) STRICT;

-- What kept a detector from seeing all of a content.
CREATE TABLE content_problem (
    asset    INTEGER NOT NULL REFERENCES asset (id),
    ordinal  INTEGER NOT NULL,
    detector TEXT NOT NULL,
    problem  TEXT NOT NULL,
    PRIMARY KEY (asset, ordinal)
) STRICT;

-- The newest completed scan of each part of a root: when what lies there was last seen.
CREATE TABLE coverage (
    root      TEXT NOT NULL,
    directory BLOB NOT NULL,
    at        INTEGER NOT NULL,
    seq       INTEGER NOT NULL,
    PRIMARY KEY (root, directory)
) STRICT, WITHOUT ROWID;
