//! Connectors: bytes in, events and signals out.
