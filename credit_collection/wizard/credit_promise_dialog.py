from odoo import api, fields, models

# The kind of promise, in each dialog that notes one
KIND = {
    "selection": lambda self: self.env["credit.promise"]._fields["kind"]._description_selection(self.env),
    "help": "A firm promise keeps its items from being chased, and counts when it is not kept. Announced only: neither.",
}


class CreditPromiseDialog(models.AbstractModel):
    """A dialog in which a promise is noted: it is confirmed to the customer by e-mail wherever it can be."""

    _name = "credit.promise.dialog"
    _description = "Dialog that notes a promise"

    may_confirm = fields.Boolean(compute="_compute_may_confirm")
    confirm = fields.Boolean(
        string="Confirm by E-Mail",
        compute="_compute_confirm",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
    )

    def _compute_may_confirm(self):
        """Each dialog knows who promised; see ``credit.promise._addressee``."""
        raise NotImplementedError

    @api.depends("may_confirm")
    def _compute_confirm(self):
        for dialog in self:
            dialog.confirm = dialog.may_confirm
