//! Puts an IMF package or a DCP together from its lists: asset map, packing lists, compositions.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use crate::deliver::package::asset_map::{self, AssetMap, MapAsset};
use crate::deliver::package::composition::{self, Composition};
use crate::deliver::package::packing_list::{self, PackingList};
use crate::deliver::package::relative_path::{percent_decoded, relative};
use crate::deliver::package::text::decode;
use crate::deliver::package::tree::{self, OpenFault};
use crate::deliver::package::xml::Xml;
use crate::deliver::package::{
    CompositionUse, Digest, Listed, Package, PackageError, PackageKind, PackageProblem, Role,
    UseKind,
};

/// Names of the asset map, SMPTE and Interop.
const ASSET_MAPS: [&[u8]; 2] = [b"ASSETMAP.xml", b"ASSETMAP"];
/// Names of the volume index, SMPTE and Interop.
const VOLUME_INDEXES: [&[u8]; 2] = [b"VOLINDEX.xml", b"VOLINDEX"];
/// Lists that are opened in one package.
const LISTS_MAX: usize = 2_000;
/// Uses of files in all compositions of one package.
const USES_MAX: usize = 200_000;

/// What is being put together.
struct Assembly<'a> {
    folder: &'a Path,
    map_path: Vec<u8>,
    /// UUID → place in `listed`.
    by_id: BTreeMap<String, usize>,
    listed: Vec<Listed>,
    /// Paths of assets: no file is read twice.
    paths: BTreeSet<Vec<u8>>,
    /// UUIDs of packed assets.
    packed: BTreeSet<String>,
    uses: Vec<CompositionUse>,
    /// What is named and not held, by UUID, with what is said of its bytes.
    foreign: BTreeMap<String, Vec<Digest>>,
    problems: Vec<PackageProblem>,
    title: Option<String>,
    /// Namespaces of the lists, for telling IMF from DCP.
    namespaces: BTreeSet<String>,
    opened: usize,
}

/// The IMF package or DCP of a folder; `None` when it has no asset map.
pub(super) fn read(folder: &Path) -> Result<Option<Package>, PackageError> {
    for name in ASSET_MAPS {
        let bytes = match tree::read_list(folder, name) {
            Ok(bytes) => bytes,
            Err(OpenFault::Missing | OpenFault::NotAFile(_)) => continue,
            Err(OpenFault::Refused(why)) => return Err(malformed(folder, name, why)),
        };
        let text = decode(bytes).map_err(|what| malformed(folder, name, what))?;
        let map = asset_map::parse(&text);
        let map = map.map_err(|fault| malformed(folder, name, fault.to_string()))?;
        let assembly = Assembly {
            folder,
            map_path: name.to_vec(),
            by_id: BTreeMap::new(),
            listed: vec![Listed::new(name.to_vec(), Role::AssetMap)],
            paths: BTreeSet::from([name.to_vec()]),
            packed: BTreeSet::new(),
            uses: Vec::new(),
            foreign: BTreeMap::new(),
            problems: Vec::new(),
            title: None,
            namespaces: BTreeSet::new(),
            opened: 0,
        };
        return assembly.finish(&map).map(Some);
    }
    Ok(None)
}

fn malformed(folder: &Path, name: &[u8], what: String) -> PackageError {
    let path = folder.join(String::from_utf8_lossy(name).as_ref());
    PackageError::Malformed { path, what }
}

