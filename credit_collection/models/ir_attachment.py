from odoo import api, models
from odoo.exceptions import UserError

ACTION = "credit.collection.action"


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    @api.model_create_multi
    def create(self, vals_list):
        attachments = super().create(vals_list)
        attachments._check_dunning_evidence()  # where they are now: defaults of the context count too
        return attachments

    def write(self, vals):
        # the web client makes the picture of a PDF's first page when it is shown
        if vals.keys() - {"access_token", "thumbnail"}:
            self._check_dunning_evidence()
        res = super().write(vals)
        if {"res_model", "res_id"} & vals.keys():
            self._check_dunning_evidence()
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_except_dunning_evidence(self):
        self._check_dunning_evidence()

    def _check_dunning_evidence(self):
        """Refuse to change, remove or add anything to what was attached to a reminder that was sent."""
        ids = {attachment.res_id for attachment in self.sudo() if attachment.res_model == ACTION}
        in_files = self.sudo().filtered(lambda attachment: attachment.res_model == "credit.profile")
        if in_files and self.env[ACTION].sudo().search_count([("proof_id", "in", in_files.ids)], limit=1):
            raise UserError(self.env._("This is the proof of a registered letter: it cannot be changed."))
        if ids and self.env[ACTION].sudo().browse(ids).exists()._filter_evidence():
            raise UserError(self.env._("What was sent with a reminder is kept as evidence: it cannot be changed."))
