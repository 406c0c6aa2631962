//! The judgement: which change, entity or outside trigger caused it.
