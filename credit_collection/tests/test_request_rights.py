"""Who asks, reads, takes back and decides on requests: allowed and refused pairs, through the ORM and over RPC."""

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import HttpCase, JsonRpcException, tagged
from odoo.tools import mute_logger

from .test_requests import DAY, RequestCommon


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestRequestRights(RequestCommon):
    # -- asking ------------------------------------------------------------------

    def test_the_document_says_customer_company_and_currency_not_the_client(self):
        contact = self.env["res.partner"].create({"name": "Buyer", "parent_id": self.partner.id})
        order = self._order(300, partner=contact)
        request = self._request(
            order=order,
            partner_id=self.partner_b.id,
            company_id=self.company.id,
            currency_id=self.other_currency.id,
            max_amount=99999,
        )
        self.assertEqual(request.partner_id, self.partner)
        self.assertEqual(request.company_id, self.company)
        self.assertEqual((request.currency_id, request.max_amount), (order.currency_id, 300))

    def test_nobody_asks_in_another_name_nor_what_is_decided(self):
        for user in (self.salesperson, self.collector, self.manager):
            for vals in (
                {"state": "approved"},
                {"user_id": self.colleague.id},
                {"decided_by": self.manager.id},
                {"valid_until": "2030-01-01"},
                {"decision_reason": "yes"},
            ):
                with self.assertRaises(UserError, msg=(user.login, vals)):
                    self._request(user, **vals)
                forged = {f"default_{name}": value for name, value in vals.items()}
                Request = self.env["credit.request"].with_user(user).with_context(**forged)
                with self.assertRaises(UserError, msg=(user.login, vals)):
                    Request.create({"order_id": self.order.id, "reason": "x"})

    def test_salespeople_ask_for_their_orders_and_others_do_not(self):
        with self.assertRaises(AccessError):
            self._request(self.colleague)
        self.assertEqual(self._request(self.sales_manager).user_id, self.sales_manager)
        self.order.with_user(self.sales_manager).action_cancel()
        self.assertTrue(self._request(self.collector, order=self._order(100)))
        self.assertTrue(self._request(self.accountant, order=self._order(200)))

    def test_collectors_and_accountants_ask_about_any_customer_and_salespeople_about_their_orders_only(self):
        for user in (self.collector, self.accountant):
            self.assertTrue(self._about_customer(user, kind="limit", new_limit=8000))
            self.assertTrue(self._about_customer(user, kind="terms", payment_term_id=self.terms.id))
        for vals in ({"kind": "limit", "new_limit": 8000}, {"kind": "terms", "payment_term_id": self.terms.id}):
            with self.assertRaises(AccessError):
                self._about_customer(self.salesperson, **vals)
            self.assertTrue(self._request(**vals))

    def test_a_request_says_why_and_what(self):
        with self.assertRaises(ValidationError):
            self._request(reason="  ")
        with self.assertRaises(ValidationError):
            self._about_customer(kind="release")
        with self.assertRaises(ValidationError):
            self._about_customer(kind="limit", new_limit=0)
        with self.assertRaises(ValidationError):
            self._about_customer(kind="terms")

    def test_no_second_open_request_to_release_an_order(self):
        request = self._request()
        with self.assertRaisesRegex(UserError, "salesperson already asked"):
            self._request(self.collector)
        copies = request.sudo()
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.env.cr.execute(
                """INSERT INTO credit_request (order_id, kind, state, partner_id, company_id, currency_id, reason)
                   SELECT order_id, kind, state, partner_id, company_id, currency_id, reason
                     FROM credit_request WHERE id = %s""",
                [copies.id],
            )
        self._by(request).action_refuse("Not now")
        self.assertTrue(self._request(), "after a refusal one may ask again")

    def test_the_button_opens_the_dialog_then_the_request_that_waits(self):
        order = self._by(self.order, self.salesperson)
        action = order.action_followup_ask()
        self.assertEqual((action["res_model"], action["target"]), ("credit.request", "new"))
        request = (
            self.env["credit.request"]
            .with_user(self.salesperson)
            .with_context(**action["context"])
            .create({"reason": "A good customer"})
        )
        self.assertEqual((request.order_id, request.kind), (self.order, "release"))
        self.assertEqual(order.action_followup_ask()["res_id"], request.id)
        self.assertEqual((order.followup_request_count, order.followup_request_open), (1, True))
        self.assertEqual(
            self.env["credit.request"].search(order.action_followup_requests()["domain"]), request.with_env(self.env)
        )
        with self.assertRaises(AccessError):
            self._by(self.order, self.colleague).action_followup_ask()

    def test_the_collection_file_asks_for_limit_and_terms(self):
        profile = self._by(self.partner._followup_profile(self.company), self.collector)
        for action, vals in (
            (profile.action_ask_limit(), {"new_limit": 7000}),
            (profile.action_ask_terms(), {"payment_term_id": self.terms.id}),
        ):
            Request = self.env["credit.request"].with_user(self.collector).with_context(**action["context"])
            request = Request.create({"reason": "They grow", **vals})
            self.assertEqual((request.partner_id, request.company_id), (self.partner, self.company))

    def test_asking_tells_a_credit_manager_of_the_company_and_the_order(self):
        self.env.ref("credit_collection.credit_collection_group_manager").user_ids = self.manager
        request = self._request()
        self.assertEqual(request.activity_ids.user_id, self.manager)
        self.assertIn("They always pay", self.order.message_ids.sorted("id")[-1].body)
        self._by(request).action_approve()
        self.assertFalse(request.activity_ids)

    # -- reading, taking back ----------------------------------------------------

    def test_salespeople_read_their_requests_and_those_of_the_orders_they_read(self):
        mine = self._request()
        limit = self._about_customer(kind="limit", new_limit=8000)
        shared = self._request(self.collector, order=self._order(100, user_id=False))
        found = {
            user: self.env["credit.request"].with_user(user).search([]).with_env(self.env)
            for user in (self.salesperson, self.colleague, self.sales_manager, self.accountant, self.manager)
        }
        self.assertEqual(found[self.salesperson], mine | shared)
        self.assertEqual(found[self.colleague], shared)
        self.assertEqual(found[self.sales_manager], mine | shared)
        for user in (self.accountant, self.manager):
            self.assertEqual(found[user], mine | limit | shared)
        self._by(mine, self.salesperson).read(["situation", "display_name", "order_total", "current_term_id"])
        with self.assertRaises(AccessError):
            self._by(mine, self.salesperson).read(["exposure"])
        self._by(mine, self.accountant).read(["exposure", "credit_limit"])

    def test_who_asked_takes_it_back_and_another_salesperson_does_not(self):
        request = self._request(order=self._order(100, user_id=False))
        for user in (self.colleague, self.sales_manager, self.collector):
            with self.assertRaises(AccessError):
                self._by(request, user).action_cancel()
        self._by(request, self.salesperson).action_cancel()
        self.assertEqual((request.state, request.decided_by), ("cancelled", self.salesperson))
        with self.assertRaises(UserError):
            self._by(request, self.salesperson).action_cancel()
        other = self._request()
        self._by(other).action_cancel()
        self.assertEqual(other.state, "cancelled")

    def test_a_cancelled_order_waits_for_no_decision(self):
        request = self._request()
        self._by(self.order, self.salesperson).action_cancel()
        self.assertEqual(request.state, "cancelled")
        with self.assertRaises(UserError):
            self._by(self.order, self.salesperson).action_followup_ask()

    # -- companies, customers ------------------------------------------------------

    def test_another_company_neither_asks_nor_sees_nor_decides(self):
        other = self.setup_other_company()["company"]
        request = self._request()
        for user in (self.salesperson, self.collector, self.manager):
            stranger = user.copy(
                {"login": f"other_{user.login}", "company_id": other.id, "company_ids": [(6, 0, other.ids)]}
            )
            theirs = self._by(request, stranger).with_context(allowed_company_ids=other.ids)
            self.assertFalse(theirs.search([("id", "=", request.id)]))
            for call in (theirs.action_approve, theirs.action_cancel, lambda r=theirs: r.action_refuse("no")):
                with self.assertRaises(AccessError, msg=user.login):
                    call()
            with self.assertRaises(AccessError, msg=user.login):
                theirs.create({"order_id": self._order(100).id, "reason": "x"})
        with self.assertRaises(AccessError):
            theirs.create(
                {
                    "kind": "limit",
                    "partner_id": self.partner.id,
                    "company_id": self.company.id,
                    "new_limit": 1,
                    "reason": "x",
                }
            )


