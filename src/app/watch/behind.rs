//! Workers that were told to end and have not: a share that does not answer holds them. What they may
//! still be at is left alone until they have ended, so that no two look at one folder.

use std::thread::JoinHandle;
use std::time::Duration;

use crate::clock::Stopwatch;
use crate::model::RootName;

/// How often one that is waited for is looked at.
const GLANCE: Duration = Duration::from_millis(2);

/// Those that were left behind, with the roots that they may be at.
#[derive(Debug, Default)]
pub(super) struct Behind(Vec<(JoinHandle<()>, Vec<RootName>)>);

impl Behind {
    /// Waits for a worker that was told to end, and leaves it behind, at these roots, if it takes longer.
    /// Gives whether it died of a defect.
    pub(super) fn part_with(
        &mut self,
        worker: JoinHandle<()>,
        patience: Duration,
        roots: impl FnOnce() -> Vec<RootName>,
    ) -> bool {
        let watch = Stopwatch::start();
        while !worker.is_finished() {
            if watch.elapsed() >= patience {
                self.0.push((worker, roots()));
                return false;
            }
            std::thread::sleep(GLANCE);
        }
        worker.join().is_err()
    }

    /// Whether one of them may still be at a root.
    pub(super) fn holds(&self, root: &RootName) -> bool {
        self.0.iter().any(|(worker, roots)| !worker.is_finished() && roots.contains(root))
    }
}
