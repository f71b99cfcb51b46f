from odoo import models
from odoo.tools import SQL

# What hangs on a customer, beside its collection files
OF_CUSTOMERS = (
    "credit.collection.action",
    "credit.dispute",
    "credit.hold",
    "credit.late.claim",
    "credit.promise",
    "credit.request",
)


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _update_foreign_keys(self, src_partners, dst_partner):
        """EXTENDS 'base': core deletes rows that break a unique key; the collection files of a company become one, and of
        several insolvencies one remains. Holds follow like anything else."""
        self._merge_files(src_partners | dst_partner, dst_partner)
        return super()._update_foreign_keys(src_partners, dst_partner)

    def _update_values(self, src_partners, dst_partner):
        """EXTENDS 'base': a customer that was merged into a contact of another one, or became one, is that customer now."""
        res = super()._update_values(src_partners, dst_partner)
        customer = dst_partner.commercial_partner_id
        if customer != dst_partner:
            self._merge_files(dst_partner | customer, customer)
            for model in ("credit.profile", *OF_CUSTOMERS):
                self.env.cr.execute(
                    SQL(
                        "UPDATE %s SET partner_id = %s WHERE partner_id = %s",
                        SQL.identifier(self.env[model]._table),
                        customer.id,
                        dst_partner.id,
                    )
                )
            self.env.invalidate_all()
        return res

    def _merge_files(self, partners, kept):
        """The collection files that these partners have in a company become one, if possible that of ``kept``."""
        self.env["credit.hold"].sudo()._merge_insolvencies(partners)
        files = self.env["credit.profile"].sudo().search([("partner_id", "in", partners.ids)])
        for mine in files.grouped("company_id").values():
            target = (mine.filtered(lambda profile: profile.partner_id == kept) or mine)[:1]
            (mine - target)._merge_into(target)
        self.env.flush_all()
