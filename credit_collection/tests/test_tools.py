"""The pure calculations: no Odoo needed."""

import doctest
import string
from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from odoo.tests import BaseCase, tagged

from ..tools import legal_mention, payment_terms, priority, text

# a loaded machine is no failure
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
NAMES = st.text(alphabet=string.ascii_lowercase + "_", min_size=1, max_size=8)
DATES = st.dates(date(2000, 1, 1), date(2100, 1, 1))
LIMITS = st.builds(payment_terms.Limit, st.integers(1, 120), st.sampled_from([None, "after", "before"]))


@tagged("post_install", "-at_install")
class TestTools(BaseCase):
    def test_doctests(self):
        for module in (legal_mention, payment_terms, priority, text):
            result = doctest.testmod(module)
            self.assertGreater(result.attempted, 0, module.__name__)
            self.assertEqual(result.failed, 0, module.__name__)

    @PATIENT
    @given(
        st.lists(st.tuples(st.text(alphabet=string.ascii_letters + " <>&é€", max_size=10), NAMES)),
        st.text(max_size=10),
    )
    def test_filling_replaces_each_name_and_nothing_else(self, pieces, value):
        values = {name: value for _words, name in pieces}
        template = "".join(words + "{" + name + "}" for words, name in pieces)
        self.assertEqual(text.fill(template, values), "".join(words + value for words, _name in pieces))
        self.assertEqual(text.unknown_placeholders(template, values), set())

    @PATIENT
    @given(st.text())
    def test_values_are_escaped_in_markup(self, value):
        self.assertEqual(text.fill(Markup("<p>{name}</p>"), {"name": value}), Markup("<p>%s</p>") % value)

    def test_a_name_without_value_is_an_error(self):
        with self.assertRaises(KeyError):
            text.fill("{amont}", {"amount": "1"})

    @PATIENT
    @given(DATES, LIMITS)
    def test_the_legal_maximum_is_its_days_or_an_end_of_month_within_reach(self, day, limit):
        last, earliest = limit.last_day(day), day + timedelta(limit.days)
        self.assertEqual(limit.basis(day) == "days", last == earliest)
        self.assertGreaterEqual(last, earliest)
        if last > earliest and limit.end_of_month == "after":
            self.assertNotEqual(last.month, (last + timedelta(1)).month)
        if last > earliest and limit.end_of_month == "before":
            self.assertEqual((last - timedelta(45) + timedelta(1)).day, 1)
        self.assertLessEqual(last, max(earliest, day + timedelta(75)), "at most 45 days and 30 to the end of a month")

    @PATIENT
    @given(DATES, st.integers(0, 200), LIMITS)
    def test_the_excess_is_what_must_be_taken_off_the_due_date(self, day, terms, limit):
        due = day + timedelta(terms)
        excess = limit.excess(day, due)
        self.assertGreaterEqual(excess, 0)
        self.assertEqual(limit.excess(day, due - timedelta(excess)), 0)
        self.assertEqual(excess == 0, due <= limit.last_day(day))

    @PATIENT
    @given(DATES, st.integers(0, 120), LIMITS)
    def test_terms_of_so_many_days_are_too_long_exactly_when_some_day_of_the_year_says_so(self, first, terms, limit):
        excess, day = payment_terms.worst_excess(lambda day: day + timedelta(terms), limit, first)
        self.assertEqual(limit.excess(day, day + timedelta(terms)), excess)
        every = (first + timedelta(n) for n in range(366))
        self.assertEqual(excess, max(limit.excess(day, day + timedelta(terms)) for day in every))
        if not limit.end_of_month:
            self.assertEqual(excess, max(0, terms - limit.days))
