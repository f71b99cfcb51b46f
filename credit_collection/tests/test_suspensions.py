"""Exclusions and pauses: one list, and a day for each."""

from datetime import date

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError

from .common import CollectionCommon

DAY = "2026-03-16"


@freeze_time(DAY)
class TestSuspensions(CollectionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.profile = cls.partner._followup_profile(cls.company)
        cls.invoice = cls._invoice("2026-03-06", 300)
        cls.line = cls.invoice.line_ids.filtered(lambda line: line.account_id.account_type == "asset_receivable")

    def _rows(self, *kinds):
        self.env.flush_all()
        self.env["credit.suspension"].invalidate_model()
        rows = self.env["credit.suspension"].search([("partner_id", "=", self.partner.id)])
        return rows.filtered(lambda row: not kinds or row.kind in kinds)

    def _exclude(self, day="2026-03-20", reason="They asked for time"):
        self._item(self.invoice)._exclude_until(date.fromisoformat(day), reason)

    def _activities(self):
        return self.profile.activity_ids.filtered(
            lambda activity: activity.activity_type_id == self.env.ref("credit_collection.mail_activity_suspension")
        )

    def test_all_kinds_stand_on_one_list_with_their_day(self):
        self._exclude()
        kept_out, blocked = self._invoice("2026-03-07", 100), self._invoice("2026-03-08", 200)
        kept_out.no_followup = True
        blocked.action_toggle_block_payment()
        self.profile.write({"paused_until": "2026-03-18", "pause_reason": "Holidays"})
        rows = self._rows()
        self.assertEqual(
            sorted((row.kind, str(row.date_until or ""), row.reason or "", row.amount) for row in rows),
            [
                ("blocked", "", "", 200.0),
                ("excluded", "2026-03-20", "They asked for time", 300.0),
                ("no_followup", "", "", 100.0),
                ("paused", "2026-03-18", "Holidays", 600.0),
            ],
        )
        self.assertFalse(any(rows.mapped("is_past")))

    def test_what_is_paid_leaves_the_list(self):
        self._exclude()
        self._payment(300, DAY, invoice=self.invoice)
        self.assertFalse(self._rows())

    def test_a_journal_entry_is_listed_once_somebody_gave_it_a_day(self):
        receivable = self.line.account_id
        entry = self.env["account.move"].create(
            {
                "date": "2026-03-01",
                "line_ids": [
                    Command.create({"account_id": receivable.id, "partner_id": self.partner.id, "debit": 50}),
                    Command.create({"account_id": self.company_data["default_account_revenue"].id, "credit": 50}),
                ],
            }
        )
        entry.action_post()
        self.assertFalse(self._rows())
        self._item(entry)._exclude_until(date(2026, 3, 31), "Opening balance to check")
        self.assertEqual(self._rows().kind, "no_followup")

    def test_an_exclusion_is_past_after_its_last_day(self):
        self._exclude("2026-03-16")
        self.assertFalse(self._rows().is_past)
        with freeze_time("2026-03-17"):
            self.assertTrue(self._rows().is_past)

    def test_all_kinds_end_at_once(self):
        self._exclude()
        kept_out, blocked = self._invoice("2026-03-07"), self._invoice("2026-03-08")
        kept_out.no_followup = True
        blocked.action_toggle_block_payment()
        self.profile.write({"paused_until": "2026-03-18", "pause_reason": "Holidays"})
        self._rows().with_user(self.collector).action_end()
        self.assertFalse(self._rows())
        self.assertNotIn("excluded", self._item(self.invoice + kept_out + blocked).mapped("chase_state"))
        self.assertFalse(self.profile.paused_until)
        self.assertIn("ended by collector", self.invoice.message_ids[:1].body)
        self.assertIn("Chased from now on", kept_out.message_ids[:1].body)

    def test_only_collectors_end_or_prolong(self):
        self._exclude()
        for user in (self.accountant, self.salesperson):
            for button in ("action_end", "action_prolong"):
                with self.assertRaises(AccessError, msg=(user.login, button)):
                    getattr(self._rows().with_user(user), button)()
        self.assertTrue(self._rows().with_user(self.accountant).reason)

    def test_items_are_prolonged_by_the_dialog_and_a_pause_in_the_file(self):
        self._exclude()
        self.profile.write({"paused_until": "2026-03-18", "pause_reason": "Holidays"})
        action = self._rows("excluded").with_user(self.collector).action_prolong()
        dialog = self.env["credit.exclusion"].with_user(self.collector).with_context(**action["context"])
        dialog.create({"date_until": "2026-04-30", "reason": "More time"}).action_apply()
        self.assertRecordValues(self._rows("excluded"), [{"date_until": date(2026, 4, 30), "reason": "More time"}])
        self.assertEqual(self._rows("paused").action_prolong()["res_model"], "credit.profile")
        with self.assertRaisesRegex(UserError, "one pause, or items only"):
            self._rows().action_prolong()

    def test_another_company_s_are_not_seen(self):
        self._exclude()
        other = self.setup_other_company()["company"]
        stranger = self.collector.copy(
            {"login": "stranger", "company_id": other.id, "company_ids": [Command.set(other.ids)]}
        )
        self.env.invalidate_all()
        elsewhere = self.env["credit.suspension"].with_user(stranger).with_context(allowed_company_ids=other.ids)
        self.assertFalse(elsewhere.search([("partner_id", "=", self.partner.id)]))

    # -- the review of what has no end ----------------------------------------

    def test_a_review_is_asked_for_once_on_its_day(self):
        self.invoice.no_followup = True
        self.profile.collector_id = self.collector
        self._exclude("2026-03-20", "Set-off agreed")
        self._night("2026-03-19")
        self.assertFalse(self._activities())
        self._night("2026-03-20")
        activity = self._activities()
        self.assertEqual(activity.user_id, self.collector)
        self.assertIn("Set-off agreed", activity.note)
        activity.unlink()
        self._night("2026-03-21")
        self.assertFalse(self._activities())
        self.assertEqual(self._state(self.invoice), "excluded")

    def test_another_day_is_another_review(self):
        self.invoice.no_followup = True
        self._exclude("2026-03-20")
        self._night("2026-03-20")
        self._activities().unlink()
        with freeze_time("2026-03-20"):
            self._exclude("2026-03-27")
        self._night("2026-03-26")
        self.assertFalse(self._activities())
        self._night("2026-03-27")
        self.assertEqual(len(self._activities()), 1)

    def test_what_ends_by_itself_is_not_reviewed(self):
        self._exclude("2026-03-20")
        self.profile.write({"paused_until": "2026-03-20", "pause_reason": "Holidays"})
        self._night("2026-03-20")
        self._night("2026-03-21")
        self.assertFalse(self._activities())
