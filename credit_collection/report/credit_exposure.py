from odoo import api, fields, models

PARTS = ("receivable", "unallocated", "delivered", "ordered", "drafts", "deposits")


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
    _description = "Credit exposure"
    _auto = False
    _order = "exposure desc, id"
    _rec_name = "partner_id"
    _depends = {
        "account.move": ["move_type", "partner_id", "payment_state", "state", "amount_total"],
        "account.move.line": [
            "amount_residual",
            "amount_residual_currency",
            "date_maturity",
            "parent_state",
            "price_total",
            "quantity",
            "reconciled",
        ],
        "credit.collection.action": ["state"],
        "credit.collection.action.line": ["action_id", "kind", "move_line_id", "state"],
        "credit.hold": ["action_id", "company_id", "date_from", "date_to", "kind", "partner_id", "scope"],
        "credit.profile": [
            "company_id",
            "insurance_end",
            "insured_amount",
            "insured_share",
            "limit_kind",
            "limit_valid_until",
            "partner_id",
            "rule_expired",
            "rule_hold",
            "rule_limit",
            "rule_overdue",
            "temporary_from",
            "temporary_limit",
            "temporary_to",
        ],
        "payment.transaction": ["amount", "payment_id", "sale_order_ids", "state"],
        "res.company": [
            "followup_exposure_drafts",
            "followup_order_horizon",
            "followup_overdue_amount",
            "followup_overdue_days",
            "followup_rule_expired",
            "followup_rule_hold",
            "followup_rule_limit",
            "followup_rule_overdue",
        ],
        "res.partner": ["commercial_partner_id", "credit_limit"],
        "sale.order": ["commitment_date", "invoice_status", "partner_invoice_id", "state"],
        "sale.order.line": [
            "invoice_lines",
            "is_downpayment",
            "price_total",
            "product_uom_qty",
            "qty_delivered",
            "qty_invoiced",
        ],
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
    limit_review_date = fields.Date(readonly=True)
    insured_part = fields.Monetary(
        string="Covered",
        readonly=True,
        help="What the insurer would bear: the insured part of the exposure × its share.",
    )
    own_risk = fields.Monetary(readonly=True, help="The part of the exposure that no insurer bears.")

    @property
    def _table_query(self):
        return self._sql_exposure()

    @api.model
    def _positions(self, customers):
        """Return what the credit rules need to know of customers, in one statement.

        :param customers: pairs (commercial partner, company)
        :return: a dict of the columns of ``_sql_columns`` by pair; amounts in the company's currency
        """
        pairs = {(partner.id, company.id): (partner, company) for partner, company in customers}
        if not pairs:
            return {}
        self._flush()
        rows = self.env.execute_query_dict(self._sql_exposure(tuple(pairs)))
        return {pairs[row["partner_id"], row["company_id"]]: row for row in rows}

    def _flush(self):
        for depends in (self.env["credit.open.item"]._depends, self._depends):
            for name, columns in depends.items():
                model = self.env[name]
                if not model._abstract and model._auto:
                    model.flush_model(columns)
