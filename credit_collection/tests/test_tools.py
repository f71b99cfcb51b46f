"""The pure calculations: no Odoo needed."""

import doctest
import string

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from odoo.tests import BaseCase, tagged

from ..tools import text

# a loaded machine is no failure
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
NAMES = st.text(alphabet=string.ascii_lowercase + "_", min_size=1, max_size=8)


@tagged("post_install", "-at_install")
class TestTools(BaseCase):
    def test_doctests(self):
        result = doctest.testmod(text)
        self.assertGreater(result.attempted, 0)
        self.assertEqual(result.failed, 0)

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
