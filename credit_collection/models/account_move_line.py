from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_date

from .credit_control import COLLECTOR


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    # Entries reset to draft keep their matches: the open items look them up (see credit.open.item).
    _followup_unposted_match_idx = models.Index("(id) WHERE parent_state <> 'posted' AND matching_number IS NOT NULL")

    # Beside core's no_followup, which has neither an end nor a reason. Written by the collector's wizard, which asks for
    # a reason and keeps a trace
    followup_excluded_until = fields.Date(
        string="Excluded From Reminders Until",
        copy=False,
        groups=COLLECTOR,
        help="Not chased up to and including this day.",
    )
    followup_exclusion_reason = fields.Char(string="Reason of the Exclusion", copy=False, groups=COLLECTOR)
    followup_review_asked = fields.Boolean(
        string="Review of the Exclusion Asked For",
        copy=False,
        groups=COLLECTOR,
        help="The day came on which an item without an end of its own was to be reviewed.",
    )
    followup_late_reason_id = fields.Many2one(
        "credit.late.reason",
        string="Late-Payment Reason",
        copy=False,
        groups=COLLECTOR,
        index="btree_not_null",
        ondelete="restrict",
        help="Why it is paid late: what was said last, in a call, a dispute or by hand.",
    )

    def unlink(self):
        # EXTENDS 'account'
        self.env["credit.late.claim"]._forget(self)
        judged = self.env["credit.settlement"]._about(SQL("SELECT UNNEST(%s::int[])", self.ids))
        res = super().unlink()
        for records in judged:
            records._judge()
        return res

    def _followup_exclude(self, day, reason):
        """Exclude these items from reminders up to and including ``day``; no day ends an exclusion.

        :raise UserError: for a day that is already past
        """
        self._followup_check_collector()
        if day and day < fields.Date.context_today(self):
            raise UserError(self.env._("Choose a day that is still to come."))
        self._followup_write(
            {"followup_excluded_until": day, "followup_exclusion_reason": reason, "followup_review_asked": False}
        )
        if day:
            text = self.env._(
                "Excluded from reminders until %(day)s: %(reason)s", day=format_date(self.env, day), reason=reason
            )
        else:
            text = self.env._("No longer excluded from reminders: %s", reason)
        self._followup_log(text)

    def _followup_set_late_reason(self, reason):
        """Note why these items are paid late; what was said last counts, no reason takes it away. In the history of the
        entries.
        """
        self._followup_check_collector()
        changed = self.filtered(lambda line: line.followup_late_reason_id != reason)
        changed._followup_write({"followup_late_reason_id": reason.id})
        if reason:
            changed._followup_log(self.env._("Late-payment reason: %s", reason.name))
        else:
            changed._followup_log(self.env._("The late-payment reason was taken away."))

    def _followup_set_excluded(self, excluded):
        """Set core's “No Follow-Up” on items of journal entries, or take it away.

        :raise UserError: for an invoice, which has that switch itself
        """
        self._followup_check_collector()
        invoices = self.move_id.filtered(lambda move: move.is_invoice(include_receipts=True))
        if invoices:
            raise UserError(
                self.env._("“%s” is an invoice: use “No Follow-Up” on the invoice itself.", invoices[0].display_name)
            )
        changed = self.filtered(lambda line: line.no_followup != excluded)
        changed._followup_write({"no_followup": excluded})
        if excluded:
            changed._followup_log(self.env._("No longer chased: “No Follow-Up” was set by a collector."))
        else:
            changed._followup_log_chased()

    def _followup_chase_again(self):
        """Take core's “No Follow-Up” away, of invoices too."""
        self._followup_check_collector()
        invoices = self.move_id.filtered(lambda move: move.is_invoice(include_receipts=True))
        (self - invoices.line_ids)._followup_set_excluded(False)
        invoices.no_followup = False
        invoices.line_ids._followup_log_chased()

    def _followup_check_collector(self):
        self.env["credit.control"]._check_collects(self.env._("Only collectors decide which items are chased."))
        self.check_access("write")

    def _followup_write(self, vals):
        """Nothing of the entry changes: without its synchronisation, which would mark an invoice as modified by hand."""
        self.sudo().with_context(skip_invoice_sync=True).write(vals)

    def _followup_log_chased(self):
        self._followup_log(self.env._("Chased from now on: “No Follow-Up” was removed by a collector."))

    def _followup_log(self, text):
        self.move_id._message_log_batch(bodies={move.id: text for move in self.move_id})
