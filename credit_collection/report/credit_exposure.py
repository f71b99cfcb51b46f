from typing import NamedTuple

from odoo import api, fields, models
from odoo.tools import SQL

from .credit_named_rows import MAX_NAMED

PARTS = ("receivable", "unallocated", "delivered", "ordered", "drafts", "deposits")

# What the figures are summed from: clauses of the statement, and their columns
SOURCES = {
    "owed": ("receivable", "unallocated", "overdue", "overdue_long", "late_since"),
    "order_left": ("delivered", "ordered", "deposits"),
    "draft": ("drafts",),
    "held": ("hold_orders", "hold_deliveries"),
    "promised": ("promise_broken", "promise_open"),
    "contested": ("disputes_open",),
}


class Named(NamedTuple):
    """The customers and companies a search is about; in the context, where no client can put an instance of it."""

    pairs: tuple[tuple[int, int], ...]


class CreditExposure(models.Model):
    """What a customer owes a company or will owe it for what was sold, today, against its credit limit.

    One row per collection file, whose id it has. Amounts are in the company's currency, foreign ones at today's rate;
    each part counts once:

    exposure = receivable − unallocated + delivered + ordered + drafts − deposits

    The SQL is in ``credit_exposure_sql.py``; ``_positions`` reads the same figures for any customers, with or without
    a file, ``_sql_partners`` for searches on customers. Source of the method: the credit exposure of large systems
    (open orders, deliveries not invoiced, invoices not posted, open items), less deposits.
    """

    _name = "credit.exposure"
    _inherit = ["credit.named.rows"]
    _description = "Credit exposure"
    _auto = False
    _order = "exposure desc, id"
    _rec_name = "partner_id"
    _depends = {
        "account.journal": ["type"],
        "account.move": [
            "amount_total",
            "commercial_partner_id",
            "company_id",
            "currency_id",
            "journal_id",
            "move_type",
            "state",
        ],
        "account.move.line": ["display_type", "move_id", "price_total"],
        "credit.exposure.order": ["delivered", "deposits", "ordered"],
        "credit.hold": ["action_id", "company_id", "date_from", "date_to", "kind", "partner_id", "scope"],
        "credit.open.item": [
            "amount_residual",
            "amount_residual_currency",
            "bucket",
            "date_maturity",
            "days_overdue",
            "partner_id",
        ],
        "credit.collection.action": ["state"],
        "credit.collection.action.line": ["action_id", "kind", "move_line_id", "state"],
        "credit.dispute": ["company_id", "partner_id", "state"],
        "credit.profile": [
            "collector_id",
            "company_id",
            "insurance_end",
            "insured_amount",
            "insured_share",
            "limit_kind",
            "limit_review_date",
            "limit_valid_until",
            "partner_id",
            "rule_expired",
            "rule_hold",
            "rule_limit",
            "rule_overdue",
            "rule_promise",
            "temporary_from",
            "temporary_limit",
            "temporary_to",
        ],
        "credit.promise": ["company_id", "date_deadline", "kind", "partner_id", "state"],
        "credit.promise.line": ["move_line_id", "promise_id"],
        "res.company": [
            "currency_id",
            "followup_exposure_drafts",
            "followup_overdue_amount",
            "followup_overdue_days",
            "followup_rule_expired",
            "followup_rule_hold",
            "followup_rule_limit",
            "followup_rule_overdue",
            "followup_rule_promise",
        ],
        "res.partner": ["commercial_partner_id", "credit_limit"],
        "sale.order.line": ["invoice_lines"],
    }

    profile_id = fields.Many2one("credit.profile", string="Collection File", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    collector_id = fields.Many2one("res.users", readonly=True)

    # Parts
    receivable = fields.Monetary(string="Open Receivables", readonly=True, help="Due or not.")
    unallocated = fields.Monetary(
        string="Unallocated Credits", readonly=True, help="Payments and credit notes not matched yet."
    )
    delivered = fields.Monetary(string="Delivered, Not Invoiced", readonly=True, help="Tax included.")
    ordered = fields.Monetary(string="Ordered, Not Delivered", readonly=True, help="Confirmed orders, tax included.")
    drafts = fields.Monetary(string="Draft Invoices", readonly=True, help="Without an order.")
    deposits = fields.Monetary(
        readonly=True, help="Invoiced or paid in advance on these orders, and not yet among the unallocated credits."
    )
    exposure = fields.Monetary(readonly=True)

    # Against the limit
    is_limited = fields.Boolean(string="Has a Limit", readonly=True)
    credit_limit = fields.Monetary(readonly=True, help="In force today.", aggregator=None)
    headroom = fields.Monetary(readonly=True, help="What is left of the limit; negative when it is exceeded.")
    usage = fields.Float(string="Limit Used", readonly=True, aggregator=None)
    over_limit = fields.Boolean(readonly=True)
    limit_expired = fields.Boolean(readonly=True)
    limit_valid_until = fields.Date(readonly=True)
    limit_review_date = fields.Date(readonly=True)
    insured_part = fields.Monetary(
        string="Covered",
        readonly=True,
        help="What the insurer would bear: the insured part of the exposure × its share.",
    )
    own_risk = fields.Monetary(readonly=True, help="The part of the exposure that no insurer bears.")

    @property
    def _table_query(self):
        named = self.env.context.get("credit_exposure_named")
        if self._ids and len(self._ids) <= MAX_NAMED:
            named = self._named(SQL("id IN %s", self._ids))
        return self._sql_exposure(named.pairs if isinstance(named, Named) else None)

    # -------------------------------------------------------------------------
    # How little is read: only the customers that are named
    # -------------------------------------------------------------------------

    @api.model
    def _search(self, domain, *args, **kwargs):
        return super(CreditExposure, self._for_named(domain))._search(domain, *args, **kwargs)

    def _for_named(self, domain):
        """Return the model for the files or customers that ``domain`` names by their ids."""
        condition = self._named_files(domain)
        return self.with_context(credit_exposure_named=self._named(condition)) if condition else self

    def _named(self, condition):
        self.env["credit.profile"].flush_model(["company_id", "partner_id"])
        query = SQL("SELECT partner_id, company_id FROM credit_profile WHERE %s", condition)
        return Named(tuple(self.env.execute_query(query)))

    @api.model
    def _present(self, partners):
        """Return which of the ``SOURCES`` may have rows for these customers; ``online``: payments on their orders.

        PostgreSQL takes longer to plan the clauses of what a customer has not than to look it up. What is read is flushed.

        :param partners: ids of the commercial partners; of all when empty
        """
        if not partners:
            return {*SOURCES, "online"}
        self._flush()
        orders = SQL(
            """sale_order o JOIN res_partner c ON c.id = o.partner_invoice_id
                WHERE o.state = 'sale' AND c.commercial_partner_id IN %s""",
            partners,
        )
        draft = self._sql_draft_pieces(fields.Date.context_today(self))
        found = {
            "order_left": orders,
            "online": SQL("sale_order_transaction_rel WHERE sale_order_id IN (SELECT o.id FROM %s)", orders),
            "draft": SQL("%(drafts)s WHERE %(condition)s AND m.commercial_partner_id IN %(p)s", p=partners, **draft),
            "held": SQL("credit_hold WHERE partner_id IN %s", partners),
            "promised": SQL("credit_promise WHERE partner_id IN %s", partners),
            "contested": SQL("credit_dispute WHERE partner_id IN %s", partners),
        }
        exists = SQL(", ").join(SQL("EXISTS (SELECT FROM %s)", rows) for rows in found.values())
        [row] = self.env.execute_query(SQL("SELECT %s", exists))
        return {"owed", *(name for name, is_there in zip(found, row, strict=True) if is_there)}

    @api.model
    def _positions(self, customers):
        """Return what the credit rules need to know of customers, in one statement for all of them.

        :param customers: pairs (commercial partner, company)
        :return: a dict of the columns of ``_sql_columns`` by pair; amounts in the company's currency
        """
        pairs = {(partner.id, company.id): (partner, company) for partner, company in customers}
        if not pairs:
            return {}
        rows = self.env.execute_query_dict(self._sql_exposure(tuple(pairs)))
        return {pairs[row["partner_id"], row["company_id"]]: row for row in rows}

    @api.model
    def _sql_partners(self, company, condition):
        """Return the statement that finds the commercial partners whose row in ``company`` meets ``condition``."""
        self._flush()
        return SQL("SELECT x.partner_id FROM (%s) x WHERE %s", self._sql_exposure(company=company), condition)

    def _flush(self):
        """Flush what the statement reads, as the ORM does for its own."""
        models_read = [self]
        while models_read:
            for name, columns in models_read.pop()._depends.items():
                model = self.env[name]
                if model._auto:
                    model.flush_model(columns)
                else:
                    models_read.append(model)

    # -------------------------------------------------------------------------
    # Explained: what each part is made of
    # -------------------------------------------------------------------------

    def action_profile(self):
        """Open the collection file."""
        self.ensure_one()
        return self.profile_id._get_records_action()

    def action_receivable(self):
        """Open the customer's open receivables."""
        return self._action_items([("bucket", "!=", "credit")], self.env._("Open Receivables"))

    def action_unallocated(self):
        """Open the customer's payments and credit notes that are not matched yet."""
        return self._action_items([("bucket", "=", "credit")], self.env._("Unallocated Credits"))

    def action_orders(self):
        """Open the orders of which something is left to deliver or to invoice; deposits are those orders'."""
        self._check_part()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Orders of %s", self.partner_id.display_name),
            "res_model": "credit.exposure.order",
            "views": [(False, "list")],
            "domain": self._customer_domain(),
        }

    def action_drafts(self):
        """Open the draft invoices that count."""
        self._check_part()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Draft Invoices of %s", self.partner_id.display_name),
            "res_model": "account.move",
            "views": [(self.env.ref("account.view_out_invoice_tree").id, "list"), (False, "form")],
            "domain": [("id", "in", self._draft_ids())],
            "context": {"create": False},
        }

    def _action_items(self, domain, name):
        self._check_part()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("%(part)s of %(customer)s", part=name, customer=self.partner_id.display_name),
            "res_model": "credit.open.item",
            "views": [(False, "list"), (False, "pivot")],
            "domain": [*self._customer_domain(), *domain],
        }

    def _check_part(self):
        self.ensure_one()
        self.check_access("read")

    def _customer_domain(self):
        return [("partner_id", "=", self.partner_id.id), ("company_id", "=", self.company_id.id)]

    def _draft_ids(self):
        self._flush()
        pieces = self._sql_draft_pieces(fields.Date.context_today(self))
        query = SQL(
            """WITH %(rate)s
               SELECT m.id FROM %(drafts)s %(joins)s
                WHERE %(condition)s AND %(amount)s <> 0 AND m.company_id = %(company)s
                  AND m.commercial_partner_id = %(partner)s
                ORDER BY m.id""",
            rate=self._sql_rate(self.company_id, fields.Date.context_today(self)),
            company=self.company_id.id,
            partner=self.partner_id.id,
            **pieces,
        )
        return [row[0] for row in self.env.execute_query(query)]
