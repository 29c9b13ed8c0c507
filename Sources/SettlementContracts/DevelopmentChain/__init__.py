"""A base chain for development and tests: py-evm behind JSON-RPC, on this machine only."""
