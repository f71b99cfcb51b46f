"""Orders under the credit rules: held, let pass, released, checked again."""

from contextlib import contextmanager
from unittest.mock import patch

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from .common_orders import OrdersCommon


@tagged("post_install", "-at_install")
class TestOrders(OrdersCommon):
    # -- S24 and S25 ----------------------------------------------------------

    def _s24(self):
        """Limit 55,000 and an exposure of 50,950; return a quotation over 5,280."""
        vat = self.env["account.tax"].create({"name": "VAT 20 %", "amount": 20, "type_tax_use": "sale"})
        self.goods.taxes_id = vat
        self._invoice("2026-05-30", 38450)
        self._payment(1500, "2026-05-02")
        delivered, ordered = self._order(3500), self._order(8166.67)
        (delivered | ordered).action_confirm()
        delivered.order_line.qty_delivered = 3500
        self._limit(55000)
        return self._order(4400)

    @freeze_time("2026-05-04")
    def test_s24_rule_that_blocks_holds_the_order_and_says_why(self):
        order = self._s24()
        self.assertEqual(order.followup_credit_severity, "block")
        for part in ("56,230.00", "1,230.00", "38,450.00", "1,500.00", "4,200.00", "9,800.00", "5,280.00"):
            self.assertIn(part, order.followup_credit_warning)
        result = order.action_followup_confirm()
        self.assertEqual(result["tag"], "display_notification")
        self.assertIn("1,230.00", result["params"]["message"])
        self.assertEqual((order.state, order.followup_credit_state), ("draft", "hold"))
        self.assertIn("1,230.00", self._notes(order))
        self.assertEqual(self._activities(order), [("manager", "Order on hold"), ("seller", "Order on hold")])

    @freeze_time("2026-05-04")
    def test_s24_rule_that_warns_lets_the_order_pass(self):
        self.company.followup_rule_limit = "warn"
        order = self._s24()
        self.assertIn("1,230.00", order.followup_credit_warning)
        self.assertIs(order.action_followup_confirm(), True)
        self.assertEqual((order.state, order.followup_credit_state), ("sale", "warning"))
        self.assertEqual(order.followup_allowed_amount, 5280)

    @freeze_time("2026-05-04")
    def test_s24_passes_with_a_deposit_of_30_percent(self):
        order = self._s24()
        self._transaction(order, 1584)
        self.assertEqual(order.followup_credit_severity, "clear")
        order.action_followup_confirm()
        self.assertEqual((order.state, order.followup_credit_state), ("sale", "clear"))
        position = self.env["credit.exposure"]._positions([(self.partner, self.company)])[self.partner, self.company]
        self.assertEqual(position["exposure"], 54646)

    @freeze_time("2026-05-04")
    def test_s25_grown_after_release_is_on_hold_again(self):
        order = self._s24()
        order.action_followup_confirm()
        order._followup_release(self._release(order, valid_until="2026-05-11"))
        self.assertEqual(order.followup_credit_state, "released")
        self.assertFalse(self._activities(order))
        self.assertIn("Released by manager", self._notes(order))
        self.assertIn("Paid last time", self._notes(order))
        self.assertIs(order.action_followup_confirm(), True)
        self.assertEqual((order.state, order.followup_credit_state), ("sale", "released"))
        self.assertEqual(order.followup_allowed_amount, 5280)
        self.assertEqual(order._followup_covered(), order)
        order.order_line.price_unit = 5780 / 5280
        self.assertAlmostEqual(order.amount_total, 5780)
        self.assertEqual((order.state, order.followup_credit_state), ("sale", "hold"))
        self.assertFalse(order._followup_covered())
        self.assertEqual(self._activities(order), [("manager", "Order on hold"), ("seller", "Order on hold")])

    def test_s25_payment_unblocks_at_night_and_manual_hold_stays(self):
        with freeze_time("2026-05-04"):
            order, other = self._s24(), self._order(100, partner=self._customer("Martin"))
            self._hold_customer(other.partner_id)
            (order | other).action_followup_confirm()
            self._payment(5000, "2026-05-04")
        self._night("2026-05-05")
        self.assertEqual((order.state, order.followup_credit_state), ("draft", "clear"))
        self.assertEqual(other.followup_credit_state, "hold")
        self.assertIn("Not on hold any more", self._notes(order))
        self.assertEqual(self._activities(order), [("seller", "Order may be confirmed")])
        order.action_followup_confirm()
        self.assertEqual(order.state, "sale")
        self.assertFalse(self._activities(order))

    def test_release_expired_or_below_the_total_does_not_let_pass(self):
        self._limit(100)
        for values in ({"valid_until": "2026-05-03"}, {"max_amount": 499}):
            with self.subTest(values), freeze_time("2026-05-04"):
                order = self._order(500)
                self._release(order, **values)
                order.action_followup_confirm()
                self.assertEqual(order.state, "draft")

    def test_hold_decided_after_the_release_still_blocks(self):
        self._limit(100)
        order = self._order(500)
        self._release(order, decided_on="2020-01-01 00:00:00")
        self.assertEqual(order.followup_credit_severity, "warn")
        self._hold_customer()
        order.invalidate_recordset()
        self.assertEqual(order.followup_credit_severity, "block")
        order.action_followup_confirm()
        self.assertEqual(order.state, "draft")

    def test_refused_order_stays_refused_until_nothing_blocks_it(self):
        self._limit(100)
        order = self._order(500)
        order.action_followup_confirm()
        order._followup_refuse(self._release(order, state="refused"))
        self.assertEqual(order.followup_credit_state, "refused")
        order.action_followup_confirm()
        self.assertEqual((order.state, order.followup_credit_state), ("draft", "refused"))
        self.assertFalse(self._activities(order))
        self._limit(1000)
        order.with_user(self.seller).action_followup_recheck()
        self.assertEqual(order.followup_credit_state, "clear")

    # -- hard cases -----------------------------------------------------------

    def test_case_34_quantity_raised_on_a_confirmed_order_is_checked_again(self):
        self._limit(1000)
        order = self._order(400)
        order.action_followup_confirm()
        self.assertEqual((order.followup_credit_state, order.followup_allowed_amount), ("clear", 400))
        order.order_line.product_uom_qty = 900
        self.assertEqual((order.followup_credit_state, order.followup_allowed_amount), ("clear", 900))
        order.order_line.product_uom_qty = 1200
        self.assertEqual(order.order_line.product_uom_qty, 1200, "what was entered is kept")
        self.assertEqual((order.state, order.followup_credit_state), ("sale", "hold"))
        self.assertEqual(self._activities(order), [("manager", "Order on hold"), ("seller", "Order on hold")])
        order.order_line.product_uom_qty = 1300
        self.assertEqual(len(self._activities(order)), 2, "asked once")
        order.order_line.product_uom_qty = 900
        self.assertEqual((order.followup_credit_state, order.followup_allowed_amount), ("clear", 900))
        self.assertFalse(self._activities(order))

    def test_case_34_line_added_price_raised_or_discount_removed_is_growth_too(self):
        self._limit(1000)
        line = [Command.create({"product_id": self.goods.id, "product_uom_qty": 700})]
        for change in ({"order_line": line}, "price", "discount"):
            with self.subTest(change):
                partner = self._customer(f"Customer of {change}")
                self._limit(1000, partner)
                order = self._order(900, partner)
                if change == "discount":
                    order.order_line.write({"price_unit": 2, "discount": 50})
                order.action_followup_confirm()
                if change == "price":
                    order.order_line.price_unit = 2
                elif change == "discount":
                    order.order_line.discount = 0
                else:
                    order.write(change)
                self.assertEqual((order.state, order.followup_credit_state), ("sale", "hold"))

    def test_case_35_batch_confirms_the_others_and_tells_all(self):
        self._limit(1000)
        held, fine, missing = self._order(1500), self._order(300, self._customer("Fine")), self._order(200)
        missing.order_line.product_id = False
        result = (held | fine | missing).action_followup_confirm_selected()
        self.assertEqual([order.state for order in (held, fine, missing)], ["draft", "sale", "draft"])
        message = result["params"]["message"]
        self.assertIn("Confirmed: 1.", message)
        self.assertIn(f"{held.name}: With 1,500.00", message.replace("$\xa0", "").replace("$ ", ""))
        self.assertIn(missing.name, message)

    def test_case_35_orders_of_one_customer_count_together(self):
        self._limit(1000)
        orders = self._order(600) | self._order(300) | self._order(200)
        orders.action_followup_confirm_selected()
        self.assertEqual(orders.mapped("state"), ["sale", "sale", "draft"])
        self.assertEqual(orders.mapped("followup_credit_state"), ["clear", "clear", "hold"])
        with self.assertRaisesRegex(UserError, "over its credit limit"):
            (self._order(60) | self._order(60)).action_confirm()

    def test_case_37_paid_in_full_passes_every_rule_and_is_logged(self):
        self._limit(100)
        self._hold_customer()
        order = self._order(500)
        self._transaction(order, 500)
        order.action_followup_confirm()
        self.assertEqual((order.state, order.followup_credit_state), ("sale", "warning"))
        self.assertIn("Paid in full.", self._notes(order))
        self.assertIn("Bounced bill", self._notes(order))
        self.assertEqual(order._followup_covered(), order)

    def test_case_37_payment_refunded_or_shared_with_another_order_is_not_payment_in_full(self):
        self._limit(100)
        refunded, shared, other = self._order(500), self._order(500), self._order(500)
        payment = self._transaction(refunded, 500)
        self.assertEqual(refunded.followup_credit_severity, "clear")
        refund = payment._create_child_transaction(200, is_refund=True)
        refund._set_done()
        self._transaction(shared | other, 500)
        (refunded | shared | other).invalidate_recordset()
        for order in (refunded, shared, other):
            self.assertEqual(order.followup_credit_severity, "block")
        self._transaction(shared, 250)
        shared.invalidate_recordset()
        self.assertTrue(shared._followup_paid())

    def test_paid_by_invoices_covers_until_they_are_credited(self):
        order = self._order(500)
        order.action_followup_confirm()
        self.assertFalse(order._followup_paid())
        order.order_line.qty_delivered = 500
        invoice = order.sudo()._create_invoices()
        invoice.action_post()
        self.assertFalse(order._followup_paid())
        self._payment(500, invoice.date, invoice=invoice)
        order.invalidate_recordset()
        self.assertTrue(order._followup_paid())
        self.assertEqual(order._followup_covered(), order)

    def test_case_39_salesperson_sees_the_warning_over_every_salespersons_orders(self):
        self._limit(1000)
        self._order(800, seller=self.other_seller).action_followup_confirm()
        order = self._order(300)
        with self.assertRaises(AccessError):
            self.env["credit.exposure"].with_user(self.seller).search([])
        self.assertIn("100.00", order.followup_credit_warning)
        self.assertEqual(order.followup_credit_severity, "block")
        form = Form(self.env["sale.order"].with_user(self.seller))
        form.partner_id = self.partner
        self.assertEqual(form.followup_credit_severity, "clear")
        with form.order_line.new() as line:
            line.product_id = self.goods
            line.product_uom_qty = 500
        self.assertEqual(form.followup_credit_severity, "block", "live, before the quotation is saved")
        form.partner_id = self._customer("Nobody")
        self.assertEqual(form.followup_credit_severity, "clear")

    def test_case_40_salesperson_cannot_write_the_result_of_a_check(self):
        self._limit(100)
        order = self._order(500)
        for vals in ({"followup_credit_state": "released"}, {"followup_allowed_amount": 1000}):
            with self.subTest(vals):
                with self.assertRaises(AccessError):
                    order.write(vals)
                with self.assertRaises(AccessError):
                    self._order(500, **vals)
        context = {"default_followup_allowed_amount": 1000, "default_followup_credit_state": "released"}
        copy = (
            self.env["sale.order"]
            .with_user(self.seller)
            .with_context(**context)
            .create({"partner_id": self.partner.id})
        )
        self.assertFalse(copy.followup_credit_state or copy.followup_allowed_amount)

    def test_case_40_check_in_the_context_cannot_be_forged(self):
        self._limit(100)
        order = self._order(500)
        for forged in (True, {"verdicts": {str(order.id): []}}, [order.id]):
            with self.subTest(forged), self.assertRaisesRegex(UserError, "Ask a credit manager"):
                order.with_context(followup_check=forged).action_confirm()
        self.assertEqual(order.state, "draft")

    # -- rights and companies -------------------------------------------------

    def test_buttons_are_for_those_who_may_edit_the_order(self):
        self._limit(100)
        order = self._order(500)
        readonly = new_test_user(
            self.env, "reader", groups="account.group_account_readonly", company_id=self.company.id
        )
        for method in ("action_followup_confirm", "action_followup_confirm_selected", "action_followup_recheck"):
            with self.subTest(method), self.assertRaises(AccessError):
                getattr(order.with_user(readonly), method)()
        with self.assertRaises(AccessError):
            order.with_user(self.other_seller).action_followup_confirm()
        self.assertFalse(order.followup_credit_state)

    def test_customer_of_the_portal_reads_nothing_of_it(self):
        self._limit(100)
        order = self._order(500)
        order.action_followup_confirm()
        user = new_test_user(self.env, "portal_durand", groups="base.group_portal")
        order.message_subscribe(user.partner_id.ids)
        order.sudo().partner_id = user.partner_id
        mine = order.with_user(user)
        self.assertTrue(mine.name)
        for name in (
            "followup_credit_state",
            "followup_allowed_amount",
            "followup_credit_warning",
            "followup_situation",
            "followup_deposit_suggestion",
        ):
            with self.subTest(name), self.assertRaises(AccessError):
                mine.read([name])
        self.assertEqual(mine.read(["followup_credit_severity"])[0]["followup_credit_severity"], "clear")
        with self.assertRaises(AccessError):
            mine.partner_id.read(["followup_situation"])
        self.assertNotIn("limit", "".join(order.website_message_ids.mapped("body")))

    def test_order_is_judged_by_its_own_companys_limit_and_currency(self):
        other = self.setup_other_company(name="Autre")["company"]
        self._limit(100)
        self.partner.with_company(other).credit_limit = 10000
        other.followup_rule_limit = "block"
        self.sales_manager.company_ids |= other
        order = (
            self.env["sale.order"]
            .with_user(self.sales_manager)
            .with_context(allowed_company_ids=[other.id])
            .create(
                {
                    "partner_id": self.partner.id,
                    "company_id": other.id,
                    "order_line": [
                        Command.create(
                            {"name": "Chair", "product_id": self.goods.id, "product_uom_qty": 500, "price_unit": 1}
                        )
                    ],
                }
            )
        )
        seen_from_here = order.with_context(allowed_company_ids=[self.company.id, other.id])
        self.assertEqual(seen_from_here.followup_credit_severity, "clear")
        self.partner.with_company(other).credit_limit = 400
        self.partner.credit_limit = 10000
        seen_from_here.invalidate_recordset()
        self.assertEqual(seen_from_here.followup_credit_severity, "block")

    def test_amount_in_a_foreign_currency_counts_at_todays_rate(self):
        foreign = self.setup_other_currency("GBP", rates=[("2020-01-01", 2.0)])
        pricelist = self.env["product.pricelist"].create({"name": "GBP", "currency_id": foreign.id})
        self._limit(260)
        order = self._order(500, pricelist_id=pricelist.id)
        order.order_line.price_unit = 1
        self.assertEqual(order.currency_id, foreign)
        self.assertEqual(order.followup_credit_severity, "clear")
        order.order_line.product_uom_qty = 540
        self.assertEqual(order.followup_credit_severity, "block")

    # -- sales side -----------------------------------------------------------

    @freeze_time("2026-05-04")
    def test_situation_and_deposit_of_a_late_customer(self):
        order = self._order(5280)
        self.assertFalse(order.followup_situation or order.followup_deposit_suggestion)
        self.assertFalse(self.partner.with_user(self.seller).followup_situation)
        self._invoice("2026-03-12", 3450)
        self.company.followup_rule_overdue = "warn"
        order.invalidate_recordset()
        self.partner.invalidate_recordset()
        self.assertEqual(order.followup_situation, "Late since 03/12/2026: $\xa03,450.00 overdue.")
        contact = self.env["res.partner"].create({"name": "Jeanne", "parent_id": self.partner.id})
        self.assertEqual(contact.with_user(self.seller).followup_situation, order.followup_situation)
        self.assertEqual(order.followup_deposit_suggestion, "Ask for a deposit of 30 % ($\xa01,584.00).")
        order.action_followup_ask_deposit()
        self.assertTrue(order.require_payment)
        self.assertEqual(order.prepayment_percent, 0.3)
        self.assertFalse(order.followup_deposit_suggestion)

    def test_deposit_is_suggested_for_those_marked_as_bad_debtors(self):
        order = self._order(1000)
        self.partner.with_company(self.company).trust = "bad"
        order.invalidate_recordset()
        self.assertIn("30 %", order.followup_deposit_suggestion)
        self.company.followup_deposit_percent = 0
        order.invalidate_recordset()
        self.assertFalse(order.followup_deposit_suggestion)

    # -- cost -----------------------------------------------------------------

    def test_confirming_costs_at_most_ten_queries_more_than_core(self):
        self._limit(10000)
        for day in range(1, 10):
            self._invoice(f"2026-05-0{day}", 10)
        for method in ("action_confirm", "action_followup_confirm"):
            self._queries_of(method)  # what is cached once a process
            ours = self._queries_of(method)
            with self._without_check():
                self._queries_of("action_confirm")
                core = self._queries_of("action_confirm")
            self.assertGreater(ours, core)
            self.assertLessEqual(ours - core, 10)

    def test_list_of_eighty_orders_held_for_each_reason_takes_as_many_queries_as_of_eight(self):
        """Orders over the limit, of customers on hold, released before and after the hold, and paid in part."""
        names = (
            "followup_credit_severity",
            "followup_credit_warning",
            "followup_situation",
            "followup_deposit_suggestion",
        )

        def quotations(count, prefix):
            orders = self.env["sale.order"]
            for index in range(count):
                order = self._order(500, self._customer(f"{prefix} {index}"))
                self._limit(100, order.partner_id)
                if index % 4 == 1:
                    self._transaction(order, 300)
                if index % 4 >= 2:
                    self._hold_customer(order.partner_id)
                    self._release(order, decided_on="2000-01-01 00:00:00" if index % 2 else "2090-01-01 00:00:00")
                orders |= order
            return orders

        def count(orders):
            return self._queries(lambda: orders.read(names))

        few, many = quotations(8, "Few"), quotations(80, "Many")
        count(few)
        self.assertLessEqual(count(many), count(few))
        self.assertEqual(
            many.mapped("followup_credit_severity"), ["block", "block", "warn", "block"] * 20, "the release came first"
        )
        self.assertEqual(len(many.filtered(lambda order: "Bounced bill" in order.followup_credit_warning)), 40)

    def test_confirming_eighty_held_orders_costs_few_queries_each(self):
        def count(number):
            orders = self.env["sale.order"]
            for _index in range(number):
                orders |= self._order(500, self._customer(f"Customer {number} {_index}"))
            for order in orders:
                self._hold_customer(order.partner_id)
            queries = self._queries(orders.action_followup_confirm_selected)
            self.assertEqual(set(orders.mapped("followup_credit_state")), {"hold"})
            return queries

        few = count(10)
        self.assertLessEqual((count(80) - few) / 70, 1)

    def _queries_of(self, method):
        order = self._order(10)
        queries = self._queries(getattr(order, method))
        self.assertEqual(order.state, "sale")
        return queries

    @contextmanager
    def _without_check(self):
        model = self.env.registry["sale.order"]
        with (
            patch.object(model, "_followup_checked", lambda orders: orders),
            patch.object(model, "_followup_allow", lambda orders, check: None),
            patch.object(model, "_confirmation_error_message", lambda order: False),
            patch.object(model, "_followup_check_at_hand", lambda orders: "none"),
        ):
            yield
