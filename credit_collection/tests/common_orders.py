"""What the tests of orders share: a product without tax at one each, customers near their limit, and payments online."""

from unittest.mock import patch

from odoo import Command, fields
from odoo.tests import new_test_user, tagged

from .common import CollectionCommon


@tagged("post_install", "-at_install")
class OrdersCommon(CollectionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = cls._seller("seller")
        cls.other_seller = cls._seller("other_seller")
        cls.sales_manager = new_test_user(
            cls.env,
            "sales_manager",
            groups="sales_team.group_sale_manager",
            company_id=cls.company.id,
            email="sales.manager@creditor.example.com",
        )
        # Who answers for credit here: those that other tests' data may hold do not
        managers = cls.env.ref("credit_collection.credit_collection_group_manager").all_user_ids - cls.manager
        managers.write(
            {"group_ids": [Command.unlink(cls.env.ref("credit_collection.credit_collection_group_manager").id)]}
        )
        cls.env.user.group_ids |= cls.env.ref("sales_team.group_sale_manager")
        cls.goods = cls.env["product.product"].create({"name": "Chair", "list_price": 1, "taxes_id": False})
        cls.company.followup_rule_limit = "block"
        cls.company.followup_rule_overdue = "ignore"

    @classmethod
    def _seller(cls, login):
        return new_test_user(
            cls.env,
            login,
            groups="sales_team.group_sale_salesman",
            company_id=cls.company.id,
            email=f"{login}@creditor.example.com",
        )

    @classmethod
    def _order(cls, amount, partner=None, seller=None, **values):
        """A quotation over ``amount``, of a salesperson, who is also the one who acts on it."""
        seller = seller or cls.seller
        return (
            cls.env["sale.order"]
            .with_user(seller)
            .create(
                {
                    "partner_id": (partner or cls.partner).id,
                    "user_id": seller.id,
                    "order_line": [Command.create({"product_id": cls.goods.id, "product_uom_qty": amount})],
                    **values,
                }
            )
        )

    @classmethod
    def _limit(cls, amount, partner=None):
        (partner or cls.partner).with_company(cls.company).sudo().credit_limit = amount

    @classmethod
    def _hold_customer(cls, partner=None, **values):
        return (
            cls.env["credit.hold"]
            .with_user(cls.manager)
            .create(
                {
                    "partner_id": (partner or cls.partner).id,
                    "company_id": cls.company.id,
                    "reason": "Bounced bill",
                    **values,
                }
            )
        )

    @classmethod
    def _release(cls, order, max_amount=None, **values):
        """A credit manager's approval; the dialog and its rights are tested with the requests."""
        return (
            cls.env["credit.request"]
            .sudo()
            .create(
                {
                    "kind": "release",
                    "state": "approved",
                    "order_id": order.id,
                    "partner_id": order.partner_id.commercial_partner_id.id,
                    "company_id": order.company_id.id,
                    "currency_id": order.currency_id.id,
                    "reason": "A good customer",
                    "decision_reason": "Paid last time",
                    "decided_by": cls.manager.id,
                    "decided_on": fields.Datetime.now(),
                    "max_amount": max_amount or order.amount_total,
                    **values,
                }
            )
        )

    def _transaction(self, order, amount, state="done"):
        """A payment online, as the provider has just told of it."""
        method = self.env.ref("payment.payment_method_unknown")
        provider = self.env["payment.provider"].create(
            {"name": "Dummy", "code": "none", "state": "test", "company_id": self.company.id}
        )
        provider.payment_method_ids = method
        provider.support_manual_capture = "full_only"
        method.active = True
        transaction = self.env["payment.transaction"].create(
            {
                "provider_id": provider.id,
                "payment_method_id": method.id,
                "reference": f"{order[:1].name}-{amount}-{state}-{self.env['payment.transaction'].search_count([])}",
                "amount": amount,
                "currency_id": order.currency_id.id,
                "partner_id": order.partner_id.id,
                "sale_order_ids": [Command.set(order.ids)],
                "operation": "online_redirect",
            }
        )
        if state != "draft":
            getattr(transaction, f"_set_{state}")()
        return transaction

    def _post_process(self, transaction):
        """What happens to a payment after the provider answered; its entry in the ledger aside, which needs a bank."""
        path = "odoo.addons.account_payment.models.payment_transaction.PaymentTransaction._post_process"
        self.startPatcher(patch(path))
        transaction._post_process()

    def _activities(self, order):
        """The open activities of an order, as (user, type)."""
        activities = self.env["mail.activity"].search([("res_model", "=", "sale.order"), ("res_id", "=", order.id)])
        return sorted((activity.user_id.login, activity.activity_type_id.name) for activity in activities)

    def _notes(self, order):
        return "\n".join(str(body) for body in order.sudo().message_ids.mapped("body"))
