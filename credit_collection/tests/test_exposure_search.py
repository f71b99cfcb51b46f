"""The credit exposure read for one customer and for many, searched, explained, and by whom."""

import operator as op

from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .test_exposure import DAY, ExposureCommon

COMPARE = {
    **{"=": op.eq, "!=": op.ne, "<": op.lt, "<=": op.le, ">": op.gt, ">=": op.ge},
    "in": lambda figure, values: figure in values,
    "not in": lambda figure, values: figure not in values,
}


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestExposureSearch(ExposureCommon):
    # -- one statement for one, for many and for a search -------------------------

    def test_eighty_customers_take_as_many_queries_as_one(self):
        self.setup_other_currency("GBP")
        customers = [self.partner, *(self._customer(f"Customer {i}") for i in range(79))]
        self._invoice("2026-05-30", 100)
        Exposure = self.env["credit.exposure"]
        pairs = [(customer, self.company) for customer in customers]
        self.env.flush_all()
        Exposure._positions(pairs)  # what the server keeps in memory
        one = self._queries(lambda: Exposure._positions(pairs[:1]))
        many = self._queries(lambda: Exposure._positions(pairs))
        self.assertEqual(one, many)
        self.assertEqual(one, 3, "what there is of them, accounts and contacts of the customers, the statement")

    def test_what_a_customer_has_not_is_left_out_of_its_statement(self):
        present = self.env["credit.exposure"]._present
        customer = tuple(self.partner.ids)
        contact = self._customer("Contact", parent_id=self.partner.id, is_company=False)
        self._order(100, partner=self._customer("Other"))
        self.assertEqual(present(customer), {"owed"})
        order = self._order(100, partner=contact)
        self.assertEqual(present(customer), {"owed", "order_left"})
        self._transaction(order, 50)
        self.assertEqual(present(customer), {"owed", "order_left", "online"})
        self._invoice("2026-05-30", 700, contact, post=False)
        self.assertEqual(present(customer), {"owed", "order_left", "online", "draft"})
        self._assert_parts(ordered=120, deposits=50, drafts=700)

    def test_a_search_names_only_the_customers_asked_for_and_finds_the_same(self):
        others = [self._customer(f"Customer {i}") for i in range(3)]
        for customer in (self.partner, *others):
            self._invoice("2026-05-30", 100, customer)
            customer._followup_profile(self.company)
        Exposure = self.env["credit.exposure"]
        everybody = Exposure.search([("company_id", "=", self.company.id)])
        self.assertEqual(len(everybody), 4)
        named = Exposure.search([("id", "in", everybody[:2].ids), ("exposure", ">", 0)])
        self.assertEqual(named, everybody[:2])
        pairs = (
            Exposure._for_named([("id", "in", named.ids), ("exposure", ">", 0)])
            .env.context["credit_exposure_named"]
            .pairs
        )
        self.assertEqual(set(pairs), {(row.partner_id.id, self.company.id) for row in named})
        either = Exposure._for_named(["|", ("id", "in", named.ids), ("exposure", ">", 0)])
        self.assertNotIn("credit_exposure_named", either.env.context)
        everybody.invalidate_recordset()
        self.assertEqual(everybody[3].exposure, 100)
        self.assertEqual(
            Exposure.search([("partner_id", "in", [o.id for o in others])]).partner_id.ids, [o.id for o in others]
        )

    def test_a_clients_context_changes_no_figure(self):
        self._invoice("2026-05-30", 100)
        row = self._row()
        for value in ([[1, 2]], "x", {"pairs": []}, 7):
            forged = row.with_context(
                credit_exposure_named=value, credit_rows=["partner_id", [1]], credit_as_of="2020-01-01"
            )
            forged.invalidate_recordset()
            self.assertEqual(forged.exposure, 100)
            self.assertEqual(forged.search([("exposure", "=", 100)]), row)

    def test_partners_are_found_by_what_is_computed_for_every_operator(self):
        contact = self._customer("Contact", parent_id=self.partner.id, is_company=False)
        amounts = (0, 40, 100, 100, 250.5)
        partners = self.partner | contact
        for index, amount in enumerate(amounts):
            partner = self._customer(f"Customer {index}")
            partner.credit_limit = 100
            partners |= partner
            if amount:
                self._invoice("2026-05-30", amount, partner)
        self._invoice("2026-05-30", 30, contact)
        self._credit_note(20, DAY, partners[2])
        self._assert_search(partners)

    def _assert_search(self, partners):
        """Searching and filtering find what computing says, for every operator."""
        lists = ([], [0], [100, False], [30, 250.5])
        for value in (0, False, 30, 100, 100.0, 250.5, -20, 1000000):
            for operator in ("=", "!=", "<", "<=", ">", ">="):
                self._assert_found(partners, "followup_exposure", operator, value)
        for value in (True, False):
            for operator in ("=", "!="):
                self._assert_found(partners, "followup_over_limit", operator, value)
        for operator in ("in", "not in"):
            for values in lists:
                self._assert_found(partners, "followup_exposure", operator, values)
            for values in ([], [True], [False], [True, False]):
                self._assert_found(partners, "followup_over_limit", operator, values)

    def _assert_found(self, partners, name, operator, value):
        partners.invalidate_recordset()
        expected = partners.filtered(lambda partner: COMPARE[operator](partner[name], value)).sorted("id")
        condition = (name, operator, value)
        found = partners.search([("id", "in", partners.ids), condition])
        self.assertEqual(found.sorted("id"), expected, condition)
        self.assertEqual(partners.filtered_domain([condition]).sorted("id"), expected, condition)

    def test_two_companies_with_their_own_limits_and_currencies(self):
        other = self.setup_other_company(name="Other")["company"]
        other.currency_id = self.setup_other_currency("GBP")
        self.env.user.company_ids |= other
        self.env = self.env(context={**self.env.context, "allowed_company_ids": (self.company | other).ids})
        partners = (self.partner | self._customer("Two")).with_env(self.env)
        for company, limit, amount in ((self.company, 100, 150), (other, 500, 300)):
            for partner in partners:
                partner.with_company(company).credit_limit = limit
            self._invoice_in(company, amount)
        for company, exposure, over in ((self.company, 150, True), (other, 300, False)):
            mine = partners.with_company(company)
            self.assertEqual((mine[0].followup_exposure, mine[0].followup_over_limit), (exposure, over))
            self._assert_search(mine)
            row = self._row(partners[0], company)
            self.assertEqual(row.currency_id, company.currency_id)
            self.assertEqual((row.exposure, row.over_limit), (exposure, over))
        groups = self.env["credit.exposure"]._read_group(
            [("partner_id", "=", partners[0].id)], ["company_id"], ["exposure:sum", "exposure:sum_currency"]
        )
        self.assertEqual({group[0]: group[1] for group in groups}, {self.company: 150, other: 300})

    # -- explained -----------------------------------------------------------------

    def test_each_part_opens_the_records_that_make_it_up(self):
        self._s24()
        self._invoice("2026-05-30", 700, post=False)
        self._transaction(self._order(100), 50)
        other = self._customer("Other")
        self._invoice("2026-05-30", 1, other)
        self._order(1, partner=other, delivered=1)
        row = self._row().with_user(self.accountant)
        actions = {
            "receivable": ("action_receivable", "amount_residual", 1),
            "unallocated": ("action_unallocated", "amount_residual", -1),
            "delivered": ("action_orders", "delivered", 1),
            "ordered": ("action_orders", "ordered", 1),
            "deposits": ("action_orders", "deposits", 1),
            "drafts": ("action_drafts", "amount_total", 1),
        }
        for part, (method, column, sign) in actions.items():
            action = getattr(row, method)()
            records = self.env[action["res_model"]].with_user(self.accountant).search(action["domain"])
            self.assertTrue(row[part])
            self.assertAlmostEqual(sign * sum(records.mapped(column)), row[part], msg=part)
        self.assertEqual(row.action_profile()["res_model"], "credit.profile")

    def test_only_accounting_reads_exposures_and_only_of_its_companies(self):
        self._order(10)
        row = self._row()
        other = self.setup_other_company(name="Other")["company"]
        stranger = new_test_user(
            self.env, "stranger", groups="account.group_account_invoice", company_id=other.id, company_ids=other.ids
        )
        order = self.env["credit.exposure.order"].search([("partner_id", "=", self.partner.id)])
        for user, allowed in ((self.accountant, True), (self.salesperson, False), (stranger, False)):
            for records in (row, order):
                self.assertEqual(records.with_user(user).has_access("read"), allowed, user.login)
            if not allowed:
                with self.assertRaises(AccessError):
                    row.with_user(user).action_orders()
                with self.assertRaises(AccessError):
                    row.with_user(user).read(["exposure"])
        with self.assertRaises(AccessError):
            self.partner.with_user(self.salesperson).read(["followup_exposure"])
