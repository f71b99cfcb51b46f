from odoo import models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _update_foreign_keys(self, src_partners, dst_partner):
        """EXTENDS 'base': core deletes rows that break a unique key; collection files are merged instead."""
        Profile = self.env["credit.profile"].sudo()
        target_partner = dst_partner.commercial_partner_id
        for profile in Profile.search([("partner_id", "in", src_partners.ids)]):
            target = Profile.search(
                [("partner_id", "=", target_partner.id), ("company_id", "=", profile.company_id.id)], limit=1
            )
            if target:
                profile._merge_into(target)
        return super()._update_foreign_keys(src_partners, dst_partner)
