from odoo import models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _update_foreign_keys(self, src_partners, dst_partner):
        """EXTENDS 'base': core deletes rows that break a unique key; the collection files of a company become one, and of
        several insolvencies one remains. Holds follow like anything else."""
        self.env["credit.hold"].sudo()._merge_insolvencies(src_partners | dst_partner)
        files = self.env["credit.profile"].sudo().search([("partner_id", "in", (src_partners | dst_partner).ids)])
        for mine in files.grouped("company_id").values():
            target = (mine.filtered(lambda profile: profile.partner_id == dst_partner) or mine)[:1]
            (mine - target)._merge_into(target)
        return super()._update_foreign_keys(src_partners, dst_partner)
