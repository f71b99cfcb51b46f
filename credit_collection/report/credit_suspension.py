from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, LazyTranslate

_lt = LazyTranslate(__name__)

KINDS = [
    ("excluded", "Item excluded"),
    ("no_followup", "No Follow-Up"),
    ("blocked", "Payment blocked"),
    ("paused", "Customer paused"),
]
NEEDS_DAY = ("no_followup", "blocked")


class CreditSuspension(models.Model):
    """What is kept from being chased by a decision: items excluded, invoices with core's “No Follow-Up” or a blocked payment,
    customers paused; with the day on which each ends or is to be reviewed. Read only; ``id`` is the journal item's times
    two, or the collection file's times two plus one.

    An exclusion or a pause ends by itself after its day. “No Follow-Up” and blocked payments have no end: their day is
    that of a review. Journal entries that Odoo keeps out of the reminders of itself are listed from the day on that
    somebody gave them such a day; the others stand under *Journal Entries Not Chased*.
    """

    _name = "credit.suspension"
    _description = "Exclusion or pause"
    _auto = False
    _order = "date_until NULLS FIRST, id"
    _rec_name = "partner_id"
    _depends = {
        "account.move": ["move_type", "payment_state"],
        "account.move.line": ["followup_excluded_until", "followup_exclusion_reason", "no_followup"],
        "credit.profile": ["collector_id", "company_id", "partner_id", "pause_reason", "paused_until"],
    }

    kind = fields.Selection(KINDS, readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    profile_id = fields.Many2one("credit.profile", string="Collection File", readonly=True)
    collector_id = fields.Many2one("res.users", readonly=True)
    move_line_id = fields.Many2one("account.move.line", string="Journal Item", readonly=True)
    move_id = fields.Many2one("account.move", string="Invoice", readonly=True)
    date_until = fields.Date(string="Until", readonly=True, help="The last day, or the day of the review.")
    reason = fields.Char(readonly=True)
    currency_id = fields.Many2one("res.currency", string="Company Currency", readonly=True)
    amount = fields.Monetary(
        string="Open", readonly=True, help="The open item; of a paused customer, all that is open. Company currency."
    )
    is_past = fields.Boolean(
        string="Past", readonly=True, help="Its day is past: it has ended, or waits for a review."
    )

    @property
    def _table_query(self):
        return SQL("WITH item AS MATERIALIZED (%s) %s UNION ALL %s", self._sql_items(), *self._sql_branches())

    def _sql_items(self):
        """The open items, by the one model that knows them."""
        items = self.env["credit.open.item"].sudo()._of_today().with_context(credit_facts_only=True)
        query = items._search([("partner_id", "!=", False)])
        names = ("id", "partner_id", "company_id", "move_id", "company_currency_id", "amount_residual", "bucket")
        return query.select(
            *[SQL("%s AS %s", items._field_to_sql(items._table, name, query), SQL.identifier(name)) for name in names]
        )

    def _sql_branches(self):
        day = fields.Date.context_today(self)
        return (
            SQL(
                """SELECT i.id::bigint * 2 AS id,
                          CASE WHEN m.payment_state = 'blocked' THEN 'blocked' WHEN l.no_followup THEN 'no_followup'
                               ELSE 'excluded' END AS kind,
                          i.partner_id, i.company_id, pr.id AS profile_id, pr.collector_id, i.id AS move_line_id, i.move_id,
                          l.followup_excluded_until AS date_until, l.followup_exclusion_reason AS reason,
                          i.company_currency_id AS currency_id, i.amount_residual AS amount,
                          COALESCE(l.followup_excluded_until < %(day)s, FALSE) AS is_past
                     FROM item i
                     JOIN account_move_line l ON l.id = i.id
                     JOIN account_move m ON m.id = i.move_id
                     LEFT JOIN credit_profile pr ON pr.partner_id = i.partner_id AND pr.company_id = i.company_id
                    WHERE i.bucket <> 'credit'
                      AND (l.followup_excluded_until IS NOT NULL OR m.payment_state = 'blocked'
                           OR l.no_followup AND m.move_type <> 'entry')""",
                day=day,
            ),
            SQL(
                """SELECT pr.id::bigint * 2 + 1, 'paused', pr.partner_id, pr.company_id, pr.id, pr.collector_id, NULL::int,
                          NULL::int, pr.paused_until, pr.pause_reason, c.currency_id, due.amount,
                          pr.paused_until < %(day)s
                     FROM credit_profile pr
                     JOIN res_company c ON c.id = pr.company_id
                     LEFT JOIN (SELECT partner_id, company_id, SUM(amount_residual) AS amount FROM item
                                 GROUP BY partner_id, company_id) due
                            ON due.partner_id = pr.partner_id AND due.company_id = pr.company_id
                    WHERE pr.paused_until IS NOT NULL""",
                day=day,
            ),
        )

    # -------------------------------------------------------------------------
    # Buttons
    # -------------------------------------------------------------------------

    def action_open(self):
        """Open the invoice or entry; of a pause, the customer's file."""
        self.ensure_one()
        return (self.move_id or self.profile_id)._get_records_action()

    def action_end(self):
        """End these exclusions and pauses now: the items may be chased again. Collectors only."""
        self._check_collector()
        lines = self.move_line_id
        lines.filtered("followup_excluded_until")._followup_exclude(
            False, self.env._("ended by %s", self.env.user.name)
        )
        self._lines("no_followup")._followup_chase_again()
        for move in self._lines("blocked").move_id:
            move.action_toggle_block_payment()
        self.filtered(lambda row: row.kind == "paused").profile_id.write(
            {"paused_until": False, "pause_reason": False}
        )
        self._forget()

    def action_prolong(self):
        """Open the dialog that gives items another day; of a single pause, the customer's file.

        :raise UserError: for items and pauses together
        """
        self._check_collector()
        lines, profiles = self.move_line_id, self.filtered(lambda row: row.kind == "paused").profile_id
        if profiles and (lines or len(profiles) > 1):
            raise UserError(self.env._("Prolong a pause in the customer's file: choose one pause, or items only."))
        if profiles:
            return profiles._get_records_action()
        action = self.env["ir.actions.act_window"]._for_xml_id("credit_collection.credit_exclusion_action")
        return {**action, "context": {"active_ids": lines.ids, "active_model": "credit.open.item"}}

    @api.model
    def _cron_review(self):
        """Ask the collector, once for each day chosen, to review what has no end of its own and whose day has come."""
        due = self.search([("kind", "in", NEEDS_DAY), ("date_until", "<=", fields.Date.context_today(self))])
        due = due.filtered(lambda row: not row.move_line_id.followup_review_asked)
        if not due:
            return
        missing = due.filtered(lambda row: not row.profile_id)
        for company, rows in missing.grouped("company_id").items():
            rows.partner_id._followup_profiles(company, create=True)
        due.invalidate_recordset()
        notes = {
            profile: "; ".join(" – ".join(filter(None, (row.move_id.display_name, row.reason))) for row in rows)
            for profile, rows in due.grouped("profile_id").items()
        }
        due.profile_id._raise_activity(
            "credit_collection.mail_activity_suspension",
            _lt("Review what is kept from being chased."),
            notes,
        )
        due.move_line_id._followup_write({"followup_review_asked": True})

    # -------------------------------------------------------------------------
    # Helpers
    # -------------------------------------------------------------------------

    def _lines(self, kind):
        return self.filtered(lambda row: row.kind == kind).move_line_id

    def _check_collector(self):
        self.check_access("read")
        self.move_line_id._followup_check_collector()
        self.profile_id.check_access("write")

    def _forget(self):
        self.env.flush_all()
        self.invalidate_model()
        self.env["credit.open.item"].invalidate_model()
