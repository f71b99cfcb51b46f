from odoo import api, models
from odoo.exceptions import UserError


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_dunning_evidence(self):
        self._check_dunning_evidence()

    def write(self, vals):
        if {"raw", "datas", "db_datas", "store_fname", "res_model", "res_id", "name"} & vals.keys():
            self._check_dunning_evidence()
        return super().write(vals)

    def _check_dunning_evidence(self):
        """Refuse to change what was attached to a reminder that was sent."""
        ids = {att.res_id for att in self.sudo() if att.res_model == "credit.collection.action"}
        if self.env["credit.collection.action"].sudo().browse(ids).exists()._filter_evidence():
            raise UserError(
                self.env._("This file was sent with a reminder and is kept as evidence: it cannot be changed.")
            )
