"""Hard case 44, from the other side: a user who means to get past the credit rules with what RPC lets him call."""

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, JsonRpcException, new_test_user, tagged
from odoo.tools import mute_logger

from .common_orders import OrdersCommon

DAY = "2026-05-04"


@tagged("post_install", "-at_install")
class TestCreditAdversary(OrdersCommon):
    """The customer has a limit of 100, and an order of 500 is not confirmed by any of these."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._limit(100)

    def _stays(self, order):
        """The order, confirmed by the button, is held all the same."""
        order.invalidate_recordset()
        order.action_followup_confirm()
        self.assertEqual((order.state, order.followup_credit_state), ("draft", "hold"))

    # -- figures that the check reads ------------------------------------------

    def test_nobody_writes_a_total_that_the_check_would_believe(self):
        order = self._order(500)
        order.write({"amount_total": 1, "amount_untaxed": 1, "amount_tax": -499})
        order.order_line.write({"price_total": 1, "price_subtotal": 1, "price_tax": -1, "qty_invoiced": 500})
        self.assertEqual((order.amount_total, order.amount_untaxed, order.amount_tax), (500, 500, 0))
        line = order.order_line
        self.assertEqual((line.price_total, line.price_subtotal, line.price_tax, line.qty_invoiced), (500, 500, 0, 0))
        self._stays(order)
        defaults = {"default_amount_total": 1, "default_price_total": 1, "default_qty_invoiced": 500}
        self._stays(order.with_context(**defaults).copy())
        lines = [Command.create({"product_id": self.goods.id, "product_uom_qty": 500, "price_total": 1})]
        self._stays(self._order(0, amount_total=1, order_line=lines))

    def test_nobody_pays_an_order_by_the_invoice_of_another(self):
        invoice = self._invoice("2026-04-01", 500)
        invoice.invoice_user_id = self.seller
        self._payment(500, "2026-04-02", invoice=invoice)
        self.assertEqual(invoice.amount_residual, 0)
        order = self._order(500)
        for command in (Command.set, lambda ids: Command.link(ids[0])):
            with self.assertRaises(AccessError):
                order.order_line.write({"invoice_lines": [command(invoice.invoice_line_ids.ids)]})
        line = {"product_id": self.goods.id, "invoice_lines": [Command.set(invoice.invoice_line_ids.ids)]}
        with self.assertRaises(AccessError):
            self._order(1, order_line=[Command.create(line)])
        defaults = {"default_invoice_lines": invoice.invoice_line_ids.ids}
        with self.assertRaises(AccessError):
            order.with_context(**defaults).order_line = [Command.create({"product_id": self.goods.id})]
        self._stays(order)

    def test_nobody_pays_an_order_by_the_payment_of_another(self):
        paid = self._order(500, self._customer("Payer"))
        transaction = self._transaction(paid, 500)
        order = self._order(500)
        with self.assertRaises(AccessError):
            order.write({"transaction_ids": [Command.link(transaction.id)]})
        with self.assertRaises(AccessError):
            self._order(500, transaction_ids=[Command.set(transaction.ids)])
        self._stays(order)

    # -- what was let pass, and grows or moves ---------------------------------

    def test_a_line_moved_into_a_confirmed_order_is_growth(self):
        order, other = self._order(50), self._order(90)
        order.action_followup_confirm()
        other.order_line.write({"order_id": order.id})
        self.assertEqual((order.state, order.followup_credit_state), ("sale", "hold"))

    def test_a_confirmed_order_in_another_currency_is_checked(self):
        order = self._order(90)
        order.action_followup_confirm()
        self.assertEqual(order.followup_credit_state, "clear")
        pound = self.setup_other_currency("GBP", rates=[("2020-01-01", 0.1)])
        order.write({"currency_id": pound.id})
        self.assertEqual((order.amount_total, order.followup_credit_state), (90, "hold"))

    def test_a_confirmed_order_given_to_another_company_is_checked(self):
        other = self.setup_other_company(name="Other")["company"]
        self.seller.company_ids |= other
        other.followup_rule_limit = "block"
        self.partner.with_company(other).sudo().credit_limit = 10
        order = self._order(90)
        order.action_followup_confirm()
        order = order.with_context(allowed_company_ids=(self.company | other).ids)
        vals = {"company_id": other.id}
        if "warehouse_id" in order._fields:
            vals["warehouse_id"] = self.env["stock.warehouse"].search([("company_id", "=", other.id)], limit=1).id
        order.write(vals)
        self.assertEqual(order.followup_credit_state, "hold")

    @freeze_time(DAY)
    def test_a_release_covers_no_growth_after_its_last_day(self):
        order = self._order(200)
        order._followup_release(self._release(order, max_amount=800, valid_until="2026-05-06"))
        order.action_followup_confirm()
        self.assertEqual((order.state, order.followup_credit_state), ("sale", "released"))
        order.order_line.product_uom_qty = 300
        self.assertEqual(order.followup_credit_state, "released", "the release still runs")
        with freeze_time("2026-05-07"):
            order.order_line.product_uom_qty = 400
            self.assertEqual(order.followup_credit_state, "hold")

    @freeze_time(DAY)
    def test_an_order_cancelled_and_confirmed_again_lives_on_no_old_decision(self):
        order = self._order(200)
        order._followup_release(self._release(order, max_amount=800, valid_until="2026-05-06"))
        order.action_followup_confirm()
        order._action_cancel()
        order.action_draft()
        with freeze_time("2026-05-07"):
            self.assertEqual(order.followup_credit_severity, "block")
            self._limit(300)
            order.action_followup_confirm()
            self.assertEqual((order.followup_credit_state, order.followup_allowed_amount), ("clear", 200))
            order.order_line.product_uom_qty = 700
            self.assertEqual(order.followup_credit_state, "hold")

    @freeze_time(DAY)
    def test_the_release_of_one_order_lets_no_copy_pass(self):
        order = self._order(500)
        self._release(order, valid_until="2026-05-06")
        copy = order.copy({"state": "sale"})
        self.assertEqual((copy.state, copy.followup_credit_state), ("sale", "hold"))
        self._stays(order.copy())

    def test_what_a_manager_refused_no_salesperson_takes_back(self):
        order = self._order(90)
        order.action_followup_confirm()
        self._limit(10)
        order._followup_refuse(self._release(order, state="refused"))
        order.with_user(self.seller).action_followup_recheck()
        self.assertEqual(order.followup_credit_state, "refused")

    def test_an_order_split_to_stay_under_the_limit_counts_in_all_its_parts(self):
        orders = self.env["sale.order"].concat(*(self._order(60) for _number in range(3)))
        for order in orders:
            order.action_followup_confirm()
        self.assertEqual(orders.mapped("state"), ["sale", "draft", "draft"])

    # -- rules, limits, files ---------------------------------------------------

    def test_the_companys_rules_are_not_of_who_hands_out_access_rights(self):
        clerk = new_test_user(
            self.env, "clerk", groups="base.group_erp_manager,base.group_partner_manager", company_id=self.company.id
        )
        company = self.company.with_user(clerk)
        for vals in (
            {"followup_rule_limit": "ignore"},
            {"followup_rule_hold": "warn"},
            {"followup_overdue_days": 999},
            {"followup_order_horizon": 1},
            {"followup_exposure_drafts": False},
        ):
            with self.subTest(vals), self.assertRaises(AccessError):
                company.write(vals)
        company.write({"sequence": 5, "followup_rule_limit": "block"})  # as it is
        created = self.env["res.company"].with_user(clerk).create({"name": "Branch"})
        self.assertEqual(created.followup_rule_limit, "warn")
        for vals, context in (
            ({"followup_rule_hold": "ignore"}, {}),
            ({}, {"default_followup_rule_hold": "ignore"}),
        ):
            with self.subTest(vals, context=context), self.assertRaises(AccessError):
                self.env["res.company"].with_user(clerk).with_context(**context).create({"name": "Shell", **vals})
        company.with_user(self.env.ref("base.user_admin")).write({"followup_rule_limit": "warn"})
        self.assertEqual(self.company.followup_rule_limit, "warn")

    def test_a_collector_moves_no_limit_by_moving_its_file(self):
        generous = self._customer("Generous").with_user(self.manager)._followup_profile(self.company)
        generous.limit_kind = "unlimited"
        file = generous.with_user(self.collector)
        for move in (
            lambda: file.write({"partner_id": self.partner.id}),
            lambda: self.partner.with_user(self.collector).write({"followup_profile_ids": [Command.link(file.id)]}),
            lambda: file.partner_id.write({"followup_profile_ids": [Command.delete(file.id)]}),
        ):
            with self.assertRaises(UserError):
                move()

    # -- readers ----------------------------------------------------------------

    def test_a_customer_of_the_portal_is_told_nothing_by_an_error(self):
        self._hold_customer()
        order = self._order(500)
        user = new_test_user(self.env, "portal_curious", groups="base.group_portal")
        order.message_subscribe(user.partner_id.ids)
        order.sudo().partner_id.child_ids = [Command.link(user.partner_id.id)]
        mine = order.with_user(user)
        self.assertTrue(mine.name)
        for method in ("action_confirm", "action_followup_confirm", "action_followup_ask", "action_followup_recheck"):
            with self.subTest(method), self.assertRaises(AccessError):
                getattr(mine, method)()
        self.assertFalse(order.sudo().followup_credit_state)

    def test_no_customer_reads_the_rules_of_the_company(self):
        portal = new_test_user(self.env, "portal_reader", groups="base.group_portal", company_id=self.company.id)
        company = self.company.with_user(portal)
        self.assertTrue(company.read(["name"]))
        with self.assertRaises(AccessError):
            company.read(["followup_overdue_days"])
        self.assertTrue(self.company.with_user(self.seller).read(["followup_overdue_days"]))

    @mute_logger("odoo.models")
    def test_a_salesperson_finds_no_figures_by_searching(self):
        """Neither by a domain, an order nor a group: each would tell the figure digit by digit."""
        self._invoice("2026-04-01", 77)
        Partner, Order = (self.env[name].with_user(self.seller) for name in ("res.partner", "sale.order"))
        for domain in (
            [("followup_exposure", ">", 50)],
            [("followup_over_limit", "=", True)],
            [("credit_limit", ">", 50)],
            [("followup_profile_ids.limit_kind", "=", "none")],
        ):
            with self.subTest(domain), self.assertRaises(AccessError):
                Partner.search_count(domain)
            path = [(f"partner_id.{domain[0][0]}", *domain[0][1:])]
            with self.subTest(path), self.assertRaises(AccessError):
                Order.search_count(path)
        with self.assertRaises(AccessError):
            Partner.search_fetch([], ["name"], order="credit_limit desc")
        with self.assertRaises(AccessError):
            Partner.formatted_read_group([], ["credit_limit"], ["__count"])
        for model in ("credit.exposure", "credit.exposure.order", "credit.profile", "credit.hold"):
            with self.subTest(model), self.assertRaises(AccessError):
                self.env[model].with_user(self.seller).search_count([])

    def test_a_form_not_saved_tells_nothing_of_another_company(self):
        """What an onchange computes in sudo, from values that only the client's program put in."""
        other = self.setup_other_company(name="Other")["company"]
        self.partner.with_company(other).sudo().credit_limit = 10
        self.env["credit.hold"].sudo().create(
            {"partner_id": self.partner.id, "company_id": other.id, "reason": "Secret"}
        )
        line = {"product_id": self.goods.id, "product_uom_qty": 300}
        foreign = (
            self.env["sale.order"]
            .sudo()
            .with_company(other)
            .create({"partner_id": self.partner.id, "company_id": other.id, "order_line": [Command.create(line)]})
        )
        self.env.invalidate_all()
        vals = {"partner_id": self.partner.id, "company_id": other.id}
        order = {**vals, "partner_invoice_id": self.partner.id, "order_line": [Command.create(line)]}
        live = ("followup_credit_warning", "followup_situation", "followup_deposit_suggestion")
        figures = ("exposure", "credit_limit", "is_limited", "situation", "order_total", "current_term_id")
        for user, model, given, names in (
            (self.seller, "sale.order", order, live),
            (self.seller, "credit.request", vals, ("situation",)),
            (self.seller, "credit.request", {"order_id": foreign.id}, ("situation", "order_total", "display_name")),
            (self.accountant, "credit.request", vals, figures),
            (self.collector, "credit.profile", vals, ("exposure", "credit_limit", "hold_sentence", "limit_in_force")),
        ):
            spec = {name: {} for name in (*given, *names)}
            if "order_line" in spec:
                spec["order_line"] = {"fields": {name: {} for name in line}}
            told = self.env[model].with_user(user).onchange(given, list(given), spec)["value"]
            with self.subTest(user.login, model=model):
                self.assertFalse([told[name] for name in names if name != "display_name" and told.get(name)])
                self.assertNotIn(foreign.name, str(told))
        mine = self.env["credit.request"].with_user(self.accountant).new({**vals, "company_id": self.company.id})
        self.assertEqual(mine.credit_limit, 100)


