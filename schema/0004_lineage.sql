-- Format 4: what was made from what. The journal may hold a person's word for it ('linked', 'unlinked'),
-- which is in no table, and the names that files carry for themselves and for what they were made
-- from, which are here. Which name leads to which content is in no table either: it is drawn when
-- it is asked, so that it does not matter what was seen first.

CREATE TABLE given_name (
    asset    INTEGER NOT NULL REFERENCES asset (id),
    ordinal  INTEGER NOT NULL,
    source   INTEGER NOT NULL CHECK (source >= 0),  -- 0: its own name; else the n-th thing it was made from
    relation TEXT CHECK (relation IN ('transcode', 'proxy', 'crop', 'composite', 'frame', 'version')),
    kind     TEXT NOT NULL CHECK (kind IN ('manifest', 'instance', 'document')),
    name     TEXT NOT NULL,
    place    TEXT,                                  -- where in the file that stands
    PRIMARY KEY (asset, ordinal),
    CHECK ((source = 0) = (relation IS NULL) AND (source = 0) = (place IS NULL))
) STRICT, WITHOUT ROWID;

-- Whose name it is.
CREATE INDEX given_name_by_name ON given_name (name, kind) WHERE source = 0;

-- Most files say nothing of what they were made from: this finds those that do.
CREATE INDEX given_name_of_sources ON given_name (asset) WHERE source > 0;
