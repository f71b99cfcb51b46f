from odoo import api, fields, models
from odoo.exceptions import AccessError

from .credit_control import ACCOUNTING


# Invoices that customers contest, and the credit notes that come of it.
class AccountMove(models.Model):
    _inherit = "account.move"  # pylint: disable=consider-merging-classes-inherited

    followup_dispute_id = fields.Many2one(
        "credit.dispute",
        string="Dispute",
        copy=False,
        readonly=True,
        check_company=True,
        index="btree_not_null",
        ondelete="set null",
        groups=ACCOUNTING,
        help="The dispute which this credit note settles.",
    )
    followup_dispute_count = fields.Integer(
        compute="_compute_followup_dispute_count", string="Disputes", groups=ACCOUNTING
    )

    @api.depends("line_ids")
    def _compute_followup_dispute_count(self):
        groups = self.env["credit.dispute.line"]._read_group(
            [("move_line_id.move_id", "in", self.ids)], ["move_line_id"], ["dispute_id:array_agg_distinct"]
        )
        disputes = {}
        for line, dispute_ids in groups:
            disputes.setdefault(line.move_id.id, set()).update(dispute_ids)
        for move in self:
            move.followup_dispute_count = len(disputes.get(move.id, ()))

    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS 'account': no default names a dispute either, not even in what is created with all rights
        named = not self.env.su and any(vals.get("followup_dispute_id") for vals in vals_list)
        if named or self.default_get(["followup_dispute_id"]).get("followup_dispute_id"):
            self._followup_refuse_dispute()
        return super().create(vals_list)

    def write(self, vals):
        # EXTENDS 'account': what was accepted is held back as long as its credit note is in draft
        if "followup_dispute_id" in vals and not self.env.su:
            self._followup_refuse_dispute()
        disputes = self.sudo().followup_dispute_id if {"state", "followup_dispute_id"} & vals.keys() else None
        res = super().write(vals)
        if disputes is not None and (disputes := disputes | self.sudo().followup_dispute_id):
            disputes._judge()
        return res

    def unlink(self):
        # EXTENDS 'account'
        disputes = self.sudo().followup_dispute_id
        res = super().unlink()
        if disputes:
            disputes.invalidate_recordset(["credit_move_ids"])
            disputes._judge()
        return res

    def _reconcile_reversed_moves(self, reverse_moves, move_reverse_cancel):
        """EXTENDS 'account': core would match the credit note with the instalment due first; it is for the disputed ones."""
        for credit_note in reverse_moves.sudo().filtered("followup_dispute_id"):
            disputed = credit_note.followup_dispute_id.line_ids.move_line_id
            disputed = disputed.filtered(
                lambda line, note=credit_note: (
                    line.move_id == note.reversed_entry_id and line.parent_state == "posted" and not line.reconciled
                )
            )
            credit = credit_note.line_ids.filtered(
                lambda line, lines=disputed: line.account_id in lines.account_id and not line.reconciled
            )
            if disputed and credit:
                (disputed | credit).with_context(move_reverse_cancel=move_reverse_cancel).reconcile()
        return super()._reconcile_reversed_moves(reverse_moves, move_reverse_cancel)

    @api.model
    def _followup_refuse_dispute(self):
        """What is credited for a dispute decides what becomes of it: only its own code says so."""
        raise AccessError(
            self.env._(
                "A credit note is made for a dispute by closing the dispute: do that instead of naming it here."
            )
        )

    def action_followup_disputes(self):
        """Open the disputes about this invoice."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("credit_collection.credit_dispute_action")
        return {**action, "domain": [("line_ids.move_line_id.move_id", "=", self.id)], "context": {}}
