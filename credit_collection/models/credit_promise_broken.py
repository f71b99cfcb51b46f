from odoo import api, models
from odoo.tools import SQL, format_amount, format_date


class CreditPromise(models.Model):
    """What follows from a promise that was broken, or kept in part only, as long as something of it is open: a reason of
    credit control, and an activity of the collector's.
    """

    _inherit = "credit.promise"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _sql_broken(self, due_before=None):
        """Return the statement of the firm promises that were broken, or kept in part, of which an item is still open: ``id``,
        ``partner_id``, ``company_id``.

        :param date due_before: only if such an item was due before that day
        """
        return SQL(
            """SELECT q.id, q.partner_id, q.company_id FROM credit_promise q
                WHERE q.kind = 'firm' AND q.state IN ('broken', 'partly_kept')
                  AND EXISTS (SELECT FROM credit_promise_line x JOIN account_move_line l ON l.id = x.move_line_id
                               WHERE x.promise_id = q.id AND l.parent_state = 'posted' AND l.reconciled IS NOT TRUE
                                 AND l.amount_residual_currency > 0 AND %s)""",
            SQL("COALESCE(l.date_maturity, l.date) < %s", due_before) if due_before else SQL("TRUE"),
        )

    def _broken_sentence(self, customer):
        """Return what the customer promised and how little of it came: for orders, and for those who sell to it."""
        facts = {
            "customer": customer.display_name,
            "amount": format_amount(self.env, self.amount, self.currency_id),
            "date": format_date(self.env, self.date_promised),
        }
        if self.state == "broken":
            return self.env._("%(customer)s promised to pay %(amount)s on %(date)s and did not.", **facts)
        return self.env._(
            "%(customer)s promised to pay %(amount)s on %(date)s and paid %(received)s.",
            received=format_amount(self.env, self.amount_received, self.currency_id),
            **facts,
        )

    def _close_activities(self):
        """Take away what the collector was asked to do about these customers when no broken promise is open any more."""
        self._flush_ledger()
        activity_type = self.env.ref("credit_collection.mail_activity_promise")
        self.env["mail.activity"].flush_model(["activity_type_id", "res_id", "res_model"])
        rows = self.env.execute_query(
            SQL(
                """SELECT a.id FROM mail_activity a
                     JOIN credit_profile r ON r.id = a.res_id AND a.res_model = 'credit.profile'
                    WHERE a.activity_type_id = %(type)s AND a.active
                      AND (r.partner_id, r.company_id) IN (SELECT partner_id, company_id FROM credit_promise
                                                            WHERE id IN %(ids)s)
                      AND NOT EXISTS (SELECT FROM (%(broken)s) b
                                       WHERE b.partner_id = r.partner_id AND b.company_id = r.company_id)""",
                type=activity_type.id,
                ids=tuple(self.ids) or (0,),
                broken=self._sql_broken(),
            )
        )
        self.env["mail.activity"].sudo().browse(row[0] for row in rows).unlink()
