from odoo import api, models
from odoo.fields import Domain

MATURED = ("kept", "partly_kept", "broken")


class CreditPromise(models.Model):
    """How well customers keep their promises."""

    _inherit = "credit.promise"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _figures(self, domain):
        """Return how well the firm promises of ``domain``, which are of one company, were kept: by number, by amount and by
        the money received for them. Those merely announced do not count; what was replaced or cancelled only by number.

        :return: a dict: ``matured``, ``kept``, ``partly_kept``, ``broken``, ``open``, ``replaced`` and ``cancelled`` are
            numbers; ``amount_matured``, ``amount_kept``, ``amount_received`` and ``amount_open`` in the company's currency;
            ``rate_number``, ``rate_amount`` and ``rate_received`` shares of what matured, None where nothing did
        """
        groups = self._read_group(
            Domain(domain) & Domain("kind", "=", "firm"),
            ["state"],
            ["__count", "amount_company:sum", "received_company:sum"],
        )
        by_state = {state: figures for state, *figures in groups}
        none = (0, 0.0, 0.0)

        def total(index, *states):
            return sum(by_state.get(state, none)[index] for state in states)

        figures = {state: total(0, state) for state in dict(self._fields["state"].selection)}
        figures.update(
            matured=total(0, *MATURED),
            amount_matured=total(1, *MATURED),
            amount_kept=total(1, "kept"),
            amount_received=total(2, *MATURED),
            amount_open=total(1, "open"),
        )
        figures.update(
            rate_number=self._rate(figures["kept"], figures["matured"]),
            rate_amount=self._rate(figures["amount_kept"], figures["amount_matured"]),
            rate_received=self._rate(figures["amount_received"], figures["amount_matured"]),
        )
        return figures

    @api.model
    def _rate(self, part, whole):
        return part / whole if whole else None
