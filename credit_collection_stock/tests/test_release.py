"""What lets a delivery pass: the release or payment of its order, its own release; and what stops it all the same."""

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import DeliveryCommon

DAY = "2026-05-04"


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestRelease(DeliveryCommon):
    def _released_order(self, amount=1000):
        """An order over the limit that a credit manager has released."""
        self._over_the_limit()
        order = self.env["sale.order"].create(
            {
                "partner_id": self.partner.id,
                "user_id": self.salesperson.id,
                "order_line": [(0, 0, {"product_id": self.chair.id, "product_uom_qty": amount})],
            }
        )
        request = self.env["credit.request"].create(
            {"kind": "release", "order_id": order.id, "partner_id": self.partner.id, "reason": "Old customer"}
        )
        request.with_user(self.manager).action_approve()
        order.action_confirm()
        return order

    def _since(self, hold, seconds):
        """The hold was decided so long after the releases of this test."""
        moment = self.env.cr.now() if seconds is None else None
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE credit_hold SET create_date = %s::timestamp + %s * interval '1 second' WHERE id = %s",
            (moment or DAY, seconds or 0, hold.id),
        )
        self.env.invalidate_all()

    # -- of the order ---------------------------------------------------------

    def test_the_release_of_the_order_covers_its_delivery_and_backorder(self):
        delivery = self._released_order().picking_ids
        backorder = self._deliver_part(delivery, 400)
        self.assertEqual(delivery.state, "done")
        self.assertIs(backorder.button_validate(), True)
        self.assertEqual(backorder.state, "done")

    def test_the_release_covers_backorders_up_to_its_cap(self):
        order = self._released_order()
        backorder = self._deliver_part(order.picking_ids, 400)
        order.order_line.product_uom_qty = 1001
        self.assertEqual(order.followup_credit_state, "hold")
        action = backorder.button_validate()
        self.assertIn(f"The order {order.name} is on hold", action["params"]["message"])
        self.assertNotEqual(backorder.state, "done")
        order.order_line.product_uom_qty = 1000
        self.assertIs(backorder.button_validate(), True)

    def test_the_release_of_the_order_frees_its_deliveries_on_hold(self):
        order = self._order()
        delivery = order.picking_ids
        self._over_the_limit()
        delivery.button_validate()
        self.assertEqual(delivery.followup_credit_state, "hold")
        request = self.env["credit.request"].create(
            {"kind": "release", "order_id": order.id, "partner_id": self.partner.id, "reason": "Old customer"}
        )
        request.with_user(self.manager).action_approve()
        self.assertFalse(delivery.followup_credit_state)
        self.assertFalse(delivery.followup_credit_warning)
        self.assertIs(delivery.button_validate(), True)

    def test_a_release_that_has_ended_covers_nothing(self):
        delivery = self._released_order().picking_ids
        with freeze_time("2026-06-04"):
            self.assertTrue(delivery._followup_verdicts()[delivery].blocks)

    def test_an_order_refused_stops_its_deliveries(self):
        order = self._order()
        self._over_the_limit()
        request = self.env["credit.request"].create(
            {"kind": "release", "order_id": order.id, "partner_id": self.partner.id, "reason": "Old customer"}
        )
        request.with_user(self.manager).action_refuse("No.")
        action = order.picking_ids.button_validate()
        self.assertIn("was refused", action["params"]["message"])

    def test_a_hold_on_deliveries_stops_those_of_a_released_order(self):
        delivery = self._released_order().picking_ids
        self._hold()
        action = delivery.button_validate()
        self.assertIn("Cheque bounced", action["params"]["message"])
        self.assertNotIn("credit limit", action["params"]["message"])
        self.assertEqual(delivery.followup_credit_state, "hold")

    def test_an_order_paid_in_full_is_delivered(self):
        order = self._order()
        self._over_the_limit()
        delivery = order.picking_ids
        self.assertTrue(delivery._followup_verdicts()[delivery].blocks)
        self.chair.invoice_policy = "order"
        order.order_line.invalidate_recordset()
        invoice = order._create_invoices()
        invoice.action_post()
        self._invoice("2026-05-30", 50)
        self._payment(1000, DAY, invoice=invoice)
        self.assertIs(delivery.button_validate(), True)

    # -- of the delivery itself -----------------------------------------------

    def test_the_release_of_the_delivery_lets_it_pass(self):
        delivery = self._delivery()
        self._over_the_limit()
        delivery.button_validate()
        request = self._release(delivery)
        self.assertRecordValues(
            request.sudo(),
            [{"state": "approved", "partner_id": self.partner.id, "company_id": self.company.id, "order_id": False}],
        )
        self.assertEqual(delivery.followup_credit_state, "released")
        self.assertFalse(delivery.activity_ids)
        self.assertIn(self.manager.name, "".join(delivery.message_ids.mapped("body")))
        self.assertIs(delivery.with_user(self.storekeeper).button_validate(), True)
        self.assertRecordValues(delivery, [{"state": "done", "followup_credit_state": False}])

    def test_the_release_of_one_delivery_covers_no_other(self):
        first, second = self._delivery(), self._delivery()
        self._over_the_limit()
        self._release(first)
        action = (first | second).button_validate()
        self.assertEqual((first | second).mapped("state"), ["done", "assigned"])
        self.assertIn(second.name, action["params"]["title"])

    def test_a_backorder_of_a_released_delivery_is_judged_anew(self):
        delivery = self._delivery()
        self._over_the_limit()
        self._release(delivery)
        backorder = self._deliver_part(delivery, 400)
        self.assertFalse(backorder.followup_credit_state)
        self.assertEqual(backorder.button_validate()["type"], "ir.actions.client")

    def test_the_release_of_the_delivery_passes_a_hold_that_was_there(self):
        delivery = self._delivery()
        self._since(self._hold(), -60)
        self._release(delivery)
        self.assertIs(delivery.button_validate(), True)

    def test_a_hold_decided_after_the_release_stops_the_delivery(self):
        delivery = self._delivery()
        self._over_the_limit()
        self._release(delivery)
        self._since(self._hold(), 60)
        action = delivery.button_validate()
        self.assertIn("Cheque bounced", action["params"]["message"])
        self.assertEqual(delivery.followup_credit_state, "hold")

    def test_the_release_of_the_delivery_passes_an_order_on_hold(self):
        order = self._released_order()
        order.order_line.product_uom_qty = 1001
        self._release(order.picking_ids)
        self.assertIs(order.picking_ids.button_validate(), True)

    def test_a_release_ends_on_its_day(self):
        delivery = self._delivery()
        self._over_the_limit()
        self._release(delivery)
        with freeze_time("2026-06-04"):
            self.env["stock.picking"]._cron_followup_recheck()
            self.assertEqual(delivery.followup_credit_state, "hold")
            self.assertEqual(delivery.button_validate()["type"], "ir.actions.client")

    def test_a_refused_delivery_stays_until_nothing_blocks_it(self):
        delivery = self._delivery()
        self._over_the_limit()
        request = self._request(delivery)
        request.with_user(self.manager).action_refuse("Not before they pay.")
        self.assertEqual(delivery.followup_credit_state, "refused")
        self.assertIn("Not before they pay.", "".join(delivery.message_ids.mapped("body")))
        delivery.button_validate()
        self.assertRecordValues(delivery, [{"state": "assigned", "followup_credit_state": "refused"}])
        self.partner.credit_limit = 0
        self.assertIs(delivery.button_validate(), True)

    # -- asking ---------------------------------------------------------------

    def test_nothing_is_asked_of_what_nothing_holds(self):
        delivery = self._delivery()
        with self.assertRaisesRegex(UserError, "Nothing holds"):
            delivery.action_followup_ask()

    def test_asking_twice_opens_the_request_that_waits(self):
        delivery = self._delivery()
        self._over_the_limit()
        request = self._request(delivery)
        self.assertTrue(delivery.followup_is_asked)
        action = delivery.action_followup_ask()
        self.assertEqual((action["res_model"], action["res_id"]), ("credit.request", request.id))

    def test_the_request_takes_its_customer_from_the_delivery(self):
        delivery = self._delivery()
        self._over_the_limit()
        forged = {"picking_id": delivery.id, "partner_id": self._customer("Other").id, "reason": "Please."}
        request = self.env["credit.request"].with_user(self.storekeeper).create(forged)
        self.assertEqual(request.partner_id, self.partner)

    def test_what_is_no_delivery_is_not_released(self):
        stock = self.warehouse.lot_stock_id
        receipt = self._transfer(self.partner.property_stock_supplier, stock)
        with self.assertRaisesRegex(UserError, "no delivery"):
            self.env["credit.request"].create(
                {"picking_id": receipt.id, "partner_id": self.partner.id, "reason": "Please."}
            )

    def test_what_has_left_is_not_released(self):
        delivery = self._delivery()
        self._over_the_limit()
        request = self._request(delivery)
        self.partner.credit_limit = 0
        delivery.button_validate()
        self.assertEqual(request.sudo().state, "cancelled")

    def test_a_delivery_that_was_decided_about_stays_on_record(self):
        delivery = self._delivery()
        self._over_the_limit()
        self._release(delivery)
        delivery.action_cancel()
        with self.assertRaisesRegex(UserError, "stays on record"):
            delivery.unlink()
