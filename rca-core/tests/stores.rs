//! What all stores promise, and random histories against plain maps.

#![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]

mod histories;

mod memory {
    use std::sync::Arc;

    use rca_core::store::Memory;

    rca_core::store_contract!(Arc::new(Memory::new()));
}

mod embedded {
    use std::sync::Arc;

    use rca_core::store::Embedded;
    use rca_core::store::testing::Disk;

    rca_core::store_contract!(Arc::new(Embedded::on_disk(Disk::default()).unwrap()));
}
