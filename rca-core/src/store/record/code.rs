//! Numbers of enum variants, fixed for ever. A new variant gets the next free number.

use crate::error::Result;
use crate::model::{
    EdgeKind, EntityKind, HypothesisOrigin, HypothesisState, Impact, LinkKind, LinkRule, Priority,
    RelationKind, Severity, Side, Status,
};

use super::damaged;

/// An enum with fixed numbers.
pub(super) trait Code: Sized {
    fn code(&self) -> u8;
    fn from_code(code: u8) -> Option<Self>;

    fn read(what: &'static str, code: u8) -> Result<Self> {
        Self::from_code(code).ok_or_else(|| {
            let name = std::any::type_name::<Self>().rsplit("::").next().unwrap_or_default();
            damaged(what, format!("{code} is no {name}"))
        })
    }
}

macro_rules! codes {
    ($type:ident: $($code:literal $variant:ident),+ $(,)?) => {
        impl Code for $type {
            fn code(&self) -> u8 {
                match self { $(Self::$variant => $code),+ }
            }

            fn from_code(code: u8) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

codes!(Severity: 0 Info, 1 Low, 2 Medium, 3 High, 4 Critical);
codes!(Status: 0 Open, 1 InProgress, 2 Resolved, 3 Closed);
codes!(Impact: 0 Low, 1 Medium, 2 High, 3 Critical);
codes!(Priority: 0 P0, 1 P1, 2 P2, 3 P3);
codes!(LinkKind: 0 Suggested, 1 Automatic, 2 Manual, 3 Rejected);
codes!(EdgeKind: 0 CauseEffect, 1 Correlation, 2 Sequence, 3 DependsOn, 4 RelatesTo, 5 Triggers);
codes!(RelationKind: 0 Suggested, 1 Manual, 2 Rejected);
codes!(HypothesisState: 0 Proposed, 1 Supported, 2 Refuted);
codes!(HypothesisOrigin: 0 Person, 1 Analysis);
codes!(Side: 0 For, 1 Against);
codes!(LinkRule: 0 Time, 1 Entity, 2 Tags, 3 Trace, 4 Text, 5 Commit, 6 Person, 7 Custom);
codes!(
    EntityKind: 0 Service, 1 Host, 2 Pod, 3 Database, 4 Queue, 5 ExternalProvider, 6 Repository,
    7 Library,
);
