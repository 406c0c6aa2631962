//! The algorithms of TLS.

use std::sync::Arc;

use rustls::crypto::{CryptoProvider, KeyProvider};
use rustls::pki_types::PrivateKeyDer;
use rustls::sign::SigningKey;

/// Those of graviola, but for signing: no server gets a certificate of ours, and code that can't run need not be shipped.
pub(super) fn algorithms() -> CryptoProvider {
    CryptoProvider { key_provider: &NoKeys, ..rustls_graviola::default_provider() }
}

#[derive(Debug)]
struct NoKeys;

impl KeyProvider for NoKeys {
    fn load_private_key(
        &self,
        _: PrivateKeyDer<'static>,
    ) -> Result<Arc<dyn SigningKey>, rustls::Error> {
        Err(rustls::Error::General("certificates of clients are not supported".to_owned()))
    }
}
