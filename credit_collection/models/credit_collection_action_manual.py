from odoo import api, fields, models
from odoo.exceptions import UserError


class CreditCollectionAction(models.Model):
    """Levels set by hand: actions of the channel *manual*, evidence like any other."""

    _inherit = "credit.collection.action"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _set_level(self, items, level, note, day=None):
        """Say by hand that open items have reached ``level`` on ``day`` (today): one *manual* action per customer.

        What the items had reached at or above that level no longer counts, so that they climb again from there.

        :raise UserError: for a level of another company, or an item that stands in a reminder that has not left
        """
        if items.company_id - level.company_id:
            raise UserError(self.env._("“%s” is a level of another company.", level.name))
        Line = self.env["credit.collection.action.line"].sudo()
        day = day or fields.Date.context_today(self)
        former = Line.search([("move_line_id", "in", items.ids), ("state", "in", ("pending", "reached"))])
        if "pending" in former.mapped("state"):
            raise UserError(self.env._("Some of these items stand in a reminder that has not left: cancel it first."))
        former.filtered(lambda line: line.level_id.day >= level.day)._void()
        groups = items.grouped("partner_id")
        company = {"company_id": items.company_id.id, "date_planned": day, "user_id": self.env.uid, "note": note}
        actions = self.create([{**company, "partner_id": partner.id} for partner in groups]).sudo()
        reached = {"level_id": level.id, "state": "pending"}
        Line._create_evidence(
            [
                {**item._prepare_line_vals(), **reached, "action_id": action.id, "move_line_id": item.id}
                for action, mine in zip(actions, groups.values(), strict=True)
                for item in mine
            ]
        )
        done = {"channel": "manual", "level_id": level.id, "state": "sent", "date_done": fields.Datetime.now()}
        for action, mine in zip(actions, groups.values(), strict=True):
            action._write_state({**done, "amount_company": sum(mine.mapped("claimable_company"))})
        Line._reach_levels(actions, day)
        text = self.env._("Level set to “%(level)s” by hand: %(note)s", level=level.name, note=note)
        profiles = items.partner_id._followup_profiles(items.company_id, create=True)
        for records in (profiles, items.move_id):
            records._message_log_batch(bodies={record.id: text for record in records})
        self.env["credit.open.item"].invalidate_model()
