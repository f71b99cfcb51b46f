from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from odoo.addons.credit_collection.models.credit_control import Ask


class CreditRequest(models.Model):
    """A delivery is released by itself, not with its order: hence no ``order_id`` on its requests, and no amount."""

    _inherit = "credit.request"

    picking_id = fields.Many2one(
        "stock.picking", string="Delivery", index="btree_not_null", ondelete="cascade", check_company=True
    )

    _open_delivery_uniq = models.UniqueIndex(
        "(picking_id) WHERE state = 'open' AND kind = 'release'", "The release of this delivery is already asked for."
    )

    # -------------------------------------------------------------------------
    # The document
    # -------------------------------------------------------------------------

    @api.depends("picking_id")
    def _compute_display_name(self):
        return super()._compute_display_name()

    @api.depends("picking_id.state")
    @api.depends_context("uid")
    def _compute_situation(self):
        """EXTENDS 'credit_collection': of a delivery, with what its order adds to it; figures only for who may read them."""
        deliveries = self.filtered("picking_id")
        pickings, others = deliveries._of_user().picking_id, self - deliveries
        sentences = pickings._followup_sentences(pickings._followup_verdicts())
        for request in deliveries:
            request.situation = sentences.get(request.picking_id)
        if pickings._followup_reads_figures():
            return super(CreditRequest, others)._compute_situation()
        others.situation = False
        return None

    @api.constrains("picking_id", "order_id", "kind")
    def _check_delivery(self):
        for request in self.filtered("picking_id"):
            if request.kind != "release" or request.order_id:
                raise UserError(self.env._("About a delivery, ask for its release; about its order, ask apart."))
            if not request.picking_id.sudo()._followup_customers() and request.state == "open":
                raise UserError(
                    self.env._("%s is no delivery that waits to leave for a customer.", request.picking_id.sudo().name)
                )

    def _document_field(self):
        return "picking_id" if self.picking_id else super()._document_field()

    def _document_vals(self):
        if not self.picking_id:
            return super()._document_vals()
        picking = self.picking_id.sudo()
        customer = picking._followup_customers().get(picking) or picking.partner_id.commercial_partner_id
        return {
            "partner_id": customer.id,
            "company_id": picking.company_id.id,
            "currency_id": picking.company_id.currency_id.id,
        }

    def _ask(self):
        if not self.picking_id:
            return super()._ask()
        return Ask(self, self.partner_id.commercial_partner_id, self.company_id, 0.0, "deliveries")

    def _document_state(self):
        if not self.picking_id:
            return super()._document_state()
        picking = self.picking_id.sudo()
        labels = dict(picking._fields["followup_credit_state"]._description_selection(self.env))
        return labels.get(picking.followup_credit_state, self.env._("not checked"))

    # -------------------------------------------------------------------------
    # Deciding
    # -------------------------------------------------------------------------

    def _check_release(self):
        if self.picking_id.sudo().state == "done":
            raise UserError(self.env._("%s has left already.", self.picking_id.sudo().name))
        return super()._check_release()

    def _release_document(self):
        """EXTENDS 'credit_collection': an order's release also frees its deliveries on hold."""
        if self.picking_id:
            return self.picking_id.sudo()._followup_decide("released", self)
        result = super()._release_document()
        self.order_id.sudo().picking_ids._followup_judge_again()
        return result

    def _refuse_document(self):
        if self.picking_id:
            return self.picking_id.sudo()._followup_decide("refused", self)
        return super()._refuse_document()

    def _granted(self):
        if not self.picking_id:
            return super()._granted()
        return self.env._("Until %s.", format_date(self.env, self.valid_until))

    @api.model
    def _in_force_deliveries(self, pickings):
        """Return the latest approved release of each delivery itself that is valid today, as ``{delivery: request}``."""
        releases = self.search(
            [("kind", "=", "release"), ("state", "=", "approved"), ("picking_id", "in", pickings.ids)],
            order="decided_on, id",
        )
        return {
            request.picking_id: request
            for request in releases
            if not request.valid_until or request.valid_until >= request.company_id._dunning_today()
        }
