"""The worklist: one row per customer, summed from its open items; whom to act on today, and why."""

from unittest.mock import patch

from freezegun import freeze_time

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import CollectionCommon

DAY = "2026-03-16"


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class PositionCommon(CollectionCommon):
    def _position(self, partner=None, company=None):
        """The customer's row, freshly read; the customer has a file from then on."""
        partner, company = partner or self.partner, company or self.company
        return self._fresh().browse(partner._followup_profile(company).id)

    def _fresh(self):
        """Nothing that was read before counts: a read model is read once in a transaction."""
        self.env["credit.open.item"].invalidate_model()
        self.env["credit.customer.position"].invalidate_model()
        return self.env["credit.customer.position"]

    def _promise(self, moves, promised, deadline=None, state="open", kind="firm", **values):
        """A promise on the items of these invoices, as if noted a month before it was due."""
        lines = self._item(moves).move_line_id
        move = moves[0]
        return (
            self.env["credit.promise"]
            .sudo()
            .create(
                {
                    "partner_id": move.commercial_partner_id.id,
                    "company_id": move.company_id.id,
                    "currency_id": move.currency_id.id,
                    "kind": kind,
                    "state": state,
                    "date": fields.Date.subtract(fields.Date.to_date(promised), days=30),
                    "date_promised": promised,
                    "date_deadline": deadline or fields.Date.add(fields.Date.to_date(promised), days=3),
                    "amount": sum(lines.mapped("amount_residual_currency")),
                    "line_ids": [
                        Command.create(
                            {
                                "move_line_id": line.id,
                                "amount": line.amount_residual_currency,
                                "is_open": state == "open",
                            }
                        )
                        for line in lines
                    ],
                    **values,
                }
            )
        )

    def _dispute(self, move, amount, deadline, state="open"):
        line = self._item(move).move_line_id
        return (
            self.env["credit.dispute"]
            .sudo()
            .create(
                {
                    "partner_id": move.commercial_partner_id.id,
                    "company_id": move.company_id.id,
                    "currency_id": move.currency_id.id,
                    "reason_id": self.env["credit.late.reason"].search([("is_dispute", "=", True)], limit=1).id,
                    "owner_id": self.env.uid,
                    "date_deadline": deadline,
                    "state": state,
                    "line_ids": [
                        Command.create(
                            {
                                "move_line_id": line.id,
                                "amount": amount,
                                "amount_open": amount if state == "open" else 0.0,
                                "is_open": state == "open",
                            }
                        )
                    ],
                }
            )
        )

    def _call(self, partner=None, day=DAY):
        profile = (partner or self.partner)._followup_profile(self.company)
        return profile._plan_call(fields.Date.to_date(day), self.env["account.move.line"])


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestCustomerPosition(PositionCommon):
    def test_a_row_sums_the_customers_open_items(self):
        self._invoice("2026-01-15", 1000)  # 60 days late
        disputed = self._invoice("2026-02-14", 400)  # 30 days late
        self._dispute(disputed, 150, "2026-03-20")
        promised = self._invoice("2026-03-06", 300)
        self._promise(promised, "2026-03-18")
        self._invoice("2026-04-30", 700, date="2026-03-01")
        self._payment(200, "2026-03-01")
        position = self._position()
        figures = ("due", "overdue", "claimable", "promised", "disputed", "unallocated", "at_stake")
        self.assertEqual(
            {name: position[name] for name in figures},
            {
                "due": 2400,
                "overdue": 1700,
                "claimable": 1250,
                "promised": 300,
                "disputed": 150,
                "unallocated": 200,
                "at_stake": 1050,
            },
        )
        self.assertEqual((str(position.oldest), position.days_overdue), ("2026-01-15", 60))

    def test_the_rows_are_the_open_items_summed_by_anybody(self):
        """The sums over all customers are those of the items, whatever was paid, credited, promised or disputed."""
        partners = self.partner | self._customer("Martin") | self._customer("Petit")
        for number, partner in enumerate(partners):
            self._invoice("2026-01-15", 1000 + number, partner)
            paid = self._invoice("2026-03-01", 500, partner)
            self._payment(100 * (number + 1), "2026-03-02", partner, paid)
            self._credit_note(50, "2026-03-03", partner)
            self._promise(paid, "2026-03-20")
        self.env["credit.profile"]._create_missing(self.company)
        items = self._item(self.env["account.move"].search([("partner_id", "in", partners.ids)]))
        rows = self._fresh().search([("partner_id", "in", partners.ids)])
        self.assertEqual(rows.partner_id, partners)
        for row in rows:
            mine = items.filtered(lambda item, row=row: item.partner_id == row.partner_id)
            debits = mine.filtered(lambda item: item.bucket != "credit")
            self.assertAlmostEqual(row.due, sum(debits.mapped("amount_residual")))
            self.assertAlmostEqual(row.unallocated, -sum((mine - debits).mapped("amount_residual")))
            self.assertAlmostEqual(row.overdue, sum(mine.mapped("amount_overdue")))
            self.assertAlmostEqual(
                row.promised,
                sum(mine.filtered(lambda item: item.chase_state == "promised").mapped("claimable_company")),
            )

    def test_a_customer_without_open_items_has_no_row(self):
        invoice = self._invoice("2026-03-01", 100)
        position = self._position()
        self.assertEqual(self._fresh().search([("partner_id", "=", self.partner.id)]), position)
        self._payment(100, "2026-03-10", invoice=invoice)
        self.assertFalse(self._fresh().search([("partner_id", "=", self.partner.id)]))

    def test_foreign_currencies_count_in_the_companys(self):
        dollar = self.env.ref("base.USD")
        dollar.active = True
        self.env["res.currency.rate"].create(
            {"currency_id": dollar.id, "name": "2025-01-01", "rate": 2.0, "company_id": self.company.id}
        )
        if self.company.currency_id == dollar:
            dollar = self.env.ref("base.EUR")
            dollar.active = True
        rate = self.env["res.currency"]._get_conversion_rate(
            self.company.currency_id, dollar, self.company, fields.Date.to_date("2026-02-01")
        )
        self._invoice("2026-03-01", 100)
        foreign = self._invoice("2026-03-01", 100 * rate, currency_id=dollar.id)
        self._dispute(foreign, 40 * rate, "2026-03-20")
        position = self._position()
        self.assertEqual(position.currency_id, self.company.currency_id)
        self.assertAlmostEqual(position.overdue, 200, 1)
        self.assertAlmostEqual(position.disputed, 40, 1)
        self.assertAlmostEqual(position.claimable, 160, 1)

    def test_what_is_excluded_paused_or_insolvent_is_not_claimed(self):
        excluded = self._invoice("2026-03-01", 100)
        self._item(excluded)._exclude_until(fields.Date.to_date("2026-03-20"), "cheque in the post")
        position = self._position()
        self.assertEqual((position.overdue, position.claimable), (100, 0))
        self.assertFalse(position.no_next_action)
        self.assertEqual((position.next_action, str(position.next_action_date)), ("review", "2026-03-20"))
        paused = self._customer("Paused")
        self._invoice("2026-03-01", 100, paused)
        paused._followup_profile(self.company).write({"paused_until": "2026-03-25", "pause_reason": "moving house"})
        position = self._position(paused)
        self.assertEqual(position.claimable, 0)
        self.assertEqual((position.next_action, str(position.next_action_date)), ("review", "2026-03-25"))
        insolvent = self._customer("Insolvent")
        self._invoice("2026-03-01", 100, insolvent)
        insolvent._followup_profile(self.company).insolvency_date = "2026-03-10"
        self.assertEqual(self._position(insolvent).claimable, 0)

    def test_the_next_action_is_the_first_of_all_that_is_planned(self):
        late = self._invoice("2026-03-14", 1000)
        other = self._invoice("2026-03-01", 500)
        position = self._position()
        self.assertEqual(position.next_action, "level")
        level_date = position.next_action_date
        self.assertEqual(level_date, min(self._item(late | other).mapped("next_date")))
        self._promise(late | other, "2026-03-27")
        position = self._position()
        self.assertEqual((position.next_action, str(position.next_action_date)), ("promise", "2026-03-30"))
        self._dispute(other, 100, "2026-03-24")
        position = self._position()
        self.assertEqual((position.next_action, str(position.next_action_date)), ("dispute", "2026-03-24"))
        position.profile_id.activity_schedule(
            "mail.mail_activity_data_todo", fields.Date.to_date("2026-03-23"), user_id=self.collector.id
        )
        position = self._position()
        self.assertEqual((position.next_action, str(position.next_action_date)), ("activity", "2026-03-23"))
        self._call(day="2026-03-23")
        position = self._position()
        self.assertEqual(position.next_action, "call", "of two on the same day, what a person does comes first")
        self.assertFalse(position.act_today)

    def test_overdue_without_anything_planned_asks_for_a_decision(self):
        self._invoice("2026-03-01", 500)
        self.assertFalse(self._position().no_next_action, "a level is to come")
        self.scenario.live = False
        position = self._position()
        self.assertTrue(position.no_next_action)
        self.assertTrue(position.act_today)
        self.assertIn("Nothing is planned", position.why_today)
        self._call(day="2026-03-20")
        self.assertFalse(self._position().no_next_action)

    def test_the_last_level_passed_asks_for_a_decision(self):
        item = self._item(self._invoice("2026-01-01", 500))
        self.assertFalse(self._position().no_next_action)
        self.env["credit.collection.action"]._set_level(item, self.notice, "as the lawyer said")
        position = self._position()
        self.assertTrue(position.no_next_action)
        self.assertEqual(position.level_id, self.notice)

    def test_each_reason_to_act_today_is_said(self):
        self._invoice("2026-03-14", 500)
        position = self._position()
        self.assertFalse(position.act_today, "the run does the rest")
        self.assertEqual(position.why_today, "")
        call = self._call()
        self.assertEqual(self._position().why_today, "Call to make.")
        self._call()
        self.assertEqual(self._position().why_today, "Calls to make: 2.")
        self.env["credit.collection.action"].search([("state", "=", "to_do")]).action_cancel()
        self.assertFalse(self._position().act_today)
        position.profile_id.reply_waiting = True
        self.assertEqual(self._position().why_today, "An answer waits to be read.")
        position.profile_id.reply_waiting = False
        self._invoice("2026-03-14", 80).button_draft()
        dispute = self._dispute(self._invoice("2026-03-10", 90), 90, "2026-03-15")
        self.assertEqual(self._position().why_today, "A dispute is past its deadline.")
        dispute.action_answer("founded", text="They are right.")
        position = self._position()
        self.assertEqual(position.why_today, "Disputes answered, to close: 1.")
        self.assertEqual((position.act_today, position.next_action), (True, "dispute"))
        self.assertEqual(position.next_action_date, fields.Date.today())
        self.assertEqual(call.state, "cancelled")
        self.env["credit.collection.action"].create({"partner_id": self.partner.id, "company_id": self.company.id})
        position = self._position()
        self.assertIn("To confirm: 1.", position.why_today)
        self.assertTrue(position.act_today)

    def test_a_promise_just_broken_is_said_until_somebody_has_called(self):
        invoice = self._invoice("2026-02-01", 3000)
        self._promise(invoice, "2026-03-10", state="broken")
        position = self._position()
        self.assertEqual(position.broken_promises, 1)
        self.assertTrue(position.act_today)
        self.assertIn("broken", position.why_today)
        self.assertIn("3,000.00", position.why_today)
        call = self._call()
        self._position()
        call._record_call("reached", "will pay tomorrow")
        position = self._position()
        self.assertFalse(position.broken_promise_id)
        self.assertEqual(position.broken_promises, 1, "it still counts against the customer")
        self.assertEqual(str(position.last_contact)[:10], DAY)

    def test_a_broken_promise_of_a_paused_customer_can_wait(self):
        invoice = self._invoice("2026-02-01", 3000)
        self._promise(invoice, "2026-03-10", state="broken")
        self.partner._followup_profile(self.company).write({"paused_until": "2026-03-25", "pause_reason": "fire"})
        position = self._position()
        self.assertEqual(position.broken_promises, 1)
        self.assertFalse(position.broken_promise_id)
        self.assertFalse(position.act_today)

    def test_announced_and_old_promises_do_not_count(self):
        invoice = self._invoice("2026-02-01", 3000)
        self._promise(invoice, "2026-03-01", state="broken", kind="announced")
        self._promise(invoice, "2025-03-01", state="broken")
        self._promise(invoice, "2026-03-01", state="kept")
        self.assertEqual(self._position().broken_promises, 0)
        self._promise(invoice, "2026-03-02", state="partly_kept")
        position = self._position()
        self.assertEqual(position.broken_promises, 1)
        self.assertIn("in part only", position.why_today)

    def test_the_reason_is_that_of_the_largest_late_item(self):
        reasons = self.env["credit.late.reason"].search([], limit=2)
        small, large = self._invoice("2026-03-01", 100), self._invoice("2026-03-02", 900)
        self._item(small).move_line_id._followup_set_late_reason(reasons[0])
        self.assertEqual(self._position().late_reason_id, reasons[0])
        self._item(large).move_line_id._followup_set_late_reason(reasons[1])
        self.assertEqual(self._position().late_reason_id, reasons[1])

    def test_each_company_has_its_own_row_and_ranks(self):
        other = self._create_company(name="Other firm")
        self.env.user.company_ids |= other
        self._invoice("2026-03-01", 1000)
        self._position()
        both = self.env(context={**self.env.context, "allowed_company_ids": (self.company | other).ids})
        invoice = (
            self.env["account.move"]
            .with_env(both)
            .with_company(other)
            .create(
                {
                    "move_type": "out_invoice",
                    "partner_id": self.partner.id,
                    "invoice_date": "2026-02-01",
                    "invoice_date_due": "2026-03-01",
                    "invoice_payment_term_id": False,
                    "invoice_line_ids": [Command.create({"name": "Goods", "price_unit": 70, "tax_ids": []})],
                }
            )
        )
        invoice.action_post()
        self.partner.with_env(both)._followup_profile(other)
        self._fresh()
        Position = self.env["credit.customer.position"].with_env(both)
        rows = Position.search([("partner_id", "=", self.partner.id)])
        self.assertEqual({(row.company_id, row.overdue) for row in rows}, {(self.company, 1000), (other, 70)})
        self.assertEqual(set(rows.mapped("cumulative_share")), {1.0})
        mine = self.env(context={**self.env.context, "allowed_company_ids": other.ids})
        self.assertEqual(Position.with_env(mine).search([("partner_id", "=", self.partner.id)]).overdue, 70)
        outsider = self.env["credit.customer.position"].with_user(self.collector)
        self.assertEqual(outsider.search([("partner_id", "=", self.partner.id)]).company_id, self.company)
        with self.assertRaises(AccessError):
            outsider.browse(rows.filtered(lambda row: row.company_id == other).id).check_access("read")

    # -- read cheaply, and right all the same -----------------------------------

    def test_a_row_read_alone_says_the_same_as_among_all(self):
        partners = self._many(6)
        names = [name for name in self._fresh()._fields if name not in ("display_name", "id")]
        among = self._fresh().search([("partner_id", "in", partners.ids)]).read(names)
        for row in among:
            self.assertEqual(self._fresh().browse(row["id"]).read(names)[0], row)
        narrow = self._fresh().search([("partner_id", "=", partners[0].id)], order="overdue")
        self.assertEqual(narrow.read(names)[0], next(row for row in among if row["id"] == narrow.id))

    def test_what_is_found_narrowly_does_not_narrow_what_is_read_later(self):
        partners = self._many(6)
        groups = self._fresh()._read_group([("partner_id", "=", partners[0].id)], ["partner_id"], ["id:recordset"])
        self.assertEqual(groups[0][1].points_amount, self._position(partners[0]).points_amount)

    def test_the_positions_of_files_are_read_narrowly_and_only_where_there_are_open_items(self):
        partners = self._many(3)
        profiles = self.env["credit.profile"].search([("partner_id", "in", partners[:2].ids)])
        nothing_open = self.partner._followup_profile(self.company)
        Position = self.env.registry["credit.customer.position"]
        scopes, original = [], Position._sql_positions
        with patch.object(
            Position, "_sql_positions", lambda model, *scope: scopes.append(scope) or original(model, *scope)
        ):
            positions = self._fresh()._by_profile(profiles | nothing_open)
            self.assertEqual(positions.keys(), set(profiles))
            self.assertEqual([position.overdue for position in positions.values()], [100, 101])
        [(named, _dated)] = scopes
        self.assertNotIn(partners[2].id, named)

    def test_whether_anything_is_planned_is_the_same_without_its_day(self):
        """A level to come, the last one passed, and a call: found without the day of the next action, read with it."""
        partners = self._many(3)
        items = {
            partner: self.env["credit.open.item"].search([("partner_id", "=", partner.id)]) for partner in partners
        }
        for partner in partners[1:]:
            self.env["credit.collection.action"]._set_level(items[partner], self.notice, "as the lawyer said")
        self._call(partners[2], day="2026-03-20")
        domain = [("partner_id", "in", partners.ids)]
        rows = self._fresh().search(domain).read(["partner_id", "no_next_action", "act_today", "next_action_date"])
        for name in ("no_next_action", "act_today"):
            found = self._fresh().search([*domain, (name, "=", True)]).partner_id
            self.assertEqual(set(found.ids), {row["partner_id"][0] for row in rows if row[name]})
        self.assertEqual(
            {row["partner_id"][0] for row in rows if row["no_next_action"]},
            {row["partner_id"][0] for row in rows if not row["next_action_date"]},
        )
        self.assertEqual(self._fresh().search([*domain, ("no_next_action", "=", True)]).partner_id, partners[1])

    def test_a_page_says_how_many_there_are_in_all_and_shows_the_part_asked_for(self):
        partners = self._many(7)
        domain = [("partner_id", "in", partners.ids)]
        shown = {"overdue": {}, "priority_words": {}}
        page = self._fresh().web_search_read(domain, shown, offset=2, limit=3, count_limit=10001)
        self.assertEqual(page["length"], 7)
        self.assertEqual([row["overdue"] for row in page["records"]], [104, 103, 102])
        page = self._fresh().web_search_read(domain, shown, limit=2, order="overdue", count_limit=5)
        self.assertEqual((page["length"], [row["overdue"] for row in page["records"]]), (5, [100, 101]))
        page = self._fresh().web_search_read(domain, shown)
        self.assertEqual((page["length"], len(page["records"])), (7, 7))

    def test_a_page_costs_as_many_queries_for_forty_customers_as_for_four(self):
        names = self.env["credit.customer.position"].get_view(
            self.env.ref("credit_collection.credit_customer_position_view_list").id
        )["models"]["credit.customer.position"]
        fields_ = self.env["credit.customer.position"]._fields
        shown = {
            name: {"fields": {"display_name": {}}} if fields_[name].relational else {}
            for name in names
            if name != "id"
        }

        def page():
            self._fresh().with_user(self.accountant).web_search_read(
                [("act_today", "=", True)], shown, limit=80, count_limit=10001
            )

        self.scenario.live = False
        self._many(4)
        page()
        few = self._queries(page)
        self._many(40)
        self.assertLessEqual(self._queries(page), few)
        self.assertLess(few, 40)

    def _many(self, count):
        partners = self.env["res.partner"].create([{"name": f"Many {number}"} for number in range(count)])
        for number, partner in enumerate(partners):
            self._invoice("2026-03-01", 100 + number, partner)
        self.env["credit.profile"]._create_missing(self.company)
        return partners

    # -- screens and buttons ------------------------------------------------------

    def test_grouping_and_filters_of_the_search_view_work(self):
        self._many(3)
        Position = self._fresh()
        for name in ("collector_id", "user_id", "late_reason_id", "level_id", "next_action", "company_id"):
            groups = Position._read_group([], [name], ["__count", "overdue:sum", "priority:max", "days_overdue:max"])
            self.assertEqual(sum(group[1] for group in groups), Position.search_count([]), name)
        self.assertTrue(Position.search([("is_vital", "=", True)]))
        Position.formatted_read_grouping_sets([], [[], ["collector_id"]], ["__count", "overdue:sum", "disputed:sum"])

    def test_start_calls_takes_the_selection_or_those_listed_for_today(self):
        partners = self._many(3)
        called = []
        Profile = self.env.registry["credit.profile"]
        with patch.object(Profile, "_start_calls", lambda model, profiles: called.append(profiles), create=True):
            selection = self._position(partners[1]).with_user(self.collector)
            selection.action_start_calls()
            self.assertEqual(called.pop().partner_id, partners[1])
            nobody = selection.browse()
            with self.assertRaisesRegex(UserError, "Nobody in this list"):
                nobody.action_start_calls()
            for partner in partners[:2]:
                self._call(partner)
            self._fresh()
            nobody.with_context(active_domain=[("partner_id", "in", partners[1:].ids)]).action_start_calls()
            self.assertEqual(called.pop().partner_id, partners[1])
            with self.assertRaises(AccessError):
                selection.with_user(self.accountant).action_start_calls()

    def test_reassigning_takes_what_is_planned_along_and_is_logged(self):
        self._invoice("2026-03-01", 100)
        position = self._position()
        profile = position.profile_id
        profile.collector_id = self.manager
        mine, others = self._call(), self._call()
        mine.user_id, others.user_id = self.manager, self.env.user
        activity = profile.activity_schedule("mail.mail_activity_data_todo", user_id=self.manager.id)
        foreign = profile.activity_schedule("mail.mail_activity_data_todo", user_id=self.env.user.id)
        wizard = (
            self.env["credit.reassign"]
            .with_user(self.collector)
            .with_context(
                active_model=position._name, active_ids=position.ids, tracking_disable=False, mail_notrack=False
            )
            .create({"collector_id": self.collector.id})
        )
        self.env.flush_all()
        self.cr.flush()  # what a file is created with is not tracked
        wizard.action_apply()
        self.assertEqual(profile.collector_id, self.collector)
        self.assertEqual(self._fresh().browse(profile.id).collector_id, self.collector)
        self.assertEqual((mine.user_id, others.user_id), (self.collector, self.env.user))
        self.assertEqual((activity.user_id, foreign.user_id), (self.collector, self.env.user))
        self.env.flush_all()
        self.cr.flush()
        profile.invalidate_recordset(["message_ids"])
        self.assertIn(self.collector.name, profile.message_ids.sudo().tracking_value_ids.mapped("new_value_char"))

    def test_only_collectors_reassign_and_only_to_collectors(self):
        self._invoice("2026-03-01", 100)
        profile = self._position().profile_id
        Wizard = self.env["credit.reassign"].with_context(active_ids=profile.ids)
        for user in (self.accountant, self.salesperson):
            with self.assertRaises(AccessError):
                Wizard.with_user(user).create({"collector_id": self.collector.id})
        wizard = Wizard.with_user(self.collector).create({"collector_id": self.accountant.id})
        with self.assertRaisesRegex(UserError, "is no collector"):
            wizard.action_apply()
        with self.assertRaisesRegex(UserError, "Choose the customers"):
            Wizard.with_context(active_ids=[]).create({}).action_apply()
        Wizard.with_user(self.collector).create({"collector_id": False}).action_apply()
        self.assertFalse(profile.collector_id)

    def test_accountants_read_the_worklist_nobody_writes_it_and_salespeople_do_not_see_it(self):
        self._invoice("2026-03-01", 100)
        position = self._position()
        for user in (self.accountant, self.collector, self.manager):
            self.assertEqual(position.with_user(user).overdue, 100)
            for operation in ("write", "create", "unlink"):
                self.assertFalse(position.with_user(user).has_access(operation))
        with self.assertRaises(AccessError):
            self._fresh().with_user(self.salesperson).search([])

    def test_a_client_cannot_narrow_the_ranks(self):
        """A context value from outside does not pass for the scope the model sets itself."""
        partners = self._many(4)
        forged = self._fresh().with_context(credit_position_scope=[[partners[0].id]])
        self.assertEqual(len(forged.search([("partner_id", "in", partners.ids)])), 4)
