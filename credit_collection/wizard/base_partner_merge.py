from odoo import models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _update_foreign_keys(self, src_partners, dst_partner):
        """EXTENDS 'base': core deletes rows that break a unique key; the collection files of a company become one, and of
        several insolvencies one remains. Holds follow like anything else."""
        (src_partners | dst_partner)._followup_merge_files(dst_partner)
        return super()._update_foreign_keys(src_partners, dst_partner)

    def _update_values(self, src_partners, dst_partner):
        """EXTENDS 'base': a customer that was merged into a contact of another one is that customer now."""
        res = super()._update_values(src_partners, dst_partner)
        customer = dst_partner.commercial_partner_id
        if customer != dst_partner:
            dst_partner._followup_join(customer)
        return res
