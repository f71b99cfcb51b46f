"""The first day: lists of what is not chased, the situation at the start by import, the guided start and its first night.
Hard case 16."""

import io
from ast import literal_eval

from freezegun import freeze_time
from openpyxl import load_workbook

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools.misc import file_open

from ..wizard import credit_start
from .test_safety import SafetyCommon

DAY = "2026-03-16"  # a Monday
COLUMNS = ["number", "level", "reached_on", "excluded_until", "reason"]


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestLists(SafetyCommon):
    def _listed(self, xmlid):
        action = self.env["ir.actions.act_window"]._for_xml_id(f"credit_collection.{xmlid}")
        domain = [("company_id", "=", self.company.id), *literal_eval(action["domain"])]
        return self.env["credit.open.item"].search(domain)

    def test_journal_entries_are_chased_on_request_and_back(self):
        entry = self._opening_entry("OLD-1", "OLD-2")
        items = self._item(entry)
        self.assertEqual(items.mapped("chase_state"), ["excluded", "excluded"])
        self.assertEqual(self._listed("credit_open_item_action_entries"), items)
        items[0].with_user(self.collector).action_chase()
        items = self._item(entry)
        self.assertEqual(items.mapped("chase_state"), ["chase", "excluded"])
        self.assertEqual(items.mapped("no_followup"), [False, True])
        self.assertIn("Chased from now on", entry.message_ids[0].body)
        items.with_user(self.collector).action_do_not_chase()
        self.assertEqual(self._item(entry).mapped("chase_state"), ["excluded", "excluded"])

    def test_only_collectors_decide_it_and_never_for_invoices(self):
        items = self._item(self._opening_entry("OLD-1"))
        for button in ("action_chase", "action_do_not_chase"):
            with self.assertRaises(AccessError):
                getattr(items.with_user(self.accountant), button)()
            with self.assertRaises(AccessError):
                getattr(items.with_user(self.salesperson), button)()
        invoice = self._item(self._invoice("2026-03-09"))
        with self.assertRaisesRegex(UserError, "is an invoice"):
            invoice.with_user(self.collector).action_do_not_chase()

    def test_another_companys_entries_are_out_of_reach(self):
        items = self._item(self._opening_entry("OLD-1"))
        other = self.setup_other_company()["company"]
        stranger = self.collector.copy(
            {"login": "stranger", "company_id": other.id, "company_ids": [(6, 0, other.ids)]}
        )
        with self.assertRaises(AccessError):
            items.with_user(stranger).with_context(allowed_company_ids=other.ids).action_chase()

    def test_what_passed_the_last_level_is_to_be_handed_over(self):
        invoice, other = self._invoice("2025-12-16"), self._invoice("2025-12-16", partner=self.partner_a)
        self.assertFalse(self._listed("credit_open_item_action_hand_over"))
        self.env["credit.collection.action"]._set_level(self._item(invoice), self.notice, "before")
        listed = self._listed("credit_open_item_action_hand_over")
        self.assertEqual(listed.move_id, invoice)
        self.assertNotIn(other, listed.move_id)

    def test_levels_and_exclusions_of_hundreds_take_few_queries(self):
        def wizards(items):
            active = {"active_model": "credit.open.item", "active_ids": items.ids}
            level = self.env["credit.level.change"].with_context(**active)
            level.create({"level_id": self.letter1.id, "note": "before"}).action_apply()
            exclusion = self.env["credit.exclusion"].with_context(**active)
            exclusion.create({"date_until": "2026-03-20", "reason": "new software"}).action_apply()

        def count(size):
            partners = self.env["res.partner"].create([{"name": f"Customer {i}"} for i in range(size)])
            items = self._item(
                self.env["account.move"].union(*(self._invoice("2026-03-09", 10, partner) for partner in partners))
            )
            queries = self._queries(lambda: wizards(items))
            self.assertEqual(set(self._item(items.move_id).mapped("dunning_level_id")), {self.letter1})
            return queries

        count(1)
        few = count(5)
        self.assertLessEqual((count(100) - few) / 95, 2)


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestSituationAtTheStart(SafetyCommon):
    def setUp(self):
        super().setUp()
        self.invoice = self._invoice("2026-02-20", ref="PO 77")
        self.other = self._invoice("2026-02-20", partner=self.partner_a)

    def _load(self, *rows, user=None):
        model = self.env["credit.opening"].with_user(user or self.manager)
        model = model.with_context(allowed_company_ids=self.company.ids)
        return model.load(COLUMNS, [["" if cell is None else cell for cell in row] for row in rows])

    def _errors(self, *rows, user=None):
        result = self._load(*rows, user=user)
        self.assertFalse(result["ids"])
        self.env.invalidate_all()
        self.assertFalse(self._item(self.invoice | self.other).dunning_level_id, "nothing is half done")
        return "\n".join(message["message"] for message in result["messages"])

    def test_levels_and_exclusions_come_in_by_odoos_import(self):
        result = self._load(
            [self.invoice.name, "Letter 1", "2026-03-02", None, None],
            [self.other.name, None, None, "2026-04-30", "insurer pays"],
        )
        self.assertEqual(len(result["ids"]), 2, result["messages"])
        item = self._item(self.invoice)
        self.assertEqual((item.dunning_level_id, str(item.level_date)), (self.letter1, "2026-03-02"))
        self.assertEqual(self._state(self.other), "excluded")
        self.assertIn("insurer pays", self.other.message_ids[0].body)
        manual = self.env["credit.collection.action"].search([("channel", "=", "manual")])
        self.assertRecordValues(manual, [{"user_id": self.manager.id, "note": "Situation at the start"}])
        openings = self.env["credit.opening"].browse(result["ids"])
        self.assertEqual(openings.move_id, self.invoice | self.other)

    def test_a_reference_a_label_and_a_levels_id_are_understood(self):
        opening = self._opening_entry("OLD-1", "OLD-2")
        self._item(opening).action_chase()
        result = self._load(
            ["PO 77", str(self.letter2.id), None, None, None], ["OLD-2", "letter 1", "2026-03-01", None, None]
        )
        self.assertTrue(result["ids"], result["messages"])
        self.assertEqual(self._item(self.invoice).dunning_level_id, self.letter2)
        levels = {item.move_line_id.name: item.dunning_level_id for item in self._item(opening)}
        self.assertEqual(levels, {"OLD-1": self.env["credit.dunning.level"], "OLD-2": self.letter1})

    def test_all_instalments_of_an_invoice_get_it(self):
        halves = [{"value": "percent", "value_amount": 50, "nb_days": days} for days in (0, 10)]
        term = self.env["account.payment.term"].create(
            {"name": "Two halves", "line_ids": [fields.Command.create(half) for half in halves]}
        )
        invoice = self._invoice("2026-02-20", invoice_payment_term_id=term.id)
        self.assertEqual(len(self._item(invoice)), 2)
        self.assertTrue(self._load([invoice.name, "Letter 1", "2026-03-02", None, None])["ids"])
        self.assertEqual(self._item(invoice).mapped("dunning_level_id"), self.letter1)

    def test_unknown_paid_and_ambiguous_numbers_are_refused_and_nothing_is_half_done(self):
        paid = self._invoice("2026-02-20")
        self._payment(1000, DAY, invoice=paid)
        twin = self._invoice("2026-02-20", partner=self.partner_b, ref="PO 77")
        good = [self.invoice.name, "Letter 1", None, None, None]
        for number, words in (
            ("INV/0", "no open invoice"),
            (paid.name, "no open invoice"),
            ("PO 77", "several entries or customers"),
        ):
            errors = self._errors(good, [number, "Letter 1", None, None, None])
            self.assertIn(words, errors)
            self.assertIn(number, errors)
        self.assertEqual(self._state(twin), "chase")

    def test_a_draft_has_no_open_item(self):
        self.other.button_draft()
        self.assertIn("no open invoice", self._errors([self.other.name, "Letter 1", None, None, None]))

    def test_rows_that_say_nothing_or_too_much_are_refused_with_a_sentence_each(self):
        name = self.invoice.name
        errors = self._errors(
            [name, None, None, None, None],
            [name, "Letter 7", None, None, None],
            [name, "Letter 1", "2026-03-17", None, None],
            [name, None, None, "2026-03-15", "late"],
            [name, None, None, "2026-04-15", None],
        )
        for words in (
            "give the level reached",
            "“Letter 7” is no dunning level",
            "is still to come",
            "is past",
            "say why",
        ):
            self.assertIn(words, errors)

    def test_a_name_of_several_levels_is_taken_from_the_customers_scenario(self):
        good = self.env["credit.dunning.scenario"].search([("company_id", "=", self.company.id)])[1]
        good.level_ids[1].name = "Letter 1"
        self._load([self.invoice.name, "Letter 1", None, None, None])
        self.assertEqual(self._item(self.invoice).dunning_level_id, self.letter1)
        good.level_ids[2].name = good.level_ids[3].name = "Twice"
        errors = self._load([self.other.name, "Twice", None, None, None])["messages"]
        self.assertIn("several levels are called", errors[0]["message"])

    def test_an_item_in_a_reminder_that_has_not_left_is_refused(self):
        self.partner._followup_profile(self.company).always_confirm = True
        self.env["credit.dunning.run"]._prepare()
        self.assertIn("cancel it first", self._errors([self.invoice.name, "Letter 1", None, None, None]))

    def test_collectors_import_exclusions_and_credit_managers_levels(self):
        row = [self.other.name, None, None, "2026-04-30", "insurer pays"]
        self.assertTrue(self._load(row, user=self.collector)["ids"])
        self.assertIn(
            "only a credit manager",
            self._errors([self.invoice.name, "Letter 1", None, None, None], user=self.collector),
        )
        with self.assertRaises(AccessError):
            self.env["credit.opening"].with_user(self.accountant).create({"number": self.invoice.name})
        opening = self.env["credit.opening"].search([])
        for operation in ("write", "unlink"):
            self.assertFalse(opening.with_user(self.manager).has_access(operation), "what was imported is kept")

    def test_the_company_is_respected(self):
        other = self.setup_other_company()["company"]
        self.manager.company_ids |= other
        model = self.env["credit.opening"].with_user(self.manager).with_context(allowed_company_ids=other.ids)
        result = model.load(COLUMNS, [[self.invoice.name, "Letter 1", "", "", ""]])
        self.assertIn("no open invoice", result["messages"][0]["message"])
        with self.assertRaises(AccessError):
            model.create({"number": self.invoice.name, "level": "Letter 1", "company_id": self.company.id})

    def test_hundreds_of_rows_take_few_queries(self):
        def load(size):
            partners = self.env["res.partner"].create([{"name": f"Customer {i}"} for i in range(size)])
            moves = [self._invoice("2026-02-20", 10, partner) for partner in partners]
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            result = self._load(*([move.name, "Letter 1", "2026-03-02", "2026-03-30", "x"] for move in moves))
            self.assertEqual(len(result["ids"]), size, result["messages"])
            return self.env.cr.sql_log_count - before

        load(1)
        few = load(5)
        self.assertLessEqual((load(80) - few) / 75, 4)

    def test_the_example_files_can_be_imported_as_they_are(self):
        titles = {
            field.string.lower() for name, field in self.env["credit.opening"]._fields.items() if name in COLUMNS
        }
        for lang, path in (("en_US", "en"), ("fr_FR", "fr")):
            [template] = self.env["credit.opening"].with_context(lang=lang).get_import_templates()
            self.assertTrue(template["template"].endswith(f"_{path}.xlsx"))
            with file_open(template["template"].strip("/"), "rb") as file:
                heads = [cell.value for cell in load_workbook(io.BytesIO(file.read())).active[1]]
            self.assertEqual(len(heads), len(COLUMNS))
            if path == "en":
                self.assertEqual({head.lower() for head in heads}, titles)


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestGuidedStart(SafetyCommon):
    def setUp(self):
        super().setUp()
        self.scenario.live = False
        self.cron = self.env.ref("credit_collection.ir_cron_dunning")
        self.cron.nextcall = f"{DAY} 03:00:00"
        self.dollars = self._invoice("2026-03-09", 1000)
        self.pound = self.setup_other_currency("GBP", rates=[("2026-01-01", 0.5)])
        self._invoice("2026-03-09", 300, self.partner_a, currency_id=self.pound.id)
        self.partner_a.email = "a@customer.example.com"
        self.call = self._invoice("2026-02-20", 700, self.partner_b)
        self.partner_b.email = "b@customer.example.com"
        # letter 1 long ago: the call and letter 2 both fall on the first night
        self.env["credit.collection.action"]._set_level(
            self._item(self.call), self.letter1, "before", fields.Date.to_date("2026-03-01")
        )
        self._invoice("2026-05-20", date=DAY, partner=self._customer("Later"))

    def _start(self, user=None, **values):
        model = self.env["credit.start"].with_user(user or self.manager)
        return model.with_context(allowed_company_ids=self.company.ids).create(values)

    def _to_the_night(self, start):
        while start.step != "night":
            start.action_next()
        return start

    def _rehearsed(self, day=DAY):
        """What a rehearsal says, in plain values."""
        return self.env["credit.dunning.run"]._rehearse(
            self.company, self.scenario, fields.Date.to_date(day), self._summary
        )

    def _summary(self, actions):
        return sorted(
            (
                action.partner_id.id,
                action.level_id.id,
                action.channel,
                action.state,
                line.move_name,
                line.kind,
                line.amount,
            )
            for action in actions.sudo()
            for line in action.line_ids
        )

    def _done(self, actions):
        """The same of what a night really prepared; automatic mails have left meanwhile."""
        rows = self._summary(actions)
        return [(*row[:3], "queued" if row[3] in ("sent", "void") else row[3], *row[4:]) for row in rows]

    def test_a_rehearsal_says_what_the_night_does_and_leaves_nothing_behind(self):
        rehearsed = self._rehearsed()
        self.assertEqual(len({row[0] for row in rehearsed}), 3)
        self.assertEqual({row[2] for row in rehearsed if row[0] == self.partner_b.id}, {"call", "email"})
        self.assertFalse(self._actions(channel="email") | self._actions(channel="call"))
        self.assertFalse(self.scenario.live)
        self.assertFalse(self._night(DAY))
        self.scenario.live = True
        self.assertEqual(self._done(self._night(DAY)), rehearsed)

    def test_the_night_of_another_day_is_rehearsed_as_of_that_day(self):
        rehearsed = self._rehearsed("2026-03-17")
        self.scenario.live = True
        self.assertEqual(self._done(self._night("2026-03-17")), rehearsed)

    def test_with_a_daily_maximum_a_cap_and_a_cut_off_it_is_the_same(self):
        self.company.write({"followup_daily_max": 1, "followup_contact_cap": 1, "followup_cutoff_date": "2026-03-01"})
        rehearsed = self._rehearsed()
        self.assertEqual({row[2] for row in rehearsed}, {"call", "email"})
        self.scenario.live = True
        self.assertEqual(self._done(self._night(DAY)), rehearsed)

    def test_the_test_night_and_the_live_night_send_what_was_shown(self):
        rehearsed = self._rehearsed()
        start = self._to_the_night(self._start(followup_test_email="trial@creditor.example.com"))
        window = start.action_test_night()
        tested = self.env["credit.collection.action"].search(window["domain"])
        self.assertEqual(self._done(tested), rehearsed)
        self.env["credit.dunning.mailer"]._cron_send()
        self.assertEqual({mail["email_to"] for mail in self.outbox}, {"trial@creditor.example.com"})
        self.assertEqual(len(self.outbox), 3)
        self.assertEqual(self._rehearsed(), rehearsed, "the test took nothing away")
        start.action_switch_on()
        self.assertFalse(self.company.followup_test_email)
        self.assertTrue(self.scenario.live)
        self.assertEqual(self._done(self._night(DAY)), rehearsed)
        self.assertEqual(
            sorted(mail["email_to"].split("<")[-1].strip(">") for mail in self.outbox[3:]),
            ["a@customer.example.com", "b@customer.example.com", "durand@customer.example.com"],
        )

    def _mixed_customers(self):
        """A letter to confirm, a letter to print and a mail that cannot leave, beside those of the set-up."""
        address = {"email": False, "street": "1 rue Haute", "city": "Lyon"}
        self._invoice("2026-03-09", 410, self._customer("Post", **address))
        self._invoice("2026-03-09", 420, self._customer("Nowhere", email=False))
        confirmed = self._customer("Confirmed", street="2 rue Basse", city="Nice")
        confirmed._followup_profile(self.company).always_confirm = True
        self._invoice("2026-03-09", 430, confirmed)

    def test_letters_confirmations_and_failures_of_the_test_are_taken_back_and_come_again_live(self):
        self._mixed_customers()
        rehearsed = self._rehearsed()
        self.assertEqual({row[3] for row in rehearsed}, {"queued", "to_do", "to_print", "to_confirm"})
        start = self._to_the_night(self._start(followup_test_email="trial@creditor.example.com"))
        tested = self.env["credit.collection.action"].search(start.action_test_night()["domain"])
        self.env["credit.dunning.mailer"]._cron_send()
        states = {"to_print": 1, "to_confirm": 1, "failed": 1, "to_do": 1, "void": 3}
        self.assertEqual({state: len(mine) for state, mine in tested.grouped("state").items()}, states)
        again = self.env["credit.collection.action"].search(start.action_test_night()["domain"])
        self.assertEqual(len(again), len(tested), "the next night does the same again")
        start.action_switch_on()
        self.assertEqual(set((tested | again).mapped("state")), {"void", "cancelled"})
        self.assertEqual(self._rehearsed(), rehearsed)
        live = self._night(DAY)
        self.assertEqual(
            [(*row[:3], *row[4:]) for row in self._summary(live)], [(*row[:3], *row[4:]) for row in rehearsed]
        )
        self.assertEqual(set(live.mapped("state")), {"sent", "to_do", "to_print", "to_confirm", "failed"})

    def test_what_is_due_today_says_that_a_reminder_of_overdue_items_goes_first(self):
        self.scenario.live = True
        today = self._invoice("2026-03-16", 50)
        self.assertIn("unless the customer is reminded of overdue items", self._item(today).chase_sentence)
        self.assertNotIn("unless", self._item(self.dollars).chase_sentence)
        self._night(DAY)
        self.assertEqual(self._state(today), "too_soon")

    def test_switching_on_before_the_test_has_left_sends_none_of_it_to_customers(self):
        start = self._to_the_night(self._start(followup_test_email="trial@creditor.example.com"))
        tested = self.env["credit.collection.action"].search(start.action_test_night()["domain"])
        self.assertIn("queued", tested.mapped("state"))
        start.action_switch_on()
        self.env["credit.dunning.mailer"]._cron_send()
        self.assertFalse(self.outbox, "reminders leave from the next nightly run on")
        self.assertEqual(set(tested.mapped("state")), {"void", "cancelled"})

    def test_a_selection_prepared_during_the_test_leaves_the_other_tests_alone(self):
        self.company.followup_test_email = "trial@creditor.example.com"
        self._mixed_customers()
        self.scenario.live = True
        waiting = self._night(DAY).filtered(lambda action: action.state in ("to_print", "to_confirm"))
        other = self._invoice("2026-03-09", 440, self._customer("Later on"))
        self.env["credit.dunning.run"]._prepare(self._item(other).ids)
        self.assertEqual(sorted(waiting.mapped("state")), ["to_confirm", "to_print"])

    def test_what_cannot_leave_is_listed_with_the_reason_and_counted_apart(self):
        self._mixed_customers()
        self.env["mail.blacklist"]._add(self.partner_a.email)
        text = self._to_the_night(self._start()).night
        cannot, leaving = text.split("Customer by customer")
        self.assertIn("Cannot leave", cannot)
        self.assertIn("contacted:</span> <strong>4</strong>", text)
        for words in ("Nowhere", "No e-mail address", "a@customer.example.com is on the blacklist"):
            self.assertIn(words, cannot)
            self.assertNotIn(words, leaving)
        for words in ("Post", "Lyon", "Confirmed", "durand@customer.example.com"):
            self.assertIn(words, leaving)

    def test_a_long_list_says_that_it_shows_the_largest_claims_only(self):
        self.patch(credit_start, "LISTED", 2)
        text = self._to_the_night(self._start()).night
        self.assertIn("The largest claims", text)
        self.assertIn("Durand", text)
        self.assertNotIn("a@customer.example.com", text)

    def test_the_last_step_shows_amounts_per_currency_and_why_the_rest_does_not_go(self):
        start = self._to_the_night(self._start())
        text = start.night
        for words in ("Letter 1", "Letter 2", "Call", "Durand", "Not due yet", "durand@customer.example.com"):
            self.assertIn(words, text)
        self.assertRegex(text, "300.00.{0,4}£|£.{0,4}300.00")
        self.assertRegex(text, r"\$.{0,8}1,000.00")
        self.assertNotIn("1,300.00", text)

    @freeze_time("2026-03-14")
    def test_the_test_night_is_not_done_on_a_day_on_which_nothing_leaves(self):
        start = self._start(followup_test_email="trial@creditor.example.com")
        with self.assertRaisesRegex(UserError, "03/16/2026"):
            start.action_test_night()
        self.assertFalse(self.scenario.live)

    def test_what_was_entered_stays_when_it_is_left_midway(self):
        start = self._start()
        start.write({"followup_payments_max_age": 5, "followup_daily_max": 10})
        start.action_next()
        self.assertRecordValues(self.company, [{"followup_payments_max_age": 5, "followup_daily_max": 10}])
        again = self._start()
        self.assertEqual((again.step, again.followup_payments_max_age), ("scenario", 5))
        again.action_next()
        again.action_back()
        self.assertEqual(again.step, "scenario")

    def test_the_steps_count_bank_lines_and_entries(self):
        self._bank_line(120)
        self._bank_line(70, partner_id=False)
        start = self._start(followup_cutoff_date="2026-03-01")
        self.assertIn("1 ($", start.payments_summary)
        self.assertIn("name no customer: 1", start.payments_summary)
        self.assertIn("before the day chosen: 1", start.old_summary)

    def test_stale_payments_show_in_the_night(self):
        start = self._to_the_night(self._start(followup_payments_max_age=7))
        self.assertIn("Nothing would go out", start.night)
        self.assertIn("Payments not up to date", start.night)
        self.assertIn("No payment is known yet", start.notices)
        start.followup_payments_known_date = DAY
        start.action_show_night()
        self.assertIn("Letter 1", start.night)

    def test_refusals(self):
        start = self._to_the_night(self._start())
        with self.assertRaisesRegex(UserError, "Give a test addressee first"):
            start.action_test_night()
        with self.assertRaisesRegex(UserError, "still to come"):
            start.night_date = "2026-03-15"
            start.action_show_night()
        with self.assertRaisesRegex(UserError, "Choose a default scenario"):
            start.followup_scenario_id = False
            start.action_switch_on()

    def test_only_credit_managers_of_the_company_go_through_it(self):
        for user in (self.collector, self.accountant):
            with self.assertRaises(AccessError):
                self._start(user)
        other = self.setup_other_company()["company"]
        with self.assertRaises(AccessError):
            self._start(company_id=other.id, followup_daily_max=3)
        self.assertEqual(other.sudo().followup_daily_max, 0)

    def test_on_a_closed_day_the_first_night_is_the_next_working_days(self):
        with freeze_time("2026-03-14"):
            self.assertEqual(str(self._start().night_date), "2026-03-16")

    def test_the_first_night_is_the_next_nightly_run_in_the_companys_time_zone(self):
        self.cron.nextcall = "2026-03-17 03:00:00"
        self.assertEqual(str(self._start().night_date), "2026-03-17")
        self.company.resource_calendar_id.tz = "America/New_York"
        self.assertEqual(str(self._start().night_date), "2026-03-16")
        self.cron.nextcall = "2026-03-14 03:00:00"
        self.assertEqual(str(self._start().night_date), DAY, "a run that is late is still to come")

    def test_nothing_superfluous_is_said_of_bank_lines_where_there_are_none(self):
        self.assertEqual(self._start().payments_summary, "No payment is known yet.")

    def test_two_companies_start_on_their_own(self):
        other = self.setup_other_company()["company"]
        self.manager.company_ids |= other
        model = self.env["credit.start"].with_user(self.manager).with_context(allowed_company_ids=other.ids)
        start = model.create({"followup_daily_max": 7})
        self._to_the_night(start)
        self.assertIn("Nothing would go out", start.night)
        self.assertEqual((other.sudo().followup_daily_max, self.company.followup_daily_max), (7, 0))
