"""Whether an item may be chased, and why not: one test per state, S13, and the hard cases about money and exclusions."""

from datetime import date

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import CollectionCommon

DAY = "2026-03-16"  # a Monday


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestChaseState(CollectionCommon):
    def _profile(self, **values):
        profile = self.partner._followup_profile(self.company)
        profile.write(values)
        return profile

    def test_an_overdue_item_is_chased_at_the_first_level_after_the_due_date(self):
        item = self._item(self._invoice("2026-03-09"))
        self.assertRecordValues(
            item, [{"chase_state": "chase", "next_level_id": self.letter1.id, "dunning_level_id": False}]
        )
        self.assertIn("Letter 1", item.chase_sentence)

    def test_every_state_has_a_sentence(self):
        item = self._item(self._invoice("2026-03-09"))
        for state, _label in self.env["credit.open.item"]._fields["chase_state"].selection:
            item._fields["chase_state"]._update_cache(item, state)
            self.assertTrue(item._chase_sentence(), state)

    def test_credits_are_never_chased(self):
        self.assertEqual(self._state(self._credit_note(100, "2026-01-01")), "credit")
        self.assertEqual(self._state(self._payment(100, "2026-01-01").move_id), "credit")

    def test_hard_case_23_no_followup_and_blocked_payments_are_honoured_both_ways(self):
        invoice = self._invoice("2026-03-09")
        invoice.no_followup = True
        self.assertEqual(self._state(invoice), "excluded")
        invoice.no_followup = False
        self.assertEqual(self._state(invoice), "chase")
        invoice.action_toggle_block_payment()
        self.assertEqual(self._state(invoice), "excluded")
        self.assertIn("blocked", self._item(invoice).chase_sentence)
        invoice.action_toggle_block_payment()
        self.assertEqual(self._state(invoice), "chase")

    def test_hard_case_7_a_payment_in_process_without_an_entry_holds_the_reminder(self):
        invoice = self._invoice("2026-03-09")
        invoice.payment_state = "in_payment"
        self.assertEqual(self._state(invoice), "excluded")
        self.assertIn("being processed", self._item(invoice).chase_sentence)

    def test_an_excluded_item_comes_back_after_its_day(self):
        invoice = self._invoice("2026-03-09")
        wizard = self.env["credit.exclusion"].with_context(active_ids=self._item(invoice).ids)
        wizard.create({"date_until": "2026-03-20", "reason": "goods being replaced"}).action_apply()
        item = self._item(invoice)
        self.assertEqual(item.chase_state, "excluded")
        self.assertIn("goods being replaced", item.chase_sentence)
        self.assertEqual(self._state(invoice, credit_as_of="2026-03-20"), "excluded")
        self.assertEqual(self._state(invoice, credit_as_of="2026-03-23"), "chase")
        self.assertIn("goods being replaced", invoice.message_ids[0].body)
        with self.assertRaisesRegex(UserError, "still to come"):
            wizard.create({"date_until": "2026-03-01", "reason": "late"}).action_apply()

    def test_a_paused_customer_is_stopped_up_to_the_day(self):
        invoice = self._invoice("2026-03-09")
        self._profile(paused_until="2026-03-20", pause_reason="new accountant")
        self.assertEqual(self._state(invoice), "stopped")
        self.assertIn("new accountant", self._item(invoice).chase_sentence)
        self.assertEqual(self._state(invoice, credit_as_of="2026-03-23"), "chase")
        with self.assertRaisesRegex(ValidationError, "Say why"):
            self._profile(pause_reason=False)

    def test_hard_case_17_a_prepared_item_does_not_escalate(self):
        invoice = self._invoice("2026-02-27")
        self._profile(always_confirm=True)
        self._night("2026-03-16")
        for night in ("2026-03-17", "2026-03-30", "2026-04-13"):
            self.assertFalse(self._night(night))
            self.assertEqual(self._state(invoice), "prepared")

    def test_no_scenario(self):
        invoice = self._invoice("2026-03-09")
        self.company.followup_scenario_id = False
        self.assertEqual(self._state(invoice), "no_scenario")

    def test_a_scenario_switched_off_sends_nothing_and_the_preview_says_so(self):
        invoice = self._invoice("2026-03-09")
        self.scenario.action_switch_off()
        self.assertEqual(self._state(invoice), "not_live")
        self.assertFalse(self._night(DAY))
        self.scenario.action_switch_on()
        self.assertEqual(self._state(invoice), "chase")

    def test_before_its_day_an_item_is_not_due_or_waiting(self):
        self.assertEqual(self._state(self._invoice("2026-04-20", date=DAY)), "not_due")
        self.assertEqual(self._state(self._invoice("2026-03-16"), credit_as_of="2026-03-17"), "waiting")

    def test_s13_unallocated_cash_holds_the_reminder_and_asks_for_allocation(self):
        self._invoice("2026-03-01", 4500)
        invoice = self._invoice("2026-03-09", 6000)
        payment = self._payment(9800, "2026-03-12")
        item = self._item(invoice)
        self.assertEqual((item.chase_state, item.unallocated_share), ("covered", 93.3))
        self.assertIn("93.3 %", item.chase_sentence)
        self.assertFalse(self._night(DAY))
        profile = self.partner._followup_profile(self.company)
        self.assertEqual(len(profile.activity_ids), 1)
        self._night("2026-03-17")
        self.assertEqual(len(profile.activity_ids), 1, "asked once, not every night")
        payment.action_draft()
        payment.amount = 1000
        payment.action_post()
        self.assertEqual(self._state(invoice), "chase", "9.5 % is below the threshold")
        action = self._night("2026-03-18")
        self.assertEqual(action.line_ids.filtered(lambda line: line.kind == "credit").amount, -1000)
        self.assertIn("9,500.00", self.outbox[0]["words"]["text"])

    def test_hard_case_1_a_credit_note_covers_only_when_it_is_at_least_the_claim(self):
        invoice = self._invoice("2026-03-09", 1000)
        credit = self._credit_note(600, "2026-03-10")
        self.assertEqual(self._state(invoice), "chase")
        self._credit_note(400, "2026-03-10")
        self.assertEqual(self._state(invoice), "covered")
        self._match(credit, invoice)
        self.assertEqual(self._state(invoice), "covered")

    def test_hard_case_1_a_credit_in_another_currency_does_not_net(self):
        pound = self.setup_other_currency("GBP", rates=[("2026-01-01", 0.5)])
        invoice = self._invoice("2026-03-09", 1000)
        self._credit_note(800, "2026-03-10", currency_id=pound.id)
        self.assertEqual(self._state(invoice), "small", "in company currency the customer owes nothing net")
        self._invoice("2026-03-09", 5000)
        self.assertEqual(self._state(invoice), "chase")

    def test_hard_case_2_the_gross_amount_is_never_claimed(self):
        self._invoice("2026-03-09", 1000)
        self._payment(50, "2026-03-10")
        self._night(DAY)
        self.assertIn("Total to pay", self.outbox[0]["words"]["html"])
        self.assertIn("$\N{NO-BREAK SPACE}950.00", self.outbox[0]["words"]["html"])

    def test_hard_case_27_the_tolerance_is_in_company_currency_and_on_the_whole_customer(self):
        self.scenario.minimum_amount = 15
        pound = self.setup_other_currency("GBP", rates=[("2026-01-01", 0.5)])
        first = self._invoice("2026-03-09", 7.4, currency_id=pound.id)
        self.assertEqual(self._state(first), "small", "7.40 at 0.5 is 14.80")
        second = self._invoice("2026-03-09", 0.2)
        self.assertEqual(
            (self._state(first), self._state(second)), ("chase", "chase"), "14.80 + 0.20 is exactly 15.00"
        )

    def test_an_answer_holds_the_reminder_until_it_is_read(self):
        invoice = self._invoice("2026-03-09")
        profile = self._profile()
        profile.message_update({})
        self.assertEqual(self._state(invoice), "reply")
        self.assertFalse(self._night(DAY))
        profile.action_mark_read()
        self.assertEqual(self._state(invoice), "chase")

    def test_precedence_decisions_before_calendar_before_money_before_contact(self):
        """One brake after the other is released; each time the next one shows."""
        invoice = self._invoice("2026-03-09")
        payment = self._payment(990, "2026-03-12")
        self._profile(paused_until="2026-03-20", pause_reason="x", reply_waiting=True)
        self.scenario.minimum_amount = 5000
        invoice.no_followup = True
        seen = []
        for release in (
            lambda: setattr(invoice, "no_followup", False),
            lambda: self._profile(paused_until=False),
            lambda: payment.action_draft(),
            lambda: setattr(self.scenario, "minimum_amount", 0),
            lambda: self._profile(reply_waiting=False),
        ):
            seen.append(self._state(invoice))
            release()
        seen.append(self._state(invoice))
        self.assertEqual(seen, ["excluded", "stopped", "covered", "small", "reply", "chase"])

    def test_a_holiday_of_the_company_calendar_moves_the_next_date(self):
        invoice = self._invoice("2026-03-13")  # letter 1 on Monday 16
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Holiday",
                "calendar_id": self.company.resource_calendar_id.id,
                "company_id": self.company.id,
                "date_from": "2026-03-16 00:00:00",
                "date_to": "2026-03-18 23:59:59",
            }
        )
        self.assertEqual(self._item(invoice).next_date, date(2026, 3, 19))
        self.assertFalse(self._night("2026-03-18"))
        self.assertEqual(self._night("2026-03-19").level_id, self.letter1)

    def test_hard_case_32_companies_are_never_mixed(self):
        other = self.setup_other_company()["company"]
        invoice = self._invoice("2026-03-09")
        theirs = other.sudo().followup_scenario_id
        profile = (
            self.env["credit.profile"]
            .sudo()
            .create(
                {
                    "partner_id": self.partner.id,
                    "company_id": other.id,
                    "paused_until": "2030-01-01",
                    "pause_reason": "theirs",
                }
            )
        )
        self.assertNotEqual(theirs, self.scenario)
        self.assertEqual(self._state(invoice), "chase")
        with self.assertRaises(UserError):
            self._profile().sudo().write({"scenario_id": theirs.id})
        self.assertEqual(profile.company_id, other)

    def test_a_preview_splits_the_selection_and_prepares_it(self):
        late = self._invoice("2026-03-09")
        early = self._invoice("2026-04-20", date=DAY)
        Preview = self.env["credit.dunning.preview"].with_context(active_model="credit.open.item")
        preview = Preview.with_context(active_ids=self._item(late | early).ids).create({})
        self.assertEqual(preview.chase_ids.move_id, late)
        self.assertEqual(preview.other_ids.move_id, early)
        window = preview.action_prepare()
        action = self.env["credit.collection.action"].search(window["domain"])
        self.assertRecordValues(action, [{"state": "queued", "level_id": self.letter1.id}])
        self.assertFalse(self._night(DAY), "the button and the night share one claim")

    def test_a_level_may_not_count_from_itself_nor_use_unknown_placeholders(self):
        with self.assertRaisesRegex(ValidationError, "circle"):
            self.letter1.write({"anchor_level_id": self.letter2.id, "delay_days": 3})
        with self.assertRaisesRegex(ValidationError, r"\{amont\}"):
            self.letter1.subject = "Pay {amont}"

    def test_a_new_company_gets_its_own_scenarios_switched_off(self):
        company = self.env["res.company"].create({"name": "Newcomer"})
        scenarios = self.env["credit.dunning.scenario"].sudo().search([("company_id", "=", company.id)])
        self.assertEqual(len(scenarios), 3)
        self.assertFalse(any(scenarios.mapped("live")))
        self.assertEqual(company.sudo().followup_scenario_id, scenarios[0])
        letter2 = scenarios[0].level_ids.filtered("anchor_level_id")
        self.assertEqual(letter2.anchor_level_id.scenario_id, scenarios[0])
        self.assertEqual(sorted(scenarios[0].level_ids.mapped("day")), [-10, 0, 3, 7, 13, 30])

    def test_a_language_loaded_later_reaches_the_scenarios_of_every_company(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.env.cr.execute(
            "UPDATE credit_dunning_level SET name = jsonb_build_object('en_US', name->>'en_US') WHERE id IN %s",
            [tuple((self.due_today | self.notice).ids)],
        )
        self.env.invalidate_all()
        self.notice.name = "Our own notice"
        self.assertEqual(self.due_today.with_context(lang="fr_FR").name, "Due today")
        self.env["ir.module.module"]._load_module_terms(["credit_collection"], ["fr_FR"])
        self.assertEqual(self.due_today.with_context(lang="fr_FR").name, "Échéance du jour")
        self.assertEqual(self.notice.with_context(lang="fr_FR").name, "Our own notice")

    def test_items_added_by_hand_must_be_the_customers(self):
        action = self.env["credit.collection.action"].create({"partner_id": self.partner.id})
        foreign = self._item(self._invoice("2026-03-09", partner=self.partner_a))
        with self.assertRaisesRegex(UserError, "Only open items of Durand"):
            action.line_ids = [Command.create({"move_line_id": foreign.id})]
