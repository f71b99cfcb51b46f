"""The priority: four factors, each explained, weighted as the company says."""

from freezegun import freeze_time

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .test_customer_position import PositionCommon

DAY = "2026-03-16"


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestPriority(PositionCommon):
    def setUp(self):
        super().setUp()
        self.customers = [self._customer(name) for name in ("First", "Second", "Third", "Fourth")]
        for number, partner in enumerate(self.customers, start=1):
            self._invoice("2026-03-01", 1000 * number, partner)  # 15 days late
        self.env["credit.profile"]._create_missing(self.company)

    def _points(self, partner):
        row = self._position(partner)
        return row.points_amount, row.points_age, row.points_promises, row.points_risk

    def test_the_amount_is_ranked_among_the_customers_of_the_company(self):
        amounts = [self._points(partner)[0] for partner in self.customers]
        self.assertEqual(amounts, [13, 25, 38, 50], "a quarter, half, three quarters, all of 50")

    def test_equal_amounts_have_equal_points(self):
        twin = self._customer("Twin")
        self._invoice("2026-03-01", 4000, twin)
        self.assertEqual(self._points(twin)[0], 50)
        self.assertEqual(self._points(self.customers[3])[0], 50)

    def test_the_age_is_weighted_by_amount_and_full_from_ninety_days(self):
        self.assertEqual(self._points(self.customers[0])[1], 5, "15 of 90 days of 30 points")
        self._invoice("2025-12-16", 2000, self.customers[0])  # 90 days late
        self.assertEqual(self._points(self.customers[0])[1], 22, "(15 + 2 × 90) / 3 of 90 days of 30 points")
        self._invoice("2025-01-01", 100000, self.customers[0])
        self.assertEqual(self._points(self.customers[0])[1], 30)

    def test_broken_promises_count_up_to_three(self):
        partner = self.customers[1]
        invoice = self.env["account.move"].search([("partner_id", "=", partner.id)])
        expected = [0, 3, 7, 10, 10]
        for points in expected:
            self.assertEqual(self._points(partner)[2], points)
            self._promise(invoice, "2026-03-05", state="broken")

    def test_only_the_uninsured_part_is_a_risk(self):
        partner = self.customers[3]
        self.assertEqual(self._points(partner)[3], 10)
        profile = partner._followup_profile(self.company)
        profile.write({"insured_amount": 2000, "insured_share": 0.9})
        self.assertEqual(self._position(partner).insured_share, 0.45)
        self.assertEqual(self._points(partner)[3], 6, "5.5 of 10")
        profile.insurance_end = "2026-03-15"
        self.assertEqual(self._points(partner)[3], 10)

    def test_the_priority_is_the_sum_and_says_why(self):
        position = self._position(self.customers[3])
        self.assertEqual(position.priority, 50 + 5 + 0 + 10)
        self.assertEqual(
            position.priority_words,
            "Amount 50 of 50 · Age 5 of 30 · Broken promises 0 of 10 · Not insured 10 of 10",
        )

    def test_what_is_promised_disputed_or_covered_is_not_at_stake(self):
        moves = self.env["account.move"].search([("partner_id", "=", self.customers[3].id)])
        self._promise(moves, "2026-03-20")
        position = self._position(self.customers[3])
        self.assertEqual((position.at_stake, position.priority), (0, 0))
        self.assertEqual(self._points(self.customers[2])[0], 50, "ranked among those with something at stake")
        self._payment(2500, "2026-03-10", self.customers[2])
        self.assertEqual(self._position(self.customers[2]).at_stake, 500)
        self.assertEqual(self._points(self.customers[2])[0], 17, "the least of three")
        self._invoice("2026-04-30", 90000, self.customers[3], date="2026-03-01")
        self.assertEqual(self._position(self.customers[3]).priority, 0, "nothing of it is late")

    def test_the_largest_priority_comes_first(self):
        rows = self._fresh().search([("partner_id", "in", [partner.id for partner in self.customers])])
        self.assertEqual([row.partner_id for row in rows], self.customers[::-1])

    def test_the_companys_weights_count_and_make_a_hundred_together(self):
        self.company.write(
            {
                "followup_weight_amount": 3,
                "followup_weight_age": 1,
                "followup_weight_promises": 0,
                "followup_weight_risk": 0,
            }
        )
        self.assertEqual(self._points(self.customers[3]), (75, 4, 0, 0))
        self.assertEqual(self._position(self.customers[3]).priority_words, "Amount 75 of 75 · Age 4 of 25")

    def test_weights_are_not_negative_and_not_all_zero(self):
        with self.assertRaises(ValidationError):
            self.company.followup_weight_age = -1
        with self.assertRaises(ValidationError):
            self.company.write({f"followup_weight_{name}": 0 for name in ("amount", "age", "promises", "risk")})

    def test_the_few_that_make_eighty_percent_of_what_is_overdue(self):
        """4,000, 3,000 and 2,000 of 10,000: 40 %, 70 %, 90 %."""
        rows = {row.partner_id: row for row in self._fresh().search([])}
        shares = [round(rows[partner].cumulative_share, 4) for partner in self.customers]
        self.assertEqual(shares, [1.0, 0.9, 0.7, 0.4])
        self.assertEqual([rows[partner].is_vital for partner in self.customers], [False, True, True, True])
