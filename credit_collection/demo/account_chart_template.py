"""The demo company's ledger: dated from today, so that it never ages.

Python, because the dates, the posting and the matching need it; an extension of ``account.chart.template``, where core
keeps its own demo ledger (account/demo/account_demo.py). Nothing is sent, and no scenario is switched on.
"""

from datetime import timedelta

from odoo import Command, api, models

# (key, customer, invoiced, due, amount before tax): days from today, negative is past; no due day: three instalments.
INVOICES = [
    ("boreal_1", "boreal", -150, -120, 1240.0),
    ("boreal_2", "boreal", -90, -60, 1310.0),
    ("boreal_3", "boreal", -45, -15, 1275.0),
    ("boreal_4", "boreal", -10, 20, 1330.0),
    ("grandchamp_1", "grandchamp", -120, -75, 18400.0),
    ("grandchamp_2", "grandchamp", -89, -44, 12650.0),
    ("grandchamp_3", "grandchamp", -59, -14, 9870.0),
    ("grandchamp_4", "grandchamp", -47, -2, 7480.0),
    ("grandchamp_5", "grandchamp", -33, 12, 22300.0),
    ("castaing_1", "castaing", -4, None, 7500.0),
    ("delaunay_1", "delaunay", -38, -8, 1950.0),
    ("belle_rive_1", "belle_rive", -50, -20, 5100.0),
    ("pons_1", "pons", -36, -6, 960.0),
    ("tilleuls_1", "tilleuls", -35, -5, 3150.0),
    ("phare_1", "phare", -39, -9, 4500.0),
    ("morvan_1", "morvan", -63, -33, 7460.0),
    ("lasserre_1", "lasserre", -42, -12, 2300.0),
    ("vallieres_1", "vallieres", -71, -41, 11800.0),
    ("vallieres_2", "vallieres", -36, -6, 1640.0),
    ("arnoult_1", "arnoult", -175, -130, 9420.0),
    ("arnoult_2", "arnoult", -140, -95, 3250.0),
    ("harbour_1", "harbour", -37, -7, 3730.0),
    ("harbour_2", "harbour", -48, -18, 5750.0),
    ("lakeside_1", "lakeside", -33, -3, 10300.0),
    ("vauban_1", "vauban", -36, -6, 815.0),
    ("coquelicot_1", "coquelicot", -45, -15, 7.0),
    ("rameau_1", "rameau", -30, 0, 535.0),
    ("archipel_1", "archipel", -20, 10, 1600.0),
    ("bertin_1", "bertin", -46, -16, 1710.0),
    ("savarin_1", "savarin", -40, -10, 1235.0),
    ("verdier_1", "verdier", -45, -15, 3550.0),
    ("sorel_1", "sorel", -61, -31, 6415.0),
    ("roussel_1", "roussel", -38, -8, 1460.0),
    ("montaigne_1", "montaigne", -31, -1, 742.0),
    ("ferrand_1", "ferrand", -64, -34, 3980.0),
    ("ferrand_2", "ferrand", -62, -32, 1265.0),
    ("madelin_1", "madelin", -82, -52, 6840.0),
    ("valmont_1", "valmont", -85, -55, 5210.0),
    ("bernard_1", "bernard", -39, -9, 1490.0),
    ("morvan_2", "morvan", -5, 85, 2980.0),
]
IN_DOLLARS = {"harbour_2", "lakeside_1"}
BLOCKED = ["bertin_1"]
# What the customer's purchase order is called.
ORDERS = {
    "grandchamp_1": "PO 4500-1187",
    "grandchamp_2": "PO 4500-1213",
    "grandchamp_3": "PO 4500-1249",
    "grandchamp_4": "PO 4500-1260",
    "grandchamp_5": "PO 4500-1302",
    "ferrand_1": "BC-2217",
    "ferrand_2": "BC-2224",
    "madelin_1": "CM/86",
    "pons_1": "P-0412",
    "vallieres_1": "Marché 26-014",
    "vallieres_2": "Marché 26-014",
    "harbour_1": "HF-30981",
    "harbour_2": "HF-31007",
}
GOODS = [
    "Oak display units",
    "Shop counter, made to measure",
    "Wall shelving",
    "Reception desk",
    "Fitting and delivery",
]
# (customer, day, amount before tax)
CREDIT_NOTES = [("delaunay", -3, 400.0)]
# (customer, day, the invoice it is matched with, amount if it is not that invoice's)
PAYMENTS = [
    ("boreal", -121, "boreal_1", None),
    ("boreal", -62, "boreal_2", None),
    ("boreal", -17, "boreal_3", None),
    ("phare", -4, "phare_1", 2000.0),
    ("belle_rive", -6, None, 5000.0),
]
# Lines of the bank account that nobody has reconciled yet: (customer, day, amount, what the bank says).
BANK_LINES = [("phare", -2, 200.0, "SEPA transfer Brasserie du Phare, on account")]
# Items of the opening balance, which core keeps out of the reminders: (customer, day, due, amount, label).
OPENING_BALANCE = [
    ("montaigne", -300, -190, 2380.0, "Balance taken over, invoice 2025-0114"),
    ("archipel", -300, -200, 640.0, "Balance taken over, invoice 2025-0098"),
]


