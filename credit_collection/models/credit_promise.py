from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, clean_context, format_amount, format_date

from .credit_collection_action import UNSENT, blank_columns

KINDS = [("firm", "Firm"), ("announced", "Announced only")]
STATES = [
    ("open", "Pending"),
    ("kept", "Kept"),
    ("partly_kept", "Partly kept"),
    ("broken", "Broken"),
    ("replaced", "Replaced"),
    ("cancelled", "Cancelled"),
]


class CreditPromise(models.Model):
    """What a customer said it would pay, and when: a promise to pay, or a date merely announced.

    A firm promise keeps its items from being chased up to ``date_deadline``; an announced one does not, and never counts
    against the customer. Whether it was kept is judged from the ledger, and judged again when the ledger changes
    (``credit_promise_judge.py``). Nobody writes one: it is noted by ``_promise``, and a person may only cancel it.

    Amounts are in the items' currency, and for sums in the company's, at the rate of the day it was noted.
    """

    _name = "credit.promise"
    _description = "Promise to pay"
    _order = "date_promised desc, id desc"
    _check_company_auto = True

    partner_id = fields.Many2one("res.partner", string="Customer", required=True, index=True, ondelete="restrict")
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one("res.currency", required=True)
    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Company Currency")

    # What was said
    kind = fields.Selection(KINDS, required=True, default="firm")
    date = fields.Date(string="Noted On", required=True, default=fields.Date.context_today, readonly=True)
    date_promised = fields.Date(string="Promised For", required=True)
    date_deadline = fields.Date(
        string="Waited For Until", readonly=True, help="The day promised and the company's days of grace."
    )
    amount = fields.Monetary(string="Promised", aggregator=None)
    amount_company = fields.Monetary(
        string="Promised (Company Currency)",
        currency_field="company_currency_id",
        readonly=True,
        help="At the rate of the day it was noted.",
    )
    line_ids = fields.One2many("credit.promise.line", "promise_id", string="Items")
    promised_by_id = fields.Many2one("res.partner", readonly=True, ondelete="set null", index="btree_not_null")
    note = fields.Text(readonly=True)
    user_id = fields.Many2one("res.users", string="Noted By", readonly=True)
    action_id = fields.Many2one(
        "credit.collection.action", string="Call", readonly=True, ondelete="set null", index="btree_not_null"
    )
    confirmation_id = fields.Many2one(
        "credit.collection.action", readonly=True, ondelete="set null", index="btree_not_null"
    )

    # What became of it
    state = fields.Selection(STATES, required=True, default="open", readonly=True, index=True)
    amount_received = fields.Monetary(
        string="Received",
        readonly=True,
        aggregator=None,
        help="Money matched with the items up to the deadline; never more than was promised.",
    )
    received_company = fields.Monetary(
        string="Received (Company Currency)", currency_field="company_currency_id", readonly=True
    )
    share_received = fields.Float(
        readonly=True,
        aggregator=None,
        help="Of what was promised and still owed: 1 is all of it.",
    )
    waits_allocation = fields.Boolean(
        string="Waits for Allocation",
        readonly=True,
        help="The deadline has passed; unallocated payments of the customer cover what is missing.",
    )
    date_judged = fields.Date(string="Judged On", readonly=True, help="The day on which it became what it is.")
    replaced_by_id = fields.Many2one("credit.promise", readonly=True, ondelete="set null", index="btree_not_null")
    is_decided = fields.Boolean(
        string="Final", readonly=True, help="Replaced or cancelled by a person: the ledger does not judge it any more."
    )
    reason = fields.Char(string="Why Cancelled", readonly=True)

    _judged_idx = models.Index("(partner_id, company_id) WHERE state IN ('broken', 'partly_kept') AND kind = 'firm'")

    @api.depends("amount", "currency_id", "date_promised")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for promise in self:
            promise.display_name = self.env._(
                "%(amount)s for %(date)s",
                amount=format_amount(self.env, promise.amount, promise.currency_id),
                date=format_date(self.env, promise.date_promised),
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_kept(self):
        raise UserError(self.env._("Promises to pay are kept: cancel this one instead of deleting it."))

    # -------------------------------------------------------------------------
    # Noting one
    # -------------------------------------------------------------------------

    @api.model
    def _promise(
        self, items, date_promised, amount=None, kind="firm", promised_by=None, note="", action=None, confirm=False
    ):
        """Note what a customer promised, or announced, to pay. Collectors only. It takes the place of the open promises
        that hold one of its items.

        :param items: the open items it is about: ``credit.open.item``
        :param date date_promised: the day, from today on
        :param float amount: in the items' currency; all that may be claimed of them by default
        :param str kind: ``firm`` or ``announced``
        :param promised_by: the contact who said so
        :param action: the call in which it was said
        :param bool confirm: write a confirmation to the customer by e-mail
        :raise AccessError: for anybody but collectors
        :raise UserError: for items that cannot be promised together, a past day, or an amount that is not owed
        """
        self._check_collector()
        items = self._check_items(items)
        company, currency = items.company_id, items.currency_id
        total = currency.round(sum(items.mapped("amount_residual_currency")))
        amount = currency.round(items._amount_to_promise()) if amount is None else amount
        self._check_terms(company, currency, date_promised, amount, total)
        vals = {
            "partner_id": items.partner_id.id,
            "company_id": company.id,
            "currency_id": currency.id,
            "kind": kind,
            "date_promised": date_promised,
            "amount": amount,
            "promised_by_id": promised_by.id if promised_by else False,
            "action_id": action.id if action else False,
            "note": note,
        }
        former = self._holding(items)
        promise = self._create_promise(vals, items)
        promise._take_over(former)
        promise._log({promise: promise._sentence()})
        if confirm:
            promise._confirm()
        return promise.with_env(self.env)

    def _check_items(self, items):
        """Return the items as they are today.

        :raise UserError: when one is not open any more, excluded or a credit; or they are not of one customer, company and
            currency
        """
        today = items.with_env(self.env)._of_today().search([("id", "in", items.ids)])
        if not items or len(today) < len(items):
            raise UserError(self.env._("Choose items that are still open."))
        for item in today:
            if item.chase_state == "credit":
                raise UserError(self.env._("%s is a credit: nothing is to be paid for it.", item.move_name))
            if item.chase_state == "excluded":
                raise UserError(
                    self.env._(
                        "%(number)s is excluded from chasing: %(reason)s",
                        number=item.move_name,
                        reason=item.chase_sentence,
                    )
                )
        if len(today.partner_id) > 1 or len(today.company_id) > 1 or len(today.currency_id) > 1:
            raise UserError(
                self.env._(
                    "A promise is about items of one customer, in one company and one currency. Choose such items."
                )
            )
        return today

    def _check_terms(self, company, currency, date_promised, amount, total):
        if not date_promised or date_promised < company._dunning_today():
            raise UserError(self.env._("Choose a day that is still to come."))
        if currency.compare_amounts(amount, 0) <= 0 or currency.compare_amounts(amount, total) > 0:
            raise UserError(
                self.env._(
                    "The amount promised is more than 0 and at most what is open: %s.",
                    format_amount(self.env, total, currency),
                )
            )

    def _create_promise(self, vals, items):
        """Create the promise with its items, which it does not hold yet; no default has a say. In sudo."""
        company = items.company_id
        day = company._dunning_today()
        rate_args = (company.sudo().currency_id, company, day)
        vals = {
            **blank_columns(self, ()),
            **vals,
            "state": "open",
            "date": day,
            "date_deadline": vals["date_promised"] + timedelta(days=company.sudo().followup_promise_grace),
            "amount_company": items.currency_id._convert(vals["amount"], *rate_args),
            "amount_received": 0.0,
            "user_id": self.env.uid,
        }
        promise = self.sudo().with_context(clean_context(self.env.context)).create(vals)
        paid = promise._paid_before(items, day)
        promise.line_ids.create(
            [
                {
                    "promise_id": promise.id,
                    "move_line_id": item.id,
                    "move_name": item.move_name,
                    "date_maturity": item.date_maturity,
                    "amount": item.amount_residual_currency,
                    "paid_before": paid.get(item.id, 0.0),
                    "is_open": False,
                }
                for item in items
            ]
        )
        return promise

    def _paid_before(self, items, day):
        """Return the money matched with these items up to ``day``, as ``{id: amount}``."""
        self._flush_ledger()
        matches = self.env["credit.settlement"]._sql_receipts(SQL("SELECT UNNEST(%s::int[])", items.ids))
        return dict(
            self.env.execute_query(
                SQL(
                    """SELECT move_line_id, SUM(amount) FROM (%s) m WHERE kind = 'money' AND date <= %s
                        GROUP BY move_line_id""",
                    matches,
                    day,
                )
            )
        )

    def _holding(self, items):
        """Return the open promises that hold one of these items. Those whose deadline has passed are judged first, and count."""
        holding = self.sudo().search([("line_ids.move_line_id", "in", items.ids), ("state", "=", "open")])
        holding._judge()
        return holding.filtered(lambda promise: promise.state == "open")

    def _take_over(self, former):
        """Hold the items of this new promise: what held one of them is replaced as a whole."""
        former._decide("replaced", replaced_by_id=self.id)
        self.line_ids.write({"is_open": True})
        self.env.flush_all()
        self._log({promise: promise._replaced_sentence() for promise in former})
        self.env["credit.open.item"].invalidate_model()

    # -------------------------------------------------------------------------
    # Taking one back
    # -------------------------------------------------------------------------

    def action_open_cancel(self):
        """Ask why the promise is cancelled."""
        self.ensure_one()
        self._check_may_cancel()
        return self.env["ir.actions.act_window"]._for_xml_id("credit_collection.credit_promise_cancel_action")

    def action_cancel(self, reason):
        """Cancel, for a reason: an open promise any collector; one that was judged counts against the customer, so that only
        credit managers do.

        :raise AccessError: for anybody else
        :raise UserError: when it was replaced or cancelled by a person before, or without a reason
        """
        self.check_access("read")
        if not (reason or "").strip():
            raise UserError(self.env._("Say why the promise is cancelled."))
        self._check_may_cancel()
        promises = self.sudo()
        promises._decide("cancelled", reason=reason)
        promises._log(
            {
                promise: self.env._(
                    "Promise of %(promise)s cancelled: %(reason)s", promise=promise.display_name, reason=reason
                )
                for promise in promises
            }
        )
        promises._close_activities()
        return True

    def _check_may_cancel(self):
        self._check_collector()
        for promise in self.sudo():
            if promise.is_decided:
                raise UserError(self.env._("The promise of %s is final: it stays as it is.", promise.display_name))
            if promise.state != "open":
                self.env["credit.control"]._check_decides(
                    self.env._("This promise was judged: only a credit manager takes it back.")
                )

    def _decide(self, state, **vals):
        """A person's decision, which the ledger does not change any more. A confirmation that has not left does not leave."""
        for company, promises in self.grouped("company_id").items():
            day = company._dunning_today()
            promises.write({"state": state, "is_decided": True, "waits_allocation": False, "date_judged": day, **vals})
        self.line_ids.write({"is_open": False})
        unsent = self.confirmation_id.filtered(lambda action: action.state in UNSENT)
        unsent._set_state("cancelled", reason=self.env._("The promise was replaced or cancelled before."))
        self.env.flush_all()
        self.env["credit.open.item"].invalidate_model()

    @api.model
    def _check_collector(self):
        self.env["credit.control"]._check_collects(self.env._("Only collectors note what customers promise."))

    # -------------------------------------------------------------------------
    # In the user's words
    # -------------------------------------------------------------------------

    def _sentence(self):
        """Return what was promised, for which items, by whom."""
        self.ensure_one()
        facts = {"promise": self.display_name, "items": ", ".join(self.line_ids.mapped("move_name"))}
        if self.kind == "announced":
            sentence = self.env._("Payment announced: %(promise)s (%(items)s).", **facts)
        else:
            sentence = self.env._("Promise to pay: %(promise)s (%(items)s).", **facts)
        if self.promised_by_id:
            sentence = self.env._(
                "%(sentence)s Said by %(contact)s.", sentence=sentence, contact=self.promised_by_id.name
            )
        return " ".join(filter(None, (sentence, self.note)))

    def _call_words(self):
        """Return what was promised, among the other facts of a call."""
        if self.kind == "announced":
            return self.env._("payment of %s announced", self.display_name)
        return self.env._("promised %s", self.display_name)

    def _replaced_sentence(self):
        return self.env._(
            "Promise of %(former)s replaced by that of %(promise)s.",
            former=self.display_name,
            promise=self.replaced_by_id.display_name,
        )

    @api.model
    def _log(self, sentences):
        """Tell these sentences, by promise, in the history of the customers' collection files."""
        self.env["credit.profile"].sudo()._log_about(sentences)
