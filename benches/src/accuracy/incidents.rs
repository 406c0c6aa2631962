//! The incidents of all sets as one list, to be judged in many ways.

use std::io::Write as _;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use rca_core::rank::Options;

use crate::accuracy::Result;
use crate::accuracy::answer::Answer;
use crate::accuracy::case::{Case, Detected, Part};
use crate::accuracy::culprit::{Culprits, Track};
use crate::accuracy::folder::{Folder, Input};
use crate::accuracy::{nezha, petshop, rootcausebench};

/// A set, and how much of it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Set {
    /// Frozen incidents.
    Rootcausebench,
    /// Injected microservice faults.
    Nezha,
    /// Incidents seen by metrics only.
    Petshop,
    /// Real histories.
    Culprit(Track),
}

impl Set {
    /// All, in order.
    pub const ALL: [Self; 8] = [
        Self::Rootcausebench,
        Self::Nezha,
        Self::Petshop,
        Self::Culprit(Track::Hard),
        Self::Culprit(Track::HardNoisy),
        Self::Culprit(Track::Full),
        Self::Culprit(Track::Blame),
        Self::Culprit(Track::Revert),
    ];
    /// Those with telemetry.
    pub const MEASURED: [Self; 3] = [Self::Rootcausebench, Self::Nezha, Self::Petshop];

    /// As it is called in tables.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Rootcausebench => "rootcausebench".to_owned(),
            Self::Nezha => "nezha".to_owned(),
            Self::Petshop => "petshop".to_owned(),
            Self::Culprit(track) => format!("culprit {}", track.name()),
        }
    }

    /// Its folder.
    #[must_use]
    pub fn folder(self) -> &'static str {
        match self {
            Self::Rootcausebench => "rootcausebench",
            Self::Nezha => "nezha",
            Self::Petshop => "petshop",
            Self::Culprit(_) => "culprit",
        }
    }

    /// What is asked for: a commit, or an entity.
    #[must_use]
    pub fn asks_for_commits(self) -> bool {
        matches!(self, Self::Rootcausebench | Self::Culprit(_))
    }
}

/// One incident of a set.
#[derive(Debug, Clone)]
pub struct Incident {
    /// The set.
    pub set: Set,
    /// The system or repository it happened in.
    pub group: String,
    /// Its id in the set.
    pub id: String,
    place: Place,
}

#[derive(Debug, Clone)]
enum Place {
    Folder(Folder),
    Culprit(usize),
}

/// The incidents of some sets.
#[derive(Debug)]
pub struct Incidents {
    /// In order of set and id.
    pub list: Vec<Incident>,
    nezha: Folder,
    culprits: Option<Culprits>,
}

impl Incidents {
    /// Lists what is there; a set whose folder is missing is said to be skipped.
    pub fn read(data: &Path, sets: &[Set]) -> Result<Self> {
        let mut found =
            Self { list: Vec::new(), nezha: Folder::new(data.join("nezha")), culprits: None };
        for &set in sets {
            let path = data.join(set.folder());
            if !path.is_dir() {
                say(&format!("skipped {}: no folder {}", set.name(), path.display()));
                continue;
            }
            found.add(set, &path)?;
        }
        Ok(found)
    }

    fn add(&mut self, set: Set, path: &Path) -> Result<()> {
        if let Set::Culprit(track) = set {
            if self.culprits.is_none() {
                self.culprits = Some(Culprits::read(path)?);
            }
            let culprits = self.culprits.as_ref().into_iter();
            self.list.extend(culprits.flat_map(|c| c.of(track)).map(|(place, id, repository)| {
                Incident {
                    set,
                    group: repository.rsplit('/').next().unwrap_or(repository).to_owned(),
                    id: id.to_owned(),
                    place: Place::Culprit(place),
                }
            }));
            return Ok(());
        }
        let folder = Folder::new(path);
        let folders = match set {
            Set::Rootcausebench => folder.join("cases").folders()?,
            _ => folder.folders()?.into_iter().filter(|one| one.has(Input::Case)).collect(),
        };
        for one in folders {
            let id = one.name();
            let group = match set {
                Set::Nezha => id.rsplit_once('-').map_or(id.as_str(), |(system, _)| system),
                _ => set.folder(),
            };
            self.list.push(Incident {
                set,
                group: group.to_owned(),
                id,
                place: Place::Folder(one),
            });
        }
        Ok(())
    }