impl Assembly<'_> {
    fn finish(mut self, map: &AssetMap) -> Result<Package, PackageError> {
        if ![asset_map::SMPTE, asset_map::INTEROP].contains(&map.namespace.as_str()) {
            self.unknown_namespace(self.map_path.clone(), &map.namespace);
        }
        let volume = self.volume();
        for asset in &map.assets {
            self.place(asset, volume);
        }
        let lists: Vec<&MapAsset> = map.assets.iter().filter(|asset| asset.packing_list).collect();
        if lists.is_empty() {
            let why = "it names no packing list, so nothing says what the bytes should be";
            self.contradiction(self.map_path.clone(), why.to_owned());
        }
        let mut kinds = BTreeMap::new();
        for asset in lists {
            self.packing_list(&asset.id, &mut kinds)?;
        }
        self.without_hash(map);
        self.compositions(&kinds)?;
        let kind = self.kind(&map.namespace);
        self.listed.sort_by(|a, b| a.path.cmp(&b.path));
        self.problems.sort();
        self.problems.dedup();
        Ok(Package {
            kind,
            name: map.annotation.clone().or(self.title),
            listed: self.listed,
            uses: self.uses,
            foreign: self.foreign,
            folders: Vec::new(),
            ignored: Vec::new(),
            problems: self.problems,
            accounted: Arc::default(),
        })
    }

    /// The number of this volume: 1 unless its index says otherwise.
    fn volume(&mut self) -> u64 {
        for name in VOLUME_INDEXES {
            if let Some(text) = self.list_of(name.to_vec(), true) {
                self.listed.push(Listed::new(name.to_vec(), Role::VolumeIndex));
                match asset_map::parse_volume_index(&text) {
                    Ok(volume) => return volume,
                    Err(fault) => self.unreadable(name.to_vec(), fault.to_string()),
                }
            }
        }
        1
    }

    /// Finds the place of an asset by its chunks.
    fn place(&mut self, asset: &MapAsset, volume: u64) {
        let mut chunks: Vec<_> = asset.chunks.iter().collect();
        chunks.sort_by_key(|chunk| chunk.offset);
        let mut paths = Vec::new();
        for chunk in chunks {
            match self.chunk_path(&chunk.path) {
                Ok(path) if chunk.volume != volume => {
                    let volume = chunk.volume;
                    self.problems.push(PackageProblem::OtherVolume { path: path.clone(), volume });
                    paths.push(path);
                }
                Ok(path) => paths.push(path),
                Err(why) => {
                    self.problems.push(PackageProblem::OutsideOfPackage {
                        as_written: chunk.path.clone(),
                        named_in: self.map_path.clone(),
                        why,
                    });
                    return;
                }
            }
        }
        let mut paths = paths.into_iter();
        let Some(path) = paths.next() else { return };
        if let Some(known) = self.by_id.get(&asset.id) {
            let id = &asset.id;
            let known = String::from_utf8_lossy(&self.listed[*known].path).into_owned();
            self.contradiction(path, format!("its id {id} is also that of {known}"));
            return;
        }
        let mut listed = Listed::new(path, Role::TrackFile);
        listed.further_chunks = paths.collect();
        for path in std::iter::once(&listed.path).chain(&listed.further_chunks) {
            if !self.paths.insert(path.clone()) {
                let why = format!("it is the file of {} and of another asset", asset.id);
                self.problems.push(PackageProblem::Contradiction { path: path.clone(), why });
                return;
            }
        }
        listed.id = Some(asset.id.clone());
        let lengths = asset.chunks.iter().map(|chunk| chunk.length);
        listed.size = lengths.reduce(|all, next| all?.checked_add(next?)).flatten();
        if asset.packing_list {
            listed.role = Role::PackingList;
        }
        self.by_id.insert(asset.id.clone(), self.listed.len());
        self.listed.push(listed);
    }

    /// The path of a chunk is a URI (ST 429-9, 7.1), but tools also write names as they are: the
    /// decoded path unless only the one as written is there.
    fn chunk_path(&self, as_written: &str) -> Result<Vec<u8>, &'static str> {
        let plain = relative(as_written)?;
        let Some(decoded) = percent_decoded(as_written) else { return Ok(plain) };
        let decoded = relative(&decoded)?;
        let missing =
            |path: &[u8]| matches!(tree::open(self.folder, path), Err(OpenFault::Missing));
        if missing(&decoded) && !missing(&plain) { Ok(plain) } else { Ok(decoded) }
    }

    /// Reads a packing list and puts what it says to its assets.
    fn packing_list(
        &mut self,
        id: &str,
        kinds: &mut BTreeMap<String, String>,
    ) -> Result<(), PackageError> {
        let Some(path) = self.by_id.get(id).map(|place| self.listed[*place].path.clone()) else {
            return Ok(());
        };
        self.count_opened()?;
        let Some(text) = self.list_of(path.clone(), false) else { return Ok(()) };
        let list: PackingList = match packing_list::parse(&text) {
            Ok(list) => list,
            Err(fault) => {
                self.unreadable(path, fault.to_string());
                return Ok(());
            }
        };
        if !packing_list::KNOWN.contains(&list.namespace.as_str()) {
            self.unknown_namespace(path.clone(), &list.namespace);
        }
        self.namespaces.insert(list.namespace);
        if list.id.as_deref() != Some(id) {
            let own = list.id.as_deref().unwrap_or("none").to_owned();
            self.contradiction(path.clone(), format!("its id is {own}, the asset map says {id}"));
        }
        self.title = self.title.take().or(list.annotation);
        for asset in list.assets {
            self.packed.insert(asset.id.clone());
            let Some(place) = self.by_id.get(&asset.id) else {
                self.foreign(asset.id, asset.digest.ok(), path.clone());
                continue;
            };
            let listed = &mut self.listed[*place];
            // The packing list's size is the one that is signed; the asset map's is not.
            listed.size = asset.size.or(listed.size);
            match asset.digest {
                Ok(digest) => listed.add(digest),
                Err(why) => {
                    let path = listed.path.clone();
                    self.problems.push(PackageProblem::NotHashed { path, why });
                }
            }
            kinds.insert(asset.id, asset.media_type);
        }
        Ok(())
    }

    /// Assets of the map that no packing list has.
    fn without_hash(&mut self, map: &AssetMap) {
        for asset in &map.assets {
            if asset.packing_list || self.packed.contains(&asset.id) {
                continue;
            }
            if let Some(place) = self.by_id.get(&asset.id) {
                self.problems.push(PackageProblem::NotHashed {
                    path: self.listed[*place].path.clone(),
                    why: "no packing list names it".to_owned(),
                });
            }
        }
    }

    /// Finds the lists among the assets by their first element, and reads them.
    fn compositions(&mut self, kinds: &BTreeMap<String, String>) -> Result<(), PackageError> {
        let ids: Vec<(String, usize)> =
            self.by_id.iter().map(|(id, place)| (id.clone(), *place)).collect();
        for (id, place) in ids {
            let (path, role) = (self.listed[place].path.clone(), self.listed[place].role);
            let named = path.to_ascii_lowercase().ends_with(b".xml");
            let typed = kinds.get(&id).is_some_and(|kind| kind.contains("xml"));
            if role == Role::PackingList || !(named || typed) {
                continue;
            }
            self.count_opened()?;
            let Some(text) = self.list_of(path.clone(), false) else { continue };
            let root = match Xml::open(&text) {
                Ok((_, root)) => root.name,
                Err(fault) => {
                    self.unreadable(path, fault.to_string());
                    continue;
                }
            };
            self.listed[place].role = match root.as_str() {
                "CompositionPlaylist" => Role::CompositionPlaylist,
                "OutputProfileList" => Role::OutputProfileList,
                "PackingList" => Role::PackingList,
                _ => Role::TimedText,
            };
            match self.listed[place].role {
                Role::CompositionPlaylist => self.composition(&id, path, &text)?,
                Role::OutputProfileList => self.output_profile_list(path, &text),
                Role::PackingList => {
                    let why = "it is a packing list, and the asset map does not say so";
                    self.contradiction(path, why.to_owned());
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn composition(&mut self, id: &str, path: Vec<u8>, text: &str) -> Result<(), PackageError> {
        let composition: Composition = match composition::parse(text) {
            Ok(composition) => composition,
            Err(fault) => {
                self.unreadable(path, fault.to_string());
                return Ok(());
            }
        };
        if !composition::KNOWN.contains(&composition.namespace.as_str()) {
            self.unknown_namespace(path.clone(), &composition.namespace);
        }
        self.namespaces.insert(composition.namespace);
        if composition.id.as_deref() != Some(id) {
            let own = composition.id.as_deref().unwrap_or("none").to_owned();
            self.contradiction(path.clone(), format!("its id is {own}, the asset map says {id}"));
        }
        for (id, digest) in composition.digests {
            match self.by_id.get(&id) {
                Some(place) => self.listed[*place].add(digest),
                None => self.foreign(id, Some(digest), path.clone()),
            }
        }
        let picture = composition.uses.iter().find(|used| used.kind == UseKind::Picture);
        let rate = composition.edit_rate.or_else(|| picture?.edit_rate);
        for mut used in composition.uses {
            if self.uses.len() >= USES_MAX {
                let path = self.folder.to_owned();
                return Err(PackageError::TooMany { path, limit: USES_MAX, of: "uses of files" });
            }
            let file = used.track_file.clone();
            match self.by_id.get(&file) {
                Some(place) => used.path = Some(self.listed[*place].path.clone()),
                None => self.foreign(file, None, path.clone()),
            }
            id.clone_into(&mut used.composition);
            used.title.clone_from(&composition.title);
            used.composition_rate = rate;
            used.starts_at.clone_from(&composition.starts_at);
            self.uses.push(used);
        }
        self.title = self.title.take().or(composition.title);
        Ok(())
    }

    fn output_profile_list(&mut self, path: Vec<u8>, text: &str) {
        match composition::parse_output_profile_list(text) {
            Ok(Some(id)) if !self.by_id.contains_key(&id) => {
                self.foreign(id, None, path);
            }
            Ok(_) => {}
            Err(fault) => self.unreadable(path, fault.to_string()),
        }
    }

    /// Which standard the lists are of. The asset map is the same for IMF and SMPTE DCP.
    fn kind(&self, map: &str) -> PackageKind {
        if map == asset_map::INTEROP {
            return PackageKind::DcpInterop;
        }
        let any = |part: &str| self.namespaces.iter().any(|namespace| namespace.contains(part));
        let profile = self.listed.iter().any(|listed| listed.role == Role::OutputProfileList);
        if any("/2067-") || (profile && !any("/429-7/")) {
            PackageKind::Imf
        } else {
            PackageKind::DcpSmpte
        }
    }

    /// The text of a list; a missing one is left to the check.
    fn list_of(&mut self, path: Vec<u8>, optional: bool) -> Option<String> {
        match tree::read_list(self.folder, &path) {
            Ok(bytes) => match decode(bytes) {
                Ok(text) => return Some(text),
                Err(why) => self.unreadable(path, why),
            },
            Err(OpenFault::Missing) => {}
            Err(_) if optional => {}
            Err(OpenFault::NotAFile(what)) => {
                self.problems.push(PackageProblem::NotAFile { path, what });
            }
            Err(OpenFault::Refused(why)) => self.unreadable(path, why),
        }
        None
    }

    /// An asset that is named and not held here.
    fn foreign(&mut self, id: String, digest: Option<Digest>, named_in: Vec<u8>) {
        let digests = self.foreign.entry(id.clone()).or_default();
        digests.extend(digest.filter(|digest| !digests.contains(digest)));
        self.problems.push(PackageProblem::Unresolved { id, named_in });
    }

    fn count_opened(&mut self) -> Result<(), PackageError> {
        self.opened += 1;
        if self.opened > LISTS_MAX {
            let path = self.folder.to_owned();
            return Err(PackageError::TooMany { path, limit: LISTS_MAX, of: "lists" });
        }
        Ok(())
    }

    fn unreadable(&mut self, path: Vec<u8>, why: String) {
        self.problems.push(PackageProblem::Unreadable { path, why });
    }

    fn contradiction(&mut self, path: Vec<u8>, why: String) {
        self.problems.push(PackageProblem::Contradiction { path, why });
    }

    fn unknown_namespace(&mut self, path: Vec<u8>, namespace: &str) {
        let namespace = namespace.chars().take(200).collect();
        self.problems.push(PackageProblem::UnknownNamespace { path, namespace });
    }
}
