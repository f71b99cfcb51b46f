"""Requests: asked with a reason, decided with a right, on the record; S25, hard case 40."""

from freezegun import freeze_time

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import CollectionCommon

DAY = "2026-05-04"


class RequestCommon(CollectionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref("sales_team.group_sale_manager")
        cls.product_a.taxes_id = False
        cls.colleague = new_test_user(
            cls.env, "colleague", groups="sales_team.group_sale_salesman", company_id=cls.company.id
        )
        cls.sales_manager = new_test_user(
            cls.env, "sales_manager", groups="sales_team.group_sale_manager", company_id=cls.company.id
        )
        for user in (cls.manager, cls.salesperson):
            user.name = user.login
        cls.other_currency = cls.setup_other_currency("EUR")
        cls.terms = cls.env.ref("account.account_payment_term_30days")
        cls.order = cls._order(5500)

    @classmethod
    def _order(cls, amount, partner=None, **values):
        order = cls.env["sale.order"].create(
            {
                "partner_id": (partner or cls.partner).id,
                "user_id": cls.salesperson.id,
                "payment_term_id": False,
                "order_line": [Command.create({"product_id": cls.product_a.id, "price_unit": amount})],
                **values,
            }
        )
        order.sudo().followup_credit_state = "hold"
        return order

    def _request(self, user=None, order=None, **values):
        """A request about an order, as the client sends it."""
        order = order if order is not None else self.order
        vals = {"order_id": order.id, "reason": "They always pay in the end", **values}
        return self.env["credit.request"].with_user(user or self.salesperson).create(vals)

    def _about_customer(self, user=None, **values):
        """A request about the customer itself."""
        vals = {"partner_id": self.partner.id, "company_id": self.company.id, "reason": "They grow", **values}
        return self.env["credit.request"].with_user(user or self.collector).create(vals)

    def _by(self, record, user=None):
        return record.with_user(user or self.manager)

    def _covering(self, order=None):
        order = order or self.order
        return self.env["credit.request"]._in_force(order).get(order)


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestRequests(RequestCommon):
    # -- release ---------------------------------------------------------------

    def test_s25_release_with_reason_validity_cap_and_a_line_on_the_record(self):
        """S25: released for 7 days, up to 5,500; who, when, why, before and after; +500 is not covered any more."""
        request = self._request()
        self.assertEqual((request.max_amount, request.state), (5500, "open"))
        self._by(request).decision_reason = "Paid half of it this morning"
        self._by(request).action_approve()
        self.assertEqual(request.state, "approved")
        self.assertEqual(request.decided_by, self.manager)
        self.assertEqual(request.valid_until, fields.Date.to_date("2026-05-11"))
        self.assertEqual((self.order.followup_credit_state, self.order.followup_allowed_amount), ("released", 5500))
        reason, last_day = "Paid half of it this morning", "05/11/2026"
        for record, expected in (
            (
                request,
                (
                    "approved by manager on 05/04/2026",
                    "Asked by salesperson: They always pay in the end",
                    "On hold → Released",
                ),
            ),
            (self.order, ("by manager", "On hold", "Released")),
        ):
            note = record.message_ids.sorted("id")[-1]
            self.assertEqual(note.author_id, self.manager.partner_id)
            for words in (*expected, reason, last_day, "5,500.00"):
                self.assertIn(words, note.body, record)
        self.assertEqual(self._covering(), request)
        self.order.order_line.price_unit = 6000
        self.assertFalse(self._covering(), "500 more than what was approved")

    def test_hard_case_40_the_right_is_checked_in_python_and_the_reason_kept(self):
        request = self._request()
        for user in (self.salesperson, self.sales_manager, self.collector, self.accountant):
            with self.assertRaises(AccessError, msg=user.login):
                self._by(request, user).action_approve()
            with self.assertRaises(AccessError, msg=user.login):
                self._by(request, user).action_refuse("no")
            for vals in ({"state": "approved"}, {"max_amount": 9000}, {"decided_by": user.id}):
                with self.assertRaises(AccessError, msg=(user.login, vals)):
                    self._by(request, user).write(vals)
        self.assertEqual((request.state, self.order.followup_credit_state), ("open", "hold"))
        self._by(request).action_refuse("Still 8,000 late")
        self.assertEqual((request.state, request.decision_reason), ("refused", "Still 8,000 late"))
        self.assertEqual(self.order.followup_credit_state, "refused")
        self.assertIn("Still 8,000 late", self.order.message_ids.sorted("id")[-1].body)

    def test_a_system_administrator_may_decide_what_he_may_read(self):
        admin = new_test_user(
            self.env, "sysadmin", groups="base.group_system,sales_team.group_sale_manager", company_id=self.company.id
        )
        request = self._request()
        self._by(request, admin).action_approve()
        self.assertEqual(request.state, "approved")

    def test_a_release_lasts_up_to_and_including_its_last_day(self):
        request = self._request()
        self._by(request).action_approve()
        with freeze_time("2026-05-11"):
            self.assertEqual(self._covering(), request)
        with freeze_time("2026-05-12"):
            self.assertFalse(self._covering())

    def test_the_manager_sets_another_cap_and_another_day(self):
        request = self._request()
        self._by(request).write({"max_amount": 6000, "valid_until": "2026-06-30"})
        self._by(request).action_approve()
        self.order.order_line.price_unit = 6000
        with freeze_time("2026-06-30"):
            self.assertEqual(self._covering(), request)
        self.order.order_line.price_unit = 6000.01
        self.assertFalse(self._covering())

    def test_a_release_is_for_its_customer_currency_and_order_alone(self):
        request = self._request()
        twin = self._order(100)
        self._by(request).action_approve()
        self.assertEqual(self.env["credit.request"]._in_force(self.order | twin), {self.order: request})
        self.order.partner_invoice_id = self.partner_b
        self.assertFalse(self._covering(), "released for Durand, not for whoever pays now")
        self.order.partner_invoice_id = self.partner
        self.assertTrue(self._covering())
        self.env.cr.execute(
            "UPDATE sale_order SET currency_id = %s WHERE id = %s", [self.other_currency.id, self.order.id]
        )
        self.env.invalidate_all()
        self.assertFalse(self._covering(), "5,500 of another currency is another amount")

    def test_the_latest_release_in_force_counts_and_many_orders_take_one_query(self):
        orders = self.order | self._order(700) | self._order(800)
        for order in orders:
            self._by(self._request(order=order)).action_approve()
        with freeze_time("2026-05-05"):
            second = self._request()
            self._by(second).action_approve()
            self.assertEqual(self._covering(), second)
            self.env.flush_all()
            self.env.invalidate_all()
            orders.mapped("amount_total")
            with self.assertQueryCount(5):  # the releases; rights, company, its time zone and currency once
                self.assertEqual(len(self.env["credit.request"]._in_force(orders)), 3)

    def test_the_approval_confirms_the_order_at_once_when_asked(self):
        request = self._request(confirm_order=True)
        self._by(request).action_approve()
        self.assertEqual(self.order.state, "sale")
        other = self._order(100)
        self._by(self._request(order=other)).action_approve()
        self.assertEqual(other.state, "draft")

    def test_an_order_that_has_grown_is_not_confirmed_by_the_old_amount(self):
        request = self._request(confirm_order=True)
        self.order.order_line.price_unit = 9000
        with self.assertRaisesRegex(UserError, "9,000.00"):
            self._by(request).action_approve()
        self._by(request).max_amount = 9000
        self._by(request).action_approve()
        self.assertEqual(self.order.state, "sale")

    def test_what_is_not_any_more_what_was_asked_is_not_released(self):
        request = self._request()
        self.order.partner_invoice_id = self.partner_b
        with self.assertRaisesRegex(UserError, "have changed"):
            self._by(request).action_approve()
        self.order.partner_invoice_id = self.partner
        self._by(request).valid_until = "2026-05-03"
        with self.assertRaisesRegex(UserError, "has passed"):
            self._by(request).action_approve()

    # -- once decided ------------------------------------------------------------

    def test_a_decision_is_taken_once(self):
        for first in ("approve", "refuse"):
            request = self._request(order=self._order(100))
            decide = {
                "approve": lambda request=request: self._by(request).action_approve(),
                "refuse": lambda request=request: self._by(request).action_refuse("No"),
            }
            decide[first]()
            for name, again in decide.items():
                with self.assertRaisesRegex(UserError, "by manager on 05/04/2026", msg=(first, name)):
                    again()

    def test_two_managers_at_once_the_second_is_told(self):
        request = self._request()
        self.env.flush_all()
        self.patch(type(request), "try_lock_for_update", lambda records, **kwargs: records.browse())
        with self.assertRaisesRegex(UserError, "Someone else"):
            self._by(request).action_approve()

    def test_a_decided_request_is_neither_changed_nor_deleted(self):
        request = self._request()
        self._by(request).action_approve()
        for records in (self._by(request), request.sudo()):
            for vals in ({"max_amount": 9000}, {"valid_until": False}, {"decision_reason": "x"}, {"state": "open"}):
                with self.assertRaises(UserError, msg=vals):
                    records.write(vals)
        with self.assertRaises(AccessError):
            self._by(request).unlink()
        with self.assertRaises(UserError):
            request.sudo().unlink()
        with self.assertRaises(UserError):
            self.order.unlink()

    def test_what_was_asked_is_not_changed_even_before_the_decision(self):
        request = self._request()
        for vals in (
            {"reason": "another"},
            {"order_id": self._order(100).id},
            {"partner_id": self.partner_b.id},
            {"user_id": self.manager.id},
            {"state": "approved"},
            {"decided_by": self.manager.id},
        ):
            with self.assertRaises(UserError, msg=vals):
                self._by(request).write(vals)

    def test_an_order_with_an_open_request_only_is_deleted_with_it(self):
        request = self._request()
        self.order.unlink()
        self.assertFalse(request.exists())
        self.assertFalse(self.env["mail.message"].search([("model", "=", request._name), ("res_id", "=", request.id)]))

    def test_a_refusal_needs_a_reason(self):
        request = self._request()
        with self.assertRaises(UserError):
            self._by(request).action_refuse(" ")
        wizard = self.env["credit.request.refusal"].with_user(self.manager)
        wizard.create({"request_id": request.id, "reason": "Late since March"}).action_apply()
        self.assertEqual((request.state, request.decision_reason), ("refused", "Late since March"))
        with self.assertRaises(AccessError):
            self.env["credit.request.refusal"].with_user(self.collector).create(
                {"request_id": request.id, "reason": "x"}
            )

    def test_who_asked_is_told_in_his_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.salesperson.lang = "fr_FR"
        request = self._request()
        self._by(request).action_refuse("Trop de retard")
        message = request.message_ids.sorted("id")[-1]
        self.assertEqual(message.notified_partner_ids, self.salesperson.partner_id)
        self.assertIn("04/05/2026", message.body)

    # -- limit and terms -----------------------------------------------------------

    def test_an_approved_limit_is_the_customers_in_the_requests_company_only(self):
        other = self.setup_other_company()["company"]
        self.partner.credit_limit = 5000
        self.partner.with_company(other).credit_limit = 300
        request = self._about_customer(kind="limit", new_limit=8000)
        self._by(request).new_limit = 7500
        with self.assertRaises(AccessError):
            self._by(request, self.collector).action_approve()
        self._by(request).action_approve()
        self.assertEqual(self.partner.with_company(self.company).credit_limit, 7500)
        self.assertEqual(self.partner.with_company(other).credit_limit, 300)
        profile = self.partner._followup_profiles(self.company)
        notes = " ".join(profile.message_ids.mapped("body")).replace("\N{NO-BREAK SPACE}", " ")
        self.assertRegex(notes, r"credit limit of .*5,000\.00 → credit limit of .*7,500\.00")

    def test_an_approved_limit_takes_the_place_of_no_credit_and_of_an_ended_validity(self):
        profile = self.partner._followup_profile(self.company)
        profile.write({"limit_kind": "none", "limit_valid_until": "2026-04-30"})
        self._by(self._about_customer(kind="limit", new_limit=8000)).action_approve()
        self.assertEqual((profile.limit_kind, profile.limit_valid_until), ("amount", False))
        position = self.env["credit.exposure"]._positions([(self.partner, self.company)])[self.partner, self.company]
        self.assertEqual((position["credit_limit"], position["limit_expired"]), (8000, False))

    def test_a_limit_asked_for_until_a_day_is_a_temporary_one(self):
        self.partner.credit_limit = 5000
        request = self._about_customer(kind="limit", new_limit=9000, limit_until="2026-06-30")
        self._by(request).action_approve()
        profile = self.partner._followup_profile(self.company)
        self.assertEqual(profile.temporary_limit, 9000)
        self.assertEqual(str(profile.temporary_from), DAY)
        self.assertEqual(str(profile.temporary_to), "2026-06-30")
        self.assertEqual(self.partner.credit_limit, 5000)
        late = self._about_customer(kind="limit", new_limit=9000, limit_until="2026-05-01")
        with self.assertRaises(UserError):
            self._by(late).action_approve()

    def test_a_limit_asked_from_an_order_in_another_currency_is_in_the_companys(self):
        order = self._order(100)
        self.env.cr.execute("UPDATE sale_order SET currency_id = %s WHERE id = %s", [self.other_currency.id, order.id])
        self.env.invalidate_all()
        self.assertEqual(self._request(order=order).currency_id, self.other_currency)
        limit = self._request(order=order, kind="limit", new_limit=8000)
        self.assertEqual(limit.currency_id, self.company.currency_id)

    def test_approved_terms_are_the_customers_or_the_orders_alone(self):
        request = self._request(kind="terms", payment_term_id=self.terms.id)
        with self.assertRaises(AccessError):
            self._by(request, self.salesperson).action_approve()
        self._by(request).action_approve()
        self.assertEqual(self.order.payment_term_id, self.terms)
        self.assertFalse(self.partner.property_payment_term_id)
        self.assertEqual(self.order.followup_credit_state, "hold", "terms are no release")
        request = self._about_customer(kind="terms", payment_term_id=self.terms.id)
        self.assertFalse(request.current_term_id)
        self._by(request).action_approve()
        self.assertEqual(self.partner.with_company(self.company).property_payment_term_id, self.terms)

    # -- around it -----------------------------------------------------------------

    def test_requests_follow_a_customer_who_is_merged(self):
        request = self._request()
        self._by(request).action_approve()
        kept = self._customer("Durand et fils")
        self.env["base.partner.merge.automatic.wizard"]._merge([self.partner.id, kept.id], kept)
        self.env.invalidate_all()
        self.assertEqual(request.partner_id, kept)
        self.assertEqual(self._covering(), request)

    def test_who_decides_sees_what_the_rules_say_today(self):
        self.partner.credit_limit = 5000
        self._invoice("2026-05-30", 3000)
        request = self._by(self._request())
        self.assertIn("over its credit limit", request.situation)
        self.assertEqual((request.exposure, request.credit_limit), (3000, 5000))
        self.assertTrue(request.is_limited)
        self.assertTrue(request.may_decide)
        self.assertFalse(self._by(request, self.salesperson).may_decide)
