"""UCI Online Retail, a year of a real gift shop, as SoftCart's own shop."""

from orchestration.simulator.online_retail.load import LoadReport, load_online_retail

__all__ = ["LoadReport", "load_online_retail"]
