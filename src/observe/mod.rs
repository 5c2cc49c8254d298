//! What is on disk: which files there are, what the system says of them, and what they hold.
//!
//! First room of the flow: `filter` and `walk` find files, `hash` reads them, and what comes out
//! goes on to `detect` and the ledger. Nothing here decides, writes to a media tree, follows a
//! symbolic link, or maps a file into memory. What could not be looked at comes out as a problem
//! or as an incomplete listing, never as an absence.

mod digest;
pub mod filter;
pub mod fingerprint;
pub mod hash;
pub mod list;
pub mod mount;
pub mod presence;
pub mod sequence;
pub mod settle;
pub mod sidecar;
pub mod walk;
pub mod watch;

mod entries;
mod subtree;
mod tick;
mod writers;

pub use digest::{digest, digests, whole};
pub use filter::{BadPattern, Filter};
pub use hash::{Content, FileHasher, HashContext, HashError, HashedFile};
pub use list::{Entry, Lister, Listing, Onlooker};
pub use mount::{FileSystemIds, MountKinds, Mounted, device_of, mount_of, mounted_within};
pub use sequence::{Fold, Sequence};
pub use settle::{Looked, Settle, SettleOptions, Verdict};
pub use walk::{Enters, Walk, WalkError, WalkOptions, check_start};
pub use watch::{Hint, Lost, Refused, Watcher};
pub use writers::held_open;
