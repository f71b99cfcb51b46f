from odoo import api, fields, models


class CreditDisputeDecision(models.TransientModel):
    """Answer a dispute, close it, open it again or cancel it: what is decided, and why."""

    _name = "credit.dispute.decision"
    _description = "Decision on a dispute"

    dispute_id = fields.Many2one("credit.dispute", required=True, readonly=True, ondelete="cascade")
    kind = fields.Selection(
        [("answer", "Answer"), ("close", "Close"), ("reopen", "Open again"), ("cancel", "Cancel")],
        required=True,
        readonly=True,
        default="answer",
    )
    # of a dispute that the user may read: any employee may create this dialog
    currency_id = fields.Many2one(related="dispute_id.currency_id", related_sudo=False)
    total = fields.Monetary(related="dispute_id.amount", related_sudo=False)
    answer = fields.Selection(related="dispute_id.answer", related_sudo=False)
    outcome = fields.Selection(
        selection=lambda self: self.env["credit.dispute"]._fields["outcome"]._description_selection(self.env),
        compute="_compute_outcome",
        compute_sudo=False,
        store=True,
        readonly=False,
        help="What the owner proposed, if anything.",
    )
    amount = fields.Monetary(
        string="Accepted",
        compute="_compute_outcome",
        compute_sudo=False,
        store=True,
        readonly=False,
        help="Tax included.",
    )
    credit_note = fields.Boolean(
        string="Propose the Credit Note",
        default=True,
        help="In draft. What was accepted is not claimed until it is posted.",
    )
    text = fields.Text(string="Why")

    @api.depends("dispute_id")
    def _compute_outcome(self):
        for wizard in self:
            wizard.outcome = wizard.dispute_id.answer
            wizard.amount = wizard.dispute_id.answer_amount

    def action_apply(self):
        """Decide. The dispute checks who may.

        :raise AccessError: for who may not
        :raise UserError: when something is missing, or the dispute is decided already
        """
        self.ensure_one()
        dispute, text = self.dispute_id, self.text or ""
        if self.kind == "answer":
            result = dispute.action_answer(self.outcome, self.amount, text)
        elif self.kind == "close":
            result = dispute.action_close(self.outcome, self.amount, text, self.credit_note)
        elif self.kind == "reopen":
            result = dispute.action_reopen(text)
        else:
            result = dispute.action_cancel(text)
        return result if isinstance(result, dict) else {"type": "ir.actions.act_window_close"}