@tagged("post_install", "-at_install")
class TestCreditAdversaryOverRpc(OrdersCommon, HttpCase):
    """The same as a client's program calls it, contexts of its own included."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._limit(100)
        cls.portal = new_test_user(cls.env, "portal_curious", groups="base.group_portal")
        cls.clerk = new_test_user(cls.env, "clerk", groups="base.group_erp_manager", company_id=cls.company.id)

    def _call(self, user, model, method, *args, **context):
        self.env.flush_all()
        self.authenticate(user.login, user.login)
        params = {"model": model, "method": method, "args": args, "kwargs": {"context": context} if context else {}}
        with mute_logger("odoo.http"):
            result = self.make_jsonrpc_request(f"/web/dataset/call_kw/{model}/{method}", params)
        self.env.invalidate_all()
        return result

    def _refused(self, user, model, method, *args, **context):
        with self.assertRaisesRegex(JsonRpcException, "AccessError", msg=(user.login, model, method, args)) as caught:
            self._call(user, model, method, *args, **context)
        return str(caught.exception)

    def test_totals_and_contexts_of_the_client_are_not_believed(self):
        order = self._order(500)
        self._call(self.seller, "sale.order", "web_save", order.ids, {"amount_total": 1}, {"amount_total": {}})
        self.assertEqual(order.amount_total, 500)
        self._call(self.seller, "sale.order", "action_followup_confirm", order.ids, followup_check={"verdicts": {}})
        self.assertEqual((order.state, order.followup_credit_state), ("draft", "hold"))
        vals = {"partner_id": self.partner.id, "order_line": [[0, 0, {"product_id": self.goods.id}]]}
        defaults = {"default_followup_credit_state": "released", "default_followup_allowed_amount": 9999}
        (created,) = self._call(self.seller, "sale.order", "create", [vals], default_state="sale", **defaults)
        created = self.env["sale.order"].browse(created)
        self.assertEqual(created.followup_allowed_amount, created.amount_total)
        self._refused(self.seller, "sale.order", "web_save", order.ids, {"followup_credit_state": "released"}, {})

    def test_a_portal_customer_is_told_nothing(self):
        self._hold_customer()
        order = self._order(500)
        order.message_subscribe(self.portal.partner_id.ids)
        order.sudo().partner_id.child_ids = [Command.link(self.portal.partner_id.id)]
        self.assertTrue(self._call(self.portal, "sale.order", "read", order.ids, ["name"]))
        self.assertNotIn("Bounced", self._refused(self.portal, "sale.order", "action_confirm", order.ids))
        self._refused(self.portal, "sale.order", "web_read", order.ids, {"followup_credit_warning": {}})
        self._refused(self.portal, "sale.order", "search", [["followup_credit_state", "=", "hold"]])

    def test_rules_and_figures_by_who_may_and_who_may_not(self):
        rules = self.company.ids, {"followup_rule_hold": "warn"}
        exposed = [["followup_exposure", ">", 50]]
        self._refused(self.clerk, "res.company", "write", *rules)
        self._refused(self.seller, "res.partner", "search_count", exposed)
        self._refused(self.seller, "sale.order", "search_count", [["partner_id.followup_exposure", ">", 50]])
        self._call(self.env.ref("base.user_admin"), "res.company", "write", *rules)
        self.assertEqual(self.company.followup_rule_hold, "warn")
        self._invoice("2026-04-01", 77)
        self.assertTrue(self._call(self.accountant, "res.partner", "search_count", exposed))
