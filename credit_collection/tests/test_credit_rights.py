"""Limits, payment terms, trust and credit rules: who may change them, in every way in, and the history of it."""

import json

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from .common import CollectionCommon

DAY = "2026-05-04"


class CreditRightsCommon(CollectionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.administrator = new_test_user(
            cls.env,
            "administrator",
            groups="base.group_system,account.group_account_invoice,sales_team.group_sale_manager",
            company_id=cls.company.id,
        )
        cls.administrator.group_ids |= cls.env.ref("credit_collection.credit_collection_group_user")
        # each of them may edit customers and orders: what is refused is refused by the credit rights
        cls.deciders = cls.manager | cls.administrator
        cls.others = cls.collector | cls.accountant | cls.salesperson
        extra = cls.env.ref("base.group_partner_manager") | cls.env.ref("sales_team.group_sale_salesman_all_leads")
        for user in cls.deciders | cls.others:
            user.group_ids |= extra
        cls.env.user.group_ids |= extra
        cls.days30 = cls.env.ref("account.account_payment_term_30days")
        cls.days15 = cls.env.ref("account.account_payment_term_15days")
        cls.days45 = cls.env.ref("account.account_payment_term_45days")
        cls.partner.property_payment_term_id = cls.days30
        cls.profile = cls.partner._followup_profile(cls.company)
        cls.product = cls.env["product.product"].create({"name": "Chair", "list_price": 100, "taxes_id": False})

    def _order_vals(self, **values):
        line = Command.create({"product_id": self.product.id, "product_uom_qty": 1})
        return {"partner_id": self.partner.id, "order_line": [line], **values}

    def _flush_tracking(self):
        self.env.flush_all()
        self.cr.flush()
        self.profile.invalidate_recordset(["message_ids"])

    def _history(self, profile=None):
        """The last decision in the file's history, in words, with its author."""
        message = (profile or self.profile).message_ids.sorted("id")[-1:]
        return self.env["credit.history"]._title_decision(message.sudo()), message.author_id


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestCreditRights(CreditRightsCommon):
    PARTNER = {"credit_limit": 5000.0, "trust": "good"}
    PROFILE = {
        "limit_kind": "none",
        "limit_valid_until": "2026-12-31",
        "limit_review_date": "2026-12-01",
        "insured_amount": 100.0,
        "insured_share": 0.9,
        "insurance_reference": "X1",
        "insurance_rating": "A",
        "insurance_end": "2026-12-31",
        "rule_limit": "ignore",
        "rule_overdue": "ignore",
        "rule_expired": "ignore",
        "rule_hold": "ignore",
        "rule_promise": "ignore",
        "credit_limit": 7000.0,
        "trust": "bad",
    }

    def _refused(self, user, action):
        with self.assertRaises(AccessError, msg=user.login) as refusal, self.cr.savepoint():
            action()
        return str(refusal.exception)

    # -- the customer ---------------------------------------------------------

    def test_the_customers_terms_are_the_credit_managers(self):
        vals = {**self.PARTNER, "property_payment_term_id": self.days45.id}
        for user in self.others:
            for name, value in vals.items():
                sentence = self._refused(user, lambda n=name, v=value, u=user: self.partner.with_user(u).write({n: v}))
                if user != self.salesperson or name != "credit_limit":  # core hides the limit from salespeople
                    self.assertIn("Only a credit manager", sentence)
        for user in self.deciders:
            self.partner.with_user(user).write(vals)
            self.assertEqual(self.partner.credit_limit, 5000)
            self.partner.write({"credit_limit": 0, "trust": "normal", "property_payment_term_id": self.days30.id})

    def test_switching_cores_partner_limit_off_changes_the_limit(self):
        self.partner.credit_limit = 5000
        for user in self.collector | self.accountant:
            self._refused(user, lambda u=user: self.partner.with_user(u).write({"use_partner_credit_limit": False}))
        self.partner.with_user(self.manager).write({"use_partner_credit_limit": False})
        self.assertEqual(self.partner.credit_limit, 0)

    def test_writing_what_is_there_already_is_nobodys_offence(self):
        vals = {"trust": self.partner.trust, "property_payment_term_id": self.days30.id, "phone": "1"}
        for user in self.others:
            self.partner.with_user(user).write(vals)
        self.partner.with_user(self.accountant).write({"credit_limit": 0.0, "use_partner_credit_limit": False})

    def test_new_customers_get_the_default_terms(self):
        Partner = self.env["res.partner"]
        for user in self.others:
            Partner.with_user(user).create({"name": "Plain", "trust": "normal"})
            for vals in ({"property_payment_term_id": self.days45.id}, {"trust": "good"}):
                self._refused(user, lambda u=user, v=vals: Partner.with_user(u).create({"name": "Kept", **v}))
        self._refused(
            self.accountant, lambda: Partner.with_user(self.accountant).create({"name": "A", "credit_limit": 9})
        )
        for user in self.deciders:
            partner = Partner.with_user(user).create({"name": "Rich", "credit_limit": 9, "trust": "good"})
            self.assertEqual((partner.credit_limit, partner.trust), (9, "good"))

    def test_no_default_of_ones_own_and_no_context_gives_terms(self):
        Partner = self.env["res.partner"].with_user(self.salesperson)
        forged = Partner.with_context(default_property_payment_term_id=self.days45.id, default_credit_limit=10**6)
        self._refused(self.salesperson, lambda: forged.create({"name": "Forged"}))
        self.env["ir.default"].with_user(self.salesperson).set(
            "res.partner", "property_payment_term_id", self.days45.id, user_id=True
        )
        self._refused(self.salesperson, lambda: Partner.create({"name": "Forged"}))
        # what an administrator made everybody's default is nobody's favour
        self.env["ir.default"].search([("user_id", "=", self.salesperson.id)]).unlink()
        self.env["ir.default"].set(
            "res.partner", "property_payment_term_id", self.days15.id, company_id=self.company.id
        )
        self.assertEqual(Partner.create({"name": "Usual"}).property_payment_term_id, self.days15)

    def test_salespeople_create_contacts_which_take_the_terms_of_their_company(self):
        self.partner.credit_limit = 5000
        for user in self.others:
            contact = self.env["res.partner"].with_user(user).create({"name": "Anna", "parent_id": self.partner.id})
            self.assertEqual(contact.property_payment_term_id, self.days30)
            self.assertEqual(contact.sudo().credit_limit, 5000)
            contact.write({"parent_id": False, "name": "Anna B."})
            contact.write({"parent_id": self.partner.id})
            self._refused(user, lambda c=contact: c.write({"property_payment_term_id": self.days45.id}))
        with Form(self.partner.with_user(self.salesperson)) as form:
            form.phone = "2"

    def test_the_terms_of_a_company_reach_its_contacts_when_a_manager_changes_them(self):
        contact = self.env["res.partner"].create({"name": "Anna", "parent_id": self.partner.id})
        self.partner.with_user(self.manager).write({"credit_limit": 800, "property_payment_term_id": self.days45.id})
        self.assertEqual((contact.credit_limit, contact.property_payment_term_id), (800, self.days45))
        self.assertFalse(contact.followup_profile_ids, "the history is the company's")

    def test_code_that_runs_for_the_system_is_not_held_up(self):
        partner = self.env["res.partner"].with_user(self.salesperson).sudo()
        partner.create({"name": "Signed up", "property_payment_term_id": self.days45.id, "trust": "good"})

    def test_import_is_bound_too(self):
        def load(user, fields_list, *rows):
            return self.env["res.partner"].with_user(user).load(fields_list, [list(row) for row in rows])

        for user in self.collector | self.accountant:
            for fields_list, row in (
                (["name", "credit_limit"], ("New", "900")),
                (["name", "property_payment_term_id"], ("New", self.days45.name)),
                ([".id", "credit_limit"], (str(self.partner.id), "900")),
            ):
                result = load(user, fields_list, row)
                self.assertFalse(result["ids"], (user.login, fields_list))
                self.assertIn("Only a credit manager", result["messages"][0]["message"])
        self.assertEqual(self.partner.credit_limit, 0)
        result = load(self.accountant, ["name", "parent_id/.id"], ("Contact", str(self.partner.id)))
        self.assertTrue(result["ids"], result["messages"])
        self.assertTrue(load(self.manager, [".id", "credit_limit"], (str(self.partner.id), "900"))["ids"])
        self.assertEqual(self.partner.credit_limit, 900)
        for user, loaded in ((self.collector, False), (self.manager, True)):
            result = (
                self.env["credit.profile"]
                .with_user(user)
                .load([".id", "limit_kind", "insured_amount"], [[str(self.profile.id), "No limit", "50"]])
            )
            self.assertEqual(bool(result["ids"]), loaded, result["messages"])

    # -- the collection file --------------------------------------------------

    def test_the_files_limits_and_rules_are_the_credit_managers(self):
        for name, value in self.PROFILE.items():
            for user in self.others:
                self._refused(user, lambda u=user, n=name, v=value: self.profile.with_user(u).write({n: v}))
        temporary = {"temporary_limit": 1, "temporary_from": DAY, "temporary_to": DAY}
        self._refused(self.collector, lambda: self.profile.with_user(self.collector).write(temporary))
        for user in self.deciders:
            self.profile.with_user(user).write({**self.PROFILE, **temporary})
            self.assertEqual(self.partner.credit_limit, 7000)
            self.assertEqual(self.partner.trust, "bad")
            self.profile.write({"limit_kind": "amount", "credit_limit": 0, "trust": "normal"})

    def test_collectors_still_keep_the_rest_of_the_file(self):
        profile = self.profile.with_user(self.collector)
        profile.write({"always_confirm": True, "limit_kind": "amount", "credit_limit": 0.0})
        self.assertTrue(profile.always_confirm)
        other = self.env["credit.profile"].with_user(self.collector)
        other.create({"partner_id": self._customer("Petit").id})
        for vals in ({"limit_kind": "unlimited"}, {"credit_limit": 10}, {"rule_limit": "ignore"}, {"trust": "good"}):
            partner = self._customer("Grand")
            self._refused(self.collector, lambda v=vals, p=partner: other.create({"partner_id": p.id, **v}))
        forged = other.with_context(default_limit_kind="unlimited")
        self._refused(self.collector, lambda: forged.create({"partner_id": partner.id}))

    def test_the_rules_of_the_company_are_the_administrators(self):
        for user in self.others:
            self._refused(user, lambda u=user: self.company.with_user(u).write({"followup_rule_limit": "ignore"}))
            self._refused(user, lambda u=user: self.env["res.config.settings"].with_user(u).create({}))
        settings = self.env["res.config.settings"].with_user(self.administrator)
        settings = settings.with_company(self.company).create(
            {"followup_rule_limit": "block", "followup_overdue_amount": 5}
        )
        settings.execute()
        self.assertEqual((self.company.followup_rule_limit, self.company.followup_overdue_amount), ("block", 5))

    # -- orders ---------------------------------------------------------------

    def test_terms_beyond_the_customers_are_refused_on_orders(self):
        Order = self.env["sale.order"]
        for user in self.others:
            sentence = self._refused(
                user, lambda u=user: Order.with_user(u).create(self._order_vals(payment_term_id=self.days45.id))
            )
            self.assertIn("45 Days", sentence)
            order = Order.with_user(user).create(self._order_vals())
            self.assertEqual(order.payment_term_id, self.days30, "the customer's own")
            order.payment_term_id = self.days15
            order.payment_term_id = self.days30
            order.payment_term_id = False
            self._refused(user, lambda o=order: o.write({"payment_term_id": self.days45.id}))
        for user in self.deciders:
            order = Order.with_user(user).create(self._order_vals(payment_term_id=self.days45.id))
            order.payment_term_id = False
            order.payment_term_id = self.days45

    def test_a_customer_without_terms_pays_at_once(self):
        self.partner.property_payment_term_id = False
        order = self.env["sale.order"].with_user(self.salesperson).create(self._order_vals())
        order.payment_term_id = self.env.ref("account.account_payment_term_immediate")
        self._refused(self.salesperson, lambda: order.write({"payment_term_id": self.days15.id}))

    def test_terms_of_one_customer_are_not_taken_to_another(self):
        order = self.env["sale.order"].with_user(self.salesperson).create(self._order_vals())
        other = self._customer("Petit")
        vals = {"partner_id": other.id, "payment_term_id": self.days30.id}
        self._refused(self.salesperson, lambda: order.write(vals))
        order.write({"partner_id": other.id})
        self.assertFalse(order.payment_term_id)

    def test_a_copy_of_an_order_with_longer_terms_gets_the_customers(self):
        order = self.env["sale.order"].create(self._order_vals(payment_term_id=self.days45.id))
        self.assertEqual(order.with_user(self.salesperson).copy().payment_term_id, self.days30)
        self.assertEqual(order.with_user(self.manager).copy().payment_term_id, self.days45)
        copying = {"payment_term_id": self.days45.id}
        self._refused(self.salesperson, lambda: order.with_user(self.salesperson).copy(copying))

    def test_no_default_gives_an_order_longer_terms(self):
        Order = self.env["sale.order"].with_user(self.salesperson)
        forged = Order.with_context(default_payment_term_id=self.days45.id)
        self._refused(self.salesperson, lambda: forged.create(self._order_vals()))
        rows = [[str(self.partner.id), self.days45.name]]
        result = Order.load(["partner_id/.id", "payment_term_id"], rows)
        self.assertFalse(result["ids"])
        self.env["ir.default"].set("sale.order", "payment_term_id", self.days45.id, company_id=self.company.id)
        self.assertEqual(Order.create(self._order_vals()).payment_term_id, self.days45, "the company's default")

    def test_the_terms_of_the_orders_company_count(self):
        other = self.setup_other_company()["company"]
        self.salesperson.company_ids |= other
        self.partner.with_company(other).property_payment_term_id = self.days45
        Order = self.env["sale.order"].with_user(self.salesperson)
        both = {"allowed_company_ids": [self.company.id, other.id]}
        vals = self._order_vals(company_id=other.id, payment_term_id=self.days45.id, order_line=[])
        order = Order.with_context(**both).create(vals)
        self.assertEqual(order.payment_term_id, self.days45)
        vals["company_id"] = self.company.id
        back = {"allowed_company_ids": [other.id, self.company.id]}
        self._refused(self.salesperson, lambda: Order.with_context(**back).create(vals))

    # -- history --------------------------------------------------------------

    def test_every_change_is_in_the_files_history_with_before_and_after(self):
        self.partner.with_user(self.manager).credit_limit = 5000
        body, author = self._history()
        self.assertRegex(body, "Credit Limit: .*0.00.* → .*5,000.00")
        self.assertEqual(author, self.manager.partner_id)
        self.partner.with_user(self.administrator).write({"property_payment_term_id": False, "trust": "bad"})
        body, author = self._history()
        self.assertIn("30 Days → –", body)
        self.assertIn("Normal Debtor → Bad Debtor", body)
        self.assertEqual(author, self.administrator.partner_id)
        self.profile.with_user(self.manager).credit_limit = 6000
        self.assertRegex(self._history()[0], "5,000.00.* → .*6,000.00")
        count = len(self.profile.message_ids)
        self.partner.write({"credit_limit": 6000, "phone": "3"})
        self.assertEqual(len(self.profile.message_ids), count, "nothing changed")

    def test_the_files_own_fields_are_tracked(self):
        self._flush_tracking()
        profile = self.profile.with_user(self.manager).with_context(tracking_disable=False, mail_notrack=False)
        profile.write({"limit_kind": "none", "insured_amount": 5, "rule_hold": "warn"})
        self._flush_tracking()
        tracked = self.profile.message_ids.sudo().tracking_value_ids.field_id.mapped("name")
        self.assertLessEqual({"limit_kind", "insured_amount", "rule_hold"}, set(tracked))
        fields_ = self.env["credit.profile"]._fields
        self.assertTrue(all(fields_[name].tracking for name in self.env["credit.profile"]._credit_fields()))

    def test_a_change_is_told_in_the_file_of_the_company_that_was_written(self):
        other = self.setup_other_company()["company"]
        before = len(self.profile.message_ids)
        self.partner.with_company(other).credit_limit = 77
        self.assertEqual(len(self.profile.message_ids), before)
        profile = self.partner._followup_profiles(other)
        self.assertIn("77", self._history(profile)[0])
        self.assertEqual((profile.credit_limit, self.profile.credit_limit), (77, 0))

    def test_a_customer_with_nothing_but_a_file_can_be_deleted(self):
        partner = self._customer("Petit")
        partner.credit_limit = 10
        self.assertTrue(partner.followup_profile_ids)
        partner.with_user(self.manager).unlink()
        self.assertFalse(partner.exists())

    def test_a_limit_is_not_negative(self):
        for record in (self.partner, self.profile):
            with self.assertRaises(ValidationError), self.cr.savepoint():
                record.credit_limit = -1


@tagged("post_install", "-at_install")
class TestCreditRightsRpc(CreditRightsCommon, HttpCase):
    def _call(self, model, method, *args):
        """Return (result, error name) of a call as a client makes it."""
        params = {"model": model, "method": method, "args": args, "kwargs": {}}
        answer = self.url_open(
            "/web/dataset/call_kw",
            data=json.dumps({"jsonrpc": "2.0", "method": "call", "params": params}),
            headers={"Content-Type": "application/json"},
        ).json()
        return answer.get("result"), answer.get("error", {}).get("data", {}).get("name")

    @mute_logger("odoo.http")
    def test_credit_rights_rpc(self):
        order = self.env["sale.order"].create(self._order_vals())
        writes = (
            ("res.partner", self.partner, {"trust": "good"}, {"trust": "normal"}),
            (
                "res.partner",
                self.partner,
                {"property_payment_term_id": self.days45.id},
                {"property_payment_term_id": self.days30.id},
            ),
            ("res.partner", self.partner, {"credit_limit": 10**6}, {"credit_limit": 0}),
            ("credit.profile", self.profile, {"limit_kind": "unlimited"}, {"limit_kind": "amount"}),
            ("credit.profile", self.profile, {"credit_limit": 10**6}, {"credit_limit": 0}),
            ("sale.order", order, {"payment_term_id": self.days45.id}, {"payment_term_id": self.days30.id}),
        )
        for user in self.deciders | self.others:
            user.password = f"{user.login}-{user.login}"
            self.authenticate(user.login, user.password)
            for model, record, vals, undo in writes:
                result, error = self._call(model, "write", record.ids, vals)
                self.env.invalidate_all()
                where = (user.login, model, vals)
                if user in self.deciders:
                    self.assertTrue(result, where)
                    record.write(undo)
                else:
                    self.assertEqual(error, "odoo.exceptions.AccessError", where)
            for model, method in (
                ("credit.profile", "_write_terms"),
                ("credit.control", "_check_decides"),
                ("res.partner", "_followup_log"),
            ):
                self.assertEqual(
                    self._call(model, method, [], "credit_limit")[1], "odoo.exceptions.AccessError", method
                )
