"""What people click."""

from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.tests import HttpCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestTours(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        groups = "credit_collection.credit_collection_group_"
        cls.collector = new_test_user(
            cls.env, "tour_collector", groups=groups + "user", email="c@creditor.example.com"
        )
        company = cls.env.company
        company.email = "billing@creditor.example.com"
        company.followup_payments_max_age = 0
        # every day is a working day: the tour runs on the real date
        company.resource_calendar_id = cls.env["resource.calendar"].create(
            {
                "name": "Seven days",
                "tz": "UTC",
                "attendance_ids": [
                    Command.create({"name": str(day), "dayofweek": str(day), "hour_from": 0, "hour_to": 24})
                    for day in range(7)
                ],
            }
        )
        if not company.chart_template:
            cls.env["account.chart.template"].try_loading("generic_coa", company=company, install_demo=False)
        cls.scenario = company.followup_scenario_id
        cls.scenario.live = True
        cls.partner = cls.env["res.partner"].create(
            {
                "name": "Tour Customer",
                "email": "tour@customer.example.com",
                "is_company": True,
                "street": "12 rue des Lilas",
                "city": "Lyon",
            }
        )
        today = fields.Date.today()
        cls.invoice = cls.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": cls.partner.id,
                "invoice_date": today - timedelta(days=75),
                "invoice_date_due": today - timedelta(days=45),
                "invoice_payment_term_id": False,
                "invoice_line_ids": [Command.create({"name": "Goods", "price_unit": 1000, "tax_ids": []})],
            }
        )
        cls.invoice.action_post()
        item = cls.env["credit.open.item"].search([("move_id", "=", cls.invoice.id)])
        # under test, core gives HTML for a PDF: nothing to merge
        notice = cls.scenario.level_ids.filtered("is_formal_notice")
        notice.write({"attach_invoices": False, "attach_statement": False})
        letter2 = cls.scenario.level_ids.filtered("anchor_level_id")
        cls.env["credit.collection.action"]._set_level(item, letter2, "before", today - timedelta(days=20))

    def test_a_collector_reviews_edits_confirms_and_finds_the_notice_in_the_history(self):
        self.start_tour("/odoo/reminders-today", "credit_collection_collector", login="tour_collector")
        action = self.env["credit.collection.action"].search(
            [("partner_id", "=", self.partner.id), ("channel", "=", "letter")]
        )
        self.assertRecordValues(action, [{"state": "to_print", "subject": "Formal notice after our call"}])
        # while the real printer works, the test server turns the browser's requests away (see test_letter_pages)
        Printer = self.env.registry["credit.dunning.printer"]
        with patch.object(
            Printer, "_pages", lambda printer, letters, words: {action.id: b"%PDF-1.4" for action in letters}
        ):
            self.start_tour("/odoo/collection-agenda", "credit_collection_letters", login="tour_collector")
        self.assertRecordValues(action, [{"state": "sent", "tracking_number": "1A 234 567 8901 2"}])
        self.assertTrue(action.letter_id)
        self.start_tour("/odoo/collection-files", "credit_collection_history", login="tour_collector")

    def test_a_collector_notes_the_result_of_a_call(self):
        customer = self.env["res.partner"].create({"name": "Called Customer", "phone": "+33 1 99 00 11 22"})
        profile = customer._followup_profile(self.env.company)
        call = profile._plan_call(fields.Date.today(), self.env["account.move.line"])
        self.start_tour("/odoo/collection-agenda", "credit_collection_call", login="tour_collector")
        self.assertRecordValues(
            call, [{"state": "sent", "result": "reached", "note": "The transfer leaves on Friday."}]
        )

    def test_an_indemnity_is_waived_by_a_credit_manager_and_not_by_a_collector(self):
        self.env["credit.interest.policy"].create({"name": "Ours", "basis": "contract", "indemnity_amount": 40.0})
        claim = self.env["credit.late.claim"]._claim(self.invoice, fields.Date.today(), kinds=("indemnity",))
        self.assertRecordValues(claim, [{"amount": 40.0, "state": "claimed"}])
        self.start_tour("/odoo/late-payment-claims", "credit_collection_no_waiver", login="tour_collector")
        self.assertEqual(claim.state, "claimed")
        manager = self._manager()
        self.start_tour("/odoo/late-payment-claims", "credit_collection_waiver", login="tour_manager")
        self.assertRecordValues(
            claim,
            [{"state": "waived", "waived_by_id": manager.id, "waive_reason": "We delivered late ourselves."}],
        )

    def _manager(self):
        groups = "credit_collection.credit_collection_group_manager"
        return new_test_user(self.env, "tour_manager", groups=groups, email="m@creditor.example.com")

    def test_a_credit_manager_goes_through_the_guided_start(self):
        self.scenario.live = False
        company = self.env.company
        company.followup_payments_max_age = 7
        self._manager()
        self.start_tour("/odoo/guided-start", "credit_collection_guided_start", login="tour_manager")
        self.assertTrue(self.scenario.live)
        self.assertEqual(
            (company.followup_payments_max_age, company.followup_test_email), (0, "trial@creditor.example.com")
        )

    def test_a_user_picks_the_day_of_the_figures(self):
        self.start_tour("/odoo/open-items", "credit_collection_as_of", login="tour_collector")

    def _called(self, name):
        customer = self.env["res.partner"].create({"name": name, "phone": "+33 1 99 00 11 22", "is_company": True})
        return customer._followup_profile(self.env.company)

    def test_two_customers_are_called_one_after_the_other_and_no_note_is_lost(self):
        first, second = self._called("Tour Customer A"), self._called("Tour Customer B")
        self.start_tour("/odoo/collection-files", "credit_collection_call_mode", login="tour_collector")
        calls = self.env["credit.collection.action"].search(
            [("partner_id", "in", (first | second).partner_id.ids), ("channel", "=", "call")], order="id"
        )
        self.assertRecordValues(
            calls,
            [
                {"partner_id": first.partner_id.id, "state": "sent", "note": "The transfer leaves on Friday."},
                {"partner_id": second.partner_id.id, "state": "sent", "note": ""},
                {"partner_id": second.partner_id.id, "state": "to_do", "note": False},
            ],
        )
        self.assertEqual(calls.mapped("result"), ["reached", "no_answer", False])

    def test_a_note_survives_leaving_the_page(self):
        self._called("Tour Customer A")
        self.start_tour("/odoo/collection-files", "credit_collection_call_draft", login="tour_collector")
        self.assertFalse(self.env["credit.call.result"].search([]))
        self.assertFalse(self.env["credit.collection.action"].search([("channel", "=", "call")]))
