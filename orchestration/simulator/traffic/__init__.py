"""Live traffic: what happens in a shop that is open, one transaction at a time."""

from orchestration.simulator.traffic.run import TrafficSummary, simulate_traffic

__all__ = ["TrafficSummary", "simulate_traffic"]
