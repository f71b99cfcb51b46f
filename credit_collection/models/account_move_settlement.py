from odoo import models
from odoo.tools import SQL


# Entries keep their matches when they are reset to draft: what they settle, or leave open, changes all the same.
class AccountMove(models.Model):
    _inherit = "account.move"  # pylint: disable=consider-merging-classes-inherited

    def write(self, vals):
        # EXTENDS 'account': promises and disputes about the items of these entries, or matched with them, are judged again
        changed = self.filtered(lambda move: move.state != vals["state"]) if "state" in vals else self.browse()
        res = super().write(vals)
        if changed:
            items = SQL(
                """SELECT id FROM account_move_line WHERE move_id IN %(moves)s
                    UNION ALL
                   SELECT p.debit_move_id FROM account_partial_reconcile p
                     JOIN account_move_line l ON l.id = p.credit_move_id WHERE l.move_id IN %(moves)s""",
                moves=tuple(changed.ids),
            )
            self.env["credit.settlement"]._ledger_changed(items)
        return res
