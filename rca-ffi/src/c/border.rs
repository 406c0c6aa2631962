//! Reading what callers point at, writing where they point to.

use std::ffi::c_char;
use std::path::PathBuf;

use rca_core::{Error, Place, Result};

use super::handles::Handed;

/// UTF-8 text of so many bytes. Need not end in NUL, may hold NULs.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct rca_str {
    data: *const c_char,
    length: usize,
}

/// An [`rca_str`] that may be absent: its `data` is NULL then.
#[repr(transparent)]
#[derive(Debug, Clone, Copy)]
pub struct rca_opt(rca_str);

impl rca_str {
    /// Absent.
    pub(super) const NONE: Self = Self { data: std::ptr::null(), length: 0 };

    /// Borrowed by the caller of a call, for as long as the bytes live.
    pub(super) const fn of(bytes: &[u8]) -> Self {
        Self { data: bytes.as_ptr().cast(), length: bytes.len() }
    }
}

impl From<&str> for rca_str {
    fn from(text: &str) -> Self {
        Self::of(text.as_bytes())
    }
}

pub(super) fn wrong(what: &str, how: &str) -> Error {
    let input = Some(what.to_owned());
    Error::invalid(Place { input, ..Place::default() }, how)
}

/// What a call takes.
pub(super) trait Taken<'a>: Sized {
    type Is;

    /// # Safety
    ///
    /// What `self` points at may be read through the call.
    unsafe fn take(self, what: &'static str) -> Result<Self::Is>;

    /// What is done with every argument before the first is taken: a call that fails leaves nothing to free.
    ///
    /// # Safety
    ///
    /// What `self` points at may be written through the call.
    unsafe fn ready(&self) {}
}

impl<'a> Taken<'a> for rca_str {
    type Is = &'a str;

    unsafe fn take(self, what: &'static str) -> Result<&'a str> {
        // SAFETY: passed on.
        match unsafe { rca_opt(self).take(what) }? {
            Some(text) => Ok(text),
            None => Err(wrong(what, "is NULL")),
        }
    }
}

impl<'a> Taken<'a> for rca_opt {
    type Is = Option<&'a str>;

    unsafe fn take(self, what: &'static str) -> Result<Option<&'a str>> {
        // SAFETY: passed on.
        let Some(bytes) = unsafe { Bytes(self.0).take(what) }? else { return Ok(None) };
        std::str::from_utf8(bytes).map(Some).map_err(|error| {
            let offset = Some(error.valid_up_to() as u64);
            let place = Place { input: Some(what.to_owned()), offset, ..Place::default() };
            Error::invalid(place, "is not UTF-8 from here on")
        })
    }
}

/// An [`rca_str`] of any bytes.
#[repr(transparent)]
#[derive(Debug, Clone, Copy)]
pub struct Bytes(rca_str);

impl<'a> Taken<'a> for Bytes {
    type Is = Option<&'a [u8]>;

    unsafe fn take(self, what: &'static str) -> Result<Option<&'a [u8]>> {
        let rca_str { data, length } = self.0;
        if data.is_null() {
            return match length {
                0 => Ok(None),
                _ => Err(wrong(what, "is NULL, with a length")),
            };
        }
        if isize::try_from(length).is_err() {
            return Err(wrong(what, "is longer than memory"));
        }
        // SAFETY: not NULL, `length` bytes that may be read by the caller's promise, no longer than `isize`.
        Ok(Some(unsafe { std::slice::from_raw_parts(data.cast(), length) }))
    }
}

/// Numbers and switches are what they are.
macro_rules! plain {
    ($($type:ty),*) => {$(
        impl<'a> Taken<'a> for $type {
            type Is = $type;

            unsafe fn take(self, _: &'static str) -> Result<$type> {
                Ok(self)
            }
        }
    )*};
}

plain!(bool, u64, i64, usize, f64, *mut std::ffi::c_void);

/// Where a call writes what it gives.
pub(super) struct Slot<C>(*mut C);

impl<C: Blank> Slot<C> {
    /// Blank at first: a call that fails leaves nothing to free.
    ///
    /// # Safety
    ///
    /// `at` is NULL or may be written through the call.
    pub(super) unsafe fn at(at: *mut C, what: &'static str) -> Result<Self> {
        if at.is_null() {
            return Err(wrong(what, "is NULL"));
        }
        // SAFETY: not NULL, and writable by the caller's promise.
        unsafe { at.write(C::blank()) };
        Ok(Self(at))
    }

