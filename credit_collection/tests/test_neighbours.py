"""Beside other modules that confirm, pay or reward orders; run by ``dev/test --neighbours``, where they are installed."""

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import CollectionCommon


@tagged("post_install", "-at_install", "-standard", "credit_neighbours")
class TestNeighbours(CollectionCommon):
    """What the other module does when an order is confirmed has to wait until the order really is."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref("sales_team.group_sale_manager")
        cls.goods = cls.env["product.product"].create({"name": "Chair", "list_price": 100, "taxes_id": []})
        cls.hold = cls.env["credit.hold"].create(
            {
                "partner_id": cls.partner.id,
                "company_id": cls.company.id,
                "date_from": fields.Date.add(fields.Date.today(), days=-10),
                "reason": "Cheque returned unpaid",
            }
        )

    def setUp(self):
        super().setUp()
        self.mails = []
        self.patch(
            self.env.registry["sale.order"],
            "_send_order_notification_mail",
            lambda order, template, **_options: self.mails.append((order.id, template)),
        )

    def _order(self, **values):
        """A quotation of 100."""
        line = {"product_id": self.goods.id, "product_uom_qty": 1, "price_unit": 100, "tax_ids": []}
        return self.env["sale.order"].create(
            {"partner_id": self.partner.id, "order_line": [Command.create(line)], **values}
        )

    def _web_order(self, **values):
        website = self.env["website"].create({"name": "Shop", "company_id": self.company.id})
        return self._order(website_id=website.id, **values)

    def _end_hold(self):
        self.hold.date_to = fields.Date.add(fields.Date.today(), days=-1)
        self.env.invalidate_all()

    def _confirmation_mails(self, order):
        return [mail for mail in self.mails if mail == (order.id, order._get_confirmation_template())]

    # -- loyalty --------------------------------------------------------------

    def _cards(self, *partners):
        """Cards that get ten points with every order of these customers."""
        program = self.env["loyalty.program"].create(
            {
                "name": "Ten points an order",
                "program_type": "loyalty",
                "trigger": "auto",
                "applies_on": "both",
                "rule_ids": [Command.create({"reward_point_mode": "order", "reward_point_amount": 10})],
                "reward_ids": [Command.create({"required_points": 1000})],
            }
        )
        self.env["loyalty.program"].search([("id", "!=", program.id)]).active = False
        return self.env["loyalty.card"].create(
            [{"program_id": program.id, "partner_id": partner.id, "points": 0} for partner in partners]
        )

    def test_loyalty_points_are_not_granted_while_an_order_is_held(self):
        card = self._cards(self.partner)
        order = self._order()
        order._update_programs_and_rewards()
        order.action_followup_confirm()
        self.assertEqual(order.followup_credit_state, "hold")
        self.assertEqual(order.state, "draft")
        self.assertEqual(card.points, 0)
        self._end_hold()
        order.action_followup_confirm()
        self.assertEqual(order.state, "sale")
        self.assertEqual(card.points, 10)

    def test_loyalty_points_are_granted_only_for_the_orders_of_a_batch_that_pass(self):
        other = self._customer("Petit")
        cards = self._cards(self.partner, other)
        orders = self._order() | self._order(partner_id=other.id)
        for order in orders:
            order._update_programs_and_rewards()
        orders.action_followup_confirm()
        self.assertEqual(orders.mapped("state"), ["draft", "sale"])
        self.assertEqual(cards.mapped("points"), [0, 10])

    def test_loyalty_points_are_not_granted_when_another_caller_is_refused(self):
        card = self._cards(self.partner)
        order = self._order()
        order._update_programs_and_rewards()
        with self.assertRaisesRegex(UserError, "Cheque returned unpaid"), self.cr.savepoint():
            order.action_confirm()
        self.env.invalidate_all()
        self.assertEqual(order.state, "draft")
        self.assertEqual(card.points, 0)

    # -- the web shop ---------------------------------------------------------

    def _transaction(self, order, amount, provider=None, **values):
        provider = provider or self._demo_provider()
        return self.env["payment.transaction"].create(
            {
                "provider_id": provider.id,
                "payment_method_id": provider.payment_method_ids[:1].id,
                "amount": amount,
                "currency_id": order.currency_id.id,
                "partner_id": order.partner_id.id,
                "reference": f"{order.name}-{amount}",
                "operation": "online_direct",
                "sale_order_ids": [Command.set(order.ids)],
                **values,
            }
        )

    def _demo_provider(self):
        demo = self.env.ref("payment.payment_provider_demo").sudo()
        provider = demo.copy(
            {"company_id": self.company.id, "journal_id": self.company_data["default_journal_bank"].id}
        )
        provider.write({"state": "test", "payment_method_ids": [Command.set(demo.payment_method_ids[:1].ids)]})
        return provider

    def _pay_online(self, order, amount):
        """The demo provider takes the money, then Odoo does what follows a payment."""
        transaction = self._transaction(order, amount)
        transaction._process("demo", {"reference": transaction.reference, "simulated_state": "done"})
        transaction._post_process()
        return transaction

    def test_a_held_web_order_that_is_paid_in_part_stays_a_quotation(self):
        order = self._web_order(require_payment=True, prepayment_percent=0.3)
        transaction = self._pay_online(order, 30)
        self.assertEqual(transaction.state, "done")
        self.assertIn(order.state, ("draft", "sent"))
        self.assertEqual(order.followup_credit_state, "hold")
        self.assertFalse(self._confirmation_mails(order))
        self._end_hold()
        order.action_followup_confirm()
        self.assertEqual(order.state, "sale")

    def test_a_web_order_paid_in_full_is_confirmed_with_its_mail(self):
        order = self._web_order(require_payment=True, prepayment_percent=1.0)
        self._pay_online(order, 100)
        self.assertEqual(order.state, "sale")
        self.assertTrue(self._confirmation_mails(order))

    def test_a_held_web_order_signed_online_stays_a_quotation(self):
        order = self._web_order()
        order._validate_order()
        self.assertIn(order.state, ("draft", "sent"))
        self.assertEqual(order.followup_credit_state, "hold")
        self.assertFalse(self._confirmation_mails(order))

    def test_a_held_web_order_to_be_paid_in_cash_on_delivery_stays_a_quotation(self):
        """The module for deliveries confirms it by itself; the customer is not to see an error."""
        order = self._web_order()
        provider = self.env.ref("delivery.payment_provider_cod").sudo().copy({"company_id": self.company.id})
        method = self.env.ref("delivery.payment_method_cash_on_delivery")
        provider.write({"state": "enabled", "payment_method_ids": [Command.set(method.ids)]})
        transaction = self._transaction(order, 100, provider, payment_method_id=method.id)
        transaction._set_pending()
        transaction._post_process()
        self.assertIn(order.state, ("draft", "sent"))
        self.assertEqual(order.followup_credit_state, "hold")
        self.assertFalse(self._confirmation_mails(order))
