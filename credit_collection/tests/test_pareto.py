"""S17: the few invoices that make 80 percent of what a customer owes."""

import doctest

from freezegun import freeze_time
from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools import pareto as pareto_tools
from ..tools.pareto import pareto
from .common import CollectionCommon
from .test_tools import PATIENT

S17 = [7940.50, 6215.37, 4410.20, 3205.00, 1480.00, 1105.40, 860.25, 612.90, 445.18, 310.00, 215.20, 120.00, 80.00]


@tagged("post_install", "-at_install")
class TestParetoTools(BaseCase):
    def test_doctests(self):
        result = doctest.testmod(pareto_tools)
        self.assertGreater(result.attempted, 0)
        self.assertEqual(result.failed, 0)

    @PATIENT
    @given(st.lists(st.integers(-1000, 1_000_000), max_size=40), st.integers(1, 100))
    def test_the_vital_few_reach_the_part_asked_for_and_none_of_them_could_be_left_out(self, amounts, percent):
        ranks = pareto(amounts, percent)
        self.assertEqual(len(ranks), len(amounts))
        total = sum(amount for amount in amounts if amount > 0)
        few = sorted(amount for amount, rank in zip(amounts, ranks, strict=True) if rank.is_vital)
        others = [amount for amount, rank in zip(amounts, ranks, strict=True) if not rank.is_vital]
        self.assertGreaterEqual(100 * sum(few), percent * total)
        if few:
            self.assertLess(100 * (sum(few) - few[0]), percent * total, "without the least of them it is not reached")
            self.assertLessEqual(max(others, default=0), few[0])
            self.assertEqual(max(rank.cumulative for rank in ranks), 1.0)
        for amount, rank in zip(amounts, ranks, strict=True):
            if amount <= 0:
                self.assertEqual(rank, (0.0, 0.0, False))

    def test_exactly_eighty_percent_is_enough(self):
        self.assertEqual([rank.is_vital for rank in pareto([80, 20])], [True, False])
        self.assertEqual([rank.is_vital for rank in pareto([79, 21])], [True, True])
        self.assertEqual(pareto([]), [])


@tagged("post_install", "-at_install")
@freeze_time("2026-03-16")
class TestPareto(CollectionCommon):
    def test_s17_four_of_thirteen_invoices_make_eighty_percent(self):
        moves = self.env["account.move"].union(*(self._invoice("2026-02-01", amount) for amount in reversed(S17)))
        items = self._item(moves).sorted(lambda item: -item.amount_residual)
        few = items.filtered("is_vital")
        self.assertEqual(len(few), 4)
        self.assertAlmostEqual(sum(few.mapped("amount_residual")), 21771.07)
        self.assertEqual([round(100 * item.cumulative_share, 2) for item in items[:4]], [29.41, 52.43, 68.76, 80.63])
        self.assertAlmostEqual(sum(items.mapped("amount_share")), 1.0)

    def test_only_what_is_overdue_counts_and_each_customer_alone(self):
        other = self._customer("Other")
        late, small = self._invoice("2026-03-01", 900), self._invoice("2026-03-02", 100)
        foreign = self._invoice("2026-03-02", 50000, other)
        not_due = self._invoice("2026-04-30", 100000, date="2026-03-01")
        credit = self._credit_note(5000, "2026-03-01")
        items = self._item(late | small | foreign | not_due | credit)
        by_move = {item.move_id: item for item in items}
        self.assertEqual([by_move[move].is_vital for move in (late, small, foreign)], [True, False, True])
        self.assertEqual([by_move[move].amount_share for move in (late, small, foreign)], [0.9, 0.1, 1.0])
        for move in (not_due, credit):
            self.assertEqual((by_move[move].amount_share, by_move[move].is_vital), (0, False))

    def test_as_of_a_past_day_the_shares_are_that_days(self):
        old, recent = self._invoice("2026-01-15", 100), self._invoice("2026-03-01", 900)
        self.assertEqual(self._item(old | recent).filtered("is_vital").move_id, recent)
        then = self._item(old | recent, credit_as_of="2026-02-15")
        self.assertEqual(then.filtered("is_vital").move_id, old)

    def test_a_page_of_many_customers_costs_one_statement_more(self):
        partners = self.env["res.partner"].create([{"name": f"Many {number}"} for number in range(12)])
        for partner in partners:
            self._invoice("2026-03-01", 100, partner)
        items = self._item(self.env["account.move"].search([("partner_id", "in", partners.ids)]))
        items.fetch(["amount_overdue", "partner_id", "company_id"])
        self.env["res.currency"].browse(self.company.currency_id.id).rounding  # noqa: B018
        before = self.env.cr.sql_log_count
        items.mapped("is_vital")
        self.assertLessEqual(self.env.cr.sql_log_count - before, 8)
