//! Paths that differ between two trees.

use std::collections::VecDeque;
use std::ops::ControlFlow;

use gix::bstr::{BStr, BString, ByteSlice, ByteVec};
use gix::diff::tree::visit::{Action, Change};
use gix::diff::tree::{State, Visit};
use gix::objs::{FindExt, TreeRefIter};
use gix::{ObjectId, Repository};

/// Compares trees, keeping its memory between comparisons.
#[derive(Default)]
pub(super) struct TreeDiff {
    state: State,
    before: Vec<u8>,
    after: Vec<u8>,
}

impl TreeDiff {
    /// Calls `found` for every file that differs; a missing `before` is the empty tree. `found` ends
    /// the comparison with `false`.
    pub(super) fn compare(
        &mut self,
        repository: &Repository,
        before: Option<ObjectId>,
        after: ObjectId,
        found: &mut dyn FnMut(&BStr, &Change) -> bool,
    ) -> Result<(), String> {
        if before == Some(after) {
            return Ok(());
        }
        let unreadable = |error: &dyn std::fmt::Display| error.to_string();
        let objects = &repository.objects;
        let before = match before {
            Some(id) => {
                objects.find_tree_iter(&id, &mut self.before).map_err(|e| unreadable(&e))?
            }
            None => TreeRefIter::from_bytes(&[], after.kind()),
        };
        let after = objects.find_tree_iter(&after, &mut self.after).map_err(|e| unreadable(&e))?;
        let mut walk =
            Walk { path: BString::default(), ahead: VecDeque::new(), stopped: false, found };
        let outcome = gix::diff::tree(before, after, &mut self.state, objects, &mut walk);
        match outcome {
            Err(error) if !walk.stopped => Err(unreadable(&error)),
            _ => Ok(()),
        }
    }
}

/// Follows the comparison, which goes breadth first, with the path it is at.
struct Walk<'f> {
    path: BString,
    /// Folders to be entered later.
    ahead: VecDeque<BString>,
    stopped: bool,
    found: &'f mut dyn FnMut(&BStr, &Change) -> bool,
}

impl Visit for Walk<'_> {
    fn pop_front_tracked_path_and_set_current(&mut self) {
        self.path = self.ahead.pop_front().unwrap_or_default();
    }

    fn push_back_tracked_path_component(&mut self, component: &BStr) {
        self.push_path_component(component);
        self.ahead.push_back(self.path.clone());
    }

    fn push_path_component(&mut self, component: &BStr) {
        if component.is_empty() {
            return;
        }
        if !self.path.is_empty() {
            self.path.push(b'/');
        }
        self.path.push_str(component);
    }

    fn pop_path_component(&mut self) {
        let end = self.path.rfind_byte(b'/').unwrap_or(0);
        self.path.truncate(end);
    }

    fn visit(&mut self, change: Change) -> Action {
        let is_tree = match &change {
            // A file that becomes a folder counts as the file's end.
            Change::Modification { previous_entry_mode, entry_mode, .. } => {
                entry_mode.is_tree() && previous_entry_mode.is_tree()
            }
            Change::Addition { entry_mode, .. } | Change::Deletion { entry_mode, .. } => {
                entry_mode.is_tree()
            }
        };
        if is_tree || (self.found)(self.path.as_ref(), &change) {
            return ControlFlow::Continue(());
        }
        self.stopped = true;
        ControlFlow::Break(())
    }
}
