"""Configuration in layers, published whole to Consul; feature flags."""
