//! A disk in memory that loses power when told to.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

const SECTOR: usize = 512;

/// Bytes that outlive the store on them, and a power switch.
///
/// Until a sync returns, nothing is safe: when the power goes, each write since the last sync is
/// kept, dropped, or torn at a sector, as the seed has it, and in no order. Clones are the same disk.
#[derive(Clone, Default)]
pub struct Disk {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// What survives a power cut.
    safe: Vec<u8>,
    /// What the running system reads.
    seen: Vec<u8>,
    /// What was done since the last sync.
    unsynced: Vec<Act>,
    syncs: u64,
    cut_at: Option<u64>,
    is_off: bool,
    random: Random,
}

#[derive(Clone)]
enum Act {
    Write(usize, Vec<u8>),
    SetLength(usize),
}

impl Act {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::SetLength(length) => bytes.resize(*length, 0),
            Self::Write(offset, data) => {
                let end = offset + data.len();
                if bytes.len() < end {
                    bytes.resize(end, 0);
                }
                if let Some(place) = bytes.get_mut(*offset..end) {
                    place.copy_from_slice(data);
                }
            }
        }
    }

    /// What is left of it after a power cut.
    fn survivor(self, random: &mut Random) -> Option<Self> {
        match (random.below(3), self) {
            (0, _) => None,
            (1, Self::Write(offset, mut data)) => {
                let sectors = (data.len() / SECTOR) as u64;
                let kept = usize::try_from(random.below(sectors + 1)).unwrap_or(0);
                data.truncate(kept * SECTOR);
                Some(Self::Write(offset, data))
            }
            (_, act) => Some(act),
        }
    }
}

impl Disk {
    /// A disk with these bytes on it.
    #[must_use]
    pub fn with_bytes(bytes: Vec<u8>) -> Self {
        let disk = Self::default();
        {
            let mut state = disk.lock();
            state.seen.clone_from(&bytes);
            state.safe = bytes;
        }
        disk
    }

    /// What a system reads from it now.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.lock().seen.clone()
    }

    /// How often it was synced.
    #[must_use]
    pub fn syncs(&self) -> u64 {
        self.lock().syncs
    }

    /// The power goes during the n-th sync from now (from 1), which fails, as all does after it.
    pub fn cut_power_at_sync(&self, n: u64, seed: u64) {
        let mut state = self.lock();
        state.cut_at = Some(state.syncs + n);
        state.random = Random::new(seed);
    }

    /// The power goes now.
    pub fn cut_power(&self, seed: u64) {
        let mut state = self.lock();
        state.random = Random::new(seed);
        state.lose_power();
    }

    /// The same disk when the power is back: a new handle, so that the old store can't touch it.
    #[must_use]
    pub fn after_power_cut(&self) -> Self {
        Self::with_bytes(self.lock().safe.clone())
    }

    /// Whether nothing was ever written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lock().seen.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn powered(&self) -> io::Result<MutexGuard<'_, State>> {
        let state = self.lock();
        if state.is_off { Err(io::Error::other("the power is off")) } else { Ok(state) }
    }
}

impl State {
    fn lose_power(&mut self) {
        self.is_off = true;
        for act in std::mem::take(&mut self.unsynced) {
            if let Some(rest) = act.survivor(&mut self.random) {
                rest.apply(&mut self.safe);
            }
        }
    }

    fn act(&mut self, act: Act) {
        act.apply(&mut self.seen);
        self.unsynced.push(act);
    }
}

impl std::fmt::Debug for Disk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = self.lock();
        f.debug_struct("Disk")
            .field("bytes", &state.seen.len())
            .field("syncs", &state.syncs)
            .finish_non_exhaustive()
    }
}

/// The disk as the database sees it. A type of its own, so that the database stays out of our API.
#[derive(Debug)]
pub(crate) struct Backend(pub(crate) Disk);

fn place(offset: u64) -> io::Result<usize> {
    usize::try_from(offset).map_err(io::Error::other)
}

impl redb::StorageBackend for Backend {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.powered()?.seen.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let state = self.0.powered()?;
        let start = place(offset)?;
        let bytes = start.checked_add(out.len()).and_then(|end| state.seen.get(start..end));
        out.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.powered()?.act(Act::SetLength(place(len)?));
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.0.powered()?;
        state.syncs += 1;
        if state.cut_at == Some(state.syncs) {
            state.lose_power();
            return Err(io::Error::other("the power went"));
        }
        for act in std::mem::take(&mut state.unsynced) {
            act.apply(&mut state.safe);
        }
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.powered()?.act(Act::Write(place(offset)?, data.to_vec()));
        Ok(())
    }
}

/// Repeatable randomness (SplitMix64: Steele, Lea and Flood, OOPSLA 2014).
#[derive(Debug, Clone, Default)]
pub struct Random(u64);

impl Random {
    /// The sequence that belongs to a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; 0 when there is none.
    pub fn below(&mut self, end: u64) -> u64 {
        self.bits().checked_rem(end).unwrap_or(0)
    }
}
