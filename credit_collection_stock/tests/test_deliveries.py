"""Deliveries of customers whom the credit rules block stay; everything else goes through."""

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from .common import DeliveryCommon

DAY = "2026-05-04"


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestDeliveries(DeliveryCommon):
    def test_s25_a_delivery_stops_when_the_customer_went_over_after_the_confirmation(self):
        self.partner.credit_limit = 5000
        delivery = self._delivery(4000)
        self._invoice("2026-05-30", 1500)  # invoiced apart, after the confirmation
        action = delivery.button_validate()
        self.assertEqual(action["tag"], "display_notification")
        self.assertEqual(action["params"]["type"], "danger")
        self.assertTrue(action["params"]["sticky"])
        self.assertIn("500.00 over its credit limit", action["params"]["message"])
        self.assertEqual(action["params"]["next"], {"type": "ir.actions.act_window_close"})
        self.assertRecordValues(delivery, [{"state": "assigned", "followup_credit_state": "hold"}])
        self.assertIn("500.00", delivery.followup_credit_warning)
        self._payment(600, DAY)
        self.assertIs(delivery.button_validate(), True)
        self.assertRecordValues(delivery, [{"state": "done", "followup_credit_state": False}])
        self.assertFalse(delivery.activity_ids)

    def test_s25_its_return_is_never_stopped(self):
        delivery = self._delivery()
        self.assertIs(delivery.button_validate(), True)
        self._hold()
        wizard = Form(
            self.env["stock.return.picking"].with_context(active_id=delivery.id, active_model=delivery._name)
        )
        wizard = wizard.save()
        wizard.product_return_moves.quantity = 1000
        returned = self.env["stock.picking"].browse(wizard.action_create_returns()["res_id"])
        returned.move_ids.picked = True
        self.assertFalse(returned._followup_verdicts())
        self.assertIs(returned.button_validate(), True)
        self.assertEqual(returned.state, "done")

    def test_case_41_of_several_only_the_blocked_stop(self):
        stock, customer, supplier = (
            self.warehouse.lot_stock_id,
            self.partner.property_stock_customer,
            self.partner.property_stock_supplier,
        )
        shelf = self.env["stock.location"].create({"name": "Shelf", "location_id": stock.id})
        good = self._customer("Good")
        held, passing = self._delivery(), self._delivery(partner=good)
        direct = self._transfer(stock, customer)  # without an order
        returned = self._transfer(customer, stock)
        receipt, internal = self._transfer(supplier, stock), self._transfer(stock, shelf)
        self._hold()
        everything = held | passing | direct | returned | receipt | internal
        action = everything.button_validate()
        self.assertEqual(everything.filtered(lambda picking: picking.state != "done"), held | direct)
        self.assertEqual((held | direct).mapped("followup_credit_state"), ["hold", "hold"])
        self.assertIn(held.name, action["params"]["message"])
        self.assertIn(direct.name, action["params"]["message"])
        self.assertNotIn(passing.name, action["params"]["message"])

    def test_only_the_last_of_several_steps_stops(self):
        self.warehouse.delivery_steps = "pick_pack_ship"
        pick = self._delivery()
        self._hold()
        self.assertIs(pick.button_validate(), True)
        pack = pick._get_next_transfers()
        self.assertIs(pack.button_validate(), True)
        ship = pack._get_next_transfers()
        self.assertEqual(ship.location_dest_id.usage, "customer")
        self.assertEqual(ship.button_validate()["tag"], "display_notification")
        self.assertNotEqual(ship.state, "done")

    def test_a_wizard_for_the_others_follows_the_message(self):
        good = self._customer("Good")
        held, partial = self._delivery(), self._delivery(partner=good)
        self._hold()
        partial.move_ids.quantity = 400
        partial.move_ids.picked = True
        action = (held | partial).button_validate()
        wizard = action["params"]["next"]
        self.assertEqual(wizard["res_model"], "stock.backorder.confirmation")
        self.assertNotIn("followup_judged", wizard["context"])
        self.assertEqual(wizard["context"]["button_validate_picking_ids"], partial.ids)
        Form.from_action(self.env, wizard).save().process()
        self.assertEqual(partial.state, "done")
        self.assertNotEqual(held.state, "done")

    def test_a_customer_held_while_the_wizard_is_open_is_stopped_after_it(self):
        delivery = self._delivery()
        delivery.move_ids.quantity = 400
        delivery.move_ids.picked = True
        wizard = Form.from_action(self.env, delivery.button_validate()).save()
        self._hold()
        self.assertEqual(wizard.process()["tag"], "display_notification")
        self.assertEqual(delivery.state, "assigned")

    def test_who_skips_the_button_gets_an_error(self):
        delivery = self._delivery()
        self._hold()
        with self.assertRaisesRegex(UserError, "Durand has been on hold"):
            delivery._action_done()
        with self.assertRaisesRegex(UserError, "Durand has been on hold"):  # nobody forges the proof of the check
            delivery.with_context(followup_judged=delivery.ids)._action_done()
        self.assertEqual(
            delivery.with_context(followup_judged=delivery.ids).button_validate()["type"], "ir.actions.client"
        )
        self.assertNotEqual(delivery.state, "done")

    def test_who_skips_the_button_passes_where_nothing_blocks(self):
        delivery = self._delivery()
        delivery.move_ids.picked = True
        delivery._action_done()
        self.assertEqual(delivery.state, "done")

    def test_a_rule_that_warns_stops_nothing(self):
        self.company.followup_rule_limit = "warn"
        delivery = self._delivery()
        self._over_the_limit()
        self.assertIs(delivery.button_validate(), True)
        self.assertFalse(delivery.followup_credit_state)

    def test_a_hold_on_orders_alone_stops_no_delivery(self):
        delivery = self._delivery()
        self._hold(scope="orders")
        self.assertIs(delivery.button_validate(), True)

    def test_who_is_invoiced_counts_and_not_who_receives(self):
        other = self._customer("Site")
        delivery = self._delivery(partner_shipping_id=other.id)
        self.assertEqual(delivery.partner_id, other)
        hold = self._hold(other)
        self.assertFalse(delivery._followup_verdicts()[delivery].blocks)
        hold.action_end() if hasattr(hold, "action_end") else hold.write({"date_to": "2026-05-03"})
        self._hold()
        self.assertTrue(delivery._followup_verdicts()[delivery].blocks)

    def test_the_company_is_that_of_the_delivery(self):
        other = self.setup_other_company()["company"]
        delivery = self._delivery()
        self._hold(company_id=other.id)
        delivery = delivery.with_context(allowed_company_ids=[other.id, self.company.id])
        self.assertFalse(delivery._followup_verdicts()[delivery].blocks)
        self._hold()
        self.assertTrue(delivery._followup_verdicts()[delivery].blocks)

    def test_salesperson_and_credit_manager_are_told_once(self):
        delivery = self._delivery()
        self._hold()
        messages = len(delivery.message_ids)
        delivery.button_validate()
        delivery.button_validate()
        self.assertEqual(len(delivery.message_ids), messages + 1)
        self.assertIn("Held by credit control", delivery.message_ids[0].body)
        managers = self.env["credit.profile"]._managers(self.company)[self.company]
        self.assertEqual(len(delivery.activity_ids), 2)
        self.assertEqual(delivery.activity_ids.user_id, self.salesperson | managers)

    def test_the_record_and_the_warehouse_read_no_amounts(self):
        self.partner.credit_limit = 5000
        delivery = self._delivery(4000)
        self._invoice("2026-05-30", 1500)
        action = delivery.with_user(self.storekeeper).button_validate()
        people = " / ".join(delivery._followup_people()[delivery].mapped("name"))
        self.assertEqual(
            action["params"]["message"],
            f"Durand is over its credit limit.\nAsk {people} to have it released.",
        )
        told = [action["params"]["message"], delivery.with_user(self.storekeeper).followup_credit_warning]
        told += delivery.message_ids[0].mapped("body") + delivery.activity_ids.mapped("note")
        for text in told:
            self.assertNotRegex(text, r"[0-9],?[0-9]{3}|500")
        self.assertIn("500.00", delivery.with_user(self.accountant).followup_credit_warning)
        self.assertIn("500.00", delivery.with_user(self.salesperson).followup_credit_warning)

    def test_what_is_cancelled_is_not_held_any_more(self):
        delivery = self._delivery()
        self._hold()
        delivery.button_validate()
        self._request(delivery)
        delivery.action_cancel()
        self.assertFalse(delivery.followup_credit_state)
        self.assertFalse(delivery.activity_ids)
        self.assertEqual(self.env["credit.request"].search([("picking_id", "=", delivery.id)]).state, "cancelled")

    def test_at_night_those_that_nothing_blocks_any_more_are_freed(self):
        delivery, other = self._delivery(), self._delivery(partner=self._customer("Other"))
        self._hold()
        self._over_the_limit(other.partner_id)
        (delivery | other).button_validate()
        other.partner_id.credit_limit = 0
        self.env["stock.picking"]._cron_followup_recheck()
        self.assertEqual((delivery | other).mapped("followup_credit_state"), ["hold", False])
        self.assertIn("it can leave", other.message_ids[0].body)
        self.assertFalse(other.activity_ids)

    def test_a_batch_of_twenty_costs_no_query_per_delivery(self):
        def validate(count):
            partners = [self._customer(f"Customer {count} {number}") for number in range(3)]
            deliveries = self.env["stock.picking"].union(
                *(self._delivery(10, partners[number % 3]) for number in range(count))
            )
            for partner in partners:
                self._hold(partner)
            queries = self._queries(deliveries.button_validate)
            self.assertEqual(set(deliveries.mapped("followup_credit_state")), {"hold"})
            return queries

        validate(3)  # warms what is read once
        few, many = validate(3), validate(20)
        self.assertEqual(many, few)

    def test_twenty_verdicts_cost_as_many_queries_as_three(self):
        def judge(count):
            deliveries = self.env["stock.picking"].union(*(self._delivery(10) for _number in range(count)))
            return self._queries(deliveries._followup_verdicts)

        judge(3)
        self.assertEqual(judge(3), judge(20))
