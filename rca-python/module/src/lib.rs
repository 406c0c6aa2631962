//! The extension module of the package `rca`: [`rca_python`] as a library that Python loads.
//!
//! A crate by itself, because link-time optimisation follows the settings of the crate that is linked. This one is made
//! for speed, so that loops of the index become vector instructions; what `rca_python` adds is made for size.

use rca_python as _;
