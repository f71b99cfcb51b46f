from odoo import Command
from odoo.tests import Form, new_test_user

from odoo.addons.credit_collection.tests.common import CollectionCommon


class DeliveryCommon(CollectionCommon):
    """The chairs of an order go to the customer in one delivery. The rule on the limit blocks."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref("sales_team.group_sale_manager") | cls.env.ref(
            "stock.group_stock_manager"
        )
        cls.company.followup_rule_limit = "block"
        cls.chair = cls.env["product.product"].create(
            {"name": "Chair", "type": "consu", "taxes_id": [], "list_price": 1}
        )
        cls.warehouse = cls.env["stock.warehouse"].search([("company_id", "=", cls.company.id)], limit=1)
        cls.storekeeper = new_test_user(
            cls.env, "storekeeper", groups="stock.group_stock_user", company_id=cls.company.id
        )
        cls.storekeeper.email = "storekeeper@creditor.example.com"

    def _order(self, amount=1000, partner=None, **values):
        """A confirmed order of chairs at one each."""
        order = self.env["sale.order"].create(
            {
                "partner_id": (partner or self.partner).id,
                "user_id": self.salesperson.id,
                "order_line": [Command.create({"product_id": self.chair.id, "product_uom_qty": amount})],
                **values,
            }
        )
        order.action_confirm()
        return order

    def _delivery(self, amount=1000, partner=None, **values):
        return self._order(amount, partner, **values).picking_ids

    def _over_the_limit(self, partner=None):
        """The customer's exposure is more than its limit from now on."""
        (partner or self.partner).credit_limit = 1

    def _hold(self, partner=None, scope="deliveries", **values):
        return self.env["credit.hold"].create(
            {
                "partner_id": (partner or self.partner).id,
                "company_id": self.company.id,
                "scope": scope,
                "reason": "Cheque bounced",
                **values,
            }
        )

    def _request(self, picking, user=None):
        """The release of the delivery, asked for by the storekeeper."""
        picking = picking.with_user(user or self.storekeeper)
        action = picking.action_followup_ask()
        request = self.env["credit.request"].with_user(user or self.storekeeper).with_context(**action["context"])
        return request.create({"reason": "The lorry waits."})

    def _release(self, picking):
        request = self._request(picking)
        request.with_user(self.manager).action_approve()
        return request

    def _transfer(self, source, destination, partner=None):
        """A transfer of ten chairs, ready."""
        picking_type = {"supplier": "in_type_id", "customer": "in_type_id"}.get(
            source.usage, "out_type_id" if destination.usage == "customer" else "int_type_id"
        )
        picking = self.env["stock.picking"].create(
            {
                "partner_id": (partner or self.partner).id,
                "picking_type_id": self.warehouse[picking_type].id,
                "location_id": source.id,
                "location_dest_id": destination.id,
                "move_ids": [
                    Command.create(
                        {
                            "product_id": self.chair.id,
                            "product_uom_qty": 10,
                            "location_id": source.id,
                            "location_dest_id": destination.id,
                        }
                    )
                ],
            }
        )
        picking.action_confirm()
        picking.move_ids.quantity = 10
        return picking

    def _deliver_part(self, picking, quantity, user=None):
        """Validate so much of the delivery; the rest becomes a backorder, which is returned."""
        picking = picking.with_user(user) if user else picking
        picking.move_ids.quantity = quantity
        picking.move_ids.picked = True
        action = picking.button_validate()
        Form.from_action(self.env, action).save().process()
        return picking.backorder_ids
