"""What the demo company's customers said: why they pay late, what they promised, and what they contest."""

from datetime import timedelta

from odoo import fields, models

# Why an invoice is late, as customers said or as we know.
REASONS = {
    "grandchamp_1": "approval",
    "grandchamp_2": "approval",
    "arnoult_1": "cash",
    "arnoult_2": "cash",
    "sorel_1": "approval",
    "harbour_1": "order_number",
    "pons_1": "forgotten",
    "tilleuls_1": "not_received",
    "morvan_1": "quality",
    "savarin_1": "bad_will",
    "ferrand_1": "cash",
    "ferrand_2": "cash",
}
# (invoice, noted, promised for, person of whom we know the name, what was said): days from today.
PROMISES = [
    ("roussel_1", -1, 4, None, "The transfer is signed and leaves with Thursday's run."),
    ("verdier_1", -8, -6, None, "Pays by card as soon as the season's takings are in."),
]
# The same, noted before the payments that were made: one was kept, one in part.
PROMISES_PAID = [
    ("boreal_3", -20, -16, None, "Had overlooked it; pays this week."),
    ("phare_1", -11, -5, None, "Pays once the terrace has opened."),
]
# (invoice, opened, answer by, amount or all, reason, what the customer says)
DISPUTES = [
    (
        "grandchamp_3",
        -6,
        9,
        1200.0,
        "price",
        "Their order says 12 % discount on the wall shelving; invoiced at list price.",
    ),
    ("lasserre_1", -17, -2, None, "quality", "One desk came scratched; they want it exchanged before they pay."),
]
# Closed: (invoice, opened, closed, amount, reason, what the customer said, how it ended)
DISPUTES_CLOSED = [
    (
        "belle_rive_1",
        -27,
        -16,
        900.0,
        "quality",
        "Two chairs missing, they say.",
        "Their delivery note is signed without reservations: twelve chairs.",
    ),
]


class AccountChartTemplate(models.AbstractModel):
    _inherit = "account.chart.template"  # pylint: disable=consider-merging-classes-inherited

    def _credit_demo_reasons(self, invoices):
        for key, reason in REASONS.items():
            items = self._credit_demo_receivable(invoices[key])
            items._followup_set_late_reason(self.env.ref(f"credit_collection.credit_late_reason_{reason}"))

    def _credit_demo_promises(self, invoices, before_payments=False):
        """Note each as the collector did, then say when that was; the ledger says what became of it."""
        promises = PROMISES_PAID if before_payments else PROMISES
        Promise = self._credit_demo_as("collector", "credit.promise")
        for key, noted, promised, person, said in promises:
            contact = person and self.env.ref(f"credit_collection.demo_contact_{person}")
            items = self._credit_demo_items(invoices[key])
            promise = Promise._promise(items, self._credit_demo_today(), promised_by=contact, note=said).sudo()
            day = self._credit_demo_day(promised)
            grace = timedelta(days=self.env.company.followup_promise_grace)
            promise.write({"date": self._credit_demo_day(noted), "date_promised": day, "date_deadline": day + grace})
            promise._judge()

    def _credit_demo_disputes(self, invoices):
        """One within its deadline, one past it, and one that was closed."""
        for key, opened, deadline, amount, reason, said in DISPUTES:
            dispute = self._credit_demo_dispute(invoices[key], amount, reason, said, self._credit_demo_day(deadline))
            dispute._write_state(
                {"date": self._credit_demo_day(opened), "date_deadline": self._credit_demo_day(deadline)}
            )
            dispute.activity_ids.date_deadline = dispute.date_deadline
        for key, opened, closed, amount, reason, said, answer in DISPUTES_CLOSED:
            dispute = self._credit_demo_dispute(invoices[key], amount, reason, said, self._credit_demo_today())
            dispute.with_user(self.env.ref("credit_collection.demo_user_collector")).action_close(
                "unfounded", 0.0, answer
            )
            dispute._write_state({"date": self._credit_demo_day(opened), "date_closed": self._credit_demo_day(closed)})

    def _credit_demo_dispute(self, move, amount, reason, said, deadline):
        items = self._credit_demo_items(move)
        return (
            self._credit_demo_as("collector", "credit.dispute")
            ._open(
                {items: amount or items.amount_residual_currency},
                self.env.ref(f"credit_collection.credit_late_reason_{reason}"),
                self.env.ref("credit_collection.demo_user_salesperson"),
                max(deadline, self._credit_demo_today()),
                said,
            )
            .sudo()
        )

    def _credit_demo_items(self, moves):
        items = self._credit_demo_as("collector", "credit.open.item")
        return items.with_context(allowed_company_ids=self.env.company.ids).search([("move_id", "in", moves.ids)])

    def _credit_demo_today(self):
        return fields.Date.context_today(self)
