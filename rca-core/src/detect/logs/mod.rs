//! Logs: templates that appear, become frequent or fall silent.
