"""What tests of Isthmus and of connectors need, shipped with the package.

`builders`, `clock` and `harness` are for any test; `conformance` is the suite that decides a connector's tier.
"""
