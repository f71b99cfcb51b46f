"""What counts in the credit exposure: order lines, drafts, deposits, currencies, customers."""

from freezegun import freeze_time

from odoo import Command
from odoo.tests import tagged

from .test_exposure import DAY, ExposureCommon


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestExposureParts(ExposureCommon):
    # -- order lines ------------------------------------------------------------

    def _lines(self, *lines, **values):
        """An order of lines (product, quantity, delivered, values), confirmed."""
        order = self.env["sale.order"].create(
            {
                "partner_id": self.partner.id,
                "order_line": [
                    Command.create({"product_id": product.id, "product_uom_qty": quantity, "price_unit": 1, **more})
                    for product, quantity, _delivered, more in lines
                ],
                **values,
            }
        )
        order.action_confirm()
        for line, (_product, _quantity, delivered, _more) in zip(order.order_line, lines, strict=True):
            line.qty_delivered = delivered
        return order

    def test_more_delivered_than_ordered_is_owed_when_invoiced_on_delivery_only(self):
        self._lines((self.goods, 10, 15, {}))
        self._assert_parts(delivered=18)
        self._lines((self.hours, 10, 15, {}))
        self._assert_parts(delivered=30)

    def test_what_is_invoiced_on_order_before_its_delivery_is_not_counted_twice(self):
        order = self._lines((self.hours, 10, 4, {}))
        self._assert_parts(delivered=4.8, ordered=7.2)
        self._post(order._create_invoices())
        self._assert_parts(receivable=12)
        order.order_line.qty_delivered = 10
        self._assert_parts(receivable=12)

    def test_a_discount_lowers_what_was_delivered_once_nothing_else_is_left(self):
        discount = {"price_unit": -30}
        order = self._lines((self.goods, 100, 40, {}), (self.hours, 1, 0, discount))
        self._assert_parts(delivered=48, ordered=36)
        order.order_line[0].qty_delivered = 100
        self._assert_parts(delivered=84)

    def test_a_discount_in_percent_and_a_line_without_price_or_delivery(self):
        self._lines(
            (self.goods, 10, 0, {"discount": 50}), (self.goods, 0, 0, {}), (self.goods, 5, 0, {"price_unit": 0})
        )
        self._assert_parts(ordered=6)

    def test_sections_and_notes_count_nothing(self):
        order = self._lines((self.goods, 10, 0, {}))
        order.order_line = [
            Command.create({"display_type": "line_section", "name": "Section"}),
            Command.create({"display_type": "line_note", "name": "Note"}),
        ]
        self._assert_parts(ordered=12)

    def test_a_return_in_an_order_lowers_it_to_zero_at_most(self):
        self._lines((self.goods, 10, 10, {}), (self.goods, -4, -4, {}))
        self._assert_parts(delivered=7.2)
        self._lines((self.goods, -50, -50, {}))
        self._assert_parts(delivered=7.2)

    def test_a_line_without_an_ordered_quantity_counts_what_was_delivered_with_its_tax(self):
        self._lines((self.goods, 0, 10, {}))
        self._assert_parts(delivered=12)
        self.vat.price_include_override = "tax_included"
        self._assert_parts(delivered=10)

    def test_the_items_of_a_combo_count_and_the_combo_does_not(self):
        combo = self.env["product.combo"].create(
            {"name": "Chair", "combo_item_ids": [Command.create({"product_id": self.goods.id})]}
        )
        parent = self.env["product.product"].create(
            {
                "name": "Set",
                "type": "combo",
                "list_price": 50,
                "taxes_id": False,
                "combo_ids": [Command.set(combo.ids)],
            }
        )
        order = self.env["sale.order"].create(
            {"partner_id": self.partner.id, "order_line": [Command.create({"product_id": parent.id})]}
        )
        order.order_line = [
            Command.create(
                {
                    "product_id": self.goods.id,
                    "combo_item_id": combo.combo_item_ids.id,
                    "linked_line_id": order.order_line.id,
                }
            )
        ]
        order.action_confirm()
        self.assertTrue(order.amount_total)
        self._assert_parts(ordered=order.amount_total)

    def test_a_draft_in_another_unit_is_taken_off_as_core_counted_it(self):
        order = self._lines((self.goods, 24, 24, {}))
        invoice = order._create_invoices()
        invoice.invoice_line_ids.write(
            {"product_uom_id": self.env.ref("uom.product_uom_dozen").id, "quantity": 1, "price_unit": 12}
        )
        self.assertEqual(order.order_line.qty_invoiced, 12)
        self._assert_parts(delivered=28.8)
        self._post(invoice)
        self._assert_parts(receivable=14.4, delivered=14.4)

    def test_a_credit_note_made_from_the_order_gives_its_quantity_back(self):
        order = self._lines((self.hours, 10, 10, {}))
        invoice = self._post(order._create_invoices())
        refund = invoice._reverse_moves([{"invoice_date": DAY}])
        refund.invoice_line_ids.quantity = 4
        self._assert_parts(receivable=12)
        self._post(refund)
        self.assertEqual(order.order_line.qty_invoiced, 6)
        self._match(invoice, refund)
        self._assert_parts(receivable=7.2, delivered=4.8)

    def test_cancelled_orders_and_quotations_count_nothing(self):
        order = self._order(1000)
        self._order(500, confirm=False)
        order._action_cancel()
        self._assert_parts()

    def test_orders_beyond_the_horizon_are_left_out_but_not_their_draft_invoices(self):
        order = self._order(1000, commitment_date="2026-07-01", product=self.hours)
        self._assert_parts(ordered=1200)
        self.company.followup_order_horizon = 30
        self._assert_parts()
        order._create_invoices()
        self._assert_parts(drafts=1200)
        self.company.followup_order_horizon = 90
        self._assert_parts(ordered=1200)

    # -- drafts, deposits, currencies, customers ---------------------------------

    def test_drafts_without_an_order_count_by_the_companys_setting(self):
        self._invoice("2026-05-30", 700, post=False)
        self._credit_note(100, DAY, post=False)
        self._assert_parts(drafts=700)
        self.company.followup_exposure_drafts = False
        self._assert_parts()

    def test_a_draft_with_lines_of_an_order_and_others_counts_the_others(self):
        order = self._lines((self.hours, 10, 0, {}))
        invoice = order._create_invoices()
        invoice.invoice_line_ids = [Command.create({"name": "Freight", "price_unit": 50, "tax_ids": []})]
        self._assert_parts(ordered=12, drafts=50)
        self.assertEqual(self._row().action_drafts()["domain"], [("id", "in", invoice.ids)])

    def test_a_payment_online_is_a_deposit_until_it_is_in_the_ledger(self):
        order = self._order(1000)
        transaction = self._transaction(order, 500)
        self._assert_parts(ordered=1200, deposits=500)
        payment = self._payment(500, DAY)
        transaction.payment_id = payment
        self._assert_parts(ordered=1200, unallocated=500)
        payment.action_draft()
        payment.action_cancel()
        self._assert_parts(ordered=1200)

    def test_only_received_and_authorized_payments_are_deposits_and_never_more_than_the_order(self):
        self._let_authorize()
        order = self._order(1000)
        for state in ("draft", "pending", "cancel", "error"):
            self._transaction(order, 100, state)
        self._transaction(order, 1, "done", operation="validation")
        self._assert_parts(ordered=1200)
        self._transaction(order, 100, "authorized")
        self._assert_parts(ordered=1200, deposits=100)
        self._transaction(order, 5000, "done")
        self._assert_parts(ordered=1200, deposits=1200)

    def test_an_authorization_captured_in_parts_counts_what_the_ledger_does_not_show(self):
        self._let_authorize()
        order = self._order(1000)
        source = self._transaction(order, 1000, "authorized")
        child = {"source_transaction_id": source.id, "operation": source.operation}
        captured = self._transaction(self.env["sale.order"], 400, **child)
        self._assert_parts(ordered=1200, deposits=1000)
        captured.payment_id = self._payment(400, DAY)
        self._assert_parts(ordered=1200, deposits=600, unallocated=400)
        self._transaction(self.env["sale.order"], 600, "cancel", **child)
        source.state = "done"
        self._assert_parts(ordered=1200, unallocated=400)

    def test_a_refund_of_an_online_payment_takes_from_the_deposit(self):
        order = self._order(1000)
        source = self._transaction(order, 1000)
        self._transaction(self.env["sale.order"], -300, operation="refund", source_transaction_id=source.id)
        self._assert_parts(ordered=1200, deposits=700)

    def test_a_payment_for_two_orders_is_shared(self):
        orders = self._order(100) | self._order(900)
        self._transaction(orders, 1200)
        self._assert_parts(ordered=1200, deposits=1200)
        orders[0]._action_cancel()
        self._assert_parts(ordered=1080, deposits=1080)

    def test_a_credited_down_payment_is_no_deposit(self):
        order = self._order(1000)
        down_payment = self._down_payment(order, 30)
        refund = self._post(down_payment._reverse_moves([{"invoice_date": DAY}]))
        self._match(down_payment, refund)
        self._assert_parts(ordered=1200)

    def test_foreign_currencies_count_at_todays_rate(self):
        gbp = self.setup_other_currency("GBP", rates=[("2026-01-01", 0.5), (DAY, 0.8), ("2026-06-01", 0.1)])
        pricelist = self.env["product.pricelist"].create({"name": "Pounds", "currency_id": gbp.id})
        self._invoice("2026-05-30", 80, date="2026-04-01", currency_id=gbp.id)
        self._assert_parts(receivable=100)
        order = self._order(400, pricelist_id=pricelist.id)
        self.assertEqual(order.currency_id, gbp)
        total = order.amount_total / 0.8
        self._assert_parts(receivable=100, ordered=total)
        self._down_payment(order, 50)
        self._assert_parts(receivable=100 + total / 2, ordered=total, deposits=total / 2)
        gbp.active = False
        self._assert_parts(receivable=100 + total / 2, ordered=total, deposits=total / 2)

    def test_contacts_and_invoice_addresses_belong_to_the_customer_who_owes(self):
        contact = self._customer("Contact", parent_id=self.partner.id, is_company=False)
        payer = self._customer("Payer")
        self._invoice("2026-05-30", 100, partner=contact)
        self._order(10, partner=contact)
        self._order(1000, partner_invoice_id=payer.id)
        self._assert_parts(receivable=100, ordered=12)
        self._assert_parts(payer, ordered=1200)
        self._assert_parts(contact)
