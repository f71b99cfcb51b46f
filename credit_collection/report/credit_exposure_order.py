from odoo import api, fields, models
from odoo.tools import SQL

from .sql_lookup import lookup


class CreditExposureOrder(models.Model):
    """What is left to deliver and to invoice of a confirmed order, tax included, in the company's currency, foreign ones at
    today's rate. ``id`` is the order's; orders of which nothing is left are not listed.

    The customer is the commercial partner of the invoice address: the one who will owe. Only posted invoices take from an
    order. An order never counts below zero: what is still to be credited is not credit yet.
    """

    _name = "credit.exposure.order"
    _description = "Order in the credit exposure"
    _auto = False
    _order = "date_order, id"
    _rec_name = "order_id"
    _depends = {
        "account.move": ["journal_id", "move_type", "payment_state", "state"],
        "account.move.line": [
            "company_id",
            "currency_id",
            "move_id",
            "parent_state",
            "price_total",
            "product_uom_id",
            "quantity",
        ],
        "account.journal": ["type"],
        "account.payment": ["move_id", "state"],
        "account.tax": ["amount", "amount_type", "price_include_override"],
        "payment.transaction": [
            "amount",
            "currency_id",
            "operation",
            "payment_id",
            "sale_order_ids",
            "source_transaction_id",
            "state",
        ],
        "product.product": ["product_tmpl_id"],
        "product.template": ["invoice_policy"],
        "res.company": ["account_price_include", "currency_id", "followup_order_horizon", "parent_path"],
        "res.currency": ["active"],
        "res.currency.rate": ["company_id", "currency_id", "name", "rate"],
        "res.partner": ["commercial_partner_id"],
        "sale.order": [
            "amount_total",
            "commitment_date",
            "company_id",
            "currency_id",
            "date_order",
            "invoice_status",
            "partner_invoice_id",
            "state",
        ],
        "sale.order.line": [
            "discount",
            "display_type",
            "invoice_lines",
            "is_downpayment",
            "order_id",
            "price_total",
            "price_unit",
            "product_id",
            "product_uom_id",
            "product_uom_qty",
            "qty_delivered",
            "qty_invoiced",
            "tax_ids",
        ],
        "uom.uom": ["factor"],
    }

    order_id = fields.Many2one("sale.order", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    date_order = fields.Datetime(string="Order Date", readonly=True)
    commitment_date = fields.Datetime(string="Delivery Date", readonly=True)
    user_id = fields.Many2one("res.users", string="Salesperson", readonly=True)
    delivered = fields.Monetary(string="Delivered, Not Invoiced", readonly=True)
    ordered = fields.Monetary(string="Ordered, Not Delivered", readonly=True)
    deposits = fields.Monetary(
        readonly=True,
        help="Invoiced or paid in advance, up to what is left of the order, and not in the ledger otherwise.",
    )

    @property
    def _table_query(self):
        Exposure = self.env["credit.exposure"]
        day = fields.Date.context_today(self)
        companies = Exposure._readable_companies()
        return SQL(
            """WITH %(rate)s, %(orders)s
               SELECT x.id, x.id AS order_id, x.partner_id, x.company_id, co.currency_id, o.date_order, o.commitment_date,
                      o.user_id, %(amounts)s
                 FROM order_left x
                 JOIN sale_order o ON o.id = x.id
                 JOIN res_company co ON co.id = x.company_id
                 JOIN res_currency cur ON cur.id = co.currency_id
                WHERE (x.delivered <> 0 OR x.ordered <> 0) AND %(named)s""",
            rate=Exposure._sql_rate(companies, day),
            orders=self._sql_orders(None, companies, day),
            named=SQL("x.id IN %s", self._ids) if self._ids else SQL("TRUE"),
            amounts=SQL(", ").join(
                SQL("ROUND(x.%(name)s::numeric, cur.decimal_places) AS %(name)s", name=SQL.identifier(name))
                for name in ("delivered", "ordered", "deposits")
            ),
        )

    def action_open_order(self):
        """Open the order."""
        self.ensure_one()
        return self.order_id._get_records_action()

    # -------------------------------------------------------------------------
    # SQL: clauses of a WITH that has ``rate``
    # -------------------------------------------------------------------------

    def _sql_orders(self, partners, companies, day, online=True):
        """``order_left``: by order, what is left of it, delivered and not, and the deposits on it.

        :param partners: ids of the commercial partners to read; all when empty
        :param online: some of the orders may have been paid online
        """
        return SQL(", ").join(
            [
                self._sql_draft_lines(partners),
                self._sql_open_orders(partners, companies, day),
                self._sql_deposits(online),
                self._sql_lines(),
                self._sql_orders_left(),
            ]
        )

    def _sql_counts(self, day):
        """The condition on orders ``o`` of companies ``co``: confirmed, and to be delivered within the company's horizon."""
        return SQL(
            """(o.state = 'sale' AND (COALESCE(co.followup_order_horizon, 0) = 0
                 OR COALESCE(o.commitment_date, o.date_order)::date <= %s + co.followup_order_horizon))""",
            day,
        )

    def _sql_expected(self):
        """The quantity of the order line ``l`` that the customer is still to have in the end, what it has included."""
        return SQL("l.product_uom_qty")

    def _sql_draft_lines(self, partners):
        """``draft_line``: by order line, its quantity on draft invoices, which core's invoiced quantity counts; converted
        to the order's unit and rounded as core does. Found from the customers' orders; of all, from the drafts, by journal
        and state, which has an index.
        """
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        is_draft = SQL(
            """m.state = 'draft' AND m.move_type IN ('out_invoice', 'out_refund')
               AND m.payment_state IS DISTINCT FROM 'invoicing_legacy'"""
        )
        if partners:
            steps = [
                lookup("sale_order_line_invoice_rel", "rel", ["invoice_line_id"], SQL("rel.order_line_id = s.id")),
                lookup(
                    "account_move_line",
                    "l",
                    ["move_id", "product_uom_id", "quantity"],
                    SQL("l.id = rel.invoice_line_id AND l.parent_state = 'draft'"),
                ),
                lookup("account_move", "m", ["move_type"], SQL("m.id = l.move_id AND %s", is_draft)),
            ]
            start, condition = (
                SQL("sale_order_line s"),
                SQL(
                    """s.order_id = ANY(ARRAY(
                       SELECT so.id FROM sale_order so JOIN res_partner sc ON sc.id = so.partner_invoice_id
                        WHERE so.state = 'sale' AND sc.commercial_partner_id IN %s))""",
                    partners,
                ),
            )
        else:
            steps = [
                lookup("account_move_line", "l", ["id", "product_uom_id", "quantity"], SQL("l.move_id = m.id")),
                lookup("sale_order_line_invoice_rel", "rel", ["order_line_id"], SQL("rel.invoice_line_id = l.id")),
                lookup("sale_order_line", "s", ["id", "order_id", "product_uom_id"], SQL("s.id = rel.order_line_id")),
            ]
            start = SQL("account_journal j JOIN account_move m ON m.journal_id = j.id AND %s", is_draft)
            condition = SQL("j.type = 'sale'")
        return SQL(
            """draft_line AS MATERIALIZED (
                   SELECT s.id, s.order_id,
                          SUM(CASE WHEN m.move_type = 'out_refund' THEN -1 ELSE 1 END
                              * CASE WHEN lu.id IS NULL OR lu.id = su.id THEN l.quantity
                                     ELSE SIGN(l.quantity) * CEIL(ROUND((ABS(l.quantity) * lu.factor / su.factor
                                          * %(unit)s)::numeric, 6)) / %(unit)s END) AS quantity
                     FROM %(start)s %(steps)s
                     LEFT JOIN uom_uom lu ON lu.id = l.product_uom_id
                     LEFT JOIN uom_uom su ON su.id = s.product_uom_id
                    WHERE %(condition)s
                    GROUP BY s.id, s.order_id)""",
            unit=10**digits,
            start=start,
            steps=SQL(" ").join(steps),
            condition=condition,
        )

    def _sql_open_orders(self, partners, companies, day):
        """``open_order``: the confirmed orders that no posted invoice covers wholly."""
        return SQL(
            """open_order AS MATERIALIZED (
                   SELECT o.id, o.company_id, o.amount_total, c.commercial_partner_id AS partner_id,
                          COALESCE(r.factor, 1) AS factor, co.account_price_include
                     FROM sale_order o
                     JOIN res_partner c ON c.id = o.partner_invoice_id
                     JOIN res_company co ON co.id = o.company_id
                     LEFT JOIN rate r ON r.company_id = o.company_id AND r.currency_id = o.currency_id
                    WHERE %(counts)s AND o.company_id IN %(companies)s AND %(partners)s
                      AND (o.invoice_status IS DISTINCT FROM 'invoiced' OR o.id IN (SELECT order_id FROM draft_line)))""",
            counts=self._sql_counts(day),
            companies=tuple(companies.ids) or (0,),
            partners=SQL("c.commercial_partner_id IN %s", partners) if partners else SQL("TRUE"),
        )

    def _sql_deposits(self, online):
        """``deposit``: by order, what was invoiced in advance and not deducted yet, and what was paid online without an
        entry in the ledger.
        """
        invoiced = SQL(
            """SELECT s.order_id, al.price_total * COALESCE(r.factor, 1)
                      * CASE WHEN m.move_type = 'out_refund' THEN -1 ELSE 1 END AS amount
                 FROM open_order o %s
                 JOIN account_move m ON m.id = al.move_id
                 LEFT JOIN rate r ON r.company_id = al.company_id AND r.currency_id = al.currency_id""",
            SQL(" ").join(
                [
                    lookup("sale_order_line", "s", ["id", "order_id"], SQL("s.order_id = o.id AND s.is_downpayment")),
                    lookup("sale_order_line_invoice_rel", "rel", ["invoice_line_id"], SQL("rel.order_line_id = s.id")),
                    lookup(
                        "account_move_line",
                        "al",
                        ["company_id", "currency_id", "move_id", "price_total"],
                        SQL("al.id = rel.invoice_line_id AND al.parent_state = 'posted'"),
                    ),
                ]
            ),
        )
        paid = SQL(
            """SELECT p.order_id, p.amount * COALESCE(r.factor, 1)
                 FROM (%s) p
                 LEFT JOIN rate r ON r.company_id = p.company_id AND r.currency_id = p.currency_id""",
            self._sql_paid_online(SQL("open_order")),
        )
        return SQL(
            "deposit AS (SELECT order_id, SUM(amount) AS amount FROM (%s) d GROUP BY order_id)",
            SQL(" UNION ALL ").join([invoiced, paid] if online else [invoiced]),
        )

    def _sql_paid_online(self, orders):
        """Return the statement: by order of a table and online payment, what was ``received`` or authorized, less refunds,
        and the ``amount`` of it that the ledger does not show. In the payment's currency; one for several orders is shared
        among them.
        """
        return SQL(
            """SELECT o.id AS order_id, o.company_id, t.currency_id,
                      CASE WHEN %(settled)s THEN 0 ELSE t.amount - COALESCE(c.entered, 0) END * a.share AS amount,
                      (t.amount - COALESCE(c.returned, 0)) * a.share AS received
                 FROM %(orders)s o
                 JOIN sale_order_transaction_rel rel ON rel.sale_order_id = o.id
                 JOIN payment_transaction t ON t.id = rel.transaction_id
                 %(entry)s
                CROSS JOIN LATERAL (%(children)s) c
                CROSS JOIN LATERAL (
                     SELECT CASE WHEN COUNT(*) = 1 THEN 1 ELSE o.amount_total / NULLIF(SUM(ao.amount_total), 0) END AS share
                       FROM sale_order_transaction_rel ar JOIN sale_order ao ON ao.id = ar.sale_order_id
                      WHERE ar.transaction_id = t.id AND ao.state <> 'cancel') a
                WHERE t.state IN ('authorized', 'done') AND t.operation IS DISTINCT FROM 'validation'""",
            **self._sql_settled("t"),
            children=self._sql_paid_children(),
            orders=orders,
        )

    @api.model
    def _paid_online(self, orders):
        """Return ``(received, amount)`` of ``_sql_paid_online`` in each order's own currency, by the order's id."""
        orders = orders.sudo().filtered("transaction_ids")
        if not orders:
            return {}
        for name in ("account.move", "account.payment", "payment.transaction", "sale.order"):
            self.env[name].flush_model(self._depends[name])
        rows = self.env.execute_query(
            SQL(
                """SELECT p.order_id, SUM(p.received), SUM(p.amount) FROM (%s) p JOIN sale_order o ON o.id = p.order_id
                    WHERE p.currency_id = o.currency_id GROUP BY p.order_id""",
                self._sql_paid_online(SQL("(SELECT * FROM sale_order WHERE id IN %s)", orders._ids)),
            )
        )
        return {order_id: (float(received or 0), float(amount or 0)) for order_id, received, amount in rows}

    def _sql_paid_children(self):
        """Return the statement: of the children ``k`` of the online payment ``t``, what was ``returned`` or void, and what
        ``t`` no longer holds as it was ``entered`` in the ledger.

        A payment captured in parts is no longer held as far as a part is in the ledger or void. Refunds are negative.
        """
        return SQL(
            """SELECT SUM(ABS(k.amount)) FILTER (WHERE %(refunded)s OR %(captured)s AND k.state = 'cancel') AS returned,
                      SUM(CASE WHEN k.operation = 'refund' THEN -k.amount
                               WHEN k.state = 'cancel' OR %(settled)s THEN k.amount ELSE 0 END)
                        FILTER (WHERE %(captured)s AND k.state IN ('done', 'cancel')
                                      OR %(refunded)s AND NOT %(settled)s) AS entered
                 FROM payment_transaction k
                 %(entry)s
                WHERE k.source_transaction_id = t.id""",
            **self._sql_settled("k"),
            refunded=SQL("k.operation = 'refund' AND k.state = 'done'"),
            captured=SQL("k.operation IS NOT DISTINCT FROM t.operation"),
        )

    def _sql_settled(self, alias):
        """Whether the ledger shows the online payment of that alias: the condition, and the ``entry`` it reads, to join."""
        names = {
            "t": SQL.identifier(alias),
            "y": SQL.identifier(f"{alias}_payment"),
            "m": SQL.identifier(f"{alias}_move"),
        }
        return {
            "entry": SQL(
                """LEFT JOIN account_payment %(y)s ON %(y)s.id = %(t)s.payment_id
                   LEFT JOIN account_move %(m)s ON %(m)s.id = %(y)s.move_id""",
                **names,
            ),
            "settled": SQL(
                """COALESCE(%(t)s.state = 'done'
                            AND (%(m)s.state = 'posted' OR %(y)s.state IN ('paid', 'canceled', 'rejected')), FALSE)""",
                **names,
            ),
        }

    def _sql_lines(self):
        """``line``: of each order line the price of a unit, and the quantities: in the end, delivered, on posted invoices.

        What is invoiced on ordered quantities is never owed beyond them; the rest is owed as delivered, more than ordered
        too. Quantities of returns are negative: ``side`` turns them round. A line without an ordered quantity (an expense)
        has no total to take the price from.
        """
        return SQL(
            """line AS MATERIALIZED (
                   SELECT o.id AS order_id, t.side,
                          GREATEST(t.side * %(expected)s, 0) AS expected,
                          CASE WHEN pt.invoice_policy = 'order' THEN LEAST(t.side * l.qty_delivered, t.side * %(expected)s)
                               ELSE t.side * l.qty_delivered END AS delivered,
                          t.side * (l.qty_invoiced - COALESCE(n.quantity, 0)) AS invoiced,
                          t.side * o.factor * CASE WHEN l.product_uom_qty <> 0 THEN l.price_total / l.product_uom_qty
                              ELSE l.price_unit * (1 - COALESCE(l.discount, 0) / 100) * (1 + COALESCE((
                                  SELECT SUM(x.amount)
                                    FROM account_tax_sale_order_line_rel xr JOIN account_tax x ON x.id = xr.account_tax_id
                                   WHERE xr.sale_order_line_id = l.id AND x.amount_type = 'percent'
                                     AND COALESCE(x.price_include_override, o.account_price_include, '') <> 'tax_included'
                              ), 0) / 100) END AS unit
                     FROM open_order o
                     JOIN sale_order_line l ON l.order_id = o.id
                     LEFT JOIN product_product pp ON pp.id = l.product_id
                     LEFT JOIN product_template pt ON pt.id = pp.product_tmpl_id
                     LEFT JOIN draft_line n ON n.id = l.id
                     CROSS JOIN LATERAL (
                         SELECT CASE WHEN COALESCE(NULLIF(l.product_uom_qty, 0), l.qty_delivered) < 0 THEN -1 ELSE 1 END AS side
                     ) t
                    WHERE l.display_type IS NULL AND l.is_downpayment IS NOT TRUE)""",
            expected=self._sql_expected(),
        )

    def _sql_orders_left(self):
        """``order_left``: a discount is not delivered by itself, it lowers what was delivered once nothing else is left."""
        return SQL(
            """line_left AS MATERIALIZED (
                   SELECT order_id, unit, GREATEST(delivered - invoiced, 0) AS delivered,
                          GREATEST(expected, delivered, invoiced) - invoiced AS whole
                     FROM line),
               order_left AS MATERIALIZED (
                   SELECT o.id, o.partner_id, o.company_id, y.whole - z.ordered AS delivered, z.ordered,
                          LEAST(GREATEST(d.amount, 0), y.whole) AS deposits
                     FROM open_order o
                     JOIN (SELECT order_id, SUM(unit * whole) AS whole, SUM(unit * (whole - delivered)) AS ordered
                             FROM line_left GROUP BY order_id) x ON x.order_id = o.id
                     LEFT JOIN deposit d ON d.order_id = o.id
                     CROSS JOIN LATERAL (SELECT GREATEST(x.whole, 0) AS whole) y
                     CROSS JOIN LATERAL (SELECT LEAST(GREATEST(x.ordered, 0), y.whole) AS ordered) z)"""
        )
