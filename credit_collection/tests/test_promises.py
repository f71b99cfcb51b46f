"""Promises to pay: noting, replacing, judging, what follows (S15, S16)."""

from unittest.mock import patch

from freezegun import freeze_time

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tests import Form

from odoo.addons.credit_collection.models.credit_control import Ask

from .common_promises import PromisesCommon

DAY = "2026-03-09"  # a Monday


@freeze_time(DAY)
class TestPromises(PromisesCommon):
    # -- S15 ------------------------------------------------------------------

    def test_s15_a_promise_kept_in_part(self):
        invoice = self._invoice("2026-02-09", 3000)
        item = self._item(invoice)
        self.env["credit.collection.action"]._set_level(item, self.letter1, "x", fields.Date.to_date("2026-03-02"))
        promise = self._promise(invoice, "2026-03-20", confirm=True)
        self.assertEqual(str(promise.date_deadline), "2026-03-23")
        self.assertEqual((promise.amount, promise.user_id), (3000, self.collector))
        self.assertEqual(promise.confirmation_id.state, "queued")
        self._night("2026-03-10")
        self.assertIn("Your promise to pay", self.outbox[0]["words"]["subject"])
        self.assertEqual(self._state(invoice), "promised")
        self.assertEqual(self._item(invoice).chase_sentence, "The customer promised to pay it on 03/20/2026.")
        with freeze_time("2026-03-19"):
            self._payment(1800, "2026-03-19", invoice=invoice)
        self.assertEqual((promise.state, promise.amount_received), ("open", 1800))
        self.assertFalse(self._night("2026-03-23"), "within the days of grace nothing is prepared")
        with freeze_time("2026-03-24"):
            self._judge()
            self.assertEqual((promise.state, promise.share_received), ("partly_kept", 0.6))
            self.assertEqual(str(promise.date_judged), "2026-03-24")
            item = self._item(invoice)
            self.assertEqual((item.claimable_amount, item.dunning_level_id), (1200, self.letter1))
            self.assertEqual(item.chase_state, "chase")
            self.assertEqual(len(self._activities()), 1)
            self.assertIn("partly kept: ", self._told()[0])
            self.assertTrue(self._night("2026-03-24"), "chased again the same night")
            self._night("2026-03-25")
            self.assertEqual(len(self._activities()), 1, "asked once")
            self.assertEqual(self._broken_promises(), 1, "it counts against the customer")

    def test_s15_a_full_payment_within_the_days_of_grace_keeps_it(self):
        invoice = self._invoice("2026-02-09", 3000)
        promise = self._promise(invoice, "2026-03-20")
        with freeze_time("2026-03-23"):
            self._payment(3000, "2026-03-23", invoice=invoice)
        self.assertEqual((promise.state, promise.share_received), ("kept", 1))
        self.assertFalse(self._activities())
        self.assertIn("kept", self._told()[0])

    def test_a_payment_after_the_grace_keeps_nothing_and_ends_what_was_asked(self):
        invoice = self._invoice("2026-02-09", 3000)
        promise = self._promise(invoice, "2026-03-20")
        with freeze_time("2026-03-24"):
            self._judge()
            self.assertEqual((promise.state, promise.amount_received), ("broken", 0))
            self.assertEqual(len(self._activities()), 1)
            self._payment(3000, "2026-03-24", invoice=invoice)
            self.assertEqual(promise.state, "broken")
            self.assertFalse(self._activities(), "nothing is open any more")

    def test_what_ended_a_year_ago_is_judged_again_only_when_its_matching_changes(self):
        invoice = self._invoice("2026-02-09", 3000)
        promise = self._promise(invoice, "2026-03-20")
        with freeze_time("2026-03-20"):
            payment = self._payment(3000, "2026-03-20", invoice=invoice)
        self.assertEqual((promise.state, str(promise.date_deadline)), ("kept", "2026-03-23"))
        self.assertIn(promise, self._judged_on("2027-03-23"))
        self.assertNotIn(promise, self._judged_on("2027-03-24"))
        with freeze_time("2027-06-01"):
            self._unmatch(payment.move_id)
            self.assertEqual((promise.state, promise.waits_allocation), ("open", True))
            self.assertIn(promise, self._judged_on("2027-06-01"), "what is open always is")
            payment.move_id.button_draft()
            self._judge()
            self.assertEqual(promise.state, "broken")

    def _judged_on(self, day):
        Promise = self.env["credit.promise"]
        with freeze_time(day), patch.object(self.registry["credit.promise"], "_judge", autospec=True) as judge:
            Promise._cron_judge()
        return judge.call_args.args[0]

    # -- S16 ------------------------------------------------------------------

    def test_s16_how_well_promises_are_kept(self):
        for amount, received in (
            (5000, 5000), (1200, 1200), (3000, 1800), (2500, 0), (800, 800), (4100, 4100), (1500, 1500), (600, 0),
        ):  # fmt: skip
            invoice = self._invoice("2026-02-09", amount)
            self._promise(invoice, "2026-03-12")
            if received:
                self._payment(received, "2026-03-12", invoice=invoice)
        announced = self._invoice("2026-02-09", 777)
        self._promise(announced, "2026-03-12", kind="announced")
        waiting = self._invoice("2026-02-09", 50)
        self._promise(waiting, "2026-04-12")
        with freeze_time("2026-03-24"):
            self._judge()
            figures = self.env["credit.collection.figures"].create({"company_id": self.company.id})
            self.assertEqual((figures.promise_kept, figures.promise_count), (5, 8))
            self.assertEqual(
                (figures.promise_kept_amount, figures.promise_amount, figures.promise_received), (12600, 18700, 14400)
            )
            rates = (figures.promise_kept_rate, figures.promise_amount_rate, figures.promise_received_rate)
            self.assertEqual([round(100 * rate, 1) for rate in rates], [62.5, 67.4, 77.0])

    # -- noting ---------------------------------------------------------------

    def test_what_cannot_be_promised(self):
        invoice, other = self._invoice("2026-02-09", 100), self._invoice("2026-02-09", 100, self.partner_a)
        credit = self._credit_note(10, "2026-03-01")
        excluded = self._invoice("2026-02-09", 100)
        self._item(excluded)._exclude_until(fields.Date.to_date("2026-03-30"), "Agreed")
        foreign = self._invoice("2026-02-09", 100, currency_id=self.setup_other_currency("GBP").id)
        Promise = self.env["credit.promise"].with_user(self.collector)
        day = fields.Date.to_date("2026-03-20")
        for moves, date, amount, words in (
            (invoice | other, day, None, "one customer"),
            (invoice | foreign, day, None, "one currency"),
            (credit, day, None, "is a credit"),
            (excluded, day, None, "excluded"),
            (invoice, fields.Date.to_date("2026-03-08"), None, "still to come"),
            (invoice, False, None, "still to come"),
            (invoice, day, 0, "at most what is open"),
            (invoice, day, 100.01, "at most what is open"),
            (self.env["account.move"], day, None, "still open"),
        ):
            with self.subTest(words), self.assertRaisesRegex(UserError, words):
                Promise._promise(self._item(moves), date, amount)
        paid = self._item(invoice)
        self._payment(100, DAY, invoice=invoice)
        with self.assertRaisesRegex(UserError, "still open"):
            Promise._promise(paid, day)

    def test_no_default_has_a_say(self):
        invoice = self._invoice("2026-02-09", 100)
        context = {"default_state": "kept", "default_is_decided": True, "default_date": "2020-01-01"}
        promise = (
            self.env["credit.promise"]
            .with_context(**context)
            ._promise(self._item(invoice), fields.Date.to_date("2026-03-20"))
        )
        self.assertRecordValues(
            promise, [{"state": "open", "is_decided": False, "date": fields.Date.to_date(DAY), "amount": 100}]
        )

    def test_the_days_of_grace_are_those_of_when_it_was_noted(self):
        self.company.followup_promise_grace = 0
        promise = self._promise(self._invoice("2026-02-09", 100), "2026-03-20")
        self.company.followup_promise_grace = 10
        self.assertEqual(promise.date_deadline, promise.date_promised)
        with freeze_time("2026-03-21"):
            self._judge()
        self.assertEqual(promise.state, "broken")

    def test_a_queued_reminder_does_not_leave_after_a_promise(self):
        invoice = self._invoice("2026-03-02", 100)
        self.scenario.level_ids.automatic = False
        action = self._night("2026-03-10")
        self.assertEqual(action.state, "to_confirm")
        with freeze_time("2026-03-10"):
            self._promise(invoice, "2026-03-20")
            action.action_confirm()
            self.env["credit.dunning.mailer"]._send_queued()
        self.assertEqual((action.state, self.outbox), ("cancelled", []))

    # -- two promises on an item ----------------------------------------------

    def test_a_second_promise_replaces_the_whole_first_one(self):
        a, b = self._invoice("2026-02-09", 100), self._invoice("2026-02-10", 200)
        first = self._promise(a | b, "2026-03-20")
        second = self._promise(b, "2026-03-27")
        self.assertEqual((first.state, first.replaced_by_id, first.is_decided), ("replaced", second, True))
        self.assertTrue(any("replaced by that of" in body for body in self._told()))
        self.assertEqual((self._state(b), self._item(b).promise_id), ("promised", second))
        self.assertNotEqual(self._state(a), "promised")
        with freeze_time("2026-03-24"):
            self._payment(300, "2026-03-24", invoice=a | b)
        self.assertEqual((first.state, second.state), ("replaced", "kept"), "what a person decided stays")
        groups = self.env["credit.promise"]._read_group([], ["state"], ["__count"])
        self.assertEqual(dict(groups), {"replaced": 1, "kept": 1}, "it stays in the statistics")

    def test_a_promise_whose_day_has_passed_is_judged_before_it_is_replaced(self):
        invoice = self._invoice("2026-02-09", 100)
        first = self._promise(invoice, "2026-03-10")
        with freeze_time("2026-03-16"):  # no night since
            second = self._promise(invoice, "2026-03-20")
        self.assertEqual((first.state, second.state), ("broken", "open"))

    def test_a_promise_that_the_ledger_opens_again_gives_way_to_a_later_one(self):
        invoice = self._invoice("2026-02-09", 300)
        first = self._promise(invoice, "2026-03-20", 100)
        payment = self._payment(100, DAY, invoice=invoice)
        self.assertEqual(first.state, "kept")
        second = self._promise(invoice, "2026-03-25", 200)
        self._unmatch(payment.move_id)
        self.assertEqual((first.state, first.replaced_by_id, second.state), ("replaced", second, "open"))
        self._match(payment.move_id, invoice)
        self.assertEqual((first.state, first.replaced_by_id), ("kept", second.browse()), "matched again: kept again")
        self.assertEqual(second.amount_received, 0, "what was paid before the promise keeps none")

    def test_promises_linked_through_others_are_judged_together(self):
        a, b = self._invoice("2026-02-09", 300), self._invoice("2026-02-09", 300)
        first = self._promise(a, "2026-03-20", 50)
        payment = self._payment(50, DAY, invoice=a)
        second = self._promise(a | b, "2026-03-20", 50)
        other = self._payment(50, DAY, invoice=b)
        self.assertEqual((first.state, second.state), ("kept", "kept"))
        third = self._promise(b, "2026-03-20", 250)
        self._unmatch(other.move_id)
        self.assertEqual((second.state, second.replaced_by_id), ("replaced", third))
        self._unmatch(payment.move_id)  # of the first, which the second holds no more
        states = [promise.state for promise in (first, second, third)]
        self.assertEqual(states, ["replaced", "replaced", "open"])

    # -- currencies and companies ---------------------------------------------

    def test_a_promise_in_another_currency_is_judged_in_it(self):
        pounds = self.setup_other_currency("GBP", rates=[("2026-01-01", 0.5), ("2026-03-15", 0.8)])
        invoice = self._invoice("2026-02-09", 100, currency_id=pounds.id)
        dollars = self._invoice("2026-02-09", 1000)
        promise = self._promise(invoice, "2026-03-20")
        self.assertEqual((promise.amount, promise.amount_company), (100, 200))
        with freeze_time("2026-03-24"):
            self._payment(1000, "2026-03-19")  # in the company's currency: no part of it
            self._payment(60, "2026-03-19", invoice=invoice, currency=pounds)
            self._judge()
        self.assertEqual((promise.state, promise.amount_received, promise.received_company), ("partly_kept", 60, 120))
        self.assertFalse(self.env["credit.promise.line"].search([("move_line_id", "in", dollars.line_ids.ids)]))

    def test_two_companies_each_with_their_own(self):
        other = self.setup_other_company()["company"]
        other.followup_promise_grace = 0
        mine = self._promise(self._invoice("2026-02-09", 100), "2026-03-20")
        env = self.env(context={**self.env.context, "allowed_company_ids": [other.id, self.company.id]})
        theirs = env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.partner.id,
                "invoice_date": "2026-02-01",
                "invoice_line_ids": [Command.create({"name": "Goods", "price_unit": 100, "tax_ids": []})],
            }
        )
        theirs.action_post()
        items = env["credit.open.item"].search([("move_id", "=", theirs.id)])
        promise = env["credit.promise"]._promise(items, fields.Date.to_date("2026-03-20"))
        self.assertEqual((promise.company_id, str(promise.date_deadline)), (other, "2026-03-20"))
        with freeze_time("2026-03-21"):
            self._payment(100, "2026-03-20")  # of the first company
            self._judge()
        self.assertEqual((mine.state, promise.state), ("open", "broken"))
        self.assertFalse(self._activities())
        seen = self.env["credit.promise"].with_user(self.collector).search([])
        self.assertEqual(seen, mine)

    # -- announced ------------------------------------------------------------

    def test_what_is_merely_announced_has_no_consequences(self):
        invoice = self._invoice("2026-03-02", 100)
        promise = self._promise(invoice, "2026-03-20", kind="announced")
        told = len(self._told())
        self.assertNotEqual(self._state(invoice), "promised")
        with freeze_time("2026-03-24"):
            self._judge()
            self.assertEqual(promise.state, "broken", "judged the same")
            self.assertEqual((len(self._activities()), len(self._told())), (0, told))
            self.assertEqual(self._broken_promises(), 0)
            self.assertFalse(self._verdict().reasons[1:])

    # -- credit control -------------------------------------------------------

    def _verdict(self):
        self.env.invalidate_all()
        return self.env["credit.control"]._verdicts([Ask("order", self.partner, self.company, 10)])["order"]

    def test_a_broken_promise_warns_or_blocks_while_something_of_it_is_late(self):
        self.company.followup_rule_overdue = "ignore"
        invoice = self._invoice("2026-02-09", 100)
        self._promise(invoice, "2026-03-20")
        self.assertFalse(self._verdict().reasons)
        with freeze_time("2026-03-24"):
            self._judge()
            self.assertEqual([(r.rule, r.severity) for r in self._verdict().reasons], [("promise", "warn")])
            self.assertEqual(
                self._verdict().sentences().replace("\xa0", ""),
                "Durand promised to pay $100.00 on 03/20/2026 and did not.",
            )
            profile = self.partner._followup_profile(self.company)
            profile.rule_promise = "block"
            self.assertTrue(self._verdict().blocks)
            profile.rule_promise = "ignore"
            self.assertFalse(self._verdict().reasons)
            profile.rule_promise = False
            self._payment(100, "2026-03-24", invoice=invoice)
            self.assertFalse(self._verdict().reasons, "paid, if late")

    def test_who_sells_to_the_customer_reads_what_it_promised(self):
        invoice = self._invoice("2026-02-09", 100)
        self._promise(invoice, "2026-03-20")
        partner = self.partner.with_user(self.salesperson).with_company(self.company)
        self.assertIn(
            "Promised: $\xa0100.00 for 03/20/2026.".replace("\xa0", ""), partner.followup_situation.replace("\xa0", "")
        )
        with freeze_time("2026-03-24"):
            self._judge()
            self.assertIn("and did not.", partner.followup_situation)

    # -- dialog ---------------------------------------------------------------

    def _dialog(self, records, **values):
        context = {"active_model": records._name, "active_ids": records.ids, "active_id": records[:1].id}
        dialog = Form(self.env["credit.promise.wizard"].with_user(self.collector).with_context(**context))
        for name, value in values.items():
            setattr(dialog, name, value)
        return dialog.save()

    def test_the_dialog_of_selected_items(self):
        a, b = self._invoice("2026-02-09", 100), self._invoice("2026-03-30", 200)
        dialog = self._dialog(self._item(a | b), in_days="7", note="By transfer")
        self.assertEqual((dialog.amount, str(dialog.date_promised), dialog.confirm), (300, "2026-03-16", True))
        dialog.action_save()
        promise = self.env["credit.promise"].search([("partner_id", "=", self.partner.id)])
        self.assertRecordValues(promise, [{"amount": 300, "kind": "firm", "note": "By transfer", "state": "open"}])
        self.assertEqual(promise.confirmation_id.state, "queued")
        again = self._dialog(self._item(a), in_days="3")
        self.assertEqual(again.replaced, promise.display_name)

    def test_the_dialog_of_a_file_takes_what_is_overdue(self):
        late = self._invoice("2026-02-09", 100)
        self._invoice("2026-03-30", 200)
        self._credit_note(10, "2026-03-01")
        dialog = self._dialog(self.partner._followup_profile(self.company), in_days="30")
        self.assertEqual(dialog.item_ids.move_id, late)
        self.assertEqual(str(dialog.date_promised), "2026-04-08")

    def test_the_dialog_moves_a_day_off_to_the_next_working_day(self):
        invoice = self._invoice("2026-02-09", 100)
        with freeze_time("2026-03-11"):  # in three days: a Saturday
            self.assertEqual(str(self._dialog(self._item(invoice), in_days="3").date_promised), "2026-03-16")

    def test_the_dialog_needs_items_of_one_customer(self):
        items = self._item(self._invoice("2026-02-09") | self._invoice("2026-02-09", partner=self.partner_a))
        with self.assertRaisesRegex(UserError, "one customer"):
            self._dialog(items)
        with self.assertRaisesRegex(UserError, "Nothing is open"):
            self._dialog(self._customer("Newcomer")._followup_profile(self.company))

    # -- confirmation ---------------------------------------------------------

    def test_the_confirmation_speaks_the_customers_language_and_names_the_items(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        contact = self._customer("Zoé", parent_id=self.partner.id, is_company=False, lang="fr_FR")
        invoice = self._invoice("2026-02-09", 100)
        promise = self._promise(invoice, "2026-03-20", promised_by=contact, confirm=True)
        action = promise.confirmation_id
        self.assertEqual((action.recipient_id, action.line_ids.move_id, action.state), (contact, invoice, "queued"))
        self.assertIn("20 mars 2026", action.subject)
        self.assertIn(invoice.name, action.preview)
        self.assertNotIn("{items}", action.preview)

    def test_without_an_address_nothing_is_confirmed_and_it_is_said(self):
        self.partner.email = False
        invoice = self._invoice("2026-02-09", 100)
        with self.assertRaisesRegex(UserError, "no e-mail address"):
            self._promise(invoice, "2026-03-20", confirm=True)
        dialog = self._dialog(self._item(invoice), in_days="7")
        self.assertFalse(dialog.may_confirm or dialog.confirm)
        dialog.action_save()

    def test_an_announcement_is_confirmed_in_other_words(self):
        promise = self._promise(self._invoice("2026-02-09", 100), "2026-03-20", kind="announced", confirm=True)
        self.assertIn("announced for 20 March 2026", promise.confirmation_id.subject)
        self.assertNotIn("remind", promise.confirmation_id.body)

    # -- merge ----------------------------------------------------------------

    def test_two_customers_merged_keep_both_histories(self):
        twin = self._customer("Durand SA")
        first = self._promise(self._invoice("2026-02-09", 100), "2026-03-20")
        second = self._promise(self._invoice("2026-02-09", 200, twin), "2026-03-20")
        kept = self._promise(self._invoice("2026-02-09", 300, twin), "2026-03-12")
        self._payment(300, "2026-03-10", twin, kept.line_ids.move_id)
        told = len(self._told(twin))
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.partner | twin).ids, self.partner)
        self.env.invalidate_all()
        promises = first | second | kept
        self.assertEqual(promises.partner_id, self.partner)
        self.assertEqual([promise.state for promise in promises], ["open", "open", "kept"])
        self.assertGreaterEqual(len(self._told()), told)
        with freeze_time("2026-03-24"):
            self._judge()
        self.assertEqual([promise.state for promise in promises], ["broken", "broken", "kept"])
        self.assertEqual(len(self._activities()), 1)
