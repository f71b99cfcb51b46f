"""What each credit rule says, from which day and amount on; and the customer's own rules."""

from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.credit_collection.models.credit_control import Ask

from .common_orders import OrdersCommon

DAY = "2026-05-04"


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestCreditRules(OrdersCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write(
            {"followup_rule_overdue": "block", "followup_overdue_days": 30, "followup_overdue_amount": 100}
        )
        cls.profile = cls.partner.sudo()._followup_profile(cls.company)

    def _verdict(self):
        self.env.invalidate_all()
        return self.env["credit.control"]._verdicts([Ask("order", self.partner, self.company, 10)])["order"]

    def _rules(self):
        return [(reason.rule, reason.severity) for reason in self._verdict().reasons]

    def test_overdue_blocks_from_more_days_and_more_money_than_tolerated_on(self):
        self._invoice("2026-04-04", 1000)  # 30 days
        self._invoice("2026-04-03", 100)
        self.assertEqual(self._rules(), [], "more than 30 days late: 100, which is tolerated")
        self._invoice("2026-03-12", 0.5)
        self.assertEqual(self._rules(), [("overdue", "block")])
        self.assertEqual(
            self._verdict().sentences().replace("\xa0", ""),
            "Durand owes $100.50 that is more than 30 days late, the oldest since 03/12/2026.",
        )

    def test_unallocated_payments_are_taken_off_what_is_overdue(self):
        self._invoice("2026-03-12", 500)
        self.assertEqual(self._rules(), [("overdue", "block")])
        self._payment(400, DAY)
        self.assertEqual(self._rules(), [])

    def test_expired_limit_warns_from_the_day_after_its_last(self):
        self._limit(1000)
        self.profile.limit_valid_until = DAY
        self.assertEqual(self._rules(), [])
        self.profile.limit_valid_until = "2026-05-03"
        self.assertEqual(self._rules(), [("expired", "warn")])
        self.assertEqual(self._verdict().sentences(), "The credit limit of Durand expired on 05/03/2026.")
        self.profile.write({"temporary_limit": 50, "temporary_from": DAY, "temporary_to": DAY})
        self.assertEqual(self._rules(), [], "a temporary limit runs")

    def test_the_customers_own_rule_goes_before_the_companys_for_each_rule(self):
        self._invoice("2026-03-12", 500)
        self._limit(100)
        self.profile.limit_valid_until = "2026-05-03"
        self._hold_customer()
        plain = [("hold", "block"), ("limit", "block"), ("expired", "warn"), ("overdue", "block")]
        self.assertEqual(self._rules(), plain)
        for index, (rule, _severity) in enumerate(plain):
            for choice in ("ignore", "warn", "block"):
                with self.subTest(rule, choice=choice):
                    self.profile[f"rule_{rule}"] = choice
                    expected = [*plain[:index], *([] if choice == "ignore" else [(rule, choice)]), *plain[index + 1 :]]
                    self.assertEqual(self._rules(), expected)
            self.profile[f"rule_{rule}"] = False

    def test_the_order_leads_accounting_to_the_exposure_and_nobody_else(self):
        self._limit(5)
        order = self._order(10)
        action = order.with_user(self.collector).action_followup_profile()
        self.assertEqual((action["res_model"], action["res_id"]), ("credit.profile", self.profile.id))
        with self.assertRaises(AccessError):
            order.with_user(self.seller).action_followup_profile()
