//! The pictures of a log. A file is read whole, compared with the asset it should be, and drawn from
//! those very bytes: what lies there now and is something else is never shown as the asset.
//!
//! Bounded for a log as a whole: what comes after the limits gets a box that says so.

use std::sync::Mutex;
use std::thread;

use crate::app::disclosure::elements::Listed;
use crate::app::{AppError, Context, Project};
use crate::model::{AssetId, AssetPath};
use crate::observe::{HashError, whole};
use crate::picture::{MOST_BYTES, MOST_PIXELS, is_drawn, thumbnail};
use crate::report::{Picture, Pictures};

/// Pictures of one log.
const MOST: usize = 400;

/// Bytes of the files they are drawn from, together.
const MOST_READ: u64 = 1 << 30;

/// Pixels they are drawn from, together: some seconds of two processors.
const MOST_DRAWN: u64 = 600_000_000;

/// Above this many bytes one file at a time: a decoder may need several times as much.
const LARGE: u64 = 8 << 20;

/// What one picture is drawn from.
struct Wanted<'a> {
    asset: &'a str,
    path: &'a AssetPath,
    media_type: &'a str,
    size: u64,
}

/// What is left to spend.
struct Budget {
    bytes: u64,
    pixels: u64,
}

/// Draws each element's first content, as far as the limits go.
pub(super) fn draw(
    project: &Project,
    context: &Context<'_>,
    listed: &[Listed],
) -> Result<Pictures, AppError> {
    let wanted: Vec<_> = listed.iter().filter_map(wanted).collect();
    let (now, later) = wanted.split_at(wanted.len().min(MOST));
    let mut pictures = Pictures::default();
    for one in later {
        let why = format!("a log shows the first {MOST} pictures");
        pictures.of.insert(one.asset.to_owned(), Err(why));
    }
    let budget = Mutex::new(Budget { bytes: MOST_READ, pixels: MOST_DRAWN });
    let large = Mutex::new(());
    let (next, drawn) = (Mutex::new(now.iter()), Mutex::new(pictures));
    let threads = thread::available_parallelism().map_or(1, |all| all.get().min(4));
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let one = lock(&next).next();
                    let Some(one) = one.filter(|_| context.check().is_ok()) else { return };
                    let _alone = (one.size > LARGE).then(|| lock(&large));
                    let picture = picture(project, one, &budget);
                    lock(&drawn).of.insert(one.asset.to_owned(), picture);
                }
            });
        }
    });
    context.check()?;
    Ok(drawn.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner))
}

/// A thread that died left nothing half done that another could trip over.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// What an element is drawn from; nothing where its format is none that is drawn.
fn wanted(one: &Listed) -> Option<Wanted<'_>> {
    let media_type = one.view.media_type.as_str();
    let (asset, path) = (one.view.assets.first()?, one.paths.first()?);
    let frames = one.view.assets.len().max(1) as u64;
    let size = one.view.size / frames;
    is_drawn(media_type).then_some(Wanted { asset: &asset.asset, path, media_type, size })
}

fn picture(project: &Project, one: &Wanted<'_>, budget: &Mutex<Budget>) -> Result<Picture, String> {
    if one.size > MOST_BYTES {
        return Err("the file is too large to draw".to_owned());
    }
    {
        let mut left = lock(budget);
        if left.bytes < one.size || left.pixels < MOST_PIXELS {
            return Err("the log has drawn as much as it may".to_owned());
        }
        left.bytes -= one.size;
        // Taken as the largest there can be until it is known: two at once must not overspend.
        left.pixels -= MOST_PIXELS;
    }
    let drawn = shown(project, one);
    let used = drawn.as_ref().map_or(MOST_PIXELS / 100, |(_, pixels)| *pixels);
    lock(budget).pixels += MOST_PIXELS.saturating_sub(used);
    drawn.map(|(picture, _)| picture)
}

fn shown(project: &Project, one: &Wanted<'_>) -> Result<(Picture, u64), String> {
    let disk = project.on_disk(one.path).ok_or("its root is not configured")?;
    let bytes = match whole(&disk, MOST_BYTES) {
        Ok(Some(bytes)) => bytes,
        // It grew: no larger one is drawn.
        Ok(None) => return Err("the file is not the asset any more".to_owned()),
        Err(HashError::Unreadable { source, .. }) => {
            return Err(format!("the file cannot be read: {}", source.kind()));
        }
        Err(error) => return Err(format!("the file {}", error.reason())),
    };
    if AssetId::from(blake3::hash(&bytes)).to_string() != one.asset {
        return Err("the file is not the asset any more".to_owned());
    }
    let small = thumbnail(&bytes, one.media_type).map_err(|why| why.to_string())?;
    let picture = Picture { jpeg: small.jpeg, width: small.width, height: small.height };
    Ok((picture, small.from_pixels))
}
