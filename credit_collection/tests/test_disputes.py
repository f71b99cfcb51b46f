"""Disputes: S14 without its figures, hard case 22, answering and closing, the credit note."""

from freezegun import freeze_time

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from .common import CollectionCommon

DAY = "2026-03-16"


class DisputeCommon(CollectionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Dispute = cls.env["credit.dispute"]
        cls.price = cls.env.ref("credit_collection.credit_late_reason_price")
        cls.quality = cls.env.ref("credit_collection.credit_late_reason_quality")
        cls.tax = cls.company_data["default_tax_sale"]

    def _open(self, amounts, user=None, **values):
        """A dispute opened by a collector: ``amounts`` by entry (its only item) or by item."""
        amounts = {
            (record if record._name == "credit.open.item" else self._item(record)): amount
            for record, amount in amounts.items()
        }
        values = {
            "reason": self.price,
            "owner": self.salesperson,
            "deadline": fields.Date.add(fields.Date.today(), days=15),
            **values,
        }
        Dispute = self.Dispute.with_user(user or self.collector)
        return Dispute._open({item.with_env(Dispute.env): amount for item, amount in amounts.items()}, **values)

    def _claim(self, move):
        """What may be claimed of the entry's items today, and what is disputed."""
        items = self._item(move)
        return sum(items.mapped("claimable_amount")), sum(items.mapped("disputed_amount"))

    def _end(self, dispute):
        dispute.invalidate_recordset()
        return dispute.state, dispute.outcome or None, dispute.amount_accepted

    def _texts(self, record):
        return " ".join(record.message_ids.mapped("body"))


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestDisputes(DisputeCommon):
    def test_s14_the_disputed_part_stops_and_the_rest_goes_on(self):
        invoice = self._invoice("2026-03-10", 5000)
        dispute = self._open({invoice: 1200}, note="The unit price was agreed at 38.")
        self.assertEqual(self._claim(invoice), (3800, 1200))
        self.assertEqual(self._state(invoice), "chase")
        self.assertEqual(dispute.amount, 1200)
        self.assertEqual(invoice.line_ids.followup_late_reason_id, self.price)
        action = self._night(DAY)
        self.assertEqual(action.line_ids.mapped("amount"), [3800])
        self.assertIn("1,200.00", self._texts(self.partner._followup_profile(self.company)))

    def test_s14_unfounded_the_item_returns_at_the_level_reached_without_a_new_delay(self):
        invoice = self._invoice("2026-03-01", 5000)
        self._nights("2026-03-01", "2026-03-05")
        with freeze_time("2026-03-06"):
            before = self._item(invoice)
            level, next_level, next_date = before.dunning_level_id, before.next_level_id, before.next_date
            self.assertTrue(level)
            dispute = self._open({invoice: 5000})
            self.assertEqual(self._state(invoice), "disputed")
            self.assertIn("contests", self._item(invoice).chase_sentence)
        self.assertFalse(self._night(next_date), "wholly disputed: nothing leaves")
        with freeze_time(next_date):
            dispute.action_close("unfounded", resolution="The order says 5,000.")
            item = self._item(invoice)
            self.assertEqual((item.dunning_level_id, item.next_level_id), (level, next_level))
            self.assertEqual((item.chase_state, item.claimable_amount), ("chase", 5000))
        self.assertEqual(self._night(next_date).level_id, next_level)

    def test_s14_founded_the_credit_note_is_proposed_and_nothing_of_it_claimed_meanwhile(self):
        invoice = self._invoice("2026-03-10", 5000)
        dispute = self._open({invoice: 1200})
        action = dispute.action_close("founded", resolution="They are right.")
        credit_note = self.env["account.move"].browse(action["res_id"])
        self.assertEqual((credit_note.move_type, credit_note.state), ("out_refund", "draft"))
        self.assertEqual((credit_note.amount_total, credit_note.reversed_entry_id), (1200, invoice))
        self.assertEqual(self._end(dispute), ("closed", "founded", 1200))
        self.assertEqual(self._claim(invoice), (3800, 1200), "the credit note is in draft")
        with freeze_time("2026-05-16"):
            self.assertEqual(self._claim(invoice), (3800, 1200), "and the deadline does not matter any more")
        credit_note.action_post()
        self.assertEqual(self._claim(invoice), (3800, 0))
        self.assertEqual(self._item(invoice).amount_residual, 3800)
        self.assertFalse(dispute.line_ids.is_open)

    def test_a_credit_note_that_is_dropped_lets_the_amount_be_claimed_again(self):
        invoice = self._invoice("2026-03-10", 5000)
        dispute = self._open({invoice: 1200})
        dispute.action_close("founded", resolution="x")
        dispute.credit_move_ids.unlink()
        self.assertEqual(self._claim(invoice), (5000, 0))
        again = self._open({invoice: 1200})
        again.action_close("founded", resolution="x")
        again.credit_move_ids.button_cancel()
        self.assertEqual(self._claim(invoice), (5000, 0))

    def test_closed_without_a_credit_note_the_amount_is_claimed_again(self):
        invoice = self._invoice("2026-03-10", 5000)
        dispute = self._open({invoice: 1200})
        self.assertIs(dispute.action_close("founded", resolution="x", credit_note=False), True)
        self.assertEqual(self._claim(invoice), (5000, 0))
        self.assertFalse(dispute.credit_move_ids)

    def test_partly_founded_credits_the_part(self):
        invoice = self._invoice("2026-03-10", 5000)
        dispute = self._open({invoice: 1200})
        for amount in (0, -5, 1200, 1300):
            with self.assertRaisesRegex(UserError, "less than all"):
                dispute.action_close("partly_founded", amount, "x")
        dispute.action_close("partly_founded", 700, "Half of it")
        self.assertEqual(self._end(dispute), ("closed", "partly_founded", 700))
        self.assertEqual(self._claim(invoice), (4300, 700))
        dispute.credit_move_ids.action_post()
        self.assertEqual(self._claim(invoice), (4300, 0))

    def test_a_whole_invoice_is_reversed_by_core(self):
        invoice = self._invoice("2026-03-10", 5000)
        dispute = self._open({invoice: 5000})
        dispute.action_close("founded", resolution="x")
        credit_note = dispute.credit_move_ids
        self.assertEqual(credit_note.invoice_line_ids.name, "Goods")
        credit_note.action_post()
        self.assertEqual(invoice.payment_state, "reversed")
        self.assertEqual(self._end(dispute), ("closed", "founded", 5000))

    def test_the_total_of_a_part_is_the_amount_to_the_cent_with_any_taxes(self):
        taxes = [
            self._tax("20 %", 20),
            self._tax("5.5 %", 5.5),
            self._tax("Included 10 %", 10, price_include_override="tax_included"),
        ]
        invoice = self._invoice("2026-03-10", 1, post=False)
        invoice.invoice_line_ids = [
            Command.clear(),
            *[Command.create({"name": t.name, "price_unit": 333.33, "tax_ids": [t.id]}) for t in taxes],
            Command.create({"name": "No tax", "price_unit": 99.99, "tax_ids": []}),
        ]
        invoice.action_post()
        for amount in (100.05, 0.01, 0.07, 33.33, 777.77, invoice.amount_total - 0.01):
            dispute = self._open({invoice: amount})
            dispute.action_close("founded", resolution="x")
            self.assertAlmostEqual(dispute.credit_move_ids.amount_total, amount, 2, amount)
            receivable = dispute.credit_move_ids.line_ids.filtered(
                lambda line: line.account_id.account_type == "asset_receivable"
            )
            self.assertAlmostEqual(sum(receivable.mapped("balance")), -amount, 2)
            dispute.credit_move_ids.unlink()

    def test_a_part_has_a_line_for_each_account_and_taxes_in_proportion(self):
        tax = self._tax("20 %", 20)
        other = self.company_data["default_account_revenue"].copy()
        invoice = self._invoice("2026-03-10", 1, post=False)
        lines = [("A", 600, [tax.id], False), ("B", 400, [tax.id], False), ("C", 500, [], other)]
        invoice.invoice_line_ids = [
            Command.clear(),
            *[
                Command.create(
                    {"name": n, "price_unit": p, "tax_ids": [Command.set(t)], **({"account_id": a.id} if a else {})}
                )
                for n, p, t, a in lines
            ],
        ]
        invoice.action_post()
        self.assertEqual(invoice.amount_total, 1700)
        dispute = self._open({invoice: 170})
        dispute.action_close("founded", resolution="x")
        lines = dispute.credit_move_ids.invoice_line_ids
        self.assertEqual(
            sorted((line.price_total, line.account_id == other) for line in lines), [(50, True), (120, False)]
        )
        self.assertIn(invoice.name, lines[0].name)

    def test_the_credit_note_speaks_the_customers_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.env.ref("credit_collection.credit_late_reason_price").with_context(lang="fr_FR").name = "Prix"
        self.partner.lang = "fr_FR"
        dispute = self._open({self._invoice("2026-03-10", 5000): 1200})
        dispute.action_close("founded", resolution="x")
        self.assertIn("Prix", dispute.credit_move_ids.ref)

    # -- hard case 22: instalments, deadline ---------------------------------------

    def _instalments(self, amount=3000):
        term = self.env["account.payment.term"].create(
            {
                "name": "Three times",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": part, "nb_days": days})
                    for part, days in ((30, 0), (30, 15), (40, 30))
                ],
            }
        )
        invoice = self._invoice("2026-02-10", amount, date="2026-02-10", invoice_payment_term_id=term.id, post=False)
        invoice.action_post()
        return invoice, self._item(invoice).sorted("date_maturity")

    def test_case_22_the_disputed_instalment_is_out_and_its_siblings_go_on(self):
        invoice, items = self._instalments()
        first, second, third = items
        self._open({second: 900})
        states = [self._item(invoice).filtered(lambda i, item=item: i.id == item.id).chase_state for item in items]
        self.assertEqual(states[1], "disputed")
        self.assertEqual([states[0], states[2]], ["chase", "chase"])
        lines = self._night(DAY).line_ids
        self.assertEqual(lines.move_line_id, (first | third).move_line_id)

    def test_the_credit_note_settles_the_disputed_instalment_not_the_one_due_first(self):
        _invoice, items = self._instalments()
        dispute = self._open({items[1]: 400})
        dispute.action_close("founded", resolution="x")
        dispute.credit_move_ids.action_post()
        self.assertEqual(items.move_line_id.sorted("date_maturity").mapped("amount_residual"), [900, 500, 1200])

    def test_case_22_past_the_deadline_the_item_is_chased_again_confirmed_by_hand(self):
        self._invoice("2026-03-10", 5000)
        invoice = self._invoice("2026-03-10", 5000)
        self._open({invoice: 5000}, deadline=fields.Date.to_date("2026-03-20"))
        with freeze_time("2026-03-20"):
            self.assertEqual(self._state(invoice), "disputed")
        with freeze_time("2026-03-23"):
            item = self._item(invoice)
            self.assertEqual((item.chase_state, item.always_confirm), ("chase", True))
            self.assertEqual(item.claimable_amount, 5000)
        action = self._night("2026-03-23")
        self.assertIn(invoice, action.line_ids.move_id)
        self.assertEqual(action.state, "to_confirm")

    def test_at_the_deadline_the_owners_manager_is_told_once(self):
        leader = self._user("leader", "sales_team.group_sale_salesman")
        self.env["crm.team"].sudo().create(
            {"name": "South", "user_id": leader.id, "member_ids": [Command.link(self.salesperson.id)]}
        )
        dispute = self._open({self._invoice("2026-03-10", 5000): 1200}, deadline=fields.Date.to_date("2026-03-20"))
        self._night("2026-03-20")
        self.assertFalse(dispute.escalated_to_id)
        self._nights("2026-03-21", "2026-03-23")
        self.assertEqual(dispute.escalated_to_id, leader)
        told = dispute.activity_ids.filtered(lambda activity: activity.user_id == leader)
        self.assertEqual(len(told), 1)
        self.assertIn("did not answer", self._texts(dispute))
        self.assertEqual(dispute.with_user(leader).amount, 1200, "who was told may read it")
        late = [("state", "=", "open"), ("date_answered", "=", False), ("date_deadline", "<", "today")]
        with freeze_time("2026-03-23"):
            self.assertIn(dispute, self.Dispute.search(late))

    def test_without_a_team_a_credit_manager_is_told_and_an_answer_in_time_tells_nobody(self):
        deadline = fields.Date.to_date("2026-03-20")
        dispute = self._open({self._invoice("2026-03-10", 5000): 1200}, deadline=deadline)
        answered = self._open({self._invoice("2026-03-10", 500): 100}, deadline=deadline)
        answered.with_user(self.salesperson).action_answer("founded", text="Right")
        self._night("2026-03-21")
        self.assertTrue(dispute.escalated_to_id.has_group("credit_collection.credit_collection_group_manager"))
        self.assertFalse(answered.escalated_to_id)

    def test_a_new_deadline_holds_the_amount_back_again(self):
        invoice = self._invoice("2026-03-10", 5000)
        dispute = self._open({invoice: 5000}, deadline=fields.Date.to_date("2026-03-17"))
        self._night("2026-03-18")._set_state("cancelled")
        self.assertTrue(dispute.escalated_to_id)
        with freeze_time("2026-03-19"):
            dispute.date_deadline = "2026-03-31"
            self.assertEqual(self._state(invoice), "disputed")
            self.assertFalse(dispute.escalated_to_id)
            self.assertEqual(str(dispute.activity_ids.date_deadline), "2026-03-31")
            with self.assertRaisesRegex(UserError, "still to come"):
                dispute.date_deadline = "2026-03-01"

    def test_a_reminder_prepared_before_leaves_without_what_is_disputed_since(self):
        self.letter1.automatic = False
        invoice, other = self._invoice("2026-03-10", 5000), self._invoice("2026-03-10", 800)
        action = self._night(DAY)
        self.assertEqual(sorted(action.line_ids.mapped("amount")), [800, 5000])
        self._open({invoice: 1200})
        self._open({other: 800})
        action.action_confirm()
        self.env["credit.dunning.mailer"]._cron_send()
        standing = action._standing_lines()
        self.assertEqual((action.state, standing.mapped("amount")), ("sent", [3800]))
        self.assertIn("1,200.00", action.body_sent)
        self.assertIn("Disputed, not claimed here", action.body_sent)

    def test_a_message_to_the_customer_lists_what_may_be_claimed_only(self):
        self._open({self._invoice("2026-03-10", 800): 800})
        part = self._invoice("2026-03-10", 5000)
        self._open({part: 1200})
        profile = self.partner._followup_profile(self.company)
        self.assertEqual(profile._overdue_items().move_id, part)

    def test_the_statement_says_of_which_disputed(self):
        invoice = self._invoice("2026-03-10", 5000)
        self._invoice("2026-03-11", 300)
        self._open({invoice: 1200})
        (values,) = self.env["credit.statement"]._values(self.partner, self.company)["currencies"]
        self.assertEqual((values["disputed"], values["payable"]), (1200, 5300))
        self.assertEqual([row["disputed"] for row in values["rows"]["due"]], [1200, 0])
        profile = self.partner._followup_profile(self.company)
        report = self.env["ir.actions.report"]._render_qweb_html("credit_collection.credit_statement", profile.ids)[0]
        self.assertEqual(report.decode().count("of which disputed"), 2)
        past = self.env["credit.statement"]._values(self.partner, self.company, "2026-03-12")
        self.assertEqual(past["currencies"][0]["disputed"], 0, "of a past day nobody knows")
        self.assertTrue(self.env["credit.statement"]._xlsx([(self.partner, self.company)]))

    # -- opening -------------------------------------------------------------------

    def test_two_disputes_about_an_item_never_exceed_what_is_open(self):
        invoice = self._invoice("2026-03-10", 1000)
        self._payment(300, DAY, invoice=invoice)
        first = self._open({invoice: 400})
        with self.assertRaisesRegex(UserError, "No more than .*300.00"):
            self._open({invoice: 300.01})
        second = self._open({invoice: 300}, reason=self.quality)
        self.assertEqual(self._claim(invoice), (0, 700))
        with self.assertRaisesRegex(UserError, "No more than .*0.00"):
            self._open({invoice: 0.01})
        first.action_cancel("Opened twice")
        self.assertEqual(self._claim(invoice), (400, 300))
        self._open({invoice: 400})
        self.assertEqual(second.state, "open")

    def test_amounts_owner_reason_and_deadline_are_checked(self):
        invoice = self._invoice("2026-03-10", 1000)
        for amount in (0, -1, 1000.01):
            with self.assertRaises(UserError):
                self._open({invoice: amount})
        portal = self._user("portal", "base.group_portal")
        archived = self._user("gone", "base.group_user")
        archived.active = False
        for values in (
            {"reason": self.env.ref("credit_collection.credit_late_reason_cash")},
            {"owner": portal},
            {"owner": archived},
            {"deadline": fields.Date.to_date("2026-03-15")},
            {"deadline": False},
        ):
            with self.assertRaises(UserError, msg=values):
                self._open({invoice: 100}, **values)
        with self.assertRaisesRegex(UserError, "one customer"):
            self._open({invoice: 100, self._invoice("2026-03-10", 50, self._customer("Other")): 5})
        with self.assertRaisesRegex(UserError, "one customer"):
            self._open({})
        self.assertTrue(self._open({invoice: 100}, deadline=fields.Date.to_date(DAY)))

    def test_credits_cannot_be_disputed(self):
        with self.assertRaises(UserError):
            self._open({self._credit_note(100, "2026-03-01"): 50})

    def test_opening_tells_the_owner_the_file_and_the_invoice_with_the_evidence(self):
        invoice = self._invoice("2026-03-10", 5000)
        evidence = self.env["ir.attachment"].with_user(self.collector).create({"name": "order.pdf", "raw": b"x"})
        dispute = self._open({invoice: 1200}, note="See the order", attachments=evidence)
        self.assertEqual((evidence.res_model, evidence.res_id), ("credit.dispute", dispute.id))
        self.assertEqual(evidence.with_user(self.salesperson).name, "order.pdf")
        self.assertIn(self.salesperson.partner_id, dispute.message_partner_ids)
        activity = dispute.activity_ids
        self.assertEqual((activity.user_id, activity.date_deadline), (self.salesperson, dispute.date_deadline))
        self.assertIn("See the order", self._texts(dispute))
        self.assertIn("1,200.00", self._texts(invoice))
        self.assertNotIn("See the order", self._texts(invoice))

    def test_the_owner_answers_and_the_collector_is_asked_to_close(self):
        self.partner._followup_profile(self.company).collector_id = self.collector
        dispute = self._open({self._invoice("2026-03-10", 5000): 1200})
        mine = dispute.with_user(self.salesperson)
        with self.assertRaisesRegex(UserError, "Say why"):
            mine.action_answer("founded", text="  ")
        mine.action_answer("partly_founded", 600, "Half of the goods were broken")
        self.assertEqual((dispute.answer, dispute.answer_amount), ("partly_founded", 600))
        self.assertEqual(dispute.state, "open")
        self.assertEqual(dispute.activity_ids.user_id, self.collector)
        self.assertEqual(str(dispute.date_answered), DAY)
        wizard = self.env["credit.dispute.decision"].create({"dispute_id": dispute.id, "kind": "close"})
        self.assertEqual((wizard.outcome, wizard.amount), ("partly_founded", 600))
        action = wizard.action_apply()
        self.assertEqual(self.env["account.move"].browse(action["res_id"]).amount_total, 600)
        self.assertFalse(dispute.activity_ids)

    def test_what_a_draft_credit_note_settles_cannot_be_disputed_again(self):
        invoice = self._invoice("2026-03-10", 1000)
        self._open({invoice: 600}).action_close("founded", resolution="x")
        with self.assertRaisesRegex(UserError, "No more than .*400.00"):
            self._open({invoice: 500})

    def test_two_currencies(self):
        usd = self.env.ref("base.USD") if self.company.currency_id.name != "USD" else self.env.ref("base.EUR")
        usd.active = True
        self.env["res.currency.rate"].create(
            {"currency_id": usd.id, "name": "2026-01-01", "rate": 2.0, "company_id": self.company.id}
        )
        foreign = self._invoice("2026-03-10", 1000, currency_id=usd.id)
        home = self._invoice("2026-03-10", 1000)
        with self.assertRaisesRegex(UserError, "one currency"):
            self._open({foreign: 100, home: 100})
        dispute = self._open({foreign: 400})
        self.assertEqual((dispute.currency_id, dispute.amount, dispute.amount_company), (usd, 400, 200))
        item = self._item(foreign)
        self.assertEqual((item.claimable_amount, item.claimable_company), (600, 300))
        dispute.action_close("founded", resolution="x")
        credit_note = dispute.credit_move_ids
        self.assertEqual((credit_note.currency_id, credit_note.amount_total), (usd, 400))
        credit_note.action_post()
        self.assertEqual(self._claim(foreign), (600, 0))

    def test_merging_customers_keeps_both_histories(self):
        other = self._customer("Durand SA")
        mine = self._open({self._invoice("2026-03-10", 5000): 1200})
        theirs = self._open({self._invoice("2026-03-10", 700, other): 70})
        theirs.action_close("unfounded", resolution="x")
        self.env["base.partner.merge.automatic.wizard"]._merge((self.partner | other).ids, self.partner)
        self.env.invalidate_all()
        self.assertEqual((mine | theirs).partner_id, self.partner)
        self.assertEqual((mine.state, theirs.outcome), ("open", "unfounded"))
        self.assertIn("70.00", self._texts(self.partner._followup_profile(self.company)))

    # -- dialogs -------------------------------------------------------------------

    def _dialog(self, records, user=None, **values):
        Wizard = self.env["credit.dispute.wizard"].with_user(user or self.collector)
        Wizard = Wizard.with_context(active_model=records._name, active_ids=records.ids, active_id=records.ids[0])
        return Wizard.create({**Wizard.default_get(list(Wizard._fields)), "reason_id": self.price.id, **values})

    def test_the_dialog_proposes_what_is_not_disputed_yet(self):
        invoice = self._invoice("2026-03-10", 1000)
        self._open({invoice: 400})
        self.partner.user_id = self.salesperson
        for records in (invoice, self._item(invoice)):
            dialog = self._dialog(records)
            self.assertEqual(dialog.line_ids.mapped("amount"), [600])
            self.assertEqual(str(dialog.date_deadline), "2026-03-31")
            self.assertEqual(dialog.owner_id, invoice.invoice_user_id or self.salesperson)
        dialog.line_ids.amount = 250
        dialog.note = "Too dear"
        dispute = self.Dispute.browse(dialog.action_apply()["res_id"])
        self.assertEqual((dispute.amount, dispute.user_id), (250, self.collector))

    def test_from_the_file_one_writes_the_amounts_on_the_items(self):
        first, second = self._invoice("2026-03-01", 100), self._invoice("2026-03-10", 1000)
        profile = self.partner._followup_profile(self.company)
        profile.collector_id = self.collector
        dialog = self._dialog(profile, reason_id=self.quality.id, owner_id=self.collector.id)
        self.assertEqual(sorted(dialog.line_ids.mapped("room")), [100, 1000])
        with self.assertRaisesRegex(UserError, "how much"):
            dialog.action_apply()
        dialog.line_ids.filtered(lambda line: line.move_line_id.move_id == second).amount = 10
        dispute = self.Dispute.browse(dialog.action_apply()["res_id"])
        self.assertEqual(dispute.line_ids.move_id, second)
        self.assertEqual(self._claim(first), (100, 0))

    def test_the_dialog_refuses_when_there_is_nothing_to_dispute(self):
        with self.assertRaisesRegex(UserError, "Nothing is open"):
            self._dialog(self._credit_note(100, "2026-03-01"))

    # -- helpers -------------------------------------------------------------------

    def _tax(self, name, amount, **values):
        return self.env["account.tax"].create({"name": name, "amount": amount, "type_tax_use": "sale", **values})

    def _user(self, login, group):
        return new_test_user(
            self.env, f"{login}_d", groups=group, company_id=self.company.id, email=f"{login}@creditor.example.com"
        )