class AccountChartTemplate(models.AbstractModel):
    _inherit = "account.chart.template"

    @api.model
    def _install_credit_collection_demo(self):
        """Give the demo company a chart of accounts and its ledger, once."""
        company = self.env.ref("credit_collection.demo_company")
        if company.chart_template:
            return
        company.resource_calendar_id.tz = "Europe/Paris"
        self._load(self._credit_demo_chart(), company, install_demo=False)
        # A chart brings the currency of its country.
        company.currency_id = self.env.ref("base.EUR")
        # Payments are entered up to two days before the installation: a demo that is looked at later still sends.
        company.followup_payments_max_age = 30
        demo = self.with_context(allowed_company_ids=company.ids, tracking_disable=True, mail_create_nosubscribe=True)
        company.followup_charge_account_id = demo._credit_demo_charge_account()
        demo._credit_demo_bank_account()
        demo._credit_demo_reference_rates()
        invoices = demo._credit_demo_invoices()
        demo._credit_demo_profiles()
        demo._credit_demo_credit_notes()
        demo._credit_demo_promises(invoices, before_payments=True)
        demo._credit_demo_payments(invoices)
        demo._credit_demo_bank_lines()
        demo._credit_demo_opening_balance()
        demo._credit_demo_levels_reached(invoices)
        demo._credit_demo_decisions(invoices)
        demo._credit_demo_calls(invoices)
        demo._credit_demo_registered_letters(invoices)
        demo._credit_demo_late_payment(invoices)
        demo._credit_demo_promises(invoices)
        demo._credit_demo_disputes(invoices)
        demo._credit_demo_reasons(invoices)
        demo._credit_demo_limits()
        demo._credit_demo_orders()

    def _credit_demo_chart(self):
        """The French chart where its module is loaded; installing one is no business of demo data."""
        return "fr" if hasattr(self.env.registry["account.chart.template"], "_get_fr_res_company") else "generic_coa"

    def _credit_demo_day(self, offset):
        """The day so many days from today; where nothing leaves today, from the next day on which something does."""
        company = self.env.company
        today = company._dunning_today()
        return company._dunning_working_day(today) + timedelta(days=offset)

    def _credit_demo_partner(self, name):
        return self.env.ref(f"credit_collection.demo_partner_{name}")

    # -------------------------------------------------------------------------
    # The company
    # -------------------------------------------------------------------------

    def _credit_demo_charge_account(self):
        """Return a new account for interest and indemnities."""
        Account = self.env["account.account"].with_company(self.env.company)
        code = Account._search_new_account_code("763100")
        name = "Late-payment interest and indemnities"
        return Account.create({"code": code, "name": name, "account_type": "income_other"})

    def _credit_demo_bank_account(self):
        """The account that letters ask to be paid to; its number is the one IBAN's own documentation shows."""
        self._credit_demo_bank().bank_account_id = self.env["res.partner.bank"].create(
            {"acc_number": "FR76 3000 6000 0112 3456 7890 189", "partner_id": self.env.company.partner_id.id}
        )

    def _credit_demo_reference_rates(self):
        """Repeat the last rate for the half-years that are not shipped, and say so: else the demo shows no interest."""
        for reference in self.env["credit.reference.rate"].search([("value_ids", "!=", False)]):
            while reference.missing_since:
                last = reference.value_ids.sorted("date_from")[-1]
                value = {"date_from": reference.missing_since, "rate": last.rate}
                reference.value_ids = [
                    Command.create({**value, "source": "Demo value, not a published one: enter the real rate"})
                ]

    # -------------------------------------------------------------------------
    # The ledger
    # -------------------------------------------------------------------------

    def _credit_demo_invoices(self):
        """Return the posted invoices by key."""
        three = self.env.ref("credit_collection.demo_payment_term_three")
        invoices = {}
        for number, (key, customer, invoiced, due, amount) in enumerate(INVOICES):
            due_values = {"invoice_payment_term_id": three.id if due is None else False}
            if due is not None:
                due_values["invoice_date_due"] = self._credit_demo_day(due)
            currency = self.env.ref("base.USD" if key in IN_DOLLARS else "base.EUR")
            invoices[key] = self._credit_demo_move(
                "out_invoice",
                customer,
                invoiced,
                amount,
                GOODS[number % len(GOODS)],
                currency_id=currency.id,
                ref=ORDERS.get(key),
                **due_values,
            )
        for key in BLOCKED:
            invoices[key].action_toggle_block_payment()
        return invoices

    def _credit_demo_credit_notes(self):
        for customer, day, amount in CREDIT_NOTES:
            self._credit_demo_move("out_refund", customer, day, amount, "Goods returned")

    def _credit_demo_move(self, move_type, customer, day, amount, label, **values):
        partner = self._credit_demo_partner(customer)
        domestic = partner.country_id == self.env.company.country_id
        taxes = self.env.company.account_sale_tax_id if domestic else self.env["account.tax"]
        line = {"name": label, "price_unit": amount, "tax_ids": [Command.set(taxes.ids)]}
        move = self.env["account.move"].create(
            {
                "move_type": move_type,
                "partner_id": partner.id,
                "invoice_date": self._credit_demo_day(day),
                "invoice_user_id": self.env.ref("credit_collection.demo_user_salesperson").id,
                "invoice_line_ids": [Command.create(line)],
                **values,
            }
        )
        move.action_post()
        return move

    def _credit_demo_opening_balance(self):
        for customer, day, due, amount, label in OPENING_BALANCE:
            partner = self._credit_demo_partner(customer).with_company(self.env.company)
            item = {
                "name": label,
                "partner_id": partner.id,
                "account_id": partner.property_account_receivable_id.id,
                "date_maturity": self._credit_demo_day(due),
                "debit": amount,
            }
            taken_over = {"account_id": self.env.company.get_unaffected_earnings_account().id, "credit": amount}
            entry = self.env["account.move"].create(
                {
                    "move_type": "entry",
                    "date": self._credit_demo_day(day),
                    "line_ids": [Command.create(item), Command.create(taken_over)],
                }
            )
            entry.action_post()

    def _credit_demo_bank(self):
        return self.env["account.journal"].search(
            [*self.env["account.journal"]._check_company_domain(self.env.company), ("type", "=", "bank")], limit=1
        )

    def _credit_demo_bank_lines(self):
        for customer, day, amount, label in BANK_LINES:
            self.env["account.bank.statement.line"].create(
                {
                    "journal_id": self._credit_demo_bank().id,
                    "date": self._credit_demo_day(day),
                    "payment_ref": label,
                    "partner_id": self._credit_demo_partner(customer).id,
                    "amount": amount,
                }
            )

    def _credit_demo_payments(self, invoices):
        bank = self._credit_demo_bank()
        for customer, day, invoice, amount in PAYMENTS:
            payment = self.env["account.payment"].create(
                {
                    "payment_type": "inbound",
                    "partner_type": "customer",
                    "partner_id": self._credit_demo_partner(customer).id,
                    "amount": amount or invoices[invoice].amount_total,
                    "date": self._credit_demo_day(day),
                    "journal_id": bank.id,
                }
            )
            payment.action_post()
            if invoice:
                receivable = self._credit_demo_receivable(payment.move_id | invoices[invoice])
                receivable.reconcile()

    def _credit_demo_receivable(self, moves):
        return moves.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