    /// What is known of an incident.
    pub fn case(&self, incident: &Incident) -> Result<Case> {
        match (&incident.place, incident.set) {
            (Place::Culprit(place), Set::Culprit(track)) => {
                self.culprits.as_ref().ok_or("no histories")?.case(track, *place)
            }
            (Place::Folder(folder), Set::Rootcausebench) => rootcausebench::case(folder),
            (Place::Folder(folder), Set::Petshop) => petshop::case(folder),
            (Place::Folder(folder), _) => nezha::case(&self.nezha, folder),
            (Place::Culprit(_), _) => Err("no such incident".into()),
        }
    }

    /// Looks at the telemetry of all once, so that they can be ranked many times.
    pub fn detect(self) -> Result<Ready> {
        let findings = each("reading", self.list.len(), |index| {
            let incident = self.list.get(index).ok_or("no such incident")?;
            // Histories have no telemetry, and thousands of copies of them would fill the memory.
            match incident.place {
                Place::Culprit(_) => Ok(None),
                Place::Folder(_) => Ok(Some(self.all_causes(incident)?.detect()?)),
            }
        })?;
        Ok(Ready { incidents: self, findings })
    }

    /// What is known of an incident; the list of causes is as long as it gets.
    pub fn all_causes(&self, incident: &Incident) -> Result<Case> {
        let mut case = self.case(incident)?;
        case.max_causes = usize::MAX;
        Ok(case)
    }
}

/// Incidents that only have to be ranked.
#[derive(Debug)]
pub struct Ready {
    incidents: Incidents,
    findings: Vec<Option<Detected>>,
}

impl Ready {
    /// The incidents, in order.
    #[must_use]
    pub fn list(&self) -> &[Incident] {
        &self.incidents.list
    }

    /// Ranks those at the given places.
    pub fn answers(&self, doing: &str, places: &[usize], options: &Options) -> Result<Vec<Answer>> {
        self.answers_without(doing, places, options, None)
    }

    /// Ranks those at the given places without a part of what is known.
    pub fn answers_without(
        &self,
        doing: &str,
        places: &[usize],
        options: &Options,
        part: Option<Part>,
    ) -> Result<Vec<Answer>> {
        each(doing, places.len(), |index| {
            let place = *places.get(index).ok_or("no such place")?;
            let incident = self.list().get(place).ok_or("no such incident")?;
            let detected = self.findings.get(place).and_then(Option::as_ref);
            let analysis = match (detected, part) {
                (Some(detected), None) => detected.rank(options),
                (Some(detected), Some(part)) => detected.clone().without(part).rank(options),
                (None, part) => {
                    let detected = self.incidents.all_causes(incident)?.detect()?;
                    part.into_iter().fold(detected, Detected::without).rank(options)
                }
            };
            Ok(Answer::of(incident, &analysis))
        })
    }

    /// Ranks all.
    pub fn all_answers(&self, doing: &str, options: &Options) -> Result<Vec<Answer>> {
        self.answers(doing, &(0..self.list().len()).collect::<Vec<_>>(), options)
    }
}

/// Does some work for every number below `count`, on all cores, and says how far it got; results in order.
pub fn each<T: Send>(
    doing: &str,
    count: usize,
    work: impl Fn(usize) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let bar = progress(doing, count);
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(count)));
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(count.max(1));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= count {
                        break;
                    }
                    let result = work(index);
                    bar.inc(1);
                    let mut done = done.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    done.push((index, result));
                }
            });
        }
    });
    bar.finish_and_clear();
    let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

/// A bar on standard error, where that is a terminal.
#[must_use]
pub fn progress(doing: &str, count: usize) -> indicatif::ProgressBar {
    let style = indicatif::ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}");
    let bar = indicatif::ProgressBar::new(count as u64);
    bar.set_style(style.unwrap_or_else(|_| indicatif::ProgressStyle::default_bar()));
    bar.set_message(doing.to_owned());
    bar
}

/// A line on standard error.
pub(super) fn say(line: &str) {
    // Nothing is left to do when even this can't be written.
    let _ = writeln!(std::io::stderr(), "{line}");
}