@tagged("post_install", "-at_install")
class TestRequestRightsOverRpc(RequestCommon, HttpCase):
    """The same rights over RPC, as a program or a curious user calls."""

    def _call(self, login, method, args, model="credit.request", **kwargs):
        self.authenticate(login, login)
        params = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        return self.make_jsonrpc_request(f"/web/dataset/call_kw/{model}/{method}", params)

    def _refused(self, login, method, args, **kwargs):
        with self.assertRaises(JsonRpcException, msg=(login, method, args)) as error, mute_logger("odoo.http"):
            self._call(login, method, args, **kwargs)
        self.env.invalidate_all()
        return error.exception.args[0]

    def _ask_for(self, login, kind):
        about_order = {"order_id": self.order.id, "reason": "Please"}
        about_customer = {"partner_id": self.partner.id, "company_id": self.company.id, "reason": "Please"}
        vals = {
            "release": about_order,
            "limit": {**about_customer, "kind": "limit", "new_limit": 8000},
            "terms": {**about_customer, "kind": "terms", "payment_term_id": self.terms.id},
        }[kind]
        return self._call(login, "create", [[vals]])[0]

    def test_each_kind_is_asked_by_some_and_decided_by_credit_managers(self):
        for kind, asker, others in (
            ("release", "salesperson", ("colleague",)),
            ("limit", "collector", ("salesperson", "colleague")),
            ("terms", "accountant", ("salesperson", "colleague")),
        ):
            for login in others:
                with self.assertRaises(JsonRpcException, msg=(kind, login)), mute_logger("odoo.http"):
                    self._ask_for(login, kind)
            request = self.env["credit.request"].browse(self._ask_for(asker, kind))
            self.assertEqual((request.kind, request.user_id.login), (kind, asker))
            for login in ("salesperson", "colleague", "collector", "accountant"):
                self._refused(login, "action_approve", [request.ids])
                self._refused(login, "action_refuse", [request.ids, "no"])
                self._refused(login, "write", [request.ids, {"state": "approved"}])
                self._refused(login, "web_save", [request.ids, {"max_amount": 1}], specification={})
                self._refused(login, "unlink", [request.ids])
            self.assertEqual(request.state, "open")
            self._call("manager", "write", [request.ids, {"decision_reason": "Fine"}])
            self._call("manager", "action_approve", [request.ids])
            self.env.invalidate_all()
            self.assertEqual((request.state, request.decided_by), ("approved", self.manager))
            self._refused("manager", "write", [request.ids, {"decision_reason": "Changed my mind"}])
            self._refused("manager", "unlink", [request.ids])

    def test_what_forges_a_decision_is_refused_and_what_decides_is_private(self):
        vals = {"order_id": self.order.id, "reason": "Please"}
        self._refused("salesperson", "create", [[{**vals, "state": "approved"}]])
        self._refused("salesperson", "create", [[vals]], context={"default_state": "approved"})
        self._refused("salesperson", "create", [[vals]], context={"default_user_id": self.manager.id})
        request_id = self._ask_for("salesperson", "release")
        for method in ("_close", "_write_state", "_approve", "_apply_release", "_release_document"):
            self._refused("manager", method, [[request_id], "approved"])
        self._refused("salesperson", "_followup_release", [self.order.ids, request_id], model="sale.order")
        self.assertEqual(self.order.followup_credit_state, "hold")

    def test_only_who_asked_takes_back(self):
        request = self.env["credit.request"].browse(self._ask_for("salesperson", "release"))
        self._refused("colleague", "action_cancel", [request.ids])
        self._refused("collector", "action_cancel", [request.ids])
        self._call("salesperson", "action_cancel", [request.ids])
        self.env.invalidate_all()
        self.assertEqual(request.state, "cancelled")
