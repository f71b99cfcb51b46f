"""Interest and indemnities in reminders: listed where the level says so and the law allows, and claimed when they leave."""

from freezegun import freeze_time

from odoo import fields
from odoo.tools import mute_logger

from .common import CollectionCommon

DAY = "2026-03-16"  # a Monday


class TestCharges(CollectionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.country_id = cls.company.account_fiscal_country_id = cls.env.ref("base.fr")
        cls.policies = cls.env["credit.interest.policy"].search([("company_id", "=", cls.company.id)])
        cls.professional = cls.policies.filtered(lambda policy: policy.customer_kind == "professional")
        cls.professional.indemnity_amount = 40.0
        cls.letter1.claim_charges = True

    def _words(self, action):
        return self.env["credit.dunning.words"]._render(action)

    def _claims(self):
        return self.env["credit.late.claim"].search([("partner_id", "=", self.partner.id)], order="kind")

    def test_they_are_listed_and_added_to_what_is_to_be_paid(self):
        self.letter1.text = "<p>{net_amount} and {charges} make {total_amount} at {penalty_rate}</p>"
        self.scenario.level_ids.automatic = False
        self._invoice("2026-02-28", 10000)
        action = self._night(DAY)
        with freeze_time(DAY):
            html = self._words(action)["html"].replace("\N{NO-BREAK SPACE}", " ")
        # 16 days at 12.15 %: 53.26
        self.assertIn("$ 10,000.00 and $ 93.26 make $ 10,093.26 at 12.15%", html)
        self.assertIn("1</span> × <span>$ 40.00", html)

    def test_they_are_claimed_when_the_message_leaves_and_not_before(self):
        self.scenario.level_ids.automatic = False
        self._invoice("2026-02-28", 10000)
        action = self._night(DAY)
        with freeze_time(DAY):
            self._words(action)
            self.assertFalse(self._claims())
            action.action_confirm()
            self.env["credit.dunning.mailer"]._cron_send()
        self.assertRecordValues(
            self._claims(),
            [
                {"kind": "indemnity", "amount": 40.0, "state": "claimed", "action_id": action.id},
                {"kind": "interest", "amount": 53.26, "state": "claimed", "action_id": action.id},
            ],
        )

    def test_a_claim_that_cannot_be_kept_stops_no_message_and_is_told(self):
        def fail(*_args):
            raise ValueError("no such rate")

        self.patch(self.env.registry["credit.late.claim"], "_claim", fail)
        self._invoice("2026-02-28", 10000)
        with mute_logger("odoo.addons.credit_collection.models.credit_dunning_history"):
            action = self._night(DAY)
        self.assertEqual((action.state, bool(action.mail_message_id)), ("sent", True))
        self.assertIn("no such rate", action.profile_id.activity_ids.note)

    def test_a_waived_indemnity_is_not_listed_again(self):
        invoice = self._invoice("2026-02-28", 10000)
        self._night(DAY)
        self._claims().filtered(lambda claim: claim.kind == "indemnity").action_waive("A good customer")
        with freeze_time(DAY):
            profile = self.partner._followup_profile(self.company)
            action = profile._prepare_action(self.partner, self._item(invoice).move_line_id)
            action.sudo()._write_state({"level_id": self.letter1.id})
            self.assertNotIn("× <span>", self._words(action)["html"])

    def test_a_level_that_does_not_claim_them_lists_none(self):
        self.letter1.claim_charges = False
        self._invoice("2026-02-28", 10000)
        self._night(DAY)
        self.assertNotIn("Annual rate", self.outbox[0]["words"]["html"])
        self.assertFalse(self._claims())

    def test_nothing_is_claimed_by_a_message_to_the_test_addressee(self):
        self.company.followup_test_email = "trial@creditor.example.com"
        self._invoice("2026-02-28", 10000)
        self._night(DAY)
        self.assertIn("Annual rate", self.outbox[0]["words"]["html"])
        self.assertFalse(self._claims())

    def test_s8_a_missing_rate_is_said_to_the_reader(self):
        self.professional.reference_id.value_ids.unlink()
        self._invoice("2026-02-28", 10000)
        self._night(DAY)
        self.assertIn("comes in addition", self.outbox[0]["words"]["html"])

    # -- consumers (S6) -------------------------------------------------------

    def test_s6_a_consumer_owes_interest_from_the_receipt_of_the_notice_and_no_indemnity(self):
        self.partner.write({"is_company": False, "street": "12 rue des Lilas", "city": "Lyon"})
        invoice = self._invoice("2026-01-31", 2400)
        with freeze_time("2026-02-20"):
            profile = self.partner._followup_profile(self.company)
            notice = profile._prepare_action(self.partner, self._item(invoice).move_line_id)
            line = notice.line_ids.sudo()
            line._write_evidence({"level_id": self.notice.id, "state": "pending"})
            notice.sudo()._write_state(
                {
                    "level_id": self.notice.id,
                    "channel": "letter",
                    "registered": True,
                    "state": "sending",
                    "date_sending": fields.Datetime.now(),
                }
            )
            notice._record_posting("1A 234", notice.date_planned)
        late = self.env["credit.late.interest"]
        day = notice.date_planned.replace(month=5, day=15)
        self.assertEqual(late._compute(line.move_line_id, day)[line.move_line_id.id].interest, 0, "nobody knows when")
        with freeze_time("2026-03-03"):
            notice._record_delivery("delivered", notice.date_planned.replace(month=3, day=2))
        found = late._compute(line.move_line_id, day)[line.move_line_id.id]
        self.assertEqual((found.interest, found.indemnity), (12.75, 0.0))

    def test_s6_a_text_that_claims_collection_costs_of_a_consumer_is_refused(self):
        self.partner.is_company = False
        self.letter1.text = "<p>Pay {amount} and 40 € of collection costs.</p>"
        self._invoice("2026-03-09")
        action = self._night(DAY)
        self.assertEqual((action.state, self.outbox), ("failed", []))
        self.assertIn("consumer", action.reason)

    def test_the_same_text_is_lawful_for_a_professional(self):
        self.letter1.text = "<p>Pay {amount} and 40 € of collection costs.</p>"
        self._invoice("2026-03-09")
        self.assertEqual(self._night(DAY).state, "sent")

    # -- the mention on invoices ----------------------------------------------

    def test_the_rate_of_the_contract_stands_on_the_invoices(self):
        self.company.followup_invoice_mentions = True
        self.professional.write({"basis": "contract", "contract_rate": 15.0})
        self.assertIn("annual rate of 15.00%", self._invoice("2026-03-09")._followup_legal_mention())
