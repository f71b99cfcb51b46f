"""Who may release a delivery, through the ORM and over RPC."""

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, JsonRpcException, new_test_user, tagged
from odoo.tools import mute_logger

from .common import DeliveryCommon

DAY = "2026-05-04"


@tagged("post_install", "-at_install")
class TestRights(DeliveryCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = new_test_user(cls.env, "other", groups="base.group_user", company_id=cls.company.id)

    def setUp(self):
        super().setUp()
        self.delivery = self._delivery()
        self._over_the_limit()

    def _call(self, user, model, method, *args):
        self.env.flush_all()
        self.authenticate(user.login, user.login)
        params = {"model": model, "method": method, "args": args, "kwargs": {}}
        with mute_logger("odoo.http"):
            return self.make_jsonrpc_request(f"/web/dataset/call_kw/{model}/{method}", params)

    def test_nobody_writes_the_state_by_hand(self):
        for user in (self.storekeeper, self.salesperson, self.accountant, self.manager):
            with self.assertRaises(AccessError, msg=user.name):
                self.delivery.with_user(user).followup_credit_state = "released"
        values = {
            "picking_type_id": self.delivery.picking_type_id.id,
            "location_id": self.delivery.location_id.id,
            "location_dest_id": self.delivery.location_dest_id.id,
        }
        Picking = self.env["stock.picking"].with_user(self.storekeeper)
        with self.assertRaises(AccessError):
            Picking.create({**values, "followup_credit_state": "released"})
        default = Picking.with_context(default_followup_credit_state="released").create(values)
        self.assertFalse(default.sudo().followup_credit_state)
        self.delivery.with_user(self.storekeeper).note = "By the side door"  # the rest, as ever

    def test_nobody_writes_the_state_over_rpc(self):
        with self.assertRaises(JsonRpcException):
            self._call(self.storekeeper, "stock.picking", "write", self.delivery.ids, {"followup_credit_state": False})
        self._call(self.storekeeper, "stock.picking", "write", self.delivery.ids, {"note": "By the side door"})
        self.assertIn("side door", self.delivery.note)

    def test_the_warehouse_asks_and_does_not_decide(self):
        request = self._request(self.delivery)
        for user in (self.storekeeper, self.salesperson, self.accountant, self.collector):
            with self.assertRaises(AccessError, msg=user.name):
                request.with_user(user).action_approve()
            with self.assertRaises(AccessError, msg=user.name):
                request.with_user(user).write({"state": "approved"})
        with self.assertRaises(UserError):
            self.env["credit.request"].with_user(self.storekeeper).create(
                {"picking_id": self.delivery.id, "reason": "Please", "state": "approved"}
            )
        request.with_user(self.manager).action_approve()
        self.assertEqual(request.state, "approved")

    def test_the_warehouse_asks_and_does_not_decide_over_rpc(self):
        values = {"picking_id": self.delivery.id, "partner_id": self.partner.id, "reason": "The lorry waits."}
        ids = self._call(self.storekeeper, "credit.request", "create", [values])
        with self.assertRaises(JsonRpcException):
            self._call(self.storekeeper, "credit.request", "action_approve", ids)
        self._call(self.manager, "credit.request", "action_approve", ids)
        self.assertEqual(self.env["credit.request"].browse(ids).state, "approved")

    def test_who_may_not_change_the_delivery_does_not_ask(self):
        with self.assertRaises(AccessError):
            self.delivery.with_user(self.other).action_followup_ask()
        with self.assertRaises(AccessError):
            self.env["credit.request"].with_user(self.other).create(
                {"picking_id": self.delivery.id, "partner_id": self.partner.id, "reason": "Please"}
            )

    def test_who_may_not_change_the_delivery_does_not_put_it_on_hold(self):
        with self.assertRaises(AccessError):
            self.delivery.with_user(self.other).button_validate()
        self.assertFalse(self.delivery.followup_credit_state)

    def test_the_warehouse_sees_requests_of_deliveries_only(self):
        request = self._request(self.delivery)
        limit = self.env["credit.request"].create(
            {
                "kind": "limit",
                "partner_id": self.partner.id,
                "company_id": self.company.id,
                "new_limit": 9000,
                "reason": "Growth",
            }
        )
        Request = self.env["credit.request"]
        self.assertEqual(Request.with_user(self.storekeeper).search([]), request)
        self.assertIn(request, Request.with_user(self.salesperson).search([]))
        self.assertEqual(Request.with_user(self.collector).search([]), request | limit)

    def test_the_warehouse_reads_no_figures_in_requests(self):
        request = self._request(self.delivery)
        self.assertIn("Durand is over its credit limit.", request.situation)
        self.assertNotIn("999", request.situation)
        self.assertIn("999", request.with_user(self.manager).situation)
        asked = {"kind": "limit", "partner_id": self.partner.id, "company_id": self.company.id, "reason": "Curious"}
        Request = self.env["credit.request"]
        self.assertFalse(Request.with_user(self.storekeeper).new(asked).situation)
        self.assertIn("999", Request.with_user(self.accountant).new(asked).situation)

    def test_the_proof_of_the_check_is_not_forged_over_rpc(self):
        self._hold()
        self.env.flush_all()
        self.authenticate("storekeeper", "storekeeper")
        params = {
            "model": "stock.picking",
            "method": "button_validate",
            "args": [self.delivery.ids],
            "kwargs": {"context": {"followup_judged": self.delivery.ids}},
        }
        action = self.make_jsonrpc_request("/web/dataset/call_kw/stock.picking/button_validate", params)
        self.assertEqual(action["tag"], "display_notification")
        self.assertNotEqual(self.delivery.state, "done")

    @freeze_time(DAY)
    def test_the_release_lets_the_warehouse_validate_over_rpc(self):
        self._release(self.delivery)
        self.assertIs(self._call(self.storekeeper, "stock.picking", "button_validate", self.delivery.ids), True)
        self.assertEqual(self.delivery.state, "done")
