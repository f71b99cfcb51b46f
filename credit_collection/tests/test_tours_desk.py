"""What a collector clicks in the morning, and a dispute from its opening to the credit note."""

from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, tagged

from .common import CollectionCommon


@tagged("post_install", "-at_install")
class TestToursDesk(CollectionCommon, HttpCase):
    """Customers A and B are to be called today; C owes as much, and nothing is to be done."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = fields.Date.today()
        cls.first, cls.second, cls.third = (cls._customer(f"Tour Customer {letter}") for letter in "ABC")
        cls.invoice = cls._late(3000, cls.first)
        cls._late(1000, cls.second)
        cls._late(2000, cls.third)
        for customer, days in ((cls.first, 0), (cls.second, 0), (cls.third, 7)):
            profile = customer._followup_profile(cls.company)
            profile._plan_call(cls.today + timedelta(days=days), profile._overdue_items().move_line_id)

    @classmethod
    def _late(cls, amount, customer):
        return cls._invoice(cls.today - timedelta(days=10), amount, customer, invoice_user_id=cls.salesperson.id)

    def _position(self, customer):
        Position = self.env["credit.customer.position"]
        Position.invalidate_model()
        return Position.search([("partner_id", "=", customer.id), ("company_id", "=", self.company.id)])

    def test_the_collectors_morning(self):
        self.start_tour("/odoo", "credit_collection_morning", login="collector")
        day = self.today + timedelta(days=5)
        actions = self.env["credit.collection.action"].search([("partner_id", "=", self.first.id)])
        call = actions.filtered(lambda action: action.channel == "call")
        forgotten = self.env.ref("credit_collection.credit_late_reason_forgotten")
        self.assertRecordValues(
            call,
            [
                {
                    "state": "sent",
                    "result": "reached",
                    "note": "2,500 on Friday; they look for the rest.",
                    "late_reason_id": forgotten.id,
                }
            ],
        )
        promise = self.env["credit.promise"].search([("partner_id", "=", self.first.id)])
        self.assertRecordValues(
            promise,
            [
                {
                    "partner_id": self.first.id,
                    "kind": "firm",
                    "state": "open",
                    "amount": 2500.0,
                    "date_promised": day,
                    "user_id": self.collector.id,
                    "action_id": call.id,
                }
            ],
        )
        self.assertEqual(promise.confirmation_id, actions - call, "the customer is told by e-mail")
        self.assertRecordValues(
            self._item(self.invoice),
            [{"chase_state": "promised", "late_reason_id": forgotten.id, "promise_id": promise.id}],
        )
        self.assertEqual([self._position(customer).act_today for customer in (self.first, self.second)], [False, True])

    def test_a_dispute_from_its_opening_to_the_credit_note(self):
        self.start_tour("/odoo/open-items", "credit_collection_dispute_open", login="collector")
        dispute = self.env["credit.dispute"].search([("partner_id", "=", self.first.id)])
        self.assertRecordValues(
            dispute,
            [
                {
                    "state": "open",
                    "amount": 1200.0,
                    "owner_id": self.salesperson.id,
                    "user_id": self.collector.id,
                    "date_deadline": self.today + timedelta(days=10),
                }
            ],
        )
        self.assertEqual(self._item(self.invoice).claimable_amount, 1800)
        self.start_tour("/odoo", "credit_collection_dispute_answer", login="salesperson")
        self.assertRecordValues(dispute, [{"state": "open", "answer": "founded", "date_answered": self.today}])
        self.start_tour("/odoo/disputes", "credit_collection_dispute_close", login="collector")
        self.assertRecordValues(dispute, [{"state": "closed", "outcome": "founded", "amount_accepted": 1200.0}])
        self.assertRecordValues(
            dispute.credit_move_ids,
            [{"state": "posted", "amount_total": 1200.0, "reversed_entry_id": self.invoice.id}],
        )
        self.assertRecordValues(
            self._item(self.invoice), [{"amount_residual": 1800.0, "claimable_amount": 1800.0, "disputed_amount": 0.0}]
        )

    def test_a_row_of_the_file_opens_what_it_stands_for(self):
        amounts = {self._item(self.invoice): 1200.0}
        price = self.env.ref("credit_collection.credit_late_reason_price")
        deadline = self.today + timedelta(days=10)
        self.env["credit.dispute"].with_user(self.collector)._open(amounts, price, self.salesperson, deadline)
        self.start_tour("/odoo/collection-files", "credit_collection_file_rows", login="collector")
