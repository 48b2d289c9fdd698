"""Programs as subjects: the testee protocol of ``conformance/PROTOCOL.md``, JSON over pipes."""
