"""A prediction as a person wants to see it."""

from __future__ import annotations

from dataclasses import asdict

from orchestration.predict.lifetime import LifetimeReport


def lifetimes_text(report: LifetimeReport) -> str:
    """Return what was predicted, and by which parameters."""
    models = {"BG/NBD": asdict(report.purchase_model), "gamma-gamma": asdict(report.amount_model)}
    return "\n".join(
        [
            f"{report.days} days ahead, in {report.seconds:.1f} s",
            f"  customers   {report.persons:,}, {report.returning:,} of whom had bought again",
            f"  expected    {report.expected_purchases:,.0f} purchases, worth "
            f"{report.expected_amount:,.0f} in the reporting currency",
            *(
                f"  {name:<12}" + ", ".join(f"{each} {value:,.4g}" for each, value in model.items())
                for name, model in models.items()
            ),
        ]
    )
