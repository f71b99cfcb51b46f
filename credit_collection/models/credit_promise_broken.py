from odoo import api, models
from odoo.tools import SQL, LazyTranslate, format_amount, format_date, plaintext2html

_lt = LazyTranslate(__name__)

TO_ACT = "credit_collection.mail_activity_promise"
MISSED = ("broken", "partly_kept")


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
                WHERE q.kind = 'firm' AND q.state IN %s
                  AND EXISTS (SELECT FROM credit_promise_line x JOIN account_move_line l ON l.id = x.move_line_id
                               WHERE x.promise_id = q.id AND l.parent_state = 'posted' AND l.reconciled IS NOT TRUE
                                 AND l.amount_residual_currency > 0 AND %s)""",
            MISSED,
            SQL("COALESCE(l.date_maturity, l.date) < %s", due_before) if due_before else SQL("TRUE"),
        )

    @api.model
    def _fetch_told(self, ids):
        """Read in one go what the sentences about these promises say; some ids may be None."""
        names = ["amount", "amount_received", "currency_id", "date_promised", "state"]
        self.browse({*ids} - {None}).fetch(names)

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

    def _ask_to_act(self, company, former):
        """Ask the collector, once, to act on what these promises became. What is asked tells of all that are not kept, each
        as it was judged last.

        :param former: the state each was in, by id
        """
        activities = self.env["mail.activity"]
        notes = self._missed_notes(company)
        for activity in activities._followup_open([TO_ACT], [*notes]):
            activity.note = plaintext2html(notes[self.env["credit.profile"].browse(activity.res_id)])
        missed = self.filtered(lambda promise: promise.state in MISSED and former[promise.id] not in MISSED)
        asked = missed.partner_id._followup_profiles(company).filtered(lambda profile: profile in notes)
        asked._raise_activity(TO_ACT, _lt("A promise to pay was not kept: call the customer."), notes)

    def _missed_notes(self, company):
        """Return what became of the promises of these customers that were not kept, by collection file."""
        sql = SQL(
            "SELECT id FROM (%s) b WHERE company_id = %s AND partner_id IN %s ORDER BY id",
            self._sql_broken(),
            company.id,
            tuple(self.partner_id.ids),
        )
        missed = self.browse(id_ for (id_,) in self.env.execute_query(sql))
        profiles = missed.partner_id._followup_profiles(company, create=True)
        files = {profile.partner_id: profile for profile in profiles}
        by_customer = missed.grouped(lambda promise: promise.partner_id.commercial_partner_id)
        return {
            files[customer]: "\n".join(promise._judgement_sentence() for promise in promises)
            for customer, promises in by_customer.items()
        }

    def _close_activities(self):
        """Take away what the collector was asked to do about these customers when no broken promise is open any more."""
        self._flush_ledger()
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
                type=self.env.ref(TO_ACT).id,
                ids=tuple(self.ids) or (0,),
                broken=self._sql_broken(),
            )
        )
        self.env["mail.activity"].sudo().browse(row[0] for row in rows).unlink()