    pub(super) fn put<T: Given<C = C>>(self, value: T) -> Result<super::status::Ended> {
        let Some(given) = value.give()? else { return Ok(super::status::Ended::Empty) };
        // SAFETY: as in `at`, which made it.
        unsafe { self.0.write(given) };
        Ok(super::status::Ended::Well)
    }
}

/// Where a call writes what not every caller wants: NULL is fine.
#[repr(transparent)]
#[derive(Debug)]
pub struct Wished<C>(*mut C);

impl<'a, C: Blank> Taken<'a> for Wished<C> {
    type Is = Option<Slot<C>>;

    unsafe fn take(self, what: &'static str) -> Result<Self::Is> {
        if self.0.is_null() {
            return Ok(None);
        }
        // SAFETY: passed on.
        unsafe { Slot::at(self.0, what) }.map(Some)
    }

    unsafe fn ready(&self) {
        if !self.0.is_null() {
            // SAFETY: not NULL, and writable by the caller's promise.
            unsafe { self.0.write(C::blank()) };
        }
    }
}

/// What stands where nothing was given.
pub(super) trait Blank {
    fn blank() -> Self;
}

impl<T> Blank for *mut T {
    fn blank() -> Self {
        std::ptr::null_mut()
    }
}

impl Blank for u64 {
    fn blank() -> Self {
        0
    }
}

impl Blank for bool {
    fn blank() -> Self {
        false
    }
}

/// What a call gives.
pub(super) trait Given {
    type C: Blank;

    /// In C; none for the end of something.
    fn give(self) -> Result<Option<Self::C>>;
}

impl Given for u64 {
    type C = u64;

    fn give(self) -> Result<Option<u64>> {
        Ok(Some(self))
    }
}

impl Given for bool {
    type C = bool;

    fn give(self) -> Result<Option<bool>> {
        Ok(Some(self))
    }
}

impl<T: Handed> Given for T {
    type C = *mut T::C;

    fn give(self) -> Result<Option<*mut T::C>> {
        Ok(Some(self.hand_out()))
    }
}

impl<T: Given> Given for Option<T> {
    type C = T::C;

    fn give(self) -> Result<Option<T::C>> {
        self.map_or(Ok(None), Given::give)
    }
}

/// A list of paths: a JSON array of strings.
pub(super) fn paths(text: &str) -> Result<Vec<PathBuf>> {
    let paths: Vec<String> = rca_json::parsed("paths", text)?;
    Ok(paths.into_iter().map(PathBuf::from).collect())
}

/// Declares calls: `fn name(arguments) -> out: what it gives { a result }`, or without what it gives.
///
/// Every argument is read and checked first, where it is given goes blank, and a panic ends in a status.
macro_rules! calls {
    ($($(#[$doc:meta])* fn $name:ident($($arg:ident: $type:ty),* $(,)?) $(-> $out:ident: $gives:ty)? $body:block)*) => {$(
        $(#[$doc])*
        ///
        /// # Safety
        ///
        /// Texts and structures may be read, and places to write written, through the call.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(
            $($arg: $type,)* $($out: *mut <$gives as $crate::c::border::Given>::C,)?
        ) -> $crate::c::status::rca_status {
            $crate::c::status::guard(move || {
                // SAFETY: the caller's promise, passed on.
                $(let slot = unsafe { $crate::c::border::Slot::at($out, stringify!($out)) }?;)?
                // SAFETY: as above.
                $(unsafe { $crate::c::border::Taken::ready(&$arg) };)*
                // SAFETY: as above.
                $(let $arg = unsafe { $crate::c::border::Taken::take($arg, stringify!($arg)) }?;)*
                calls!(@give $body $(, slot, $out, $gives)?)
            })
        }
    )*};
    (@give $body:block) => {{
        let done: rca_core::Result<()> = $body;
        done.map(|()| $crate::c::status::Ended::Well)
    }};
    (@give $body:block, $slot:ident, $out:ident, $gives:ty) => {{
        let given: rca_core::Result<$gives> = $body;
        $slot.put(given?)
    }};
}
