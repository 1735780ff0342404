"""The ledger in the formats of others: grades, a CODECHECK configuration, an RO-Crate, a summary."""
