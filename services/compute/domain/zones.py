"""The simulated providers with their regions and zones: what the platform's zone catalogue is filled from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Region:
    """A region and the letters of its zones."""

    name: str
    zone_letters: str

    def zones(self) -> list[str]:
        """Zone names, such as `nimbus-eu-1a`."""
        return [f"{self.name}{letter}" for letter in self.zone_letters]


@dataclass(frozen=True)
class ProviderSpec:
    """A provider: its regions and how long its operations take, in milliseconds."""

    name: str
    regions: tuple[Region, ...]
    latency_ms: tuple[int, int]

    def zones(self) -> list[str]:
        """All zone names of the provider."""
        return [zone for region in self.regions for zone in region.zones()]


PROVIDERS = {
    spec.name: spec
    for spec in (
        ProviderSpec("nimbus", (Region("nimbus-eu-1", "abc"), Region("nimbus-us-1", "abc")), (4, 12)),
        ProviderSpec("stratus", (Region("stratus-eu-1", "ab"), Region("stratus-us-1", "ab")), (6, 18)),
        ProviderSpec("cirrus", (Region("cirrus-eu-1", "ab"), Region("cirrus-ap-1", "ab")), (8, 24)),
    )
}
