import base64

from odoo import api, fields, models


class CreditRegisteredLetter(models.TransientModel):
    """What the post office says of a registered letter: its number when it is posted, later what became of it."""

    _name = "credit.registered.letter"
    _description = "Registered letter"

    action_id = fields.Many2one("credit.collection.action", required=True, readonly=True, ondelete="cascade")
    posted = fields.Boolean(compute="_compute_posted")
    tracking_number = fields.Char()
    date_posted = fields.Date(string="Posted On", default=fields.Date.context_today)
    delivery = fields.Selection(
        selection=lambda self: (
            self.env["credit.collection.action"]._fields["delivery"]._description_selection(self.env)
        ),
        string="What Became of It",
        default="delivered",
    )
    date_delivered = fields.Date(
        string="On",
        default=fields.Date.context_today,
        help="The day of delivery, of the first presentation or of the return.",
    )
    proof = fields.Binary(attachment=False, help="A scan of the receipt, or the post's file.")
    proof_name = fields.Char()

    @api.depends("action_id.state")
    def _compute_posted(self):
        for wizard in self:
            wizard.posted = wizard.action_id.state == "sent"

    def action_save(self):
        """Keep the posting, or once posted the delivery; see the action's methods for what is refused."""
        self.ensure_one()
        if self.posted:
            proof = (self.proof_name or self.env._("Proof"), base64.b64decode(self.proof)) if self.proof else None
            self.action_id._record_delivery(self.delivery, self.date_delivered, proof)
        else:
            self.action_id._record_posting(self.tracking_number, self.date_posted)
        return {"type": "ir.actions.act_window_close"}
