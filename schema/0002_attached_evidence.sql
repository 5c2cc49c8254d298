-- Evidence that does not come from reading a content's bytes (sidecars, names, path rules) or only
-- from its pixels stays when the content is examined anew with newer detectors. It has negative
-- ordinals: -1 was seen first. And long texts of marks are kept once each.

-- The path rule that raised it: it counts for as long as the project has that rule.
ALTER TABLE evidence ADD COLUMN rule TEXT;

-- Where the whole of a long detail is kept.
ALTER TABLE evidence ADD COLUMN value BLOB CHECK (length(value) = 32);

-- Long texts, as zlib streams, by the BLAKE3-256 of what they say.
CREATE TABLE value (
    hash BLOB PRIMARY KEY CHECK (length(hash) = 32),
    zlib BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Whether pixels were decoded too when it was examined.
ALTER TABLE asset ADD COLUMN deep INTEGER NOT NULL DEFAULT 0 CHECK (deep IN (0, 1));
