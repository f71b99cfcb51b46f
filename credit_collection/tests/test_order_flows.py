"""The ways an order is confirmed by: portal, payments, RPC, the list's action."""

from unittest.mock import patch

from odoo.tests import HttpCase, JsonRpcException, tagged
from odoo.tools import mute_logger

from .common_orders import OrdersCommon

SIGNATURE = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"


@tagged("post_install", "-at_install")
class TestOrderFlows(OrdersCommon, HttpCase):
    def _sign(self, order):
        order.sudo().require_signature = True
        order.sudo().require_payment = False
        token = order.sudo()._portal_ensure_token()
        self.env.flush_all()
        result = self.make_jsonrpc_request(
            f"/my/orders/{order.id}/accept", {"access_token": token, "name": "Jeanne", "signature": SIGNATURE}
        )
        order.invalidate_recordset()
        return self.url_open(result["redirect_url"]).text

    # -- the portal -----------------------------------------------------------

    def test_case_36_signed_on_the_portal_is_held_without_a_word_of_why(self):
        self._limit(100)
        order = self._order(500)
        page = self._sign(order)
        self.assertIn("We have received your signed order. You will hear from us shortly.", page)
        for word in ("credit limit", "on hold", "Order on hold", "Your order has been confirmed"):
            self.assertNotIn(word, page)
        self.assertTrue(order.signature)
        self.assertEqual((order.state, order.followup_credit_state), ("draft", "hold"))
        self.assertEqual(self._activities(order), [("manager", "Order on hold"), ("seller", "Order on hold")])

    def test_case_36_signed_on_the_portal_is_confirmed_when_nothing_blocks(self):
        order = self._order(500)
        self.assertIn("Your order has been confirmed", self._sign(order))
        self.assertEqual((order.state, order.followup_credit_state), ("sale", "clear"))

    def test_note_about_an_order_signed_in_french_is_in_the_companys_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.company.partner_id.lang = "en_US"
        self._limit(100)
        order = self._order(500)
        public = self.env.ref("base.public_user")
        order.with_user(public).sudo().with_context(lang="fr_FR")._validate_order()
        self.assertEqual(order.followup_credit_state, "hold")
        self.assertIn("over its credit limit", self._notes(order))

    # -- payments online ------------------------------------------------------

    def test_case_36_payment_in_part_holds_the_order_and_ends_well(self):
        self._limit(100)
        order = self._order(500, require_payment=True, prepayment_percent=0.5)
        self._post_process(self._transaction(order, 250))
        self.assertEqual((order.state, order.followup_credit_state), ("draft", "hold"))
        self.assertEqual(self._activities(order), [("manager", "Order on hold"), ("seller", "Order on hold")])

    def test_payment_in_part_is_a_deposit(self):
        self._limit(300)
        order = self._order(500, require_payment=True, prepayment_percent=0.5)
        self.assertEqual(order.followup_credit_severity, "block")
        self._post_process(self._transaction(order, 250))
        self.assertEqual((order.state, order.followup_credit_state), ("sale", "clear"))

    def test_case_37_payment_in_full_passes_and_is_logged(self):
        for state in ("done", "authorized"):
            with self.subTest(state):
                partner = self._customer(f"Payer {state}")
                self._limit(100, partner)
                self._invoice("2026-05-30", 1000, partner)
                order = self._order(500, partner, require_payment=True, prepayment_percent=1.0)
                self._post_process(self._transaction(order, 500, state))
                self.assertEqual((order.state, order.followup_credit_state), ("sale", "warning"))
                self.assertIn("Paid in full.", self._notes(order))

    def test_only_what_was_confirmed_is_reported(self):
        self._limit(100)
        held, paid = (self._order(500, require_payment=True, prepayment_percent=share) for share in (0.5, 1.0))
        transactions = self._transaction(held, 250) | self._transaction(paid, 500)
        self.assertEqual(transactions._check_amount_and_confirm_order(), paid)

    def test_payment_below_what_is_asked_changes_nothing(self):
        order = self._order(500, require_payment=True, prepayment_percent=0.5)
        self.assertFalse(self._transaction(order, 100)._check_amount_and_confirm_order())
        self.assertFalse(order.followup_credit_state)

    def test_payment_in_full_by_a_visitor_confirms_what_was_on_hold(self):
        self._limit(100)
        order = self._order(500, require_payment=True, prepayment_percent=1.0)
        order.action_followup_confirm()
        self.assertEqual(order.followup_credit_state, "hold")
        visitor = self.env.ref("base.public_user")
        self._post_process(self._transaction(order, 500).with_user(visitor).sudo())
        self.assertEqual(order.state, "sale")
        self.assertFalse(self._activities(order))

    # -- payments on delivery or on the spot ----------------------------------

    def _later(self):
        """Make every payment one on delivery: the modules that bring them in are not needed here."""
        model = self.env.registry["payment.transaction"]
        self.patch(model, "_followup_is_paid_later", lambda transaction: True)

    def _core_confirms(self, transaction):
        """What core's modules do with a payment on delivery that is pending."""
        orders = transaction.sale_order_ids.filtered(lambda order: order.state == "draft")
        orders.with_context(send_email=True).action_confirm()
        self._post_process(transaction)

    def test_case_36_payment_on_delivery_of_a_held_order_is_skipped_by_core(self):
        self._later()
        self._limit(100)
        order = self._order(500)
        self._core_confirms(self._transaction(order, 500, "pending"))
        self.assertEqual((order.state, order.followup_credit_state), ("sent", "hold"))
        self.assertEqual(self._activities(order), [("manager", "Order on hold"), ("seller", "Order on hold")])

    def test_payments_on_delivery_let_pass_one_by_one_do_not_end_in_an_error(self):
        self._later()
        self._limit(1000)
        first, second = self._order(600), self._order(600)
        transactions = [self._transaction(order, 600, "pending") for order in (first, second)]
        for transaction in transactions:
            self._core_confirms(transaction)
        self.assertEqual((first | second).mapped("state"), ["sale", "sale"])
        self.assertIn("Let pass when its payment was announced.", self._notes(second))

    # -- RPC and the list -----------------------------------------------------

    def _rpc(self, method, orders):
        self.env.flush_all()
        return self.make_jsonrpc_request(
            "/web/dataset/call_kw",
            {
                "model": "sale.order",
                "method": method,
                "args": [orders.ids],
                "kwargs": {"context": {"followup_check": 1}},
            },
        )

    @mute_logger("odoo.http")
    def test_case_36_rpc_gets_the_sentence_as_an_error(self):
        self._limit(100)
        order = self._order(500)
        self.authenticate("seller", "seller")
        with self.assertRaises(JsonRpcException) as caught:
            self._rpc("action_confirm", order)
        self.assertIn("UserError", str(caught.exception))
        order.invalidate_recordset()
        self.assertEqual(order.state, "draft")
        self.assertEqual(self._rpc("action_followup_confirm", order)["tag"], "display_notification")
        order.invalidate_recordset()
        self.assertEqual((order.state, order.followup_credit_state), ("draft", "hold"))

    @mute_logger("odoo.http")
    def test_private_decisions_are_not_to_be_called_over_rpc(self):
        order = self._order(500)
        self.authenticate("seller", "seller")
        for method in ("_followup_release", "_followup_refuse", "_followup_hold", "_cron_followup_recheck"):
            with self.subTest(method), self.assertRaises(JsonRpcException):
                self._rpc(method, order)

    def test_case_35_action_of_the_list(self):
        self._limit(1000)
        held, fine = self._order(1500), self._order(300, self._customer("Fine"))
        action = self.env.ref("credit_collection.sale_order_confirm_selected_action").with_user(self.seller)
        result = action.with_context(active_model="sale.order", active_ids=(held | fine).ids).run()
        self.assertIn(held.name, result["params"]["message"])
        self.assertEqual((held | fine).mapped("state"), ["draft", "sale"])
        self.assertEqual((held | fine).mapped("followup_credit_state"), ["hold", "clear"])

    # -- other ways to a confirmed order --------------------------------------

    def test_order_created_or_written_as_confirmed_is_on_hold(self):
        self._limit(100)
        created, written = self._order(500, state="sale"), self._order(600)
        written.write({"state": "sale"})
        small = self._order(20, self._customer("Small"), state="sale")
        self.assertEqual(created.followup_credit_state, "hold")
        self.assertEqual(written.followup_credit_state, "hold")
        self.assertEqual((small.followup_credit_state, small.followup_allowed_amount), ("clear", 20))

    def test_cancelled_and_confirmed_again_without_a_check_is_checked(self):
        order = self._order(500)
        order.action_followup_confirm()
        order._action_cancel()
        order.action_draft()
        self._limit(100)
        order.write({"state": "sale"})
        self.assertEqual(order.followup_credit_state, "hold")

    def test_imported_order_is_checked(self):
        self._limit(100)
        result = (
            self.env["sale.order"]
            .with_user(self.seller)
            .load(
                ["partner_id/.id", "state", "order_line/product_id/.id", "order_line/product_uom_qty"],
                [[str(self.partner.id), "sale", str(self.goods.id), "500"]],
            )
        )
        self.assertTrue(result["ids"], result["messages"])
        order = self.env["sale.order"].browse(result["ids"])
        self.assertEqual((order.state, order.followup_credit_state), ("sale", "hold"))
        result = (
            self.env["sale.order"]
            .with_user(self.seller)
            .load(["partner_id/.id", "followup_credit_state"], [[str(self.partner.id), "released"]])
        )
        self.assertFalse(result["ids"])

    def test_confirmed_order_given_to_another_customer_is_checked(self):
        poor = self._customer("Poor")
        self._limit(100, poor)
        order = self._order(500)
        order.action_followup_confirm()
        order.partner_invoice_id = poor
        self.assertEqual((order.state, order.followup_credit_state), ("sale", "hold"))

    def test_order_of_no_amount_passes(self):
        self._hold_customer()
        order = self._order(500)
        order.order_line.price_unit = 0
        self.assertEqual(order.followup_credit_severity, "clear")
        order.action_confirm()
        self.assertEqual((order.state, order.followup_credit_state), ("sale", "clear"))

    def test_cancelled_order_is_nobodys_task(self):
        self._limit(100)
        order = self._order(500)
        order.action_followup_confirm()
        self.assertTrue(self._activities(order))
        order._action_cancel()
        self.assertFalse(order.followup_credit_state)
        self.assertFalse(self._activities(order))

    # -- the point of sale ----------------------------------------------------

    def test_order_settled_at_a_till_passes_and_is_reported(self):
        self._limit(100)
        order = self._order(500)
        with (
            patch.object(self.env.registry["sale.order"], "_followup_till_lines", lambda order: [1]),
            patch.object(self.env.registry["sale.order"], "_followup_paid_at_till", lambda order: 100.0),
        ):
            order.action_confirm()
        self.assertEqual((order.state, order.followup_credit_state), ("sale", "warning"))
        self.assertIn("Paid or settled at the point of sale.", self._notes(order))
        self.assertEqual(self._activities(order), [("manager", "Order on hold")])
