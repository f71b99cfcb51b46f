"""Who may do what: allowed and refused pairs, through the ORM as RPC uses it; hard case 44."""

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.service.model import get_public_method
from odoo.tests import tagged

from .common import CollectionCommon

DAY = "2026-03-16"
MODELS = (
    "credit.open.item",
    "credit.collection.action",
    "credit.collection.action.line",
    "credit.profile",
    "credit.dunning.scenario",
    "credit.dunning.level",
)


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestRights(CollectionCommon):
    def setUp(self):
        super().setUp()
        self.invoice = self._invoice("2026-03-09")
        self.profile = self.partner._followup_profile(self.company)
        self.profile.always_confirm = True
        self.action = self._night(DAY)

    def test_accountants_read_and_salespeople_do_not(self):
        for model in MODELS:
            for user in (self.accountant, self.collector, self.manager):
                self.assertTrue(self.env[model].with_user(user).has_access("read"), (model, user.login))
            self.assertFalse(self.env[model].with_user(self.salesperson).has_access("read"), model)

    def test_accountants_change_nothing(self):
        for record in (self.action, self.action.line_ids, self.profile, self.scenario, self.letter1):
            for operation in ("write", "create", "unlink"):
                self.assertFalse(record.with_user(self.accountant).has_access(operation), (record._name, operation))

    def test_every_button_of_an_action_is_refused_to_accountants_and_allowed_to_collectors(self):
        for button in ("action_confirm", "action_cancel", "action_edit_text", "action_reset_text"):
            with self.assertRaises(AccessError, msg=button):
                getattr(self.action.with_user(self.accountant), button)()
        for button in ("action_retry", "action_print", "action_by_letter", "action_resend", "action_mark_sent"):
            with self.assertRaises(UserError, msg=button):
                getattr(self.action.with_user(self.accountant), button)()
        action = self.action.with_user(self.collector)
        action.action_edit_text()
        action.action_reset_text()
        action.action_confirm()
        self.assertEqual(action.state, "queued")
        action.action_cancel()

    def test_scenarios_are_the_credit_managers(self):
        for record in (self.scenario, self.letter1):
            with self.assertRaises(AccessError):
                record.with_user(self.collector).write({"name": "mine"})
            record.with_user(self.manager).write({"name": "ours"})
        for button in ("action_switch_off", "action_switch_on"):
            with self.assertRaises(AccessError):
                getattr(self.scenario.with_user(self.collector), button)()
            getattr(self.scenario.with_user(self.manager), button)()

    def test_collectors_decide_about_customers_and_accountants_do_not(self):
        vals = {"paused_until": "2026-04-01", "pause_reason": "asked for it"}
        with self.assertRaises(AccessError):
            self.profile.with_user(self.accountant).write(vals)
        self.profile.with_user(self.collector).write(vals)
        with self.assertRaises(UserError):
            self.profile.with_user(self.manager).write({"partner_id": self.partner_a.id})

    def test_the_preview_and_the_exclusion_are_the_collectors(self):
        context = {"active_model": "credit.open.item", "active_ids": self._item(self.invoice).ids}
        for model in ("credit.dunning.preview", "credit.exclusion"):
            with self.assertRaises(AccessError):
                self.env[model].with_user(self.accountant).with_context(**context).create(
                    {"reason": "x"} if "excl" in model else {}
                )
        wizard = self.env["credit.exclusion"].with_user(self.collector).with_context(**context)
        wizard.create({"date_until": "2026-04-01", "reason": "agreed"}).action_apply()
        self.action.action_cancel()
        preview = self.env["credit.dunning.preview"].with_user(self.collector).with_context(**context).create({})
        preview.action_prepare()

    def test_open_items_are_read_only_even_for_managers(self):
        item = self._item(self.invoice).with_user(self.manager)
        for operation in ("write", "create", "unlink"):
            self.assertFalse(item.has_access(operation))

    def test_another_company_is_out_of_sight(self):
        other = self.setup_other_company()["company"]
        stranger = self.collector.copy(
            {"login": "stranger", "company_id": other.id, "company_ids": [(6, 0, other.ids)]}
        )
        for record in (
            self._item(self.invoice),
            self.action,
            self.action.line_ids,
            self.profile,
            self.scenario,
            self.letter1,
        ):
            mine = record.with_user(self.collector).with_context(allowed_company_ids=self.company.ids)
            theirs = record.with_user(stranger).with_context(allowed_company_ids=other.ids)
            self.assertEqual(mine.search([("id", "in", record.ids)]), record, record._name)
            self.assertFalse(theirs.search([("id", "in", record.ids)]), record._name)
            with self.assertRaises(AccessError):
                theirs.read(["id", "display_name"])

    def test_hard_case_44_what_runs_and_what_forges_is_private(self):
        """Callable by RPC: only buttons that check rights. The run, the sender and the state change are not."""
        private = {
            "credit.dunning.scenario": ["_cron_dunning", "_create_dunning_scenarios"],
            "credit.dunning.mailer": ["_cron_send", "_send_queued", "_deliver", "_mark_sent"],
            "credit.dunning.run": ["_prepare", "_transaction", "_checkpoint"],
            "credit.collection.action": ["_set_state", "_write_state", "_set_level"],
            "credit.collection.action.line": ["_write_evidence", "_create_evidence", "_reach_levels", "_void"],
        }
        for model, names in private.items():
            for name in names:
                with self.assertRaises(AccessError):
                    get_public_method(self.env[model], name)
        public = {name for name in dir(type(self.env["credit.dunning.mailer"])) if not name.startswith("_")}
        plain = {name for name in dir(type(self.env["mail.bot"])) if not name.startswith("_")}
        self.assertFalse(public - plain, "the mailer has no public method at all")
