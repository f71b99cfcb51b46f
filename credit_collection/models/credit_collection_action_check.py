from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class CreditCollectionAction(models.Model):
    """Actions found half-way (*To check*): their sending was interrupted, and a person says what became of them."""

    _inherit = "credit.collection.action"  # pylint: disable=consider-merging-classes-inherited

    to_check = fields.Boolean(
        compute="_compute_to_check",
        search="_search_to_check",
        help="The worker that was sending it is gone: nobody knows whether it left.",
    )

    def _compute_to_check(self):
        abandoned = self.filtered_domain([("id", "in", self._abandoned_ids())])
        abandoned.to_check = True
        (self - abandoned).to_check = False

    def _search_to_check(self, operator, value):
        if operator != "in":
            return NotImplemented
        return [("id", "in" if True in value else "not in", self._abandoned_ids())]

    def _abandoned_ids(self):
        """Return the ids of actions found ``sending`` whose worker no longer holds its lock."""
        alive = self.env["credit.dunning.mailer"]._sql_sender_alive()
        rows = self.env.execute_query(
            SQL(
                "SELECT a.id FROM credit_collection_action a WHERE a.state = 'sending' AND a.channel = 'email' AND NOT %s",
                alive,
                to_flush=self._fields["state"],
            )
        )
        return [row[0] for row in rows]

    def action_resend(self):
        """Send again an action that was found half-way (*To check*): the customer may get it twice."""
        self._check_abandoned()
        reason = self.env._("Sent again by %s", self.env.user.name)
        self._set_state("queued", "sending", message_id=False, reason=reason)
        self._trigger_sending()

    def action_mark_sent(self):
        """Say that an action found half-way (*To check*) did leave."""
        self._check_abandoned()
        reason = self.env._("Marked as sent by %s", self.env.user.name)
        tests = self.filtered("is_test")
        tests._void_test(reason)
        (self - tests)._set_state("sent", "sending", date_done=fields.Datetime.now(), reason=reason)

    def _check_abandoned(self):
        self.env.flush_all()
        if set(self.ids) - set(self._abandoned_ids()):
            raise UserError(self.env._("Only actions whose sending was interrupted can be checked by hand."))
