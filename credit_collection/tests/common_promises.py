"""What the tests of promises share."""

from odoo import fields
from odoo.tests import tagged

from .common import CollectionCommon


@tagged("post_install", "-at_install")
class PromisesCommon(CollectionCommon):
    def _promise(self, moves, day, amount=None, user=None, **values):
        """What a collector notes of the open items of these entries."""
        items = self._item(moves).filtered(lambda item: item.amount_residual_currency > 0)
        Promise = self.env["credit.promise"].with_user(user or self.collector)
        return Promise._promise(items, fields.Date.to_date(day), amount, **values).with_env(self.env)

    def _judge(self, promises=None):
        """The night's judgement, of all promises."""
        self.env["credit.promise"]._cron_judge()
        self.env.invalidate_all()

    def _activities(self, partner=None):
        profile = (partner or self.partner)._followup_profile(self.company)
        profile.invalidate_recordset()
        kind = self.env.ref("credit_collection.mail_activity_promise")
        return profile.activity_ids.filtered(lambda activity: activity.activity_type_id == kind)

    def _unmatch(self, move):
        lines = move.line_ids.filtered(lambda line: line.account_id.account_type == "asset_receivable")
        lines.remove_move_reconcile()

    def _told(self, partner=None, company=None):
        """The history of the customer's file, the latest first."""
        profile = (partner or self.partner)._followup_profile(company or self.company)
        profile.invalidate_recordset()
        return profile.message_ids.mapped("body")

    def _broken_promises(self):
        """How many count against the customer."""
        Position = self.env["credit.customer.position"]
        Position.invalidate_model()
        return Position.search([("partner_id", "=", self.partner.id)]).broken_promises
