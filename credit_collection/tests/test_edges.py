"""What a review found at the edges of the rules: each of these went wrong once."""

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import CollectionCommon

DAY = "2026-03-16"


@tagged("post_install", "-at_install")
class TestEdges(CollectionCommon):
    def _waiting(self, due="2026-03-09", amount=1000):
        """An item in a reminder that waits to be confirmed, and the reminder."""
        with freeze_time(DAY):
            invoice = self._invoice(due, amount)
            self.partner._followup_profile(self.company).always_confirm = True
        return invoice, self._night(DAY)

    def _confirm_and_send(self, action, day=DAY):
        with freeze_time(day):
            action.action_confirm()
            self.env["credit.dunning.mailer"]._cron_send()

    def test_a_credit_that_came_after_the_preparation_is_deducted(self):
        _invoice, action = self._waiting()
        with freeze_time(DAY):
            self._credit_note(300, DAY)
        self._confirm_and_send(action)
        self.assertIn("700.00", self.outbox[0]["words"]["text"])
        self.assertIn("RINV", self.outbox[0]["words"]["html"])

    def test_an_item_excluded_after_the_preparation_is_not_claimed(self):
        invoice, action = self._waiting()
        with freeze_time(DAY):
            other = self._invoice("2026-03-10", 200)
            action.line_ids = [(0, 0, {"move_line_id": self._item(other).id})]
            other.no_followup = True
        self._confirm_and_send(action)
        self.assertNotIn(other.name, self.outbox[0]["words"]["html"])
        self.assertIn(invoice.name, self.outbox[0]["words"]["html"])

    def test_what_waits_and_was_paid_meanwhile_leaves_the_list_by_itself(self):
        invoice, action = self._waiting()
        with freeze_time("2026-03-17"):
            self._payment(1000, "2026-03-17", invoice=invoice)
        self._night("2026-03-18")
        self.assertEqual(action.state, "cancelled")

    def test_levels_already_used_keep_their_order(self):
        with freeze_time("2026-03-09"):
            self._invoice("2026-03-02")
        self._nights("2026-03-09", "2026-03-19")
        self.letter1.delay_days = 4
        with self.assertRaisesRegex(UserError, "keep their order"):
            self.letter1.delay_days = 40

    def test_a_due_date_moved_to_the_future_is_not_chased_as_late(self):
        with freeze_time(DAY):
            invoice = self._invoice("2026-03-12")
        self._night(DAY)
        invoice.line_ids.filtered("date_maturity").date_maturity = "2026-06-30"
        with freeze_time("2026-03-26"):
            self.assertEqual(self._state(invoice), "not_due")
            self.assertGreater(str(self._item(invoice).next_date), "2026-06-30")

    @freeze_time(DAY)
    def test_an_archived_scenario_sends_nothing(self):
        invoice = self._invoice("2026-03-12")
        self.scenario.active = False
        self.assertEqual(self._state(invoice), "not_live")
        self.assertFalse(self._night(DAY))

    def test_a_call_after_a_letter_that_came_back_does_not_stand_for_the_letter(self):
        with freeze_time(DAY):
            invoice = self._invoice("2026-03-12")
        letter = self._night(DAY)
        self.assertEqual(self._night("2026-03-19").channel, "call")
        with freeze_time("2026-03-20"):
            letter._void_bounced("durand@customer.example.com")
            self.assertFalse(self._item(invoice).dunning_level_id)
            self.assertEqual(self._item(invoice).next_level_id, self.letter1)

    @freeze_time(DAY)
    def test_a_payment_in_process_that_core_calls_paid_is_not_chased(self):
        """Community has no "in payment": a payment without an entry makes the invoice paid with its residual open."""
        invoice = self._invoice("2026-03-12")
        invoice.payment_state = "paid"
        self.assertEqual(self._state(invoice), "excluded")

    @freeze_time(DAY)
    def test_an_excluded_item_is_no_claim_that_credits_are_compared_with(self):
        excluded, invoice = self._invoice("2026-03-09", 1000), self._invoice("2026-03-12", 100)
        self._credit_note(200, "2026-03-13")
        self.assertEqual(self._state(invoice), "chase")
        excluded.line_ids.filtered("date_maturity").followup_excluded_until = "2026-04-30"
        self.assertEqual(self._state(invoice), "covered")

    @freeze_time(DAY)
    def test_an_address_that_came_back_bars_no_longer_one(self):
        profile = self.partner._followup_profile(self.company)
        profile.bounced_email = "a@customer.example.com"
        self.partner.email = "ba@customer.example.com"
        contact = self.env["res.partner"].create(
            {"name": "Ann", "parent_id": self.partner.id, "type": "invoice", "email": "Ann <A@customer.example.com>"}
        )
        self.assertEqual(profile._recipient(), self.partner)
        profile.bounced_email = False
        self.assertEqual(profile._recipient(), contact)

    @freeze_time(DAY)
    def test_amounts_of_a_currency_that_is_covered_are_not_claimed_negative(self):
        pound = self.setup_other_currency("GBP", rates=[("2026-01-01", 0.5)])
        self._invoice("2026-03-12", 5000)
        self._invoice("2026-03-12", 100, currency_id=pound.id)
        self._credit_note(150, "2026-03-13", currency_id=pound.id)
        self._night(DAY)
        words = self.outbox[0]["words"]
        self.assertEqual(words["html"].count("Total to pay"), 1)
        self.assertNotIn("GBP", words["html"])
        self.assertNotIn("-", words["subject"])

    def test_nothing_confirmed_is_lost_over_a_long_closure(self):
        _invoice, action = self._waiting()
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Summer",
                "calendar_id": self.company.resource_calendar_id.id,
                "company_id": self.company.id,
                "date_from": "2026-03-17 00:00:00",
                "date_to": "2026-04-12 23:59:59",
            }
        )
        self._confirm_and_send(action, "2026-03-18")
        self.assertEqual(action.state, "queued")
        with freeze_time("2026-04-13"):
            self.env["credit.dunning.mailer"]._cron_send()
        self.assertEqual(action.state, "sent")

    @freeze_time(DAY)
    def test_a_default_a_user_saved_does_not_forge_evidence(self):
        for name, value in (("state", "sent"), ("body_sent", "<p>forged</p>")):
            self.env["ir.default"].with_user(self.collector).set("credit.collection.action", name, value, user_id=True)
        action = self.env["credit.collection.action"].with_user(self.collector).create({"partner_id": self.partner.id})
        self.assertRecordValues(action, [{"state": "to_confirm", "body_sent": False}])
