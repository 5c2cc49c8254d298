//! Whatever the bytes are, examining them ends soon and without a panic.
