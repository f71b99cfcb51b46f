"""The history of a customer: everything, in order, told by its source."""

from datetime import date

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError

from .common import CollectionCommon

DAY = "2026-03-16"


@freeze_time(DAY)
class TestHistory(CollectionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.profile = cls.partner._followup_profile(cls.company)

    def _history(self, *kinds, partner=None):
        self.env.flush_all()
        rows = self.env["credit.history"].search(
            [("partner_id", "=", (partner or self.partner).id), ("company_id", "=", self.company.id)], order="date, id"
        )
        return rows.filtered(lambda row: not kinds or row.kind in kinds)

    def _flush_tracking(self):
        self.env.flush_all()
        self.env.cr.precommit.run()

    def test_reminders_stand_with_their_level_and_address(self):
        self._invoice("2026-03-06")
        self._night("2026-03-13")
        row = self._history("message")
        self.assertEqual(len(row), 1)
        self.assertEqual(str(row.date), "2026-03-13")
        self.assertIn(self.letter1.name, row.title)
        self.assertIn(self.partner.email, row.title)
        self.assertEqual(row.amount, 1000.0)
        self.assertEqual(row.action_open()["res_model"], "credit.collection.action")

    def test_what_was_not_sent_or_only_tried_out_is_not_history(self):
        self.company.followup_test_email = "trial@creditor.example.com"
        self._invoice("2026-03-06")
        self._night("2026-03-13")
        self.profile._plan_call_today()
        self.assertFalse(self._history("message", "call"))

    def test_a_call_tells_its_result(self):
        self._invoice("2026-03-06", 1000)
        promise = {"date_promised": date(2026, 3, 20), "kind": "announced"}
        self.profile._plan_call_today()._record_call("reached", "Friday,\nby transfer.", promise=promise)
        title = self._history("call").title.replace("\N{NO-BREAK SPACE}", " ")
        self.assertEqual(title, "Reached · payment of $ 1,000.00 for 03/20/2026 announced · Friday, by transfer.")

    def test_money_and_credit_notes_are_told_apart(self):
        invoice = self._invoice("2026-03-06", 1000)
        self._payment(400, "2026-03-10", invoice=invoice)
        self._credit_note(150, "2026-03-11")
        rows = self._history("payment", "credit_note", "entry")
        self.assertEqual(
            [(str(row.date), row.kind, row.amount) for row in rows],
            [("2026-03-10", "payment", 400.0), ("2026-03-11", "credit_note", 150.0)],
        )
        self.assertEqual(rows[0].action_open()["res_model"], "account.payment")
        self.assertEqual(rows[1].action_open()["res_model"], "account.move")

    def test_a_payment_of_a_contact_is_its_company_s(self):
        contact = self.env["res.partner"].create({"name": "Zoé", "parent_id": self.partner.id, "type": "invoice"})
        self._payment(70, "2026-03-10", partner=contact)
        self.assertEqual(self._history("payment").mapped("amount"), [70.0])

    def test_a_foreign_payment_stands_in_its_currency(self):
        currency = self.setup_other_currency("EUR", rates=[("2020-01-01", 2.0)])
        self._payment(70, "2026-03-10", currency=currency)
        self.assertRecordValues(self._history("payment"), [{"amount": 70.0, "currency_id": currency.id}])

    def test_a_promise_is_told_when_it_is_noted_and_when_it_is_judged(self):
        invoice = self._invoice("2026-03-06", 500)
        Promise = self.env["credit.promise"].with_user(self.collector)
        promise = Promise._promise(self._item(invoice), date(2026, 3, 20))
        self.assertEqual(self._history().mapped("kind"), ["promise"])
        self.assertIn("promised for 03/20/2026", self._history("promise").title)
        self.assertEqual(self._history("promise").user_id, self.collector)
        promise.action_cancel("Said by the wrong person")
        self.assertEqual(self._history("promise_judged").title, "The promise for 03/20/2026: Cancelled")

    def test_a_dispute_is_told_when_it_opens_is_answered_and_closes(self):
        invoice = self._invoice("2026-03-06", 1000)
        price = self.env.ref("credit_collection.credit_late_reason_price")
        Dispute = self.env["credit.dispute"].with_user(self.collector)
        dispute = Dispute._open({self._item(invoice): 120.0}, price, self.salesperson, date(2026, 3, 25))
        self.assertEqual(self._history("dispute").title, f"{price.name}: {invoice.name}")
        self.assertEqual(self._history("dispute").amount, 120.0)
        dispute.with_user(self.salesperson).action_answer("unfounded", text="The price was agreed.")
        self.assertEqual(self._history("dispute_answered").title, f"{price.name}: Unfounded")
        self.assertEqual(self._history("dispute_answered").user_id, self.salesperson)
        dispute.action_close("unfounded", resolution="As agreed")
        self.assertEqual(self._history("dispute_closed").title, f"{price.name}: Unfounded")

    def test_holds_decisions_notes_and_answers_stand_in_it(self):
        hold = self.env["credit.hold"].create({"partner_id": self.partner.id, "reason": "Cheque returned"})
        self.assertIn("Cheque returned", self._history("hold").title)
        self._flush_tracking()
        profile = self.profile.with_user(self.collector).with_context(tracking_disable=False, mail_notrack=False)
        profile.write({"paused_until": "2026-03-20", "pause_reason": "Holidays"})
        self.profile.with_user(self.collector).message_post(body="Their director left.", message_type="comment")
        self.profile.message_post(
            body="We pay on Friday.", subject="Your letter", message_type="email", author_id=self.partner.id
        )
        self._flush_tracking()
        self.assertIn("Holidays", self._history("decision").title)
        self.assertEqual(self._history("note").title, "Their director left.")
        self.assertEqual(self._history("reply").title, "Your letter – We pay on Friday.")
        self.assertEqual(self._history("decision").user_id, self.collector)
        self.assertEqual(self._history("note").action_open()["res_model"], "credit.profile")
        with freeze_time("2026-03-20"):
            hold.action_end()
            self.assertEqual(str(self._history("hold_end").date), "2026-03-20")
            self.assertIn("Cheque returned", self._history("hold_end").title)

    def test_a_limit_changed_on_the_customer_or_in_its_file_is_told_with_who_from_and_to(self):
        self.manager.group_ids |= self.env.ref("base.group_partner_manager")
        self.partner.with_user(self.manager).credit_limit = 5000
        self.assertEqual(self._plain_decisions(), ["Credit Limit: $ 0.00 → $ 5,000.00"])
        self.assertEqual(self._history("decision").user_id, self.manager)
        self.profile.with_user(self.manager).credit_limit = 6000
        self.partner.with_user(self.manager).write({"trust": "bad", "phone": "1"})
        self.assertEqual(
            self._plain_decisions()[1:],
            ["Credit Limit: $ 5,000.00 → $ 6,000.00", "Trust: Normal Debtor → Bad Debtor"],
        )
        self.partner.with_user(self.manager).credit_limit = 6000
        self.assertEqual(len(self._plain_decisions()), 3, "nothing changed")

    def _plain_decisions(self):
        titles = self._history("decision").mapped("title")
        return [title.replace("\N{NO-BREAK SPACE}", " ") for title in titles]

    def test_a_request_that_was_decided_is_told_with_its_reason(self):
        request = self.env["credit.request"].create(
            {"kind": "limit", "partner_id": self.partner.id, "new_limit": 5000, "reason": "A new project"}
        )
        self.assertFalse(self._history("request"))
        request.action_refuse("They owe us for March.")
        self.assertIn("Refused – They owe us for March.", self._history("request").title)

    def test_everything_comes_in_order_and_the_latest_first(self):
        self._payment(10, "2026-03-12")
        self._payment(20, "2026-03-14")
        self._payment(30, "2026-03-13")
        rows = self.env["credit.history"].search([("partner_id", "=", self.partner.id)])
        self.assertEqual(rows.filtered(lambda row: row.kind == "payment").mapped("amount"), [20.0, 30.0, 10.0])
        self.profile.invalidate_recordset()
        self.assertEqual(self.profile.history_ids, rows)

    def test_rows_keep_their_ids_and_are_read_by_them(self):
        self._payment(10, "2026-03-12")
        self.profile._plan_call_today()._record_call("message", "")
        before = {row.id: (row.kind, row.title) for row in self._history()}
        self._payment(20, "2026-03-01")
        self.env.invalidate_all()
        rows = self.env["credit.history"].browse(before)
        self.assertEqual({row.id: (row.kind, row.title) for row in rows}, before)

    def test_who_may_read_it(self):
        self._payment(10, "2026-03-12")
        domain = [("partner_id", "=", self.partner.id)]
        for user in (self.accountant, self.collector, self.manager):
            self.assertTrue(self.env["credit.history"].with_user(user).search(domain), user.login)
        with self.assertRaises(AccessError):
            self.env["credit.history"].with_user(self.salesperson).search(domain)
        other = self.setup_other_company()["company"]
        stranger = self.accountant.copy(
            {"login": "stranger", "company_id": other.id, "company_ids": [Command.set(other.ids)]}
        )
        self.env.invalidate_all()
        elsewhere = self.env["credit.history"].with_user(stranger).with_context(allowed_company_ids=other.ids)
        self.assertFalse(elsewhere.search(domain))

    def test_the_titles_of_forty_rows_take_hardly_more_queries_than_those_of_four(self):
        def count(partner):
            return self._queries(lambda: self._history(partner=partner).mapped("title"))

        few, many = self._customer("Few"), self._customer("Many")
        for partner, number in ((few, 4), (many, 40)):
            for day in range(number):
                self._payment(10, f"2026-02-{day % 28 + 1:02}", partner=partner)
        count(few)
        self.assertLessEqual(count(many), count(few))
