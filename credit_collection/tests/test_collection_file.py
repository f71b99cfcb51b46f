"""The collection file: what comes next, and what others see of it."""

from datetime import date

from freezegun import freeze_time

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form
from odoo.tools import format_amount

from .common import CollectionCommon

DAY = "2026-03-16"


@freeze_time(DAY)
class TestNextAction(CollectionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.profile = cls.partner._followup_profile(cls.company)

    def _next(self, profile=None):
        profile = profile or self.profile
        profile.invalidate_recordset()
        self.env["credit.open.item"].invalidate_model()
        self.env["credit.customer.position"].invalidate_model()
        return str(profile.next_action_date or ""), profile.next_action or ""

    def _promise(self, day, deadline, state="open", amount=1000):
        return (
            self.env["credit.promise"]
            .sudo()
            .create(
                {
                    "partner_id": self.partner.id,
                    "company_id": self.company.id,
                    "currency_id": self.company.currency_id.id,
                    "date_promised": day,
                    "date_deadline": deadline,
                    "amount": amount,
                    "state": state,
                }
            )
        )

    def _dispute(self, deadline, state="open"):
        return (
            self.env["credit.dispute"]
            .sudo()
            .create(
                {
                    "partner_id": self.partner.id,
                    "company_id": self.company.id,
                    "currency_id": self.company.currency_id.id,
                    "reason_id": self.env["credit.late.reason"].search([("is_dispute", "=", True)], limit=1).id,
                    "owner_id": self.salesperson.id,
                    "date_deadline": deadline,
                    "state": state,
                }
            )
        )

    def test_a_customer_who_owes_nothing_needs_no_action(self):
        self.assertEqual(self._next(), ("", ""))
        self.assertFalse(self.profile.no_next_action)

    def test_something_late_and_nothing_planned_is_said(self):
        self.scenario.live = False
        self._invoice("2026-03-09")
        self.assertEqual(self._next(), ("", ""))
        self.assertTrue(self.profile.no_next_action)
        self.profile._plan_call(fields.Date.to_date("2026-03-18"), self.env["account.move.line"])
        self.assertEqual(self._next(), ("2026-03-18", "call"))
        self.assertFalse(self.profile.no_next_action)

    def test_a_call_that_was_made_is_no_next_action(self):
        self.scenario.live = False
        self._invoice("2026-03-09")
        self.profile._plan_call_today()._record_call("reached", "Friday.")
        self._next()
        self.assertTrue(self.profile.no_next_action)

    def test_the_next_level_comes_on_its_day_where_the_scenario_is_switched_on(self):
        self._invoice("2026-03-30")
        item = self.env["credit.open.item"].search([("partner_id", "=", self.partner.id)])
        self.assertEqual(self._next(), (str(item.next_date), "level"))
        self.scenario.live = False
        self.assertEqual(self._next(), ("", ""))

    def test_an_item_that_is_excluded_is_looked_at_again_when_that_ends(self):
        invoice = self._invoice("2026-03-09")
        self._item(invoice)._exclude_until(date(2026, 4, 30), "They asked for it")
        self.assertEqual(self._next(), ("2026-04-30", "review"))
        self.assertFalse(self.profile.no_next_action)

    def test_the_earliest_of_promise_dispute_activity_and_call_counts(self):
        self.scenario.live = False
        self._invoice("2026-03-09")
        self._promise("2026-03-27", "2026-03-30")
        self.assertEqual(self._next(), ("2026-03-30", "promise"))
        self._dispute("2026-03-25")
        self.assertEqual(self._next(), ("2026-03-25", "dispute"))
        self.profile.activity_schedule(date_deadline=date(2026, 3, 20), summary="Send the order", user_id=self.env.uid)
        self.assertEqual(self._next(), ("2026-03-20", "activity"))
        self.profile._plan_call(date(2026, 3, 17), self.env["account.move.line"])
        self.assertEqual(self._next(), ("2026-03-17", "call"))

    def test_what_is_settled_is_no_next_action(self):
        self._promise("2026-03-10", "2026-03-13", state="broken")
        self._dispute("2026-03-25", state="closed")
        self.assertEqual(self._next(), ("", ""))
        self.assertEqual(self.profile.promise_ids.mapped("state"), ["broken"])
        self.assertEqual(self.profile.dispute_ids.mapped("state"), ["closed"])

    def test_another_company_s_promise_is_not_this_file_s(self):
        other = self.setup_other_company()["company"]
        promise = self._promise("2026-03-27", "2026-03-30")
        elsewhere = self.partner.with_company(other)._followup_profile(other)
        self.assertEqual(self._next(elsewhere), ("", ""))
        self.assertEqual(self.profile.promise_ids, promise)
        self.assertFalse(elsewhere.promise_ids)

    def test_the_files_of_forty_customers_take_as_many_queries_as_those_of_two(self):
        def files(count):
            profiles = self.env["credit.profile"]
            for number in range(count):
                partner = self._customer(f"Customer {count} {number}")
                self._invoice("2026-03-30", 100, partner)
                profiles |= partner._followup_profile(self.company)
                profiles[-1]._plan_call(date(2026, 3, 18), self.env["account.move.line"])
            return profiles

        def count(profiles):
            return self._queries(lambda: profiles.mapped("next_action"))

        few, many = files(2), files(40)
        count(few)
        self.assertLessEqual(count(many), count(few))

    def test_a_file_opens_in_as_many_queries_with_forty_late_items_as_with_four(self):
        def count():
            return self._queries(lambda: Form(self.profile))

        def more(number):
            moves = self.env["account.move"].union(*(self._invoice("2026-02-10", 100) for _n in range(number)))
            action = self.profile._plan_call(date(2026, 3, 18), self._item(moves).move_line_id)
            self.assertEqual(len(action.line_ids), number)

        more(4)
        count()
        few = count()
        more(36)
        self.assertLessEqual(count(), few)
        self.assertLessEqual(few, 50)

    def test_what_an_action_claims_is_summed_by_currency_without_what_was_dropped(self):
        pounds = self.setup_other_currency("GBP", rates=[("2026-01-01", 0.5)])
        moves = self._invoice("2026-02-10", 100) | self._invoice("2026-02-11", 50)
        moves |= self._invoice("2026-02-12", 80, currency_id=pounds.id)
        action = self.profile._plan_call(date(2026, 3, 18), self._item(moves).move_line_id)
        currencies = (self.company.currency_id | pounds).sorted("name")
        for first in (100, 0):
            amounts = {self.company.currency_id: first + 50, pounds: 80}
            self.assertEqual(
                action.totals,
                " + ".join(format_amount(self.env, amounts[currency], currency) for currency in currencies),
            )
            dropped = action.line_ids.filtered(lambda line: line.amount == 100)
            self.env.cr.execute("UPDATE credit_collection_action_line SET state = 'void' WHERE id = %s", (dropped.id,))
            self.env.invalidate_all()
        self.assertFalse(self.env["credit.collection.action"].new({}).totals)

    def test_the_list_of_a_customer_s_items_opens_from_the_file(self):
        mine = self._invoice("2026-03-09")
        self._invoice("2026-03-09", partner=self._customer("Marchand"))
        action = self.profile.action_items()
        self.assertEqual(self.env["credit.open.item"].search(action["domain"]).move_id, mine)

    def test_a_message_lists_the_items_that_were_chosen(self):
        first, second = self._invoice("2026-03-09", 100), self._invoice("2026-03-10", 200)
        items = self._item(first + second).with_user(self.collector)
        action = items.filtered(lambda item: item.move_id == second).action_write_message()
        message = self.env["credit.collection.action"].browse(action["res_id"])
        self.assertRecordValues(message, [{"state": "to_confirm", "channel": "email", "partner_id": self.partner.id}])
        self.assertEqual(message.line_ids.move_id, second)
        stranger = self._item(self._invoice("2026-03-09", partner=self._customer("Marchand")))
        with self.assertRaisesRegex(UserError, "one customer"):
            (items | stranger).action_write_message()
        with self.assertRaises(AccessError):
            items.with_user(self.accountant).action_write_message()

    # -- for those who sell ---------------------------------------------------

    def test_a_salesperson_sees_the_situation_and_no_accounts(self):
        self.scenario.live = False
        self._invoice("2026-03-09", 750)
        self.profile.collector_id = self.collector
        self.profile._plan_call(date(2026, 3, 18), self.env["account.move.line"])
        partner = self.partner.with_user(self.salesperson)
        self.assertIn("750.00", partner.followup_situation)
        self.assertEqual(partner.followup_collector_id.id, self.collector.id)
        self.assertEqual(partner.followup_next_action, "Call – 03/18/2026")
        with self.assertRaises(AccessError):
            self.profile.with_user(self.salesperson).read(["amount_overdue"])
        action = partner.action_followup_situation()
        names = {"followup_situation", "followup_collector_id", "followup_next_action", "followup_dispute_ids"}
        read = partner.web_read({name: {} for name in names})[0]
        self.assertLessEqual(names, read.keys())
        self.assertEqual(action["res_id"], partner.id)
        view = partner.get_view(action["views"][0][0], "form")
        for name in names:
            self.assertIn(f'name="{name}"', view["arch"])

    def test_a_contact_shows_its_company_s_situation(self):
        contact = self.env["res.partner"].create({"name": "Zoé", "parent_id": self.partner.id})
        self.profile.collector_id = self.collector
        self.assertEqual(contact.with_user(self.salesperson).followup_collector_id.id, self.collector.id)

    def test_the_open_disputes_are_those_one_may_read(self):
        dispute = self._dispute("2026-03-25")
        self._dispute("2026-03-25", state="closed")
        self.assertEqual(self.partner.with_user(self.collector).followup_dispute_ids.ids, dispute.ids)
        # not an error for who may read none
        self.assertLessEqual(set(self.partner.with_user(self.salesperson).followup_dispute_ids.ids), set(dispute.ids))

    def test_a_user_of_another_company_reads_nothing_of_this_one(self):
        other = self.setup_other_company()["company"]
        self.profile.collector_id = self.collector
        seller = self.salesperson.copy(
            {"login": "seller2", "company_id": other.id, "company_ids": [Command.set(other.ids)]}
        )
        self.env.invalidate_all()
        partner = self.partner.with_user(seller).with_context(allowed_company_ids=other.ids)
        self.assertFalse(partner.followup_collector_id)
        self.assertFalse(partner.followup_next_action)
