//! Detectors: raw telemetry in, findings out.
