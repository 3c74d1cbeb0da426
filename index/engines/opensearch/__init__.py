"""The engine for many machines: an index in an OpenSearch cluster.  See docs/cluster.md."""
