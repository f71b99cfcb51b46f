"""What the tests share: a company with a calendar, a live scenario, one user per role, and a nightly run by date."""

from freezegun import freeze_time

from odoo import Command, fields
from odoo.tests import new_test_user, tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon


@tagged("post_install", "-at_install")
class CollectionCommon(AccountTestInvoicingCommon):
    """Invoices by due date, payments, and the run as of a frozen day. The mails "sent" are kept in ``self.outbox``."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.company_data["company"]
        cls.company.email = "billing@creditor.example.com"
        cls.company.followup_payments_max_age = 0  # but where a test is about it, payments are up to date
        cls.env = cls.env(context={**cls.env.context, "tz": "UTC"})
        cls.company.resource_calendar_id.tz = "UTC"
        cls.partner = cls._customer("Durand")
        cls.env.user.group_ids |= cls.env.ref("credit_collection.credit_collection_group_manager")
        cls.scenario = cls.company.followup_scenario_id
        cls.scenario.live = True
        levels = cls.scenario.level_ids.sorted("day")
        cls.upcoming, cls.due_today, cls.letter1, cls.call, cls.letter2, cls.notice = levels
        cls.letter1.attach_statement = False  # the tests of statements ask for it
        groups = "credit_collection.credit_collection_group_"
        cls.collector = new_test_user(cls.env, "collector", groups=groups + "user", company_id=cls.company.id)
        cls.manager = new_test_user(cls.env, "manager", groups=groups + "manager", company_id=cls.company.id)
        cls.accountant = new_test_user(
            cls.env, "accountant", groups="account.group_account_invoice", company_id=cls.company.id
        )
        cls.salesperson = new_test_user(
            cls.env, "salesperson", groups="sales_team.group_sale_salesman", company_id=cls.company.id
        )
        for user in (cls.collector, cls.manager, cls.accountant, cls.salesperson):
            user.email = f"{user.login}@creditor.example.com"

    def setUp(self):
        super().setUp()
        self.outbox = []
        # a test is one transaction: where the run commits, it only flushes
        self.patch(
            self.env.registry["credit.dunning.run"],
            "_checkpoint",
            lambda model, processed=0: model.env.flush_all(),
        )
        self.patch(self.env.registry["credit.dunning.mailer"], "_live_session", lambda mailer, session, sender: None)
        self.patch(
            self.env.registry["credit.dunning.mailer"],
            "_hand_over",
            lambda mailer, session, mail: self.outbox.append(mail),
        )

    # -- the ledger -----------------------------------------------------------

    @classmethod
    def _customer(cls, name, **values):
        vals = {"name": name, "email": f"{name.lower().replace(' ', '.')}@customer.example.com", "is_company": True}
        return cls.env["res.partner"].create({**vals, **values})

    @classmethod
    def _invoice(cls, due, amount=1000.0, partner=None, date=None, post=True, **values):
        """A customer invoice of one line without tax; dated a month before its due date unless said."""
        due = fields.Date.to_date(due)
        move = cls.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": (partner or cls.partner).id,
                "invoice_date": date or fields.Date.subtract(due, months=1),
                "invoice_date_due": due,
                "invoice_payment_term_id": False,
                "invoice_line_ids": [Command.create({"name": "Goods", "price_unit": amount, "tax_ids": []})],
                **values,
            }
        )
        if post:
            move.action_post()
        return move

    @classmethod
    def _credit_note(cls, amount, date, partner=None, **values):
        values.setdefault("move_type", "out_refund")
        return cls._invoice(date, amount, partner, date=date, **values)

    @classmethod
    def _payment(cls, amount, date, partner=None, invoice=None, currency=None, journal=None):
        """A posted customer payment; reconciled with the invoice when one is given."""
        payment = cls.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": (partner or cls.partner).id,
                "amount": amount,
                "date": date,
                "currency_id": (currency or cls.company.currency_id).id,
                "journal_id": (journal or cls.company_data["default_journal_bank"]).id,
            }
        )
        payment.action_post()
        if invoice:
            cls._match(payment.move_id, invoice)
        return payment

    @classmethod
    def _match(cls, *moves):
        lines = cls.env["account.move.line"].union(*(move.line_ids for move in moves))
        lines.filtered(
            lambda line: line.account_id.account_type == "asset_receivable" and not line.reconciled
        ).reconcile()

    @classmethod
    def _s20(cls):
        """The ledger of S20: seven invoices, a credit note and five payments; return the first two invoices."""
        inv1 = cls._invoice("2025-12-10", 12000, ref="PO-1")
        inv2 = cls._invoice("2026-01-19", 7500)
        cls._invoice("2026-02-28", 9800)
        inv4 = cls._invoice("2026-03-07", 6400)
        cls._invoice("2026-03-31", 5200)
        cls._invoice("2026-04-30", 11300, date="2026-03-30")
        cls._invoice("2026-05-03", 4000, date="2026-04-03")
        cls._credit_note(1100, "2026-03-10")
        cls._payment(900, "2026-03-25")
        cls._payment(4000, "2026-01-15", invoice=inv1)
        cls._payment(8000, "2026-04-02", invoice=inv1)
        cls._payment(2500, "2026-03-30", invoice=inv2)
        cls._payment(6400, "2026-04-05", invoice=inv4)
        return inv1, inv2

    def _item(self, move, **context):
        """The open items of an entry, freshly read."""
        OpenItem = self.env["credit.open.item"].with_context(**context)
        OpenItem.invalidate_model()
        return OpenItem.search([("move_id", "in", move.ids)])

    def _state(self, move, **context):
        return self._item(move, **context).chase_state

    # -- the run --------------------------------------------------------------

    def _night(self, day):
        """The nightly run of that day; return the actions it prepared."""
        Action = self.env["credit.collection.action"]
        before = Action.search([])
        with freeze_time(day):
            self.env["credit.dunning.scenario"]._cron_dunning()
        self.env.invalidate_all()
        return Action.search([]) - before

    def _nights(self, first, last):
        """The nightly runs of each day from ``first`` to ``last``."""
        day, last = fields.Date.to_date(first), fields.Date.to_date(last)
        while day <= last:
            self._night(day)
            day = fields.Date.add(day, days=1)

    def _queries(self, job):
        """Return how many queries a job takes, with nothing in cache before and everything written after it."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        job()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def _sent(self):
        """What left, as (ISO date, level's name) in order."""
        actions = self.env["credit.collection.action"].search([("state", "=", "sent")], order="date_done, id")
        return [(str(action.date_done.date()), action.level_id.name) for action in actions]
